// Package walk reads tables and scalars from an agent with as few and as full replies as the agent takes: row-major
// GETBULK over many columns, sized in bytes from what was learned of the table before. It plans and judges; whoever
// sends is behind the Agent interface.
package walk

import (
	"sort"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Cell is one value of a table, or a scalar. Type 0 means that the agent has none.
type Cell struct {
	Num    uint64   // unsigned numbers; INTEGER in two's complement
	Type   pdu.Type // as on the wire
	at, to uint32   // of other values: where their bytes are
}

// Present reports whether the agent gave a value.
func (c Cell) Present() bool { return c.Type != 0 }

// Rows is what a walk found: a sparse table in the order of its indexes. Rows and their cells are matched by index.
type Rows struct {
	columns int
	rows    []row
	cells   []Cell
	index   []byte
	text    []byte
}

type row struct {
	from, to uint32 // of index
	cells    uint32
	at       time.Time
}

// Reset empties the table and gives it its number of columns. Memory is reused.
func (r *Rows) Reset(columns int) {
	r.columns = columns
	r.rows, r.cells, r.index, r.text = r.rows[:0], r.cells[:0], r.index[:0], r.text[:0]
}

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.rows) }

// Index is the index of row i; it holds until Reset.
func (r *Rows) Index(i int) pdu.Index { return r.index[r.rows[i].from:r.rows[i].to] }

// At is when the last reply came that held something of row i.
func (r *Rows) At(i int) time.Time { return r.rows[i].at }

// Cell is the value of row i in a column.
func (r *Rows) Cell(i, column int) Cell { return r.cells[int(r.rows[i].cells)+column] }

// Text is the bytes of a value that is not a number; they hold until Reset.
func (r *Rows) Text(c Cell) []byte { return r.text[c.at:c.to] }

// Find returns the row with an index.
func (r *Rows) Find(index []byte) (int, bool) { return r.find(index, len(r.rows)) }

// find looks at row hint first: replies come in order.
func (r *Rows) find(index []byte, hint int) (int, bool) {
	if hint < len(r.rows) && string(r.Index(hint)) == string(index) {
		return hint, true
	}
	if n := len(r.rows); n > 0 && pdu.Compare(r.Index(n-1), index) < 0 {
		return n, false
	}
	i := sort.Search(len(r.rows), func(k int) bool { return pdu.Compare(r.Index(k), index) >= 0 })
	return i, i < len(r.rows) && string(r.Index(i)) == string(index)
}

// put stores a value and returns its row.
func (r *Rows) put(index []byte, hint, column int, c Cell, at time.Time) int {
	i, found := r.find(index, hint)
	if !found {
		r.insert(i, index)
	}
	r.rows[i].at = at
	r.cells[int(r.rows[i].cells)+column] = c
	return i
}

func (r *Rows) insert(i int, index []byte) {
	from, cells := len(r.index), len(r.cells)
	r.index = append(r.index, index...)
	for range r.columns {
		r.cells = append(r.cells, Cell{})
	}
	r.rows = append(r.rows, row{})
	copy(r.rows[i+1:], r.rows[i:])
	r.rows[i] = row{from: uint32(from), to: uint32(len(r.index)), cells: uint32(cells)}
}

// cell takes a value off the wire.
func (r *Rows) cell(v pdu.Varbind) Cell {
	if v.Type.Exception() {
		return Cell{}
	}
	if v.Type.Numeric() {
		if v.Type == pdu.Integer {
			n, ok := v.Int()
			if !ok {
				return Cell{}
			}
			return Cell{Num: uint64(n), Type: v.Type}
		}
		n, ok := v.Uint()
		if !ok {
			return Cell{}
		}
		return Cell{Num: n, Type: v.Type}
	}
	at := uint32(len(r.text))
	r.text = append(r.text, v.Value...)
	return Cell{Type: v.Type, at: at, to: uint32(len(r.text))}
}
