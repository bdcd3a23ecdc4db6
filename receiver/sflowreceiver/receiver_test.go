package sflowreceiver

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/metadata"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

var (
	switch1 = netip.MustParseAddr("10.0.0.1")
	switch2 = netip.MustParseAddr("2001:db8::2")
	client  = netip.MustParseAddrPort("192.0.2.10:40000")
	server  = netip.MustParseAddrPort("192.0.2.20:443")
)

// rig is a receiver on a port of its own, and what comes out of it.
type rig struct {
	*sflowReceiver
	metrics *consumertest.MetricsSink
	logs    *consumertest.LogsSink
	conn    net.Conn
	stop    func()
}

// testConfig flushes only at shutdown.
func testConfig() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Sockets.Endpoint, cfg.Sockets.Sockets = "127.0.0.1:0", 1
	cfg.Aggregation.Interval = time.Hour
	return cfg
}

func settings() (receiver.Settings, *observer.ObservedLogs) {
	set := receivertest.NewNopSettings(metadata.Type)
	core, lines := observer.New(zap.DebugLevel)
	set.Logger = zap.New(core)
	return set, lines
}

func start(t *testing.T, cfg *Config, set receiver.Settings, host component.Host) *rig {
	t.Helper()
	ctx := t.Context()
	r := &rig{metrics: &consumertest.MetricsSink{}, logs: &consumertest.LogsSink{}}
	m, err := NewFactory().CreateMetrics(ctx, set, cfg, r.metrics)
	require.NoError(t, err)
	l, err := NewFactory().CreateLogs(ctx, set, cfg, r.logs)
	require.NoError(t, err)
	require.Same(t, m, l, "metrics and logs are one instance")
	require.NoError(t, m.Start(ctx, host))
	require.NoError(t, l.Start(ctx, host))
	i, err := instance(set, cfg)
	require.NoError(t, err)
	r.sflowReceiver = i.Unwrap()
	r.conn, err = net.Dial("udp", r.group.Addr().String())
	require.NoError(t, err)
	r.stop = func() {
		r.conn.Close()
		assert.NoError(t, m.Shutdown(context.Background()))
		assert.NoError(t, l.Shutdown(context.Background()))
	}
	return r
}

// send sends datagrams and waits until they are received.
func (r *rig) send(t *testing.T, datagrams ...[]byte) {
	t.Helper()
	before := r.received()
	for i, b := range datagrams {
		_, err := r.conn.Write(b)
		require.NoError(t, err)
		if i%50 == 49 { // the kernel's buffer is small where the tests run
			r.await(t, before+uint64(i+1))
		}
	}
	r.await(t, before+uint64(len(datagrams)))
}

func (r *rig) received() uint64 {
	h := r.handlers[0]
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.decoder.Stats().Datagrams
}

func (r *rig) await(t *testing.T, n uint64) {
	t.Helper()
	require.Eventually(t, func() bool { return r.received() == n }, 10*time.Second, time.Millisecond)
}

// sums adds up a metric's points by an attribute; the points of the last delivery of each stream are what counts.
func (r *rig) sums(metric, by string) map[string]int64 {
	out := map[string]int64{}
	r.points(metric, func(_ pcommon.Resource, p pmetric.NumberDataPoint) {
		key := ""
		if v, ok := p.Attributes().Get(by); ok {
			key = v.AsString()
		} else if _, overflow := p.Attributes().Get(semconv.MetricOverflow); overflow {
			key = "overflow"
		}
		out[key] += p.IntValue()
	})
	return out
}

func (r *rig) points(metric string, each func(pcommon.Resource, pmetric.NumberDataPoint)) {
	for _, md := range r.metrics.AllMetrics() {
		for _, rm := range md.ResourceMetrics().All() {
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Name() == metric {
						for _, p := range m.Sum().DataPoints().All() {
							each(rm.Resource(), p)
						}
					}
				}
			}
		}
	}
}

// traffic makes datagrams of one agent's port: each has samples of packets of 1,000 IP bytes, one in rate.
func traffic(agent netip.Addr, datagrams, samples int, rate uint32) [][]byte {
	frame := sflowtest.Header(1, 1018, 4, sflowtest.UDPFrame(client, server, 1000))
	var out [][]byte
	for d := range datagrams {
		var all [][]byte
		for s := range samples {
			n := uint32(d*samples + s + 1)
			all = append(all, sflowtest.FlowSample{
				Sequence: n, Source: sflowtest.Source{Index: 7}, Rate: rate, Pool: n * rate,
				In: sflowtest.Port{Value: 7}, Out: sflowtest.Port{Value: 8}, Records: [][]byte{frame},
			}.Bytes())
		}
		out = append(out, sflowtest.Datagram{Agent: agent, Sequence: uint32(d + 1), Uptime: uint32(d), Samples: all}.Bytes())
	}
	return out
}

func counters(agent netip.Addr, sequence uint32, interfaces ...sflowtest.Interface) []byte {
	var all [][]byte
	for _, i := range interfaces {
		all = append(all, sflowtest.CounterSample{Sequence: sequence, Source: sflowtest.Source{Index: i.Index}, Records: [][]byte{i.Bytes()}}.Bytes())
	}
	return sflowtest.Datagram{Agent: agent, Sequence: sequence, Uptime: 3_600_000, Samples: all}.Bytes()
}

// What is sent times the rate is what comes out: in every view, and as records.
func TestTotalsAreExact(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	r.send(t, traffic(switch1, 400, 5, 1000)...)
	r.send(t, traffic(switch2, 100, 3, 512)...)
	r.stop()

	const packets = 400*5*1000 + 100*3*512
	for metric, want := range map[string]int64{
		semconv.MetricFlowIO: packets * 1000, semconv.MetricFlowPackets: packets,
		semconv.MetricConversationIO: packets * 1000, semconv.MetricConversationPackets: packets,
		semconv.MetricFlowEgressIO: packets * 1000, semconv.MetricFlowEgressPackets: packets,
	} {
		got := int64(0)
		for _, v := range r.sums(metric, "") {
			got += v
		}
		assert.Equal(t, want, got, metric)
	}
	assert.Equal(t, map[string]int64{"ingress": packets * 1000}, r.sums(semconv.MetricFlowIO, semconv.InterfaceDirection))
	assert.Equal(t, 400*5+100*3, r.logs.LogRecordCount())
}

// Interface counters come out as the agent sent them, under its names, at most one reading of each.
func TestInterfaceCounters(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	one := sflowtest.Interface{Index: 1, Type: 6, Speed: 1e10, Direction: 1, Status: 3, InOctets: 1000, OutOctets: 2000, InUnicast: 10, InMulticast: 1<<32 - 1}
	two := sflowtest.Interface{Index: 2, Speed: 1<<64 - 1, Status: 1, InOctets: 5, OutOctets: 1<<64 - 1}
	r.send(t, counters(switch1, 1, one, two))
	one.InOctets = 5000
	r.send(t, counters(switch1, 2, one))
	r.stop()

	io := map[string]int64{}
	r.points(semconv.MetricNetworkIO, func(res pcommon.Resource, p pmetric.NumberDataPoint) {
		id, _ := res.Attributes().Get(semconv.ServiceInstanceID)
		name, _ := p.Attributes().Get(semconv.InterfaceName)
		way, _ := p.Attributes().Get(semconv.IODirection)
		io[id.Str()+" "+name.Str()+" "+way.Str()] += p.IntValue()
	})
	assert.Equal(t, map[string]int64{"10.0.0.1 if1 receive": 5000, "10.0.0.1 if1 transmit": 2000, "10.0.0.1 if2 receive": 5}, io)
	assert.Equal(t, map[string]int64{"if1": 1e10 / 8 * 2}, r.sums(semconv.MetricBandwidthLimit, semconv.InterfaceName))
	assert.Equal(t, map[string]int64{semconv.CastUnicast: 10}, onlyPositive(r.sums(semconv.MetricNetworkPackets, semconv.PacketCast)))
	assert.Equal(t, map[string]int64{"1": 1, "2": 1}, r.sums(semconv.MetricInterfaceInfo, semconv.InterfaceIndex))
}

// A port name is the interface's name, in interface metrics and in flows; of two that are the same, the later gets its
// index appended.
func TestPortNames(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	named := func(index uint32, name string) []byte {
		return sflowtest.CounterSample{
			Sequence: 1, Source: sflowtest.Source{Index: index},
			Records: [][]byte{sflowtest.Interface{Index: index, InOctets: uint64(index)}.Bytes(), sflowtest.PortName(name)},
		}.Bytes()
	}
	r.send(t, sflowtest.Datagram{Agent: switch1, Sequence: 1, Samples: [][]byte{named(7, "swp7"), named(8, "swp8\x00"), named(9, "swp7")}}.Bytes())
	r.send(t, traffic(switch1, 2, 1, 10)[1])
	r.stop()
	assert.Equal(t, map[string]int64{"swp7": 7, "swp8": 8, "swp7#9": 9}, onlyPositive(r.sums(semconv.MetricNetworkIO, semconv.InterfaceName)))
	assert.Equal(t, map[string]int64{"swp7": 10_000}, r.sums(semconv.MetricFlowIO, semconv.InterfaceName))
}

func onlyPositive(m map[string]int64) map[string]int64 {
	for k, v := range m {
		if v == 0 {
			delete(m, k)
		}
	}
	return m
}

// hostWith is a host with extensions.
type hostWith struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h.extensions }

func withInventory(r *inventory.Registry) component.Host {
	return hostWith{componenttest.NewNopHost(), map[component.ID]component.Component{inventoryID: extension{registry: r}}}
}

type extension struct {
	component.StartFunc
	component.ShutdownFunc
	registry *inventory.Registry
}

func (e extension) Inventory() *inventory.Registry { return e.registry }

var inventoryID = component.MustNewID("inventory")

// A device that SNMP knows by another address is one resource, its interfaces have their names, and while SNMP polls
// them, sFlow's counters of them stay unsaid.
func TestJoinsTheInventory(t *testing.T) {
	registry := inventory.NewRegistry(inventory.Options{})
	id := registry.Declare(inventory.Declaration{Source: "snmp", Address: netip.MustParseAddr("172.16.0.1"), Name: "core1"})
	registry.Learn(id, inventory.Facts{
		At: time.Now(), Addresses: []netip.Addr{switch1},
		Interfaces: []inventory.Interface{{Index: 7, Name: "Ethernet7"}, {Index: 8, Name: "Ethernet8"}},
	})
	require.True(t, registry.Claim(id, "Ethernet7", inventory.SpeakerSNMP, time.Now()))

	cfg := testConfig()
	cfg.Inventory = &inventoryID
	set, _ := settings()
	r := start(t, cfg, set, withInventory(registry))
	r.send(t, traffic(switch1, 1, 1, 10)...)
	r.send(t, counters(switch1, 2, sflowtest.Interface{Index: 7, InOctets: 70}))
	r.stop()

	assert.Equal(t, map[string]int64{"Ethernet7": 10_000}, r.sums(semconv.MetricFlowIO, semconv.InterfaceName))
	r.points(semconv.MetricFlowIO, func(res pcommon.Resource, _ pmetric.NumberDataPoint) {
		name, _ := res.Attributes().Get(semconv.ServiceInstanceID)
		assert.Equal(t, "core1", name.Str())
	})
	assert.Empty(t, r.sums(semconv.MetricNetworkIO, semconv.InterfaceName))
	assert.EqualValues(t, 1, r.readings.yielded.Load())
}

// What configuration says of an agent: its name, its attributes, its rate.
func TestAgentOverrides(t *testing.T) {
	cfg := testConfig()
	cfg.Agents = []AgentConfig{{Match: Match{Address: switch1}, Name: "leaf1", SamplingRate: 7, ResourceAttributes: map[string]string{"site": "ams1"}}}
	set, _ := settings()
	r := start(t, cfg, set, componenttest.NewNopHost())
	r.send(t, traffic(switch1, 1, 1, 1000)...)
	r.send(t, counters(switch1, 2, sflowtest.Interface{Index: 7, InOctets: 70}))
	r.stop()
	assert.Equal(t, map[string]int64{"if7": 7000}, r.sums(semconv.MetricFlowIO, semconv.InterfaceName))
	seen := 0
	for _, metric := range []string{semconv.MetricFlowIO, semconv.MetricNetworkIO} {
		r.points(metric, func(res pcommon.Resource, _ pmetric.NumberDataPoint) {
			seen++
			assert.Equal(t, map[string]any{"service.instance.id": "leaf1", "service.name": "network-device", "host.name": "leaf1", "site": "ams1"}, res.Attributes().AsRaw())
		})
	}
	assert.GreaterOrEqual(t, seen, 2)
}

func TestPortInUseIsOneClearLine(t *testing.T) {
	set, _ := settings()
	first := start(t, testConfig(), set, componenttest.NewNopHost())
	defer first.stop()
	cfg := testConfig()
	cfg.Sockets.Endpoint = first.group.Addr().String()
	second, err := NewFactory().CreateMetrics(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	err = second.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorContains(t, err, "already receives on UDP port")
	assert.NotContains(t, err.Error(), "\n")
	require.NoError(t, second.Shutdown(t.Context()))
}

func TestMissingInventoryIsOneClearLine(t *testing.T) {
	cfg := testConfig()
	cfg.Inventory = &inventoryID
	r, err := NewFactory().CreateLogs(t.Context(), receivertest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), componenttest.NewNopHost()), `no extension "inventory"`)
	require.NoError(t, r.Shutdown(t.Context()))
}

// Faults are told once a minute for each kind, and harm nothing.
func TestFaultsAreLoggedSparingly(t *testing.T) {
	set, lines := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	bad := traffic(switch1, 1, 1, 1)[0]
	for range 20 {
		r.send(t, bad[:len(bad)-40], []byte{1, 2, 3}, sflowtest.Datagram{Version: 4, Agent: switch1}.Bytes())
	}
	r.send(t, traffic(switch1, 2, 1, 1)[1])
	r.stop()
	warned := lines.FilterLevelExact(zap.WarnLevel).FilterField(zap.Int("bytes", 28)).Len()
	assert.Equal(t, 1, warned, "one line for version 4")
	assert.Equal(t, 3, lines.FilterLevelExact(zap.WarnLevel).FilterFieldKey("reason").Len())
	assert.Equal(t, 1, lines.FilterField(zap.Uint32("version", 4)).Len())
	assert.Equal(t, map[string]int64{"if7": 1000}, r.sums(semconv.MetricFlowIO, semconv.InterfaceName))
}
