package aggregate

import "github.com/netcol-io/netcol/internal/flow"

var emptyRecord flow.Record

// Window holds one worker's sums of one window, for every view of a plan. Not safe for concurrent use: whoever adds and
// whoever swaps share a lock.
type Window struct {
	plan   *Plan
	views  []windowView
	row    Row
	owner  int // owners known
	egress egressSet
	record flow.Record // room to read a key back
	// Records counts what Add was given; UnknownDirection those of them that named no side of their observation point.
	Records, UnknownDirection uint64
}

type windowView struct {
	sums     *Sums
	room     []int  // keys that each owner may still add
	overflow []Cell // per owner
	refused  uint64 // records that went to overflow
	ring     *ring  // lookups under way; nil: records are counted at once
}

// NewWindow returns an empty window whose keys count against budget.
func (p *Plan) NewWindow(budget *Budget) *Window {
	w := &Window{plan: p, views: make([]windowView, len(p.Views))}
	for i := range w.views {
		w.views[i].sums = newSums(p.raw[i].clone(), budget, p.Views[i].Limit)
		if p.Views[i].Limit >= largeLimit && p.Views[i].Kind == Observed {
			w.views[i].ring = &ring{}
		}
	}
	return w
}

// Grow makes room for owners 0 to n-1. Every owner given to Add must be among them.
func (w *Window) Grow(n int) {
	for i := range w.views {
		v := &w.views[i]
		for len(v.room) < n {
			v.room = append(v.room, w.plan.Views[i].Limit)
			v.overflow = append(v.overflow, Cell{})
		}
	}
	w.owner = max(w.owner, n)
}

// Owners returns how many owners the window has room for.
func (w *Window) Owners() int { return w.owner }

// Add counts r for owner, at the latest with Drain. r is not kept.
func (w *Window) Add(owner uint32, r *flow.Record) {
	row := &w.row
	row.Read(r, owner)
	w.Records++
	if r.Direction == flow.DirectionUnknown {
		w.UnknownDirection++
	}
	if row.Side == flow.Egress && row.Has&egressBits != 0 {
		w.egress.add(owner, r.Out)
	}
	c := Cell{Bytes: r.ScaledBytes(), Packets: r.ScaledPackets(), Flows: r.Flows}
	for _, i := range w.plan.roots {
		if w.views[i].ring != nil {
			if w.plan.Views[i].accepts(row) {
				w.begin(i, row, c)
			}
			continue
		}
		if w.add(i, row, c) {
			continue
		}
		for _, d := range w.plan.derived[i] {
			w.add(d, row, c)
		}
	}
}

// add counts row in view i. It returns false if the view had to put it to overflow, so that views which count on
// view i's cells must be told.
func (w *Window) add(i int, row *Row, c Cell) bool {
	view := &w.plan.Views[i]
	if !view.accepts(row) {
		return true
	}
	if view.Kind == Forwarded {
		forwarded := row.Forwarded()
		row = &forwarded
	}
	v := &w.views[i]
	if v.sums.Add(row, c, &v.room[row.Owner]) {
		return true
	}
	v.overflow[row.Owner].Add(c)
	v.refused++
	return false
}

// RollUp adds the base's sums to the views that are told from it. Call it once when the window has closed, before Close;
// pause is called for every key.
func (w *Window) RollUp(pause func()) {
	if w.plan.base < 0 {
		return
	}
	sums := w.views[w.plan.base].sums
	w.record = emptyRecord
	row := Row{Record: &w.record}
	sums.Refs(func(r Ref) {
		pause()
		c := sums.Read(r, &row)
		if c.Zero() {
			return // a place kept for a key
		}
		row.complete()
		for _, d := range w.plan.derived[w.plan.base] {
			w.add(d, &row, c)
		}
	})
}

// Each calls visit for every cell of every view, after RollUp. A row of a Forwarded view is that of the egress interface.
// The row is visit's to change until it returns, but not its record.
func (w *Window) Each(visit func(view int, row *Row, c Cell)) {
	var record flow.Record
	row := Row{Record: &record}
	for i := range w.views {
		sums := w.views[i].sums
		sums.Refs(func(r Ref) {
			c := sums.Read(r, &row)
			if w.plan.base == i {
				row.complete()
			}
			visit(i, &row, c)
		})
	}
}

// EachEgress calls f for every interface that an owner metered at egress.
func (w *Window) EachEgress(f func(owner, index uint32)) {
	for k := range w.egress.seen {
		f(uint32(k>>32), uint32(k))
	}
}

// Overflow returns what view i could not hold of owner's records.
func (w *Window) Overflow(i int, owner int) Cell {
	if owner >= len(w.views[i].overflow) {
		return Cell{}
	}
	return w.views[i].overflow[owner]
}

// Refused returns how many records of view i went to overflow.
func (w *Window) Refused(i int) uint64 { return w.views[i].refused }

// Keys returns how many keys the window holds.
func (w *Window) Keys() int {
	n := 0
	for i := range w.views {
		n += w.views[i].sums.Len()
	}
	return n
}

// Close gives the window's share of the budget back. It may still be read until Reset.
func (w *Window) Close() {
	for i := range w.views {
		w.views[i].sums.Release()
	}
}

// Kept is a key of a window without its sums.
type Kept struct {
	view   int
	row    Row
	record flow.Record
}

// Keep remembers row, as Retain gave it, for Seed.
func Keep(view int, row *Row) Kept { return Kept{view, *row, *row.Record} }

// Seed makes place for a key that Retain found in another window of the same worker, if there is room.
func (w *Window) Seed(k *Kept) {
	k.row.Record = &k.record
	v := &w.views[k.view]
	if int(k.row.Owner) < len(v.room) {
		v.sums.Add(&k.row, Cell{}, &v.room[k.row.Owner])
	}
}

// Retain empties the window for its next use, but leaves the keys that keep says, without sums. It takes what they
// need of the budget, which Close gave back; without it, none is kept. The row is keep's to change until it returns.
func (w *Window) Retain(keep func(view int, row *Row) bool) {
	w.Records, w.UnknownDirection = 0, 0
	w.egress.reset()
	row := Row{Record: &flow.Record{}}
	for i := range w.views {
		v := &w.views[i]
		v.refused = 0
		clear(v.overflow)
		for o := range v.room {
			v.room[o] = w.plan.Views[i].Limit
		}
		v.sums.Retain(&row, func() bool {
			owner := row.Owner
			if w.plan.base == i {
				row.complete()
			}
			if v.room[owner] <= 0 || !keep(i, &row) {
				return false
			}
			v.room[owner]--
			return true
		})
	}
}

// Reset empties the window for its next use.
func (w *Window) Reset() { w.Retain(func(int, *Row) bool { return false }) }
