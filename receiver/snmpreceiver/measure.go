package snmpreceiver

import (
	"context"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/snmp/profile"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// learnMeasures finds out which of the profile's metrics the device has. What it has not is not asked for again until
// the device is learned anew.
func (d *device) learnMeasures(ctx context.Context, s *session.Session, rows *walk.Rows) {
	m := &d.r.profile.Measures
	limits := d.limits
	w, err := d.walkAll(ctx, s, rows, m.Columns)
	problems := w.Problems
	d.fixedAt = time.Now()
	if d.leave = nil; err != nil {
		walked := d.limits
		d.limits = limits // silence may be about the table, not about how much was asked
		if err = d.walkAnswered(ctx, s, rows); err != nil {
			d.limits = walked
		}
	}
	if d.report(ctx, "metrics", problems); ctx.Err() != nil || err != nil && (rows.Len() == 0 || !d.fixed.Empty()) {
		return // what was known before is better than a part
	}
	if d.leave == nil && len(problems) > 0 && !d.fixed.Empty() {
		return
	}
	fixed, wanted := m.Fix(rows)
	d.fixed, d.refixed = fixed, true
	d.measures.Remember(rows, wanted)
}

// walkAnswered reads the tables that the agent does not fall silent over: each is tried alone, then they are read
// together.
func (d *device) walkAnswered(ctx context.Context, s *session.Session, rows *walk.Rows) error {
	m := &d.r.profile.Measures
	silent := make([]bool, len(m.Columns))
	d.leave = silent
	for _, entry := range m.Entries() {
		w := &walk.Walk{Columns: m.Columns, Leave: allBut(entry, len(silent)), Limits: &d.limits, Rows: rows}
		limits := d.limits
		if err := w.Run(ctx, s); err == nil {
			continue
		}
		d.limits = limits
		for _, c := range entry {
			silent[c] = true
		}
		if err := d.probe(ctx, s); err != nil {
			return err // it is not about the table
		}
	}
	w := &walk.Walk{Columns: m.Columns, Leave: silent, Limits: &d.limits, Rows: rows}
	return w.Run(ctx, s)
}

// allBut is all of n columns but some.
func allBut(some []int, n int) []bool {
	out := make([]bool, n)
	for c := range out {
		out[c] = !slices.Contains(some, c)
	}
	return out
}

// anew reports whether it is time to find out again which tables the agent answers for: one was left alone because of
// its silence, or it fell silent now.
func (d *device) anew(silent bool) bool {
	return (silent || d.leave != nil) && time.Since(d.fixedAt) >= staticEvery
}

// settled is from which uptime on an agent has all its tables. Loads, for one, are averages that a young agent lacks.
const settled = 5 * time.Minute

// grown reports, once, that an agent that was young is no longer.
func (d *device) grown() bool {
	young := d.uptime.Unit != 0 && time.Duration(d.uptime.Ticks)*d.uptime.Unit < settled
	was := d.young
	d.young = young
	return was && !young
}

// measure reads the values of the profile's metrics.
func (d *device) measure(ctx context.Context, s *session.Session) {
	if ctx.Err() != nil {
		return
	}
	rows := d.borrow()
	defer d.r.rows.Put(rows)
	if d.grown() || d.anew(false) {
		d.learnMeasures(ctx, s, rows)
	}
	if d.fixed.Empty() {
		return
	}
	m := &d.r.profile.Measures
	w := &walk.Walk{Columns: m.Columns, Known: &d.measures, Leave: d.leave, Named: true, Limits: &d.limits, Rows: rows}
	err := w.Run(ctx, s)
	d.report(ctx, "metrics", w.Problems)
	if err == nil && (w.Stale || w.Whole) || err != nil && d.anew(true) {
		d.learnMeasures(ctx, s, rows) // a sensor was pulled, or a module numbered anew
	}
	d.measured = m.Measure(d.measured[:0], &d.fixed, rows)
}

// tellMeasured tells the profile's metrics, each once with all its points.
func (d *device) tellMeasured(ms pmetric.MetricSlice, at time.Time) {
	metrics := measuredMetrics{ms: ms}
	for i := range d.measured {
		tell(metrics.of(d.measured[i].Metric).AppendEmpty(), &d.measured[i])
	}
	if d.refixed && (len(d.measured) > 0 || d.fixed.Empty()) {
		d.refixed = false
		d.endMeasured(&metrics, at)
		d.told.measured = d.told.measured[:0]
	}
	if len(d.measured) > 0 {
		d.told.measured = append(d.told.measured[:0], d.measured...)
	}
}

func begin(ms pmetric.MetricSlice, def *profile.Metric) pmetric.NumberDataPointSlice {
	m := ms.AppendEmpty()
	m.SetName(def.Name)
	m.SetUnit(def.Unit)
	m.SetDescription(def.Description)
	if !def.UpDown {
		return m.SetEmptyGauge().DataPoints()
	}
	sum := m.SetEmptySum()
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	return sum.DataPoints()
}

func tell(p pmetric.NumberDataPoint, m *profile.Measurement) {
	p.SetTimestamp(pcommon.NewTimestampFromTime(m.At))
	if m.Metric.UpDown {
		p.SetIntValue(int64(math.Round(m.Value)))
	} else {
		p.SetDoubleValue(m.Value)
	}
	identify(p.Attributes(), m)
}

// identify tells which row and point a value is of.
func identify(a pcommon.Map, m *profile.Measurement) {
	a.EnsureCapacity(3 + len(m.Point.Attributes))
	if m.Metric.Number != "" {
		a.PutInt(m.Metric.Number, m.Row.Number)
	}
	if m.Metric.ID != "" {
		a.PutStr(m.Metric.ID, m.Row.ID)
	}
	if m.Metric.RowName != "" && m.Row.Name != "" {
		a.PutStr(m.Metric.RowName, m.Row.Name)
	}
	for _, kv := range m.Point.Attributes {
		a.PutStr(kv[0], kv[1])
	}
}
