package sflowreceiver

import (
	"flag"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/plogtest"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/pmetrictest"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

var update = flag.Bool("update", false, "write what comes out to testdata/golden instead of comparing")

// leaf is one datagram of a switch with every kind of sample and record that is understood.
func leaf() []byte {
	frame := sflowtest.Header(1, 1018, 4, sflowtest.UDPFrame(client, server, 1000))
	frame6 := sflowtest.Header(1, 518, 4, sflowtest.UDPFrame(netip.MustParseAddrPort("[2001:db8::a]:5000"), netip.MustParseAddrPort("[2001:db8::b]:53"), 500))
	hop := netip.MustParseAddr("198.51.100.1")
	sample := func(n, source uint32, in, out sflowtest.Port, records ...[]byte) []byte {
		return sflowtest.FlowSample{Sequence: n, Source: sflowtest.Source{Index: source}, Rate: 1000, Pool: n * 1000, In: in, Out: out, Records: records}.Bytes()
	}
	port := func(index uint32) sflowtest.Port { return sflowtest.Port{Value: index} }
	return sflowtest.Datagram{Agent: switch1, SubAgent: 1, Sequence: 1, Uptime: 86_400_000, Samples: [][]byte{
		sample(1, 1, port(1), port(2), frame, sflowtest.Switch(10, 0, 20, 0), sflowtest.Router(hop, 24, 16),
			sflowtest.Gateway(hop, 64500, 64501, 64502, []sflowtest.ASSegment{{Type: 2, AS: []uint32{64503, 64504}}}, []uint32{1}, 100)),
		sample(1, 2, port(1), port(2), frame6),
		sample(2, 1, port(1), sflowtest.Port{Format: 1, Value: 258}, frame),
		sample(3, 1, port(1), sflowtest.Port{Format: 2, Value: 5}, frame),
		sample(2, 2, port(0x3fffffff), port(2), sflowtest.IP(84, 1, client, server, 0, 0)),
		sample(4, 1, port(1), port(2), sflowtest.Ethernet(64, [6]byte{2, 1}, [6]byte{2, 2}, 0x806)),
		sample(5, 1, port(1), port(2), frame, sflowtest.NAT(hop, netip.Addr{}), sflowtest.NATPort(7, 0), sflowtest.VNI(true, 5001), sflowtest.MPLS(hop, []uint32{300<<12 | 1<<8}, nil)),
		sflowtest.CounterSample{Sequence: 1, Source: sflowtest.Source{Index: 1}, Records: [][]byte{sflowtest.Interface{
			Index: 1, Type: 6, Speed: 1e10, Direction: 1, Status: 3, InOctets: 1 << 40, InUnicast: 2, InMulticast: 3, InBroadcast: 4, InDiscards: 5, InErrors: 6,
			OutOctets: 1 << 41, OutUnicast: 8, OutMulticast: 9, OutBroadcast: 10, OutDiscards: 11, OutErrors: 12,
		}.Bytes(), sflowtest.PortName("Ethernet1"), sflowtest.EthernetCounters([13]uint32{1, 2, 3, 4, 1<<32 - 1, 6, 7, 8, 9, 10, 11, 12, 13})}}.Bytes(),
		sflowtest.CounterSample{Sequence: 1, Source: sflowtest.Source{Index: 2}, Expanded: true, Records: [][]byte{sflowtest.Interface{
			Index: 2, Type: 6, Speed: 1<<64 - 1, Status: 1, InOctets: 7, InUnicast: 1<<32 - 1, InMulticast: 1<<32 - 1, InBroadcast: 1<<32 - 1, InDiscards: 1<<32 - 1, InErrors: 1<<32 - 1,
			OutOctets: 1<<64 - 1, OutUnicast: 1<<32 - 1, OutMulticast: 1<<32 - 1, OutBroadcast: 1<<32 - 1, OutDiscards: 1<<32 - 1, OutErrors: 1<<32 - 1,
		}.Bytes()}}.Bytes(),
	}}.Bytes()
}

// What one switch's datagram becomes: flow metrics, interface metrics, flow records.
func TestGolden(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	r.send(t, leaf())
	r.stop()

	metrics := pmetric.NewMetrics()
	for _, md := range r.metrics.AllMetrics() {
		md.ResourceMetrics().MoveAndAppendTo(metrics.ResourceMetrics())
	}
	logs := plog.NewLogs()
	for _, ld := range r.logs.AllLogs() {
		ld.ResourceLogs().MoveAndAppendTo(logs.ResourceLogs())
	}
	timeless(logs)
	metricsFile, logsFile := filepath.Join("testdata", "golden", "metrics.yaml"), filepath.Join("testdata", "golden", "logs.yaml")
	if *update {
		require.NoError(t, golden.WriteMetrics(t, metricsFile, metrics))
		require.NoError(t, golden.WriteLogs(t, logsFile, logs))
		return
	}
	wantMetrics, err := golden.ReadMetrics(metricsFile)
	require.NoError(t, err)
	require.NoError(t, pmetrictest.CompareMetrics(wantMetrics, metrics, pmetrictest.IgnoreTimestamp(), pmetrictest.IgnoreStartTimestamp(),
		pmetrictest.IgnoreResourceMetricsOrder(), pmetrictest.IgnoreMetricsOrder(), pmetrictest.IgnoreMetricDataPointsOrder()))
	wantLogs, err := golden.ReadLogs(logsFile)
	require.NoError(t, err)
	require.NoError(t, plogtest.CompareLogs(wantLogs, logs))
}

// timeless takes the times off records.
func timeless(logs plog.Logs) {
	for _, rl := range logs.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, r := range sl.LogRecords().All() {
				r.SetTimestamp(0)
				r.SetObservedTimestamp(0)
				r.Attributes().Remove(semconv.FlowStart)
			}
		}
	}
}
