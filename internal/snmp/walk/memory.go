package walk

import "github.com/netcol-io/netcol/internal/snmp/pdu"

// Memory is what stays of a table between walks: which rows there are, which of their cells are wanted, and how many
// bytes each took. A byte per cell, so that a great many devices can be remembered.
type Memory struct {
	columns int
	index   []byte
	ends    []uint32
	width   []uint8 // rows × columns
	start   []byte  // index of the row before the first
}

// In place of a width: the agent has no such cell, or nobody wants it.
const (
	absent   uint8 = 255
	unwanted uint8 = 254
	maxWidth uint8 = 253
)

// denseShare is the share of a column's rows from which on walking the column is less work than naming instances.
const denseShare = 0.6

// Known reports whether the table has been walked before.
func (m *Memory) Known() bool { return len(m.ends) > 0 }

// Len is the number of remembered rows.
func (m *Memory) Len() int { return len(m.ends) }

// Forget drops everything: the next walk goes to the end of the table.
func (m *Memory) Forget() { *m = Memory{} }

// Index is the index of row i.
func (m *Memory) Index(i int) pdu.Index {
	from := uint32(0)
	if i > 0 {
		from = m.ends[i-1]
	}
	return m.index[from:m.ends[i]]
}

func (m *Memory) cell(row, column int) uint8 { return m.width[row*m.columns+column] }

// Remember keeps the shape of a whole walk. wanted tells which of the cells that are present the next walk reads.
func (m *Memory) Remember(r *Rows, wanted func(row, column int) bool) {
	*m = Memory{columns: r.columns, index: make([]byte, 0, len(r.index)), ends: make([]uint32, 0, r.Len()), width: make([]uint8, r.Len()*r.columns)}
	for i := range r.Len() {
		m.index = append(m.index, r.Index(i)...)
		m.ends = append(m.ends, uint32(len(m.index)))
		for c := range r.columns {
			w := widthOf(r.Cell(i, c))
			if w != absent && !wanted(i, c) {
				w = unwanted
			}
			m.width[i*m.columns+c] = w
		}
	}
	for c := range m.columns {
		m.widen(c, r)
	}
}

// widen makes a column wanted whole if most of its rows are: the rest costs less than naming instances.
func (m *Memory) widen(c int, r *Rows) {
	present, want := 0, 0
	for i := range m.Len() {
		switch m.cell(i, c) {
		case absent:
		case unwanted:
			present++
		default:
			present++
			want++
		}
	}
	if want == present || float64(want) < denseShare*float64(present) {
		return
	}
	for i := range m.Len() {
		if m.cell(i, c) == unwanted {
			m.width[i*m.columns+c] = widthOf(r.Cell(i, c))
		}
	}
}

// Resize takes over the widths of a walk over the remembered rows. Rows of which no cell is wanted are not in it.
func (m *Memory) Resize(r *Rows) {
	if r.columns != m.columns {
		return
	}
	next := 0
	for i := range m.Len() {
		row, found := r.find(m.Index(i), next)
		if !found {
			continue
		}
		next = row + 1
		for c := range m.columns {
			if w := &m.width[i*m.columns+c]; *w <= maxWidth && r.Cell(row, c).Present() {
				*w = widthOf(r.Cell(row, c))
			}
		}
	}
}

// widthOf is how many bytes the next value of a cell takes at most, unless its counter more than doubles.
func widthOf(c Cell) uint8 {
	switch c.Type {
	case 0:
		return absent
	case pdu.Counter64:
		if c.Num >= 1<<63 {
			return 9
		}
		return uint8(pdu.UintWidth(2 * c.Num))
	case pdu.Counter32, pdu.Gauge32, pdu.TimeTicks, pdu.Unsigned32:
		return uint8(min(pdu.UintWidth(2*c.Num), 5))
	case pdu.Integer:
		n := int64(c.Num)
		if n < 0 {
			n = ^n
		}
		return uint8(pdu.UintWidth(uint64(n)))
	}
	return uint8(min(c.to-c.at, uint32(maxWidth)))
}

// Part is rows from up to, not including, to: a walk over it reads them alone.
func (m *Memory) Part(from, to int) *Memory {
	p := &Memory{columns: m.columns, width: m.width[from*m.columns : to*m.columns]}
	if from > 0 {
		p.start = m.Index(from - 1)
	}
	for i := from; i < to; i++ {
		p.index = append(p.index, m.Index(i)...)
		p.ends = append(p.ends, uint32(len(p.index)))
	}
	return p
}
