package sflowreceiver

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/pmetrictest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// Data sources of a switch that runs hsflowd: a port, the box, a virtual machine, a VLAN.
var (
	portSource    = sflowtest.Source{Index: 1}
	boxSource     = sflowtest.Source{Class: 2, Index: 1}
	virtualSource = sflowtest.Source{Class: 3, Index: 100001}
	vlanSource    = sflowtest.Source{Class: 1, Index: 42}
)

// box is a datagram of a switch's counter samples.
func box(sequence, uptime uint32, samples map[sflowtest.Source][][]byte) []byte {
	d := sflowtest.Datagram{Agent: switch1, Sequence: sequence, Uptime: uptime}
	for _, source := range []sflowtest.Source{portSource, boxSource, virtualSource, vlanSource} {
		if records := samples[source]; records != nil {
			d.Samples = append(d.Samples, sflowtest.CounterSample{Sequence: sequence, Source: source, Expanded: true, Records: records}.Bytes())
		}
	}
	return d.Bytes()
}

// collect is everything the receiver emitted, in one.
func (r *rig) collect() pmetric.Metrics {
	all := pmetric.NewMetrics()
	for _, md := range r.metrics.AllMetrics() {
		md.ResourceMetrics().MoveAndAppendTo(all.ResourceMetrics())
	}
	return all
}

// lines writes every point as metric{attributes} value.
func (r *rig) lines() []string {
	var lines []string
	for _, rm := range r.collect().ResourceMetrics().All() {
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			points := m.Sum().DataPoints
			if m.Type() == pmetric.MetricTypeGauge {
				points = m.Gauge().DataPoints
			}
			for _, p := range points().All() {
				lines = append(lines, m.Name()+labels(p.Attributes())+" "+value(p))
			}
		}
	}
	sort.Strings(lines)
	return lines
}

func labels(attributes pcommon.Map) string {
	var all []string
	for k, v := range attributes.All() {
		all = append(all, k+"="+v.AsString())
	}
	sort.Strings(all)
	return "{" + strings.Join(all, ",") + "}"
}

func value(p pmetric.NumberDataPoint) string {
	if p.ValueType() == pmetric.NumberDataPointValueTypeDouble {
		return fmt.Sprintf("%.7g", p.DoubleValue())
	}
	return fmt.Sprint(p.IntValue())
}

// Every kind of counter record, as metrics.
func TestGoldenCounters(t *testing.T) {
	port, host, virtual, vlan := sflowtest.EveryCounter()
	port = append([][]byte{sflowtest.Interface{Index: 1, Type: 6, Speed: 1e10, Status: 3}.Bytes(), sflowtest.PortName("Ethernet1")}, port...)
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	r.send(t, box(1, 3_600_000, map[sflowtest.Source][][]byte{portSource: port, boxSource: host, virtualSource: virtual, vlanSource: vlan}))
	r.stop()
	got := r.collect()
	assertNoTwins(t, got)
	file := filepath.Join("testdata", "golden", "counters.yaml")
	if *update {
		require.NoError(t, golden.WriteMetrics(t, file, got))
		return
	}
	want, err := golden.ReadMetrics(file)
	require.NoError(t, err)
	require.NoError(t, pmetrictest.CompareMetrics(want, got, pmetrictest.IgnoreTimestamp(), pmetrictest.IgnoreStartTimestamp(),
		pmetrictest.IgnoreMetricsOrder(), pmetrictest.IgnoreMetricDataPointsOrder()))
}

// assertNoTwins fails if a metric is there twice, or two of its points have the same attributes.
func assertNoTwins(t *testing.T, md pmetric.Metrics) {
	t.Helper()
	metrics, points := map[string]bool{}, map[string]bool{}
	for _, rm := range md.ResourceMetrics().All() {
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			assert.False(t, metrics[m.Name()], "two metrics %s", m.Name())
			metrics[m.Name()] = true
			dps := m.Sum().DataPoints
			if m.Type() == pmetric.MetricTypeGauge {
				dps = m.Gauge().DataPoints
			}
			for _, p := range dps().All() {
				key := m.Name() + labels(p.Attributes())
				assert.False(t, points[key], "two points %s", key)
				points[key] = true
				if m.Type() == pmetric.MetricTypeSum && m.Sum().IsMonotonic() {
					assert.NotZero(t, p.StartTimestamp(), key)
				}
			}
		}
	}
}

// What network engineers look for first, said in plain words here and not only in a golden file.
func TestCountersOfTheBox(t *testing.T) {
	port, host, virtual, _ := sflowtest.EveryCounter()
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	r.send(t, box(1, 3_600_000, map[sflowtest.Source][][]byte{portSource: port, boxSource: host[3:], virtualSource: virtual}))
	r.stop()
	lines := r.lines()
	for _, want := range []string{
		"system.cpu.time{cpu.mode=user,sflow.data_source=2:1} 1",
		"system.cpu.time{cpu.mode=iowait,sflow.data_source=2:1} 1.004",
		"system.cpu.time{cpu.mode=steal,sflow.data_source=2:1} 2.003",
		"system.cpu.load_average.5m{sflow.data_source=2:1} 1.25",
		"system.cpu.logical.count{sflow.data_source=2:1} 8",
		"system.cpu.frequency{sflow.data_source=2:1} 2.4e+09",
		"system.uptime{sflow.data_source=2:1} 86400",
		"system.process.count{process.state=running,sflow.data_source=2:1} 3",
		"system.process.count{process.state=other,sflow.data_source=2:1} 197",
		"system.memory.limit{sflow.data_source=2:1} 16000",
		"system.memory.usage{sflow.data_source=2:1,system.memory.state=used} 6000", // all but free, buffers, cached
		"system.memory.utilization{sflow.data_source=2:1} 0.375",
		"system.paging.usage{sflow.data_source=2:1,system.paging.state=used} 500",
		"system.filesystem.utilization.max{sflow.data_source=2:1} 0.755",
		"system.disk.io{disk.io.direction=write,sflow.data_source=2:1} 55",
		"system.disk.operation_time{disk.io.direction=read,sflow.data_source=2:1} 0.053",
		"sflow.host.network.errors{network.io.direction=transmit,sflow.data_source=2:1} 67",
		"sflow.host.mib2.count{sflow.counter=tcpRetransSegs,sflow.data_source=2:1} 311",
		"sflow.host.mib2.count{sflow.counter=ipInReceives,sflow.data_source=2:1} 102",
		"network.tcp.connection.count{sflow.data_source=2:1} 308",
		"network.lacp.pdu.count{network.interface.name=if1,network.io.direction=transmit,network.lacp.pdu.type=marker} 81",
		"network.lacp.port.state{network.interface.name=if1,network.lacp.role=actor,network.lacp.state=timeout} 0",
		"network.lacp.port.state{network.interface.name=if1,network.lacp.role=actor,network.lacp.state=distributing} 1",
		"network.lacp.port.state{network.interface.name=if1,network.lacp.role=partner,network.lacp.state=distributing} 0",
		"hw.temperature{hw.id=transceiver 1,hw.type=transceiver,network.interface.name=if1} -5.125",
		"hw.voltage{hw.id=transceiver 1,hw.type=transceiver,network.interface.name=if1} 3.3",
		"hw.optics.power{hw.id=transceiver 1,hw.optics.lane=1,hw.type=transceiver,network.interface.name=if1,network.io.direction=receive} 0.000401",
		"hw.optics.bias_current{hw.id=transceiver 1,hw.optics.lane=2,hw.type=transceiver,network.interface.name=if1} 0.0065",
		"hw.buffer.utilization{network.interface.name=if1,network.io.direction=transmit,network.packet.cast=unicast,network.queue.id=1} 0.06",
		"hw.table.usage{hw.table.name=mac,sflow.data_source=2:1} 814",
		"hw.table.limit{hw.table.name=mac,sflow.data_source=2:1} 815",
		"hw.table.usage{hw.table.name=ipv6_routes,sflow.data_source=2:1} 819",
		"hw.table.limit{hw.table.name=acl_egress_slices,sflow.data_source=2:1} 835",
		"hw.gpu.memory.usage{hw.id=gpu,hw.type=gpu,sflow.data_source=2:1} 20000",
		"sflow.virtual.state{sflow.data_source=3:100001,sflow.host.name=vm1,sflow.virtual.state.name=running} 1",
		"sflow.virtual.cpu.time{sflow.data_source=3:100001,sflow.host.name=vm1} 5",
		"jvm.memory.used{jvm.memory.type=heap,sflow.data_source=3:100001,sflow.host.name=vm1} 2",
		"jvm.thread.count{jvm.thread.daemon=false,sflow.data_source=3:100001,sflow.host.name=vm1} -", // below
	} {
		if name, unwanted := strings.CutSuffix(want, " -"); unwanted {
			for _, line := range lines {
				assert.False(t, strings.HasPrefix(line, name), "more daemons than threads: %s", line)
			}
			continue
		}
		assert.Contains(t, lines, want)
	}
	for _, line := range lines {
		assert.NotContains(t, line, "4294967295", "all ones are unknown")
		assert.NotContains(t, line, "4294.96", "all ones are unknown")
	}
}

// The load of a switch's processor is that of the last minute, or the next best; its memory is of a switch without
// host records.
func TestProcessor(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	d := sflowtest.Datagram{Agent: switch2, Sequence: 1}
	for i, record := range [][]byte{
		sflowtest.Processor(500, 1000, 1500, 4000, 1000),
		sflowtest.Processor(500, sflowtest.Unknown, 1500, sflowtest.Unknown64, 1000),
		sflowtest.Processor(sflowtest.Unknown, sflowtest.Unknown, 1500, 0, 0),
	} {
		d.Samples = append(d.Samples, sflowtest.CounterSample{Source: sflowtest.Source{Class: 2, Index: uint32(i + 1)}, Records: [][]byte{record}}.Bytes())
	}
	r.send(t, d.Bytes())
	r.stop()
	assert.Equal(t, []string{
		"system.cpu.utilization{sflow.data_source=2:1} 0.1",
		"system.cpu.utilization{sflow.data_source=2:2} 0.05",
		"system.cpu.utilization{sflow.data_source=2:3} 0.15",
		"system.memory.limit{sflow.data_source=2:1} 4000",
		"system.memory.limit{sflow.data_source=2:3} 0",
		"system.memory.usage{sflow.data_source=2:1,system.memory.state=free} 1000",
		"system.memory.usage{sflow.data_source=2:1,system.memory.state=used} 3000",
		"system.memory.usage{sflow.data_source=2:2,system.memory.state=free} 1000",
		"system.memory.usage{sflow.data_source=2:3,system.memory.state=free} 0",
		"system.memory.usage{sflow.data_source=2:3,system.memory.state=used} 0",
		"system.memory.utilization{sflow.data_source=2:1} 0.75",
	}, r.lines())
}

// A MAC address of a host's adapters is on its interface.
func TestAdaptersNameInterfacesAddresses(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	r.send(t, counters(switch1, 1, sflowtest.Interface{Index: 2}))
	adapters := sflowtest.Adapters(sflowtest.Adapter{Index: 9, MACs: [][6]byte{{1}, {2}}}, sflowtest.Adapter{Index: 2, MACs: [][6]byte{{2, 0, 0, 0, 0, 9}}})
	r.send(t, box(2, 3_600_000, map[sflowtest.Source][][]byte{boxSource: {adapters}}))
	r.stop()
	assert.Contains(t, r.lines(), "network.interface.info{network.interface.index=2,network.interface.mac=02:00:00:00:00:09,network.interface.name=if2} 1")
}

// A 32-bit counter goes on across its wrap; a restart of the device is a new start.
func TestCountersOfRecordsAreWidened(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	cpu := func(ms uint32) [][]byte {
		return [][]byte{sflowtest.HostCPU([3]float32{}, [4]uint32{}, 1, [7]uint32{ms}, 0, 0)}
	}
	flush := func() (float64, time.Time) {
		r.sendReadings(t.Context())
		var v float64
		var since time.Time
		r.points("system.cpu.time", func(_ pcommon.Resource, p pmetric.NumberDataPoint) {
			if mode, _ := p.Attributes().Get("cpu.mode"); mode.Str() == "user" {
				v, since = p.DoubleValue(), p.StartTimestamp().AsTime()
			}
		})
		return v, since
	}
	r.send(t, box(1, 3_600_000, map[sflowtest.Source][][]byte{boxSource: cpu(1<<32 - 1000)}))
	first, boot := flush()
	assert.InDelta(t, 4294966.296, first, 1e-6)
	assert.WithinDuration(t, time.Now().Add(-time.Hour), boot, time.Minute)
	r.send(t, box(2, 3_600_001, map[sflowtest.Source][][]byte{boxSource: cpu(1000)}))
	wrapped, same := flush()
	assert.InDelta(t, 4294968.296, wrapped, 1e-6)
	assert.Equal(t, boot, same)
	r.stop()
}

// Forged data sources cost no more memory than there is for them.
func TestKeptRecordsAreBounded(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	big := sflowtest.Memcache([27]uint32{}, [4]uint64{})
	for i := uint32(0); i < maxAgentBlocks+500; i += 250 {
		d := sflowtest.Datagram{Agent: switch1, Sequence: i}
		for j := range uint32(250) {
			d.Samples = append(d.Samples, sflowtest.CounterSample{Source: sflowtest.Source{Class: 3, Index: i + j}, Records: [][]byte{big}, Expanded: true}.Bytes())
		}
		r.send(t, d.Bytes())
	}
	h := r.handlers[0]
	h.mu.Lock()
	assert.Len(t, h.freshBlocks, maxAgentBlocks)
	assert.LessOrEqual(t, h.keptValues, maxKeptValues)
	assert.GreaterOrEqual(t, h.refused, uint64(500))
	h.mu.Unlock()
	h.sweep(time.Now().Add(2 * interfaceIdle))
	r.sendReadings(t.Context())
	h.sweep(time.Now().Add(2 * interfaceIdle))
	h.mu.Lock()
	assert.Zero(t, h.keptValues)
	h.mu.Unlock()
	r.stop()
}

// Two machines that an agent reports are told apart, and neither is the box.
func TestDataSourcesAreToldApart(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	memory := func(v uint64) [][]byte { return [][]byte{sflowtest.VirtualMemory(v, v)} }
	d := sflowtest.Datagram{Agent: netip.MustParseAddr("10.0.0.7"), Sequence: 1}
	for i := range uint32(2) {
		d.Samples = append(d.Samples, sflowtest.CounterSample{Source: sflowtest.Source{Class: 3, Index: i + 1}, Records: memory(uint64(i) + 10)}.Bytes())
	}
	r.send(t, d.Bytes())
	r.stop()
	assert.Equal(t, []string{
		"sflow.virtual.memory.limit{sflow.data_source=3:1} 10", "sflow.virtual.memory.limit{sflow.data_source=3:2} 11",
		"sflow.virtual.memory.usage{sflow.data_source=3:1} 10", "sflow.virtual.memory.usage{sflow.data_source=3:2} 11",
	}, r.lines())
}
