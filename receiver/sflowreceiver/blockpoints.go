package sflowreceiver

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// instrument is how a value becomes a point.
type instrument uint8

const (
	counter instrument = iota // monotonic sum
	upDown
	gauge
)

// definition is a metric's definition. A scale makes its points doubles: what the wire has, times the scale.
type definition struct {
	name, description, unit string
	as                      instrument
	scale                   float64 // 0: integers, as they are
}

// field is what becomes of one number of a record. The zero field is left out.
type field struct {
	*definition
	attributes []string // keys and values
}

// of makes a field of a metric with attributes.
func (m *definition) of(attributes ...string) field { return field{m, attributes} }

// points collects a device's points by metric.
type points struct {
	metrics pmetric.MetricSlice
	slices  map[*definition]pmetric.NumberDataPointSlice
}

func newPoints() *points {
	return &points{metrics: pmetric.NewMetricSlice(), slices: map[*definition]pmetric.NumberDataPointSlice{}}
}

// slice is where the points of a metric go.
func (p *points) slice(m *definition) pmetric.NumberDataPointSlice {
	if s, ok := p.slices[m]; ok {
		return s
	}
	to := p.metrics.AppendEmpty()
	to.SetName(m.name)
	to.SetDescription(m.description)
	to.SetUnit(m.unit)
	var s pmetric.NumberDataPointSlice
	if m.as == gauge {
		s = to.SetEmptyGauge().DataPoints()
	} else {
		sum := to.SetEmptySum()
		sum.SetIsMonotonic(m.as == counter)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		s = sum.DataPoints()
	}
	p.slices[m] = s
	return s
}

// blockPoints makes the points of one record.
type blockPoints struct {
	*points
	block  *keptBlock
	common []string // attributes of all points
	state  *netif.Scalars
	at     time.Time

	hostMemoryToo bool // its data source sends host_memory, too
}

// all adds the points of a record whose numbers each are one: fields are in the order of the structure.
func (p *blockPoints) all(fields []field) {
	for i, f := range fields {
		if f.definition != nil {
			p.value(i, f)
		}
	}
}

// value adds the point of number i, unless the agent does not know it.
func (p *blockPoints) value(i int, f field) {
	if f.as == counter {
		if v, start, ok := p.state.Value(i); ok {
			dp := p.point(f)
			dp.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
			f.set(dp, float64(v), v)
		}
		return
	}
	if v := p.block.value(i); v.Known() {
		p.put(f, float64(v.N), v.N)
	}
}

// put adds a point that is no counter.
func (p *blockPoints) put(f field, v float64, n uint64) {
	f.set(p.point(f), v, int64(n&(1<<63-1))) //nolint:gosec // masked
}

func (m *definition) set(dp pmetric.NumberDataPoint, v float64, n int64) {
	if m.scale != 0 {
		dp.SetDoubleValue(v * m.scale)
		return
	}
	dp.SetIntValue(n)
}

func (p *blockPoints) point(f field) pmetric.NumberDataPoint {
	dp := p.slice(f.definition).AppendEmpty()
	dp.SetTimestamp(pcommon.NewTimestampFromTime(p.at))
	a := dp.Attributes()
	a.EnsureCapacity((len(p.common) + len(f.attributes)) / 2)
	for _, pairs := range [2][]string{p.common, f.attributes} {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == semconv.ThreadDaemon {
				a.PutBool(pairs[i], pairs[i+1] == isDaemon)
				continue
			}
			a.PutStr(pairs[i], pairs[i+1])
		}
	}
	return dp
}

// isDaemon is how true is written where all attributes are strings.
const isDaemon = "true"

// readingsOf are the numbers of a record for its counters' state.
func readingsOf(values []sflow.Value) []netif.Reading {
	r := make([]netif.Reading, len(values))
	for i, v := range values {
		if v.Bits == 32 || v.Bits == 64 {
			r[i] = netif.Reading{Value: v.N, Bits: v.Bits}
		}
	}
	return r
}
