package sflowreceiver

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/netif"
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

// ethernetState follows one interface's error counters.
type ethernetState struct {
	netif.Scalars
	at time.Time // of the last reading
}

// observe takes a reading; clock has seen the uptime that came with it.
func (s *ethernetState) observe(clock *netif.Clock, e *sflow.Ethernet, at time.Time) {
	var readings [len(ethernetErrors)]netif.Reading
	for i := range readings {
		if v := ethernetErrors[i].of(e); v.Known() {
			readings[i] = netif.Reading{Value: uint64(v), Bits: 32}
		}
	}
	s.Observe(clock, readings[:], at)
	s.at = at
}

// appendTo adds the interface's points.
func (s *ethernetState) appendTo(points pmetric.NumberDataPointSlice, name, alias string) {
	for i := range ethernetErrors {
		value, start, ok := s.Value(i)
		if !ok {
			continue
		}
		p := points.AppendEmpty()
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
		p.SetTimestamp(pcommon.NewTimestampFromTime(s.at))
		p.SetIntValue(value)
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
