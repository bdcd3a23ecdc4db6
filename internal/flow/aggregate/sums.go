package aggregate

// Sums is a table for one layout: short keys for rows whose addresses are all IPv4, which most are, long ones for the
// rest. An entry that fits a cache line is worth having two tables. Not safe for concurrent use.
type Sums struct {
	layout *layout
	limit  int
	tables [2]*Table // narrow, wide
	key    Key
}

// Ref names an entry of a Sums for as long as nothing is removed.
type Ref struct {
	Wide bool
	I    int
}

func (r Ref) table() int {
	if r.Wide {
		return 1
	}
	return 0
}

// newSums returns an empty table for a view with the given limit. Views of many keys leave a quarter of the budget to
// those of few: a flood of conversations must not blind the sums of interfaces.
func newSums(l *layout, b *Budget, limit int) *Sums {
	quarters := int64(4)
	if limit >= largeLimit {
		quarters = 3
	}
	return &Sums{layout: l, limit: limit, tables: [2]*Table{newTable(l.narrow.words, b, quarters), newTable(l.wide.words, b, quarters)}}
}

// NewSums returns an empty table for rows of view once names are known.
func (p *Plan) NewSums(view int, b *Budget) *Sums {
	return newSums(p.resolved[view], b, p.Views[view].Limit)
}

// Len returns how many keys there are.
func (s *Sums) Len() int { return s.tables[0].n + s.tables[1].n }

func (s *Sums) encode(row *Row) *Table {
	v, narrow := s.layout.pick(row)
	s.layout.encode(v, row, &s.key)
	if narrow {
		return s.tables[0]
	}
	return s.tables[1]
}

// Add adds c to row's cell. A key that is not there is inserted if room says so (nil: always) and the budget has place.
func (s *Sums) Add(row *Row, c Cell, room *int) bool {
	ok, _ := s.encode(row).Add(&s.key, c, room)
	return ok
}

// Find returns row's entry.
func (s *Sums) Find(row *Row) (Ref, bool) {
	t := s.encode(row)
	i := t.Find(&s.key)
	return Ref{t == s.tables[1], i}, i >= 0
}

// Insert adds an entry for row, which must not be there yet. It returns false if the budget has no place.
func (s *Sums) Insert(row *Row, c Cell) (Ref, bool) {
	t := s.encode(row)
	ok, _ := t.Add(&s.key, c, nil)
	return Ref{t == s.tables[1], t.n - 1}, ok
}

// Copy inserts entry r of from, which has the same layout, and returns its place here.
func (s *Sums) Copy(from *Sums, r Ref) (Ref, bool) {
	t := s.tables[r.table()]
	copy(s.key[:], from.tables[r.table()].Key(r.I))
	ok, _ := t.Add(&s.key, from.Cell(r), nil)
	return Ref{r.Wide, t.n - 1}, ok
}

// Empty returns an empty table like s, of the same budget.
func (s *Sums) Empty() *Sums { return newSums(s.layout, s.tables[0].budget, s.limit) }

// Refs calls f for every entry, in the order of insertion within each of the two tables.
func (s *Sums) Refs(f func(Ref)) {
	for i := range s.tables[0].n {
		f(Ref{false, i})
	}
	for i := range s.tables[1].n {
		f(Ref{true, i})
	}
}

// Read makes row that of an entry. row.Record must point to a record that the caller does not need.
func (s *Sums) Read(r Ref, row *Row) Cell {
	*row.Record = emptyRecord
	v := &s.layout.narrow
	if r.Wide {
		v = &s.layout.wide
	}
	t := s.tables[r.table()]
	s.layout.decode(v, t.Key(r.I), row)
	return t.Cell(r.I)
}

// Owner returns the owner of an entry.
func (s *Sums) Owner(r Ref) uint32 {
	v := &s.layout.narrow
	if r.Wide {
		v = &s.layout.wide
	}
	at := v.always[0]
	return uint32(s.tables[r.table()].Key(r.I)[at.word] >> at.shift)
}

// Cell returns the sums of an entry.
func (s *Sums) Cell(r Ref) Cell { return s.tables[r.table()].Cell(r.I) }

// Bump adds c to an entry.
func (s *Sums) Bump(r Ref, c Cell) { s.tables[r.table()].bump(r.I, c) }

// Retain removes the entries for which keep, asked with row read, is false, and zeroes the others' sums.
func (s *Sums) Retain(row *Row, keep func() bool) {
	for n, v := range []*variant{&s.layout.narrow, &s.layout.wide} {
		t := s.tables[n]
		t.Retain(func(i int) bool {
			*row.Record = emptyRecord
			s.layout.decode(v, t.Key(i), row)
			return keep()
		})
	}
}

// Reset empties the table and gives its share of the budget back.
func (s *Sums) Reset() {
	s.tables[0].Reset()
	s.tables[1].Reset()
}

// Release gives the share of the budget back; the table may still be read.
func (s *Sums) Release() {
	s.tables[0].Release()
	s.tables[1].Release()
}
