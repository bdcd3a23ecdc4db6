package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// metricDocument is a metric of a table as it is written.
type metricDocument struct {
	Name        string          `yaml:"name"`
	Unit        string          `yaml:"unit"`
	Description string          `yaml:"description"`
	Instrument  string          `yaml:"instrument"` // gauge, up_down_counter
	Points      []pointDocument `yaml:"points"`
}

// pointDocument is a point: (add − less − less_if_known) ÷ by × times × factor, of the rows where all of where holds,
// while all of while does.
type pointDocument struct {
	Attributes  map[string]string   `yaml:"attributes"`
	Add         []string            `yaml:"add"`
	Less        []string            `yaml:"less"`
	LessIfKnown []string            `yaml:"less_if_known"`
	By          []string            `yaml:"by"`
	Times       []string            `yaml:"times"` // read rarely
	Factor      float64             `yaml:"factor"`
	Scale       string              `yaml:"scale"`  // an EntitySensorDataScale, read rarely
	Digits      string              `yaml:"digits"` // an EntitySensorPrecision, read rarely
	Where       map[string][]string `yaml:"where"`  // read rarely
	While       map[string][]string `yaml:"while"`  // read with every poll
}

// rowsDocument says which attributes tell a table's rows apart.
type rowsDocument struct {
	Number string   `yaml:"number"` // attribute: position in the table, from 0
	ID     string   `yaml:"id"`     // attribute: the name, where it is unique, else with the index
	Name   string   `yaml:"name"`   // attribute: the name
	Names  []string `yaml:"names"`  // where the name is from, in order of preference
}

// Measures are tables whose rows are told as points.
type Measures struct {
	Columns []walk.Column
	tables  []measureTable
}

type measureTable struct {
	name    string
	unless  int // table that goes first; -1: none
	names   []int
	metrics []Metric
}

// Metric is what the points of it have in common.
type Metric struct {
	Name, Unit, Description string
	UpDown                  bool // else a gauge
	Number, ID, RowName     string
	Points                  []Point
}

// Point is how a value comes about.
type Point struct {
	Attributes [][2]string

	add, less, lessIfKnown, by, times []int
	scale, digits                     int // -1: none
	factor                            float64
	where, while                      []condition
}

type condition struct {
	column int
	values []string
}

func (m *Measures) column(object string) (int, error) {
	o, err := mib.Lookup(object)
	if err != nil {
		return 0, err
	}
	for i := range m.Columns {
		if string(m.Columns[i].OID) == string(o.OID) {
			return i, nil
		}
	}
	m.Columns = append(m.Columns, walk.Column{OID: o.OID, Guess: o.Bytes})
	return len(m.Columns) - 1, nil
}

// Entries groups the columns by the conceptual row that they are of, in the order that the profile has them.
func (m *Measures) Entries() (groups [][]int) {
	at := map[string]int{}
	for c := range m.Columns {
		oid := m.Columns[c].OID
		entry := string(oid[:len(oid)-1])
		i, known := at[entry]
		if !known {
			i = len(groups)
			at[entry] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

func (m *Measures) columns(key string, objects []string, into *[]int) error {
	for _, object := range objects {
		c, err := m.column(object)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		*into = append(*into, c)
	}
	return nil
}

func (m *Measures) compile(t *tableDocument) error {
	table := measureTable{name: t.Name, unless: -1}
	if t.Unless != "" {
		table.unless = slices.IndexFunc(m.tables, func(o measureTable) bool { return o.name == t.Unless })
		if table.unless < 0 {
			return fmt.Errorf("unless: %q is no table above of role metrics", t.Unless)
		}
	}
	if err := m.columns("rows: names", t.Rows.Names, &table.names); err != nil {
		return err
	}
	if len(t.Metrics) == 0 {
		return fmt.Errorf("metrics: none")
	}
	for i := range t.Metrics {
		metric, err := m.compileMetric(&t.Metrics[i], &t.Rows)
		if err != nil {
			return fmt.Errorf("metrics: %q: %w", t.Metrics[i].Name, err)
		}
		table.metrics = append(table.metrics, metric)
	}
	m.tables = append(m.tables, table)
	return nil
}

func (m *Measures) compileMetric(d *metricDocument, rows *rowsDocument) (Metric, error) {
	out := Metric{
		Name: d.Name, Unit: d.Unit, Description: d.Description, UpDown: d.Instrument == "up_down_counter",
		Number: rows.Number, ID: rows.ID, RowName: rows.Name,
	}
	switch {
	case d.Name == "" || d.Unit == "":
		return out, fmt.Errorf("want name and unit")
	case d.Instrument != "gauge" && d.Instrument != "up_down_counter":
		return out, fmt.Errorf("instrument: %q: want gauge or up_down_counter", d.Instrument)
	case len(d.Points) == 0:
		return out, fmt.Errorf("points: none")
	}
	for i := range d.Points {
		p, err := m.compilePoint(&d.Points[i])
		if err != nil {
			return out, fmt.Errorf("points: %d: %w", i, err)
		}
		out.Points = append(out.Points, p)
	}
	return out, nil
}

func (m *Measures) compilePoint(d *pointDocument) (Point, error) {
	p := Point{factor: d.Factor, scale: -1, digits: -1}
	if p.factor == 0 {
		p.factor = 1
	}
	if len(d.Add) == 0 {
		return p, fmt.Errorf("add: want at least one object")
	}
	for _, l := range []struct {
		key     string
		objects []string
		into    *[]int
	}{
		{"add", d.Add, &p.add},
		{"less", d.Less, &p.less},
		{"less_if_known", d.LessIfKnown, &p.lessIfKnown},
		{"by", d.By, &p.by},
		{"times", d.Times, &p.times},
	} {
		if err := m.columns(l.key, l.objects, l.into); err != nil {
			return p, err
		}
	}
	var err error
	for _, o := range []struct {
		key, object string
		into        *int
	}{{"scale", d.Scale, &p.scale}, {"digits", d.Digits, &p.digits}} {
		if o.object == "" {
			continue
		}
		if *o.into, err = m.column(o.object); err != nil {
			return p, fmt.Errorf("%s: %w", o.key, err)
		}
	}
	if p.where, err = m.conditions("where", d.Where); err != nil {
		return p, err
	}
	p.while, err = m.conditions("while", d.While)
	for _, k := range sorted(d.Attributes) {
		p.Attributes = append(p.Attributes, [2]string{k, d.Attributes[k]})
	}
	return p, err
}

func (m *Measures) conditions(key string, d map[string][]string) (out []condition, err error) {
	for _, object := range sorted(d) {
		c, err := m.column(object)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		cond := condition{column: c}
		for _, v := range d[object] {
			if strings.Contains(v, ".") {
				oid, err := pdu.ParseOID(v)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", key, object, err)
				}
				v = oid.String()
			}
			cond.values = append(cond.values, v)
		}
		out = append(out, cond)
	}
	return out, nil
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
