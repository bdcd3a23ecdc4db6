package profile

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// Measurement is the value of one point.
type Measurement struct {
	Metric *Metric
	Point  *Point
	Row    Row
	Value  float64
	At     time.Time
}

// Row is what a point says of the row it is from.
type Row struct {
	Number int64  // position in its table, from 0
	ID     string // unique within its table
	Name   string
}

// Fixed is what stays of the rows of a device's tables between polls: who they are and which points they have.
type Fixed struct {
	rows map[string][]fixedRow // by index
}

// fixedRow is a row of one table.
type fixedRow struct {
	table  int
	row    Row
	points []fixedPoint
}

type fixedPoint struct {
	metric, point int
	factor        float64
}

// Empty reports whether the device has none of the tables.
func (f *Fixed) Empty() bool { return len(f.rows) == 0 }

// Fix finds out, from all columns, which rows make points. wanted tells which cells the next polls have to read.
func (m *Measures) Fix(r *walk.Rows) (f Fixed, wanted func(row, column int) bool) {
	f.rows = map[string][]fixedRow{}
	want := map[[2]int]bool{}
	has := make([]bool, len(m.tables))
	for t := range m.tables {
		if u := m.tables[t].unless; u >= 0 && has[u] {
			continue
		}
		rows := m.fixTable(t, r)
		for i, row := range rows {
			if len(row.points) == 0 {
				continue
			}
			has[t] = true
			f.rows[string(r.Index(i))] = append(f.rows[string(r.Index(i))], row)
			for _, p := range row.points {
				for _, c := range m.tables[t].metrics[p.metric].Points[p.point].polled() {
					want[[2]int{i, c}] = true
				}
			}
		}
	}
	return f, func(row, column int) bool { return want[[2]int{row, column}] }
}

// fixTable finds the points of a table's rows, by row of r.
func (m *Measures) fixTable(t int, r *walk.Rows) map[int]fixedRow {
	table := &m.tables[t]
	out := map[int]fixedRow{}
	ids := map[string]int{}
	number := int64(0)
	for i := range r.Len() {
		row := fixedRow{table: t}
		for k := range table.metrics {
			for p := range table.metrics[k].Points {
				point := &table.metrics[k].Points[p]
				if factor, ok := point.fits(r, i); ok {
					row.points = append(row.points, fixedPoint{k, p, factor})
				}
			}
		}
		if len(row.points) == 0 {
			continue
		}
		row.row = Row{Number: number, Name: table.nameOf(r, i), ID: string(indexText(r.Index(i)))}
		number++
		ids[row.row.Name]++
		out[i] = row
	}
	for i, row := range out {
		// A name outlives a restart, which numbers rows anew.
		switch n := ids[row.row.Name]; {
		case row.row.Name == "":
		case n == 1:
			row.row.ID = row.row.Name
		default:
			row.row.ID = row.row.Name + "#" + row.row.ID
		}
		out[i] = row
	}
	return out
}

func indexText(x pdu.Index) []byte {
	subs, _ := x.Subs()
	var b []byte
	for i, s := range subs {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(s), 10)
	}
	return b
}

// maxName bounds the name of a row, bytes.
const maxName = 128

func (t *measureTable) nameOf(r *walk.Rows, row int) string {
	for _, c := range t.names {
		if name := inventory.Clean(string(r.Text(r.Cell(row, c))), maxName); name != "" {
			return name
		}
	}
	return ""
}

// fits reports whether a row has the point, and what its values are to be multiplied by.
func (p *Point) fits(r *walk.Rows, row int) (factor float64, ok bool) {
	for _, w := range p.where {
		c := r.Cell(row, w.column)
		text := strconv.FormatInt(int64(c.Num), 10)
		if c.Type == pdu.ObjectIdentifier {
			text = pdu.OID(r.Text(c)).String()
		}
		if !c.Present() || !slices.Contains(w.values, text) {
			return 0, false
		}
	}
	for _, c := range slices.Concat(p.add, p.less, p.times, p.by) {
		if cell := r.Cell(row, c); !cell.Present() || !cell.Type.Numeric() {
			return 0, false
		}
	}
	factor = p.factor
	for _, c := range p.times {
		factor *= float64(r.Cell(row, c).Num)
	}
	if p.scale >= 0 {
		factor *= siScale(int64(r.Cell(row, p.scale).Num))
	}
	if p.digits >= 0 {
		factor *= decimals(int64(r.Cell(row, p.digits).Num))
	}
	return factor, true
}

// siScale is EntitySensorDataScale (RFC 3433): yocto(1) in steps of 10³ to units(9) and yotta(17).
func siScale(v int64) float64 {
	if v < 1 || v > 17 {
		return 1
	}
	return math.Pow10(int(v-9) * 3)
}

// decimals is EntitySensorPrecision (RFC 3433): how many decimals a fixed-point value has. Negative ones tell accuracy.
func decimals(v int64) float64 {
	if v < 1 || v > 9 {
		return 1
	}
	return math.Pow10(int(-v))
}

// Measure turns the rows of a poll into values, appended to dst. Points of which a value is missing are left out.
func (m *Measures) Measure(dst []Measurement, f *Fixed, r *walk.Rows) []Measurement {
	for i := range r.Len() {
		for _, row := range f.rows[string(r.Index(i))] {
			for _, fp := range row.points {
				metric := &m.tables[row.table].metrics[fp.metric]
				p := &metric.Points[fp.point]
				if v, ok := p.value(r, i); ok {
					dst = append(dst, Measurement{metric, p, row.row, v * fp.factor, r.At(i)})
				}
			}
		}
	}
	return dst
}

func (p *Point) value(r *walk.Rows, row int) (v float64, ok bool) {
	number := func(c int) float64 {
		cell := r.Cell(row, c)
		ok = ok && cell.Present() && cell.Type.Numeric()
		if cell.Type == pdu.Integer {
			return float64(int64(cell.Num))
		}
		return float64(cell.Num)
	}
	ok = true
	for _, w := range p.while {
		ok = ok && slices.Contains(w.values, strconv.FormatInt(int64(number(w.column)), 10))
	}
	for _, c := range p.add {
		v += number(c)
	}
	for _, c := range p.less {
		v -= number(c)
	}
	for _, c := range p.lessIfKnown {
		if cell := r.Cell(row, c); cell.Present() {
			v -= float64(cell.Num)
		}
	}
	if len(p.less) > 0 {
		v = max(v, 0) // the values are of different moments
	}
	for _, c := range p.by {
		d := number(c)
		ok = ok && d != 0
		v /= d
	}
	return v, ok
}

// polled is the columns that a point's value is of.
func (p *Point) polled() []int {
	out := slices.Concat(p.add, p.less, p.lessIfKnown, p.by)
	for _, w := range p.while {
		out = append(out, w.column)
	}
	return out
}
