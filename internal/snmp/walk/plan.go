package walk

import (
	"slices"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// group is columns that have the same rows, and so can be walked side by side. Without rows, the end is not known.
type group struct {
	columns []int
	rows    []int // of Memory
}

// groups sorts the wanted cells into columns to walk and instances to name.
func (m *Memory) groups(noBulk bool) (gs []group, named []cellRef) {
	for c := range m.columns {
		rows, present := m.rowsOf(c)
		if len(rows) == 0 {
			continue
		}
		if noBulk || len(rows) < present {
			for _, r := range rows {
				named = append(named, cellRef{r, c})
			}
			continue
		}
		gs = join(gs, c, rows)
	}
	return gs, named
}

// rowsOf gives the wanted rows of a column, and how many the agent has.
func (m *Memory) rowsOf(c int) (rows []int, present int) {
	for i := range m.Len() {
		w := m.cell(i, c)
		if w != absent {
			present++
		}
		if w <= maxWidth {
			rows = append(rows, i)
		}
	}
	return rows, present
}

func join(gs []group, c int, rows []int) []group {
	for i := range gs {
		if slices.Equal(gs[i].rows, rows) {
			gs[i].columns = append(gs[i].columns, c)
			return gs
		}
	}
	return append(gs, group{[]int{c}, rows})
}

// plan makes the next request; false at the end.
func (w *Walk) plan(room int) bool {
	w.names, w.asked, w.repeaters = w.names[:0], w.asked[:0], 0
	w.request = pdu.Request{Names: w.request.Names[:0], Kind: pdu.GetBulk}
	if w.first {
		room -= w.addScalars()
	}
	for ; w.group < len(w.groups); w.group++ {
		g := &w.groups[w.group]
		if w.planGroup(g, room) {
			return true
		}
	}
	w.planGets(room)
	return len(w.asked) > 0
}

func (w *Walk) planGroup(g *group, room int) bool {
	switch {
	case g.rows != nil:
		return w.planKnown(g, room)
	case w.Limits.NoBulk:
		return w.planNext(g, room)
	}
	return w.planUnknown(g, room)
}

// scalarBytes is what a scalar's value is taken to need: mostly they are numbers.
const scalarBytes = 5

// addScalars asks for the scalars as the instances next to the names without their last arc.
func (w *Walk) addScalars() (bytes int) {
	for i, s := range w.Scalars {
		if w.without[i] {
			continue
		}
		w.ask(slot{kind: slotScalar, column: i}, s[:len(s)-1], nil)
		bytes += cellBytes(len(s), scalarBytes)
	}
	w.request.NonRepeaters = len(w.asked)
	return bytes
}

func (w *Walk) ask(s slot, name pdu.OID, index []byte) {
	at := len(w.names)
	w.names = append(append(w.names, name...), index...)
	w.request.Names = append(w.request.Names, w.names[at:])
	w.asked = append(w.asked, s)
}

// planKnown asks for as many cells as fit, in row-major order. Cells that don't make a row are asked for as
// non-repeaters, so that no reply has room left.
func (w *Walk) planKnown(g *group, room int) bool {
	g.columns = slices.DeleteFunc(g.columns, func(c int) bool { return w.columns[c].done })
	if len(g.columns) == 0 {
		return false
	}
	counts := w.fill(g, room)
	least, most := counts[0], counts[0]
	for _, k := range counts[1:] {
		least, most = min(least, k), max(most, k)
	}
	if most == 0 {
		return false
	}
	if limit := w.Limits.MaxRepetitions; limit > 0 && least >= limit {
		least, most = limit, limit
	}
	for i, c := range g.columns {
		if counts[i] > least && most > least {
			w.ask(slot{kind: slotNext, column: c}, w.Columns[c].OID, w.before(g, c, 0))
			w.request.NonRepeaters++
		}
	}
	if least == 0 {
		return w.asNext()
	}
	for i, c := range g.columns {
		behind := 0
		if counts[i] > least && most > least {
			behind = 1
		}
		w.ask(slot{kind: slotNext, column: c}, w.Columns[c].OID, w.before(g, c, behind))
		w.repeaters++
	}
	w.request.MaxRepetitions = least
	return true
}

// asNext turns a GETBULK of non-repeaters into the GETNEXT that it is.
func (w *Walk) asNext() bool {
	w.request.Kind, w.request.NonRepeaters = pdu.GetNext, 0
	return len(w.asked) > 0
}

// before is the index to ask behind for the n-th next row of a column.
func (w *Walk) before(g *group, c, n int) []byte {
	at := w.columns[c].next + n
	if at == 0 {
		return w.Known.start
	}
	return w.Known.Index(g.rows[at-1])
}

// fill counts how many cells of each column fit into room bytes, row by row. No two counts differ by more than one.
func (w *Walk) fill(g *group, room int) []int {
	counts := make([]int, len(g.columns))
	left := w.most()
	row := len(g.rows)
	for _, c := range g.columns {
		row = min(row, w.columns[c].next)
	}
	for ; row < len(g.rows); row++ {
		r := g.rows[row]
		length := len(w.Known.Index(r))
		for i, c := range g.columns {
			if w.columns[c].next > row {
				continue
			}
			need := cellBytes(len(w.Columns[c].OID)+length, int(w.Known.cell(r, c)))
			if left == 0 || need > room && left < w.most() {
				return counts
			}
			counts[i]++
			left--
			room -= need
		}
		if w.single {
			return counts
		}
	}
	return counts
}

// most is how many cells a request may ask for.
func (w *Walk) most() int {
	if n := w.Limits.Varbinds; n > 0 {
		return n
	}
	return 1 << 16
}

// planUnknown asks for the rows behind those seen, as many as fit if they are like them.
func (w *Walk) planUnknown(g *group, room int) bool {
	row, active := 0, 0
	for _, c := range g.columns {
		if !w.columns[c].done {
			active++
			row += w.estimate(c)
		}
	}
	if active == 0 {
		return false
	}
	n := max(room/row, 1)
	if l := w.Limits.MaxRepetitions; l > 0 {
		n = min(n, l)
	}
	if w.single || w.unseen(g) {
		n = 1
	}
	w.request.MaxRepetitions = max(min(n, w.most()/active), 1)
	left := min(w.most(), active)
	for _, c := range g.columns {
		if !w.columns[c].done && left > 0 && (room > 0 || w.repeaters == 0) {
			w.ask(slot{kind: slotNext, column: c}, w.Columns[c].OID, w.columns[c].cursor)
			w.repeaters++
			left--
			room -= w.estimate(c)
		}
	}
	return true
}

// unseen reports whether a column has not been asked for yet. In its place the agent may give something else, of any
// size, so its first row comes alone.
func (w *Walk) unseen(g *group) bool {
	return slices.ContainsFunc(g.columns, func(c int) bool { return !w.columns[c].done && len(w.columns[c].cursor) == 0 })
}

// planNext is planUnknown without GETBULK: one row.
func (w *Walk) planNext(g *group, room int) bool {
	left := w.most()
	some := false
	for _, c := range g.columns {
		if w.columns[c].done || left == 0 || some && room < w.estimate(c) {
			continue
		}
		w.ask(slot{kind: slotNext, column: c}, w.Columns[c].OID, w.columns[c].cursor)
		some = true
		left--
		room -= w.estimate(c)
	}
	if some {
		w.asNext()
	}
	return some
}

// estimate is how many bytes a cell of a column is taken to need before its table is known.
func (w *Walk) estimate(c int) int {
	col := &w.columns[c]
	return cellBytes(len(w.Columns[c].OID)+max(len(col.cursor), 2), max(int(w.Columns[c].Guess), col.width))
}

// planGets names instances: those that are left to GET, and scalars that had no walk to ride on.
func (w *Walk) planGets(room int) {
	if len(w.asked) == 0 && len(w.pending) == 0 {
		return
	}
	w.request.Kind, w.request.NonRepeaters = pdu.Get, 0
	for i := range w.asked { // scalars
		w.request.Names[i] = w.Scalars[w.asked[i].column]
	}
	for n, ref := range w.pending {
		index := w.Known.Index(ref.row)
		need := cellBytes(len(w.Columns[ref.column].OID)+len(index), int(w.Known.cell(ref.row, ref.column)))
		if len(w.asked) > 0 && (need > room || n >= w.most()) {
			return
		}
		room -= need
		w.ask(slot{slotGet, ref.column, ref.row}, w.Columns[ref.column].OID, index)
	}
}

// cellBytes is how long a varbind is on the wire.
func cellBytes(name, value int) int { return element(element(name) + element(value)) }

func element(n int) int {
	switch {
	case n < 1<<7:
		return n + 2
	case n < 1<<8:
		return n + 3
	}
	return n + 4
}
