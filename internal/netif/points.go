package netif

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
)

// Append adds the metrics of telemetry.md §2 for the samples of the last Observe to dst. A metric without points is
// left out.
func (t *Tracker) Append(dst pmetric.MetricSlice) {
	if len(t.current) == 0 {
		return
	}
	b := builder{t: t, dst: dst}
	b.counters(semconv.MetricNetworkIO, "Bytes received and transmitted.", "By", octets)
	b.counters(semconv.MetricNetworkPackets, "Packets received and transmitted.", "{packet}", unicast, multicast, broadcast, nonUnicast)
	b.counters(semconv.MetricNetworkErrors, "Packets in error.", "{error}", errorCount)
	b.counters(semconv.MetricNetworkDropped, "Packets discarded though nothing was wrong with them.", "{packet}", discards)
	b.limits()
	b.utilization()
	b.states(semconv.MetricInterfaceStatus, "Operational state: 1 for the current one, 0 for the others.", operStates[:],
		func(r *row) uint8 { return r.oper })
	b.states(semconv.MetricInterfaceAdminStatus, "Administrative state: 1 for the current one, 0 for the others.", operStates[:3],
		func(r *row) uint8 { return r.admin })
}

// operStates are the values of network.interface.state in the order of ifOperStatus (RFC 2863), whose first three
// are those of ifAdminStatus.
var operStates = [...]string{"up", "down", "testing", "unknown", "dormant", "not_present", "lower_layer_down"}

var directions = [2]string{semconv.DirectionReceive, semconv.DirectionTransmit}

// casts are the values of network.packet.cast.
var casts = [columns]string{
	unicast: semconv.CastUnicast, multicast: semconv.CastMulticast, broadcast: semconv.CastBroadcast, nonUnicast: semconv.CastNonUnicast,
}

// builder builds the points of the current rows, one metric after the other.
type builder struct {
	t   *Tracker
	dst pmetric.MetricSlice
}

func (b builder) metric(name, description, unit string) pmetric.Metric {
	m := b.dst.AppendEmpty()
	m.SetName(name)
	m.SetDescription(description)
	m.SetUnit(unit)
	return m
}

// sum adds a cumulative sum with room for n points.
func (b builder) sum(name, description, unit string, monotonic bool, n int) pmetric.NumberDataPointSlice {
	s := b.metric(name, description, unit).SetEmptySum()
	s.SetIsMonotonic(monotonic)
	s.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	s.DataPoints().EnsureCapacity(n)
	return s.DataPoints()
}

// point adds a point with the attributes every point has, and room for more others.
func (b builder) point(points pmetric.NumberDataPointSlice, r *row, more int) pmetric.NumberDataPoint {
	p := points.AppendEmpty()
	p.SetTimestamp(pcommon.Timestamp(r.at))
	a := p.Attributes()
	named := b.t.alias && r.alias != ""
	if named {
		more++
	}
	a.EnsureCapacity(1 + more)
	a.PutStr(semconv.InterfaceName, r.name)
	if named {
		a.PutStr(semconv.InterfaceAlias, r.alias)
	}
	return p
}

// since gives a point of an up-down counter its start.
func (b builder) since(p pmetric.NumberDataPoint) {
	p.SetStartTimestamp(min(pcommon.Timestamp(b.t.begun), p.Timestamp()))
}

func (b builder) counters(name, description, unit string, cols ...column) {
	n := b.count(func(r *row, i int) bool { return r.has(cols, i) })
	if n == 0 {
		return
	}
	points := b.sum(name, description, unit, true, n)
	for _, r := range b.t.current {
		for i := 2 * int(cols[0]); i < 2*int(cols[len(cols)-1])+2; i++ {
			if !r.counters[i].has(fresh) {
				continue
			}
			p := b.point(points, r, 2)
			p.SetStartTimestamp(pcommon.Timestamp(r.startOf(i)))
			p.SetIntValue(r.value(i))
			p.Attributes().PutStr(semconv.IODirection, directions[i%2])
			if cast := casts[columnOf(i)]; cast != "" {
				p.Attributes().PutStr(semconv.PacketCast, cast)
			}
		}
	}
}

// has says whether counter i is one of cols, which follow each other, and was read.
func (r *row) has(cols []column, i int) bool {
	c := columnOf(i)
	return c >= cols[0] && c <= cols[len(cols)-1] && r.counters[i].has(fresh)
}

// count counts the points that a metric will have.
func (b builder) count(want func(r *row, i int) bool) int {
	n := 0
	for _, r := range b.t.current {
		for i := range r.counters {
			if want(r, i) {
				n++
			}
		}
	}
	return n
}

func (b builder) limits() {
	n := b.count(func(r *row, i int) bool { return i < 2 && r.speed[i] > 0 })
	if n == 0 {
		return
	}
	points := b.sum(semconv.MetricBandwidthLimit, "What the interface can carry.", "By/s", false, n)
	for _, r := range b.t.current {
		for d, speed := range r.speed {
			if speed == 0 {
				continue
			}
			p := b.point(points, r, 1)
			b.since(p)
			p.SetIntValue(int64(speed / 8))
			p.Attributes().PutStr(semconv.IODirection, directions[d])
		}
	}
}

func (b builder) utilization() {
	used := func(r *row, i int) bool { return i < 2 && r.speed[i] >= 8 && r.rate[i] >= 0 }
	n := b.count(used)
	if n == 0 {
		return
	}
	g := b.metric(semconv.MetricBandwidthUtilization, "Rate since the last poll by what the interface can carry.", "1").SetEmptyGauge()
	g.DataPoints().EnsureCapacity(n)
	for _, r := range b.t.current {
		for d := range r.speed {
			if !used(r, d) {
				continue
			}
			p := b.point(g.DataPoints(), r, 1)
			p.SetDoubleValue(r.rate[d] / (float64(r.speed[d]) / 8))
			p.Attributes().PutStr(semconv.IODirection, directions[d])
		}
	}
}

func (b builder) states(name, description string, states []string, current func(*row) uint8) {
	told := func(r *row) bool { return current(r) > 0 && int(current(r)) <= len(states) }
	n := b.count(func(r *row, i int) bool { return i == 0 && told(r) })
	if n == 0 {
		return
	}
	points := b.sum(name, description, "1", false, n*len(states))
	for _, r := range b.t.current {
		if !told(r) {
			continue
		}
		for i, state := range states {
			p := b.point(points, r, 1)
			b.since(p)
			p.Attributes().PutStr(semconv.InterfaceState, state)
			if i+1 == int(current(r)) {
				p.SetIntValue(1)
			} else {
				p.SetIntValue(0)
			}
		}
	}
}

// AppendInfo adds network.interface.info for interfaces: the index that moves on reboots, and what describes.
func AppendInfo(dst pmetric.MetricSlice, interfaces []inventory.Interface, at time.Time) {
	if len(interfaces) == 0 {
		return
	}
	b := builder{dst: dst}
	points := b.sum(semconv.MetricInterfaceInfo, "An interface and what describes it; always 1.", "1", false, len(interfaces))
	for _, i := range interfaces {
		p := points.AppendEmpty()
		p.SetTimestamp(pcommon.NewTimestampFromTime(at))
		p.SetIntValue(1)
		a := p.Attributes()
		a.EnsureCapacity(6)
		a.PutStr(semconv.InterfaceName, i.Name)
		a.PutInt(semconv.InterfaceIndex, int64(i.Index))
		if i.Alias != "" {
			a.PutStr(semconv.InterfaceAlias, i.Alias)
		}
		if i.Type != 0 {
			a.PutInt(semconv.InterfaceType, int64(i.Type))
		}
		if i.MAC != "" {
			a.PutStr(semconv.InterfaceMAC, i.MAC)
		}
		if speed := max(i.ReceiveSpeed, i.TransmitSpeed); speed != 0 {
			a.PutInt(semconv.InterfaceSpeed, int64(speed))
		}
	}
}
