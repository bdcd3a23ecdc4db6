package sflowreceiver

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// ethernetErrors are the counters of EtherLike-MIB's dot3StatsTable that count errors, with their error.type. The
// rest (single and multiple collisions, deferred transmissions) is how half duplex works.
var ethernetErrors = [...]struct {
	name string
	of   func(*sflow.Ethernet) sflow.Counter32
}{
	{"alignment", func(e *sflow.Ethernet) sflow.Counter32 { return e.AlignmentErrors }},
	{"fcs", func(e *sflow.Ethernet) sflow.Counter32 { return e.FCSErrors }},
	{"sqe_test", func(e *sflow.Ethernet) sflow.Counter32 { return e.SQETestErrors }},
	{"late_collision", func(e *sflow.Ethernet) sflow.Counter32 { return e.LateCollisions }},
	{"excessive_collision", func(e *sflow.Ethernet) sflow.Counter32 { return e.ExcessiveCollisions }},
	{"internal_mac_transmit", func(e *sflow.Ethernet) sflow.Counter32 { return e.InternalMACTransmitErrors }},
	{"carrier_sense", func(e *sflow.Ethernet) sflow.Counter32 { return e.CarrierSenseErrors }},
	{"frame_too_long", func(e *sflow.Ethernet) sflow.Counter32 { return e.FrameTooLongs }},
	{"internal_mac_receive", func(e *sflow.Ethernet) sflow.Counter32 { return e.InternalMACReceiveErrors }},
	{"symbol", func(e *sflow.Ethernet) sflow.Counter32 { return e.SymbolErrors }},
}

// ethernetState widens one interface's error counters.
type ethernetState struct {
	at       time.Time // of the last reading
	counters [len(ethernetErrors)]widened
}

// widened is a 32-bit counter as 64 bits since start.
type widened struct {
	value uint64
	start time.Time
	last  uint32
	known bool
}

// advance takes a reading. A counter that is lower wrapped if that takes the shorter way round; else it was reset, and counts
// anew from the last reading on. boot is when the device says it started.
func (w *widened) advance(v sflow.Counter32, boot, before time.Time) {
	if !v.Known() {
		return
	}
	n := uint32(v)
	switch delta := n - w.last; {
	case !w.known:
		w.value, w.start, w.known = uint64(n), boot, true
	case delta < 1<<31:
		w.value += uint64(delta)
	default:
		w.value, w.start = uint64(n), before
	}
	w.last = n
}

// observe takes a reading that came at the given time from a device that has been up for so long.
func (s *ethernetState) observe(e *sflow.Ethernet, at time.Time, uptime uint32) {
	boot := at.Add(-time.Duration(uptime) * time.Millisecond)
	for i := range s.counters {
		s.counters[i].advance(ethernetErrors[i].of(e), boot, s.at)
	}
	s.at = at
}

// appendTo adds the interface's points.
func (s *ethernetState) appendTo(points pmetric.NumberDataPointSlice, name, alias string) {
	for i := range s.counters {
		c := &s.counters[i]
		if !c.known {
			continue
		}
		p := points.AppendEmpty()
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(c.start))
		p.SetTimestamp(pcommon.NewTimestampFromTime(s.at))
		p.SetIntValue(int64(c.value))
		a := p.Attributes()
		a.PutStr(semconv.InterfaceName, name)
		if alias != "" {
			a.PutStr(semconv.InterfaceAlias, alias)
		}
		a.PutStr(semconv.ErrorType, ethernetErrors[i].name)
	}
}

// newEthernetErrors is the metric without points.
func newEthernetErrors() pmetric.Metric {
	m := pmetric.NewMetric()
	m.SetName(semconv.MetricEthernetErrors)
	m.SetDescription("Errors of an Ethernet interface by type, as EtherLike-MIB counts them.")
	m.SetUnit("{error}")
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	return m
}
