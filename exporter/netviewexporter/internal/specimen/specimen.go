// Package specimen builds the telemetry of an imaginary network, for tests to store, query and look at.
//
// A network is a function of time: the same moment gives the same counters, so that a test can compute what it
// should find.
package specimen

import (
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/semconv"
)

// Network is an imaginary network.
type Network struct {
	Devices, Ports, Conversations int
	Down                          map[int]bool // devices that do not answer
	Name                          func(device int) string
	Alias                         func(device, port int) string
}

// Office is a network to look at: six devices of 24 ports, one of them down.
func Office() Network {
	return Network{Devices: 6, Ports: 24, Conversations: 50, Down: map[int]bool{4: true}}
}

var (
	roles    = []string{"core-1", "core-2", "dist-east", "dist-west", "access-3f", "edge-gw"}
	models   = []string{"C9500-24Y4C", "C9500-24Y4C", "EX4400-24T", "EX4400-24T", "ICX7150-24", "vMX"}
	vendors  = []string{"Cisco", "Cisco", "Juniper", "Juniper", "Ruckus", "Juniper"}
	services = []struct {
		port      int64
		transport string
		app       string
	}{{443, "tcp", "https"}, {443, "udp", "quic"}, {22, "tcp", "ssh"}, {445, "tcp", "microsoft-ds"}, {53, "udp", "domain"}, {3306, "tcp", "mysql"}, {5201, "tcp", ""}}
)

func (n Network) name(d int) string {
	if n.Name != nil {
		return n.Name(d)
	}
	if d < len(roles) {
		return roles[d]
	}
	return fmt.Sprintf("switch-%d", d)
}

// Address is the management address of a device.
func (n Network) Address(d int) string { return fmt.Sprintf("10.0.%d.1", d) }

// PortName is the ifName of a port.
func PortName(p int) string { return fmt.Sprintf("Gi1/0/%d", p+1) }

// Rate is the mean traffic of a port in bytes per second; a port whose number divides by five has no traffic.
func Rate(d, p int) float64 {
	if p%5 == 4 {
		return 0
	}
	return 40e6 / float64(p+1) * (1 + 0.3*float64(d))
}

// octets integrates the rate, with a swing of ±40 % over ten minutes.
func octets(d, p int, elapsed time.Duration) int64 {
	s, r := elapsed.Seconds(), Rate(d, p)
	w := 2 * math.Pi / 600
	phase := float64(d*7 + p)
	return int64(r*s + 0.4*r/w*(math.Cos(phase)-math.Cos(w*s+phase)))
}

// At returns what the network's devices say at start+elapsed.
func (n Network) At(start time.Time, elapsed time.Duration) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for d := range n.Devices {
		rm := md.ResourceMetrics().AppendEmpty()
		a := rm.Resource().Attributes()
		a.PutStr(semconv.ServiceInstanceID, n.Address(d))
		a.PutStr(semconv.ServiceName, semconv.ServiceNameDefault)
		a.PutStr(semconv.HostName, n.name(d))
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName("github.com/netcol-io/netcol/receiver/snmpreceiver")
		b := builder{sm: sm, start: start, at: start.Add(elapsed)}
		n.device(b, d)
		if !n.Down[d] {
			n.ports(b, d, elapsed)
			n.conversations(b, d, elapsed)
		}
	}
	return md
}

func (n Network) device(b builder, d int) {
	up := b.sum(semconv.MetricDeviceUp, "1", false)
	if n.Down[d] {
		b.point(up, 0, semconv.ErrorType, "timeout")
		return
	}
	b.point(up, 1)
	b.point(b.sum(semconv.MetricDeviceInfo, "1", false), 1,
		semconv.HWVendor, vendors[d%len(vendors)], semconv.HWModel, models[d%len(models)], semconv.OSName, "NOS", semconv.OSVersion, "17.9.4", semconv.HostIP, []any{n.Address(d), "192.0.2.1"})
	b.gauge(semconv.MetricSystemUptime, "s", b.at.Sub(b.start).Seconds()+864000)
	b.gauge(semconv.MetricPollDuration, "s", 0.12)
}

func (n Network) ports(b builder, d int, elapsed time.Duration) {
	io := b.sum(semconv.MetricNetworkIO, "By", true)
	errs := b.sum(semconv.MetricNetworkErrors, "{error}", true)
	drops := b.sum(semconv.MetricNetworkDropped, "{packet}", true)
	limit := b.sum(semconv.MetricBandwidthLimit, "By/s", false)
	status := b.sum(semconv.MetricInterfaceStatus, "1", false)
	admin := b.sum(semconv.MetricInterfaceAdminStatus, "1", false)
	info := b.sum(semconv.MetricInterfaceInfo, "1", false)
	for p := range n.Ports {
		name, alias := PortName(p), fmt.Sprintf("to room %d", 100+p)
		if n.Alias != nil {
			alias = n.Alias(d, p)
		}
		id := []any{semconv.InterfaceName, name, semconv.InterfaceAlias, alias}
		for i, dir := range []string{semconv.DirectionReceive, semconv.DirectionTransmit} {
			at := append(id[:len(id):len(id)], semconv.IODirection, dir)
			b.point(io, octets(d, p, elapsed)>>i, at...)
			b.point(errs, int64(elapsed.Seconds())*boolInt(p == 3), at...)
			b.point(drops, int64(elapsed.Seconds()/2)*boolInt(p == 0), at...)
			b.point(limit, 125_000_000, at...)
		}
		for _, state := range []string{"up", "down"} {
			b.point(status, boolInt((state == "up") == (p%5 != 4)), append(id[:len(id):len(id)], semconv.InterfaceState, state)...)
			b.point(admin, boolInt((state == "up") == (p%10 != 9)), append(id[:len(id):len(id)], semconv.InterfaceState, state)...)
		}
		b.point(info, 1, append(id[:len(id):len(id)], semconv.InterfaceIndex, int64(p+1), semconv.InterfaceType, int64(6), semconv.InterfaceSpeed, int64(1e9))...)
	}
}

func (n Network) conversations(b builder, d int, elapsed time.Duration) {
	if n.Conversations == 0 {
		return
	}
	io := b.sum(semconv.MetricConversationIO, "By", true)
	flow := b.sum(semconv.MetricFlowIO, "By", true)
	var total int64
	for c := d; c < n.Conversations; c += n.Devices {
		s := services[c%len(services)]
		bytes := int64(float64(octets(d, c%8, elapsed)) / float64(1+c))
		total += bytes
		b.point(io, bytes,
			semconv.SourceAddress, fmt.Sprintf("192.0.2.%d", 10+c), semconv.DestinationAddress, fmt.Sprintf("198.51.100.%d", 200-c),
			semconv.DestinationPort, s.port, semconv.NetworkTransport, s.transport, semconv.NetworkProtocolName, s.app,
			semconv.FlowIngressInterface, PortName(c%n.Ports), semconv.FlowEgressInterface, PortName((c+1)%n.Ports))
	}
	b.point(io, total/3, semconv.MetricOverflow, true)
	b.point(flow, total, semconv.InterfaceName, PortName(0), semconv.InterfaceDirection, semconv.InterfaceDirectionIngress, semconv.NetworkTransport, "tcp", semconv.NetworkType, "ipv4")
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

type builder struct {
	sm        pmetric.ScopeMetrics
	start, at time.Time
}

func (b builder) sum(name, unit string, monotonic bool) pmetric.NumberDataPointSlice {
	m := b.sm.Metrics().AppendEmpty()
	m.SetName(name)
	m.SetUnit(unit)
	s := m.SetEmptySum()
	s.SetIsMonotonic(monotonic)
	s.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	return s.DataPoints()
}

func (b builder) gauge(name, unit string, v float64) {
	m := b.sm.Metrics().AppendEmpty()
	m.SetName(name)
	m.SetUnit(unit)
	p := m.SetEmptyGauge().DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(b.at))
	p.SetDoubleValue(v)
}

func (b builder) point(to pmetric.NumberDataPointSlice, v int64, attributes ...any) {
	p := to.AppendEmpty()
	p.SetStartTimestamp(pcommon.NewTimestampFromTime(b.start))
	p.SetTimestamp(pcommon.NewTimestampFromTime(b.at))
	p.SetIntValue(v)
	for i := 0; i < len(attributes); i += 2 {
		_ = p.Attributes().PutEmpty(attributes[i].(string)).FromRaw(attributes[i+1])
	}
}
