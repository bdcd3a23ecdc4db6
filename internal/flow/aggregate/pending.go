package aggregate

import "unsafe"

// A large table is mostly not in the cache, and a lookup waits for memory twice: for the index and for the entry. So
// lookups in the table of a view with many keys are spread over the records that follow: a record's index slot is
// asked for when it comes, its entry some records later, and it is counted some records after that. Window.Drain
// counts those that are under way; nothing may look at the window before.
const (
	ringSize   = 16 // power of two
	entryAfter = 5  // records between asking for the index and asking for the entry
	countAfter = 10 // records between asking for the index and counting
	largeLimit = 1 << 13
)

// pending is one lookup under way.
type pending struct {
	key   Key
	hash  uint64
	cell  Cell
	table *Table
	owner uint32
}

// ring is the lookups under way of one view.
type ring struct {
	slots [ringSize]pending
	head  int // lookups ever begun
	tail  int // lookups ever finished
}

// begin starts counting row in view i.
func (w *Window) begin(i int, row *Row, c Cell) {
	v := &w.views[i]
	q := v.ring
	p := &q.slots[q.head&(ringSize-1)]
	layout := v.sums.layout
	variant, narrow := layout.pick(row)
	layout.encode(variant, row, &p.key)
	p.table = v.sums.tables[0]
	if !narrow {
		p.table = v.sums.tables[1]
	}
	p.hash, p.cell, p.owner = hash(p.key[:p.table.words]), c, row.Owner
	p.table.prefetchIndex(p.hash)
	q.head++
	if n := q.head - entryAfter; n > q.tail {
		p := &q.slots[(n-1)&(ringSize-1)]
		p.table.prefetchEntry(p.hash)
	}
	if q.head-q.tail > countAfter {
		w.finish(i)
	}
}

// finish counts the oldest lookup under way.
func (w *Window) finish(i int) {
	v := &w.views[i]
	p := &v.ring.slots[v.ring.tail&(ringSize-1)]
	v.ring.tail++
	if ok, _ := p.table.add(&p.key, p.hash, p.cell, &v.room[p.owner]); ok {
		return
	}
	v.overflow[p.owner].Add(p.cell)
	v.refused++
	if len(w.plan.derived[i]) == 0 {
		return
	}
	variant := &v.sums.layout.narrow
	if p.table == v.sums.tables[1] {
		variant = &v.sums.layout.wide
	}
	w.record = emptyRecord
	row := Row{Record: &w.record}
	v.sums.layout.decode(variant, p.key[:p.table.words], &row)
	row.complete()
	for _, d := range w.plan.derived[i] {
		w.add(d, &row, p.cell)
	}
}

// Drain counts the records whose lookups are under way. Call it before the window is swapped or read.
func (w *Window) Drain() {
	for i := range w.views {
		for q := w.views[i].ring; q != nil && q.tail < q.head; {
			w.finish(i)
		}
	}
}

func (t *Table) prefetchIndex(h uint64) {
	if len(t.index) > 0 {
		prefetch(unsafe.Pointer(&t.index[h>>t.shift])) //nolint:gosec // an address to look at, nothing is read
	}
}

// prefetchEntry asks for the entry that the first index slot names, if it may be the one.
func (t *Table) prefetchEntry(h uint64) {
	if len(t.index) == 0 {
		return
	}
	x := t.index[h>>t.shift]
	if x == 0 || x>>24 != uint32(h)&0xff {
		return
	}
	e := t.entry(int(x&0xffffff) - 1)
	prefetch(unsafe.Pointer(&e[0])) //nolint:gosec // as above
	if t.stride > 8 {
		prefetch(unsafe.Pointer(&e[t.stride-1])) //nolint:gosec // as above
	}
}
