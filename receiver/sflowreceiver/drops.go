package sflowreceiver

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
)

// Bounds of the streams of network.flow.packet.dropped: of one device, and of all; an idle one ends.
const (
	maxDeviceDrops = 2000
	maxDrops       = 1 << 16
	dropIdle       = 5 * time.Minute
)

// window is when discarded packets were collected.
type window struct{ start, end time.Time }

// drops turns discarded packets into the cumulative streams of network.flow.packet.dropped: for each device the points and
// the overflow point together are exactly the packets reported. It is the flusher's alone.
type drops struct {
	registry *inventory.Registry
	metrics  *deliver.Metrics
	scope    scope
	devices  map[string]*deviceDrops
	streams  int
}

type deviceDrops struct {
	device   *inventory.Device
	streams  map[dropKey]*dropStream
	overflow *dropStream
}

// dropKey is a stream's identity: discardKey with names for numbers.
type dropKey struct {
	reason, in, out, family, transport string
	source, target                     netip.Addr
	port                               int32 // destination's, −1 none
}

// dropStream is one cumulative sum.
type dropStream struct {
	value       uint64
	start, last time.Time // of the window that began it, of the end of the last that added to it
	shown       bool
}

func newDrops(registry *inventory.Registry, metrics *deliver.Metrics, s scope) *drops {
	return &drops{registry: registry, metrics: metrics, scope: s, devices: map[string]*deviceDrops{}}
}

// add takes what one agent address reported in a window.
func (s *drops) add(address netip.Addr, d *discards, w window) {
	device := s.registry.Exporter(address, 0)
	own := s.devices[device.ID]
	if own == nil {
		own = &deviceDrops{streams: map[dropKey]*dropStream{}}
		s.devices[device.ID] = own
	}
	own.device = device
	for k, n := range d.keys {
		s.stream(own, k.named(device), w).count(n, w)
	}
	if d.overflow > 0 {
		own.spill(w).count(d.overflow, w)
	}
}

// stream finds or begins a stream; beyond the bounds it is the overflow.
func (s *drops) stream(own *deviceDrops, k dropKey, w window) *dropStream {
	if st := own.streams[k]; st != nil {
		return st
	}
	if len(own.streams) >= maxDeviceDrops || s.streams >= maxDrops {
		return own.spill(w)
	}
	s.streams++
	st := &dropStream{start: w.start}
	own.streams[k] = st
	return st
}

func (own *deviceDrops) spill(w window) *dropStream {
	if own.overflow == nil {
		own.overflow = &dropStream{start: w.start}
	}
	return own.overflow
}

func (st *dropStream) count(n uint64, w window) { st.value, st.last = st.value+n, w.end }

// named gives the numbers of k the names that the inventory has for them, else the agent's own.
func (k *discardKey) named(device *inventory.Device) dropKey {
	n := dropKey{reason: k.reason.String(), family: k.family, source: k.source, target: k.target, port: -1}
	if k.hasTransport {
		n.transport = k.transportName()
	}
	if k.hasPort {
		n.port = int32(k.port)
	}
	if k.ingress {
		n.in = interfaceName(device, k.inIndex, k.in)
	}
	if k.egress {
		n.out = interfaceName(device, k.outIndex, k.out)
	}
	return n
}

func interfaceName(device *inventory.Device, index uint32, own string) string {
	if known := device.Interfaces[index].Name; known != "" {
		return known
	}
	if own != "" {
		return own
	}
	return "if" + strconv.FormatUint(uint64(index), 10)
}

// send delivers every stream as of the end of a window, and ends those that are idle.
func (s *drops) send(ctx context.Context, w window) error {
	var errs []error
	md := pmetric.NewMetrics()
	points := 0
	for id, own := range s.devices {
		if points += s.append(md, own, w); points >= maxPoints {
			errs = append(errs, s.metrics.Send(ctx, md))
			md, points = pmetric.NewMetrics(), 0
		}
		if len(own.streams) == 0 && own.overflow == nil {
			delete(s.devices, id)
		}
	}
	if points > 0 {
		errs = append(errs, s.metrics.Send(ctx, md))
	}
	return errors.Join(errs...)
}

// append writes one device's streams and returns how many points they have.
func (s *drops) append(md pmetric.Metrics, own *deviceDrops, w window) int {
	points := s.metric(md, own)
	for k, st := range own.streams {
		if st.appendTo(points, w, k.put) {
			delete(own.streams, k)
			s.streams--
		}
	}
	if own.overflow != nil && own.overflow.appendTo(points, w, putOverflow) {
		own.overflow = nil
	}
	return points.Len()
}

func (s *drops) metric(md pmetric.Metrics, own *deviceDrops) pmetric.NumberDataPointSlice {
	sm := appendScope(md, s.registry, own.device, s.scope)
	m := sm.Metrics().AppendEmpty()
	m.SetName(semconv.MetricFlowPacketDropped)
	m.SetDescription("Packets that the device reports to have dropped, by reason.")
	m.SetUnit("{packet}")
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	return sum.DataPoints()
}

// appendTo adds the stream's points and tells whether it ends. A new stream first is 0, so that its first window shows
// in a rate.
func (st *dropStream) appendTo(points pmetric.NumberDataPointSlice, w window, attributes func(pcommon.Map)) (ends bool) {
	put := func(at time.Time) pmetric.NumberDataPoint {
		p := points.AppendEmpty()
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(st.start))
		p.SetTimestamp(pcommon.NewTimestampFromTime(at))
		attributes(p.Attributes())
		return p
	}
	if w.end.Sub(st.last) >= dropIdle {
		put(w.end).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		return true
	}
	if !st.shown {
		st.shown = true
		put(st.start).SetIntValue(0)
	}
	put(w.end).SetIntValue(int64(st.value)) //nolint:gosec // one packet at a time never gets to 2^63
	return false
}

func putOverflow(m pcommon.Map) { m.PutBool(semconv.MetricOverflow, true) }

func (k dropKey) put(m pcommon.Map) {
	m.EnsureCapacity(8)
	m.PutStr(semconv.FlowDropReason, k.reason)
	for _, a := range [...]struct{ key, value string }{
		{semconv.FlowIngressInterface, k.in},
		{semconv.FlowEgressInterface, k.out},
		{semconv.NetworkType, k.family},
		{semconv.NetworkTransport, k.transport},
	} {
		if a.value != "" {
			m.PutStr(a.key, a.value)
		}
	}
	if k.source.IsValid() {
		m.PutStr(semconv.SourceAddress, k.source.String())
		m.PutStr(semconv.DestinationAddress, k.target.String())
	}
	if k.port >= 0 {
		m.PutInt(semconv.DestinationPort, int64(k.port))
	}
}
