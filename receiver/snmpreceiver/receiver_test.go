package snmpreceiver

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
)

func set(a *agenttest.Agent, object string, v agenttest.Value, index ...uint32) {
	o, err := mib.Lookup(object)
	if err != nil {
		panic(err)
	}
	for _, x := range index {
		o.OID = pdu.AppendSub(o.OID, x)
	}
	a.Set(o.OID, v)
}

// modelSwitch is an agent with n ports of 1 Gb/s.
func modelSwitch(n int) *agenttest.Agent {
	a := &agenttest.Agent{}
	set(a, "SNMPv2-MIB::sysDescr.0", agenttest.Text("model switch"))
	set(a, "SNMPv2-MIB::sysName.0", agenttest.Text("sw1"))
	set(a, "SNMPv2-MIB::sysUpTime.0", agenttest.Uint(pdu.TimeTicks, 360000))
	set(a, "IF-MIB::ifNumber.0", agenttest.Uint(pdu.Integer, uint64(n)))
	set(a, "IF-MIB::ifTableLastChange.0", agenttest.Uint(pdu.TimeTicks, 100))
	set(a, "IP-MIB::ipAdEntIfIndex", agenttest.Uint(pdu.Integer, 1), 192, 0, 2, 7)
	for i := range uint32(n) {
		addPort(a, 101+i, fmt.Sprintf("Gi0/%d", i+1))
	}
	return a
}

func addPort(a *agenttest.Agent, index uint32, name string) {
	set(a, "IF-MIB::ifDescr", agenttest.Text("GigabitEthernet"), index)
	set(a, "IF-MIB::ifType", agenttest.Uint(pdu.Integer, 6), index)
	set(a, "IF-MIB::ifSpeed", agenttest.Uint(pdu.Gauge32, 1_000_000_000), index)
	set(a, "IF-MIB::ifPhysAddress", agenttest.Value{Type: pdu.OctetString, Raw: []byte{0, 1, 2, 3, 4, byte(index)}}, index)
	set(a, "IF-MIB::ifAdminStatus", agenttest.Uint(pdu.Integer, 1), index)
	set(a, "IF-MIB::ifOperStatus", agenttest.Uint(pdu.Integer, 1), index)
	set(a, "IF-MIB::ifInErrors", agenttest.Uint(pdu.Counter32, 3), index)
	set(a, "IF-MIB::ifName", agenttest.Text(name), index)
	set(a, "IF-MIB::ifHCInOctets", agenttest.Uint(pdu.Counter64, uint64(index)*1_000_000), index)
	set(a, "IF-MIB::ifHCOutOctets", agenttest.Uint(pdu.Counter64, uint64(index)*2_000_000), index)
	set(a, "IF-MIB::ifHighSpeed", agenttest.Uint(pdu.Gauge32, 1000), index)
	set(a, "IF-MIB::ifAlias", agenttest.Text("to "+name), index)
}

// rig is a receiver whose polls the test makes: the schedule's own come once an hour.
type rig struct {
	*snmpReceiver
	sink *consumertest.MetricsSink
	logs *observer.ObservedLogs
	stop func()
}

func start(t *testing.T, host component.Host, cfg *Config) *rig {
	r := &rig{sink: &consumertest.MetricsSink{}}
	set := receivertest.NewNopSettings(metadata.Type)
	core, logs := observer.New(zap.InfoLevel)
	set.Logger, r.logs = zap.New(core), logs
	cfg.CollectionInterval = time.Hour
	made, err := NewFactory().CreateMetrics(t.Context(), set, cfg, r.sink)
	require.NoError(t, err)
	r.snmpReceiver = made.(interface{ Unwrap() *snmpReceiver }).Unwrap()
	r.pool.FirstWait = 300 * time.Millisecond // three attempts take longer than a silent device goes untold
	require.NoError(t, made.Start(t.Context(), host))
	var once sync.Once
	r.stop = func() { once.Do(func() { assert.NoError(t, made.Shutdown(context.Background())) }) }
	t.Cleanup(r.stop)
	// The schedule's first polls.
	require.Eventually(t, func() bool { return r.polled.Load() >= int64(len(cfg.Targets)) }, 15*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return r.sink.DataPointCount() > 0 }, 15*time.Second, time.Millisecond)
	return r
}

// poll polls the first device now and returns what came of it.
func (r *rig) poll(t *testing.T) pmetric.Metrics {
	r.sink.Reset()
	r.devices[0].poll(t.Context(), time.Now())
	all := r.sink.AllMetrics()
	require.NotEmpty(t, all)
	return all[len(all)-1]
}

func configFor(addr netip.AddrPort, creds ...string) *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Credentials = map[string]CredentialsConfig{
		"lab":   {Version: "v2c", Community: "public"},
		"old":   {Version: "v1", Community: "public"},
		"wrong": {Version: "v2c", Community: "not-this"},
		"core": {
			Version: "v3", User: "netcol", AuthType: "SHA256", AuthPassword: "authpassword",
			PrivacyType: "AES", PrivacyPassword: "privpassword",
		},
	}
	if len(creds) == 0 {
		creds = []string{"lab"}
	}
	cfg.Targets = []TargetConfig{{Endpoint: addr.String(), Credentials: creds}}
	return cfg
}

// value finds a point by metric and attributes.
func value(md pmetric.Metrics, name string, attrs ...string) (pmetric.NumberDataPoint, bool) {
	ms := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	for i := range ms.Len() {
		m := ms.At(i)
		if m.Name() != name {
			continue
		}
		points := pmetric.NewNumberDataPointSlice()
		switch m.Type() {
		case pmetric.MetricTypeGauge:
			points = m.Gauge().DataPoints()
		case pmetric.MetricTypeSum:
			points = m.Sum().DataPoints()
		}
		for k := range points.Len() {
			match := true
			for a := 0; a < len(attrs); a += 2 {
				v, ok := points.At(k).Attributes().Get(attrs[a])
				match = match && ok && v.AsString() == attrs[a+1]
			}
			if match {
				return points.At(k), true
			}
		}
	}
	return pmetric.NewNumberDataPoint(), false
}

func TestAPollTellsTheDeviceAndItsInterfaces(t *testing.T) {
	for _, creds := range []string{"lab", "old"} {
		t.Run(creds, func(t *testing.T) {
			a := modelSwitch(24)
			a.V1 = creds == "old"
			server := agenttest.Serve(t, a)
			r := start(t, componenttest.NewNopHost(), configFor(server.Address, creds))
			md := r.poll(t)
			res := md.ResourceMetrics().At(0).Resource().Attributes()
			name, _ := res.Get(semconv.HostName)
			assert.Equal(t, "sw1", name.Str())
			up, ok := value(md, semconv.MetricDeviceUp)
			require.True(t, ok)
			assert.EqualValues(t, 1, up.IntValue())
			assert.Zero(t, up.Attributes().Len())
			uptime, _ := value(md, semconv.MetricSystemUptime)
			assert.InDelta(t, 3600, uptime.DoubleValue(), 0.01)
			info, ok := value(md, semconv.MetricInterfaceInfo, semconv.InterfaceName, "Gi0/3")
			require.True(t, ok)
			assert.Equal(t, map[string]any{
				semconv.InterfaceName: "Gi0/3", semconv.InterfaceIndex: int64(103), semconv.InterfaceAlias: "to Gi0/3",
				semconv.InterfaceType: int64(6), semconv.InterfaceMAC: "00:01:02:03:04:67", semconv.InterfaceSpeed: int64(1_000_000_000),
			}, info.Attributes().AsRaw())
			errs, ok := value(md, semconv.MetricNetworkErrors, semconv.InterfaceName, "Gi0/24", semconv.IODirection, "receive")
			require.True(t, ok)
			assert.EqualValues(t, 3, errs.IntValue())
			io, ok := value(md, semconv.MetricNetworkIO, semconv.InterfaceName, "Gi0/2", semconv.IODirection, "transmit")
			assert.Equal(t, creds == "lab", ok, "v1 has no Counter64")
			if ok {
				assert.EqualValues(t, 204_000_000, io.IntValue())
			}
			assert.Contains(t, r.registry.Device(r.devices[0].id).Addresses, netip.MustParseAddr("192.0.2.7"))
		})
	}
}

func TestSteadyPollsNeedFewRequests(t *testing.T) {
	a := modelSwitch(48)
	server := agenttest.Serve(t, a)
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	server.Do(func(a *agenttest.Agent) { a.Requests = nil })
	r.poll(t)
	server.Do(func(a *agenttest.Agent) {
		assert.LessOrEqual(t, len(a.Requests), 13)
		assert.Zero(t, r.pool.Stats.Oversized.Load())
	})
}

func TestSilentDevice(t *testing.T) {
	t.Parallel()
	for name, creds := range map[string]string{"wrong community": "wrong", "v3 user of a v2c agent": "core"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := agenttest.Serve(t, modelSwitch(1))
			r := start(t, componenttest.NewNopHost(), configFor(server.Address, creds))
			first := r.sink.AllMetrics()[0]
			up, ok := value(first, semconv.MetricDeviceUp, semconv.ErrorType, "not_yet_answered")
			require.True(t, ok, "told before the poll gave up")
			assert.Zero(t, up.IntValue())
			md := r.sink.AllMetrics()[len(r.sink.AllMetrics())-1]
			up, ok = value(md, semconv.MetricDeviceUp, semconv.ErrorType, "timeout")
			require.True(t, ok)
			assert.Zero(t, up.IntValue())
			lines := r.logs.FilterMessage("Device does not answer").All()
			require.Len(t, lines, 1)
			line := fmt.Sprint(lines[0].ContextMap())
			assert.Contains(t, line, "no answer from "+server.Address.String())
			assert.NotContains(t, line, "not-this")
		})
	}
}

func TestADeadDeviceIsProbedWithOnePacketAndTold(t *testing.T) {
	t.Parallel()
	server := agenttest.Serve(t, modelSwitch(1))
	server.Do(func(*agenttest.Agent) { server.Community = "another" })
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	r.poll(t)
	before := r.pool.Stats.Requests.Load()
	md := r.poll(t)
	assert.Equal(t, before, r.pool.Stats.Requests.Load(), "it is left alone for a while")
	_, ok := value(md, semconv.MetricDeviceUp, semconv.ErrorType, "timeout")
	assert.True(t, ok, "but told at every interval")
	r.devices[0].probeAfter = time.Time{}
	r.poll(t)
	assert.Equal(t, before+1, r.pool.Stats.Requests.Load(), "one packet")
	server.Do(func(*agenttest.Agent) { server.Community = "public" })
	r.devices[0].probeAfter = time.Time{}
	up, _ := value(r.poll(t), semconv.MetricDeviceUp)
	assert.EqualValues(t, 1, up.IntValue())
	assert.Len(t, r.logs.FilterMessage("Device does not answer").All(), 1)
	assert.Len(t, r.logs.FilterMessage("Device answers").All(), 1)
}

func TestCredentialsAreTriedInOrderAndNeverWeaker(t *testing.T) {
	for _, tc := range []struct {
		name      string
		creds     []string
		downgrade bool
		works     int
	}{
		{"the second", []string{"wrong", "lab"}, false, 1},
		{"a community after a user is held back", []string{"core", "lab"}, false, -1},
		{"unless allowed", []string{"core", "lab"}, true, 1},
		{"a user after a community is not", []string{"wrong", "core"}, false, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := agenttest.Serve(t, modelSwitch(1))
			cfg := configFor(server.Address, tc.creds...)
			cfg.AllowDowngrade = tc.downgrade
			r := start(t, componenttest.NewNopHost(), cfg)
			r.stop()
			assert.Equal(t, tc.works, r.devices[0].working)
			lines := r.logs.FilterMessage("Device does not answer").All()
			if tc.works >= 0 {
				assert.Empty(t, lines)
				return
			}
			assert.Equal(t, tc.creds[1] == "lab", strings.Contains(fmt.Sprint(lines[0].ContextMap()), "allow_downgrade"))
		})
	}
}

func TestInterfacesThatChange(t *testing.T) {
	t.Parallel()
	t.Run("of a whole agent", func(t *testing.T) { t.Parallel(); interfacesThatChange(t, modelSwitch(3)) })
	t.Run("of an agent with a broken column", func(t *testing.T) {
		t.Parallel()
		a := modelSwitch(3)
		o, _ := mib.Lookup("IF-MIB::ifInErrors")
		a.GenErrAt = pdu.AppendSub(append(pdu.OID{}, o.OID...), 103)
		interfacesThatChange(t, a)
	})
}

func interfacesThatChange(t *testing.T, a *agenttest.Agent) {
	server := agenttest.Serve(t, a)
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	server.Do(func(a *agenttest.Agent) {
		addPort(a, 900, "Te1/1")
		set(a, "IF-MIB::ifTableLastChange.0", agenttest.Uint(pdu.TimeTicks, 200))
	})
	_, ok := value(r.poll(t), semconv.MetricNetworkIO, semconv.InterfaceName, "Te1/1")
	assert.True(t, ok, "a new interface is there in the poll that finds it")

	// The agent restarts and numbers its interfaces anew: each goes on under its name.
	server.Do(func(a *agenttest.Agent) {
		set(a, "SNMPv2-MIB::sysUpTime.0", agenttest.Uint(pdu.TimeTicks, 50))
		set(a, "IF-MIB::ifName", agenttest.Text("Gi0/1"), 102)
		set(a, "IF-MIB::ifName", agenttest.Text("Gi0/2"), 101)
		set(a, "IF-MIB::ifHCInOctets", agenttest.Uint(pdu.Counter64, 101_000_777), 102)
		set(a, "IF-MIB::ifHCInOctets", agenttest.Uint(pdu.Counter64, 102_000_777), 101)
	})
	md := r.poll(t)
	io, ok := value(md, semconv.MetricNetworkIO, semconv.InterfaceName, "Gi0/1", semconv.IODirection, "receive")
	require.True(t, ok)
	assert.EqualValues(t, 101_000_777, io.IntValue())
	info, _ := value(md, semconv.MetricInterfaceInfo, semconv.InterfaceName, "Gi0/1")
	index, _ := info.Attributes().Get(semconv.InterfaceIndex)
	assert.EqualValues(t, 102, index.Int())
}

func TestAPartialTableIsDeliveredAndNamed(t *testing.T) {
	a := modelSwitch(10)
	o, _ := mib.Lookup("IF-MIB::ifInErrors")
	a.GenErrAt = pdu.AppendSub(append(pdu.OID{}, o.OID...), 105)
	server := agenttest.Serve(t, a)
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	md := r.poll(t)
	_, ok := value(md, semconv.MetricNetworkIO, semconv.InterfaceName, "Gi0/10")
	assert.True(t, ok)
	lines := r.logs.FilterMessage("Table is incomplete").All()
	require.Len(t, lines, 1, "once, not with every poll")
	assert.Equal(t, "agent_error", lines[0].ContextMap()["reason"])
}

// An agent that falls silent over a table that is nice to have is polled all the same.
func TestAnAgentThatHangsOnOneTable(t *testing.T) {
	t.Parallel()
	a := modelSwitch(3)
	o, _ := mib.Lookup("ENTITY-MIB::entPhysicalClass")
	a.SilentUnder = o.OID[:len(o.OID)-2]
	r := start(t, componenttest.NewNopHost(), configFor(agenttest.Serve(t, a).Address))
	md := r.poll(t)
	up, _ := value(md, semconv.MetricDeviceUp)
	assert.EqualValues(t, 1, up.IntValue())
	_, ok := value(md, semconv.MetricNetworkIO, semconv.InterfaceName, "Gi0/3")
	assert.True(t, ok)
	lines := r.logs.FilterMessage("Table is incomplete").All()
	require.Len(t, lines, 2, "of both that need it")
	assert.Equal(t, "entities", lines[0].ContextMap()["table"])
	assert.Equal(t, "metrics", lines[1].ContextMap()["table"])
}

// memory is a storage extension.
type memory struct {
	component.StartFunc
	component.ShutdownFunc
	mu   sync.Mutex
	data map[string][]byte
}

func (m *memory) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return m, nil
}

func (m *memory) Get(_ context.Context, k string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.data[k], nil
}

func (m *memory) Set(_ context.Context, k string, v []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data == nil {
		m.data = map[string][]byte{}
	}
	m.data[k] = v
	return nil
}
func (m *memory) Delete(context.Context, string) error               { return nil }
func (m *memory) Batch(context.Context, ...*storage.Operation) error { return nil }
func (m *memory) Close(context.Context) error                        { return nil }

type hostWith map[component.ID]component.Component

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h }

func TestARestartKeepsStartTimesAndCredentials(t *testing.T) {
	t.Parallel()
	server := agenttest.Serve(t, modelSwitch(2))
	store := &memory{}
	id := component.MustNewID("memory")
	run := func() (pmetric.NumberDataPoint, *rig) {
		cfg := configFor(server.Address, "wrong", "lab")
		cfg.Storage = &id
		r := start(t, hostWith{id: store}, cfg)
		p, ok := value(r.poll(t), semconv.MetricNetworkIO, semconv.InterfaceName, "Gi0/1", semconv.IODirection, "receive")
		require.True(t, ok)
		r.stop()
		return p, r
	}
	before, _ := run()
	for _, text := range store.data {
		assert.NotContains(t, string(text), "public")
	}
	after, second := run()
	assert.Equal(t, before.StartTimestamp(), after.StartTimestamp())
	assert.Zero(t, second.pool.Stats.Timeouts.Load(), "the credentials that worked are tried first")
}

func TestMissingExtensionsAreNamed(t *testing.T) {
	cfg := configFor(netip.MustParseAddrPort("127.0.0.1:1"))
	id := component.MustNewID("nothing")
	cfg.Storage = &id
	r, err := newReceiver(cfg, receivertest.NewNopSettings(metadata.Type))
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), componenttest.NewNopHost()), `storage: no extension "nothing"`)
	require.NoError(t, r.Shutdown(t.Context()))
}

// uptimeGenerator makes polls whose system.uptime is the identity of what they deliver.
type uptimeGenerator struct {
	server   *agenttest.Server
	receiver func() *snmpReceiver
	mu       sync.Mutex
	next     uint64
}

func (g *uptimeGenerator) Start() {
	for r := g.receiver(); r.polled.Load() == 0; { // the schedule's own first poll
		runtime.Gosched()
	}
}
func (g *uptimeGenerator) Stop() {}

func (g *uptimeGenerator) Generate() []receivertest.UniqueIDAttrVal {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next++
	g.server.Do(func(a *agenttest.Agent) {
		set(a, "SNMPv2-MIB::sysUpTime.0", agenttest.Uint(pdu.TimeTicks, 100*(1_000_000+g.next)))
	})
	g.receiver().devices[0].poll(context.Background(), time.Now())
	return []receivertest.UniqueIDAttrVal{receivertest.UniqueIDAttrVal(strconv.FormatUint(1_000_000+g.next, 10))}
}

// identified passes on system.uptime alone, with its value as the id that the contract looks for.
func identified(next consumer.Metrics) consumer.Metrics {
	out, _ := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		p, ok := value(md, semconv.MetricSystemUptime)
		if !ok || p.DoubleValue() < 1_000_000 {
			return nil
		}
		one := pmetric.NewMetrics()
		point := one.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty()
		point.Attributes().PutStr(receivertest.UniqueIDAttrName, strconv.FormatFloat(p.DoubleValue(), 'f', 0, 64))
		return next.ConsumeMetrics(ctx, one)
	})
	return out
}

func TestConsumeContract(t *testing.T) {
	t.Parallel()
	server := agenttest.Serve(t, modelSwitch(1))
	var current *snmpReceiver
	factory := receiver.NewFactory(metadata.Type, createDefaultConfig, receiver.WithMetrics(
		func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
			server.Do(func(a *agenttest.Agent) { addUptime(a, 1) })
			r, err := createMetrics(ctx, set, cfg, identified(next))
			current = r.(interface{ Unwrap() *snmpReceiver }).Unwrap()
			return r, err
		}, metadata.MetricsStability))
	cfg := configFor(server.Address)
	cfg.CollectionInterval = time.Hour
	receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
		T: t, Factory: factory, Signal: pipeline.SignalMetrics, Config: cfg, GenerateCount: 6,
		Generator: &uptimeGenerator{server: server, receiver: func() *snmpReceiver { return current }},
	})
}

func addUptime(a *agenttest.Agent, seconds uint64) {
	set(a, "SNMPv2-MIB::sysUpTime.0", agenttest.Uint(pdu.TimeTicks, 100*seconds))
}

func BenchmarkPoll48Ports(b *testing.B) {
	a := modelSwitch(48)
	server := agenttest.Serve(b, a)
	cfg := configFor(server.Address)
	cfg.CollectionInterval = time.Hour
	made, err := createMetrics(b.Context(), receivertest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
	require.NoError(b, err)
	require.NoError(b, made.Start(b.Context(), componenttest.NewNopHost()))
	r := made.(interface{ Unwrap() *snmpReceiver }).Unwrap()
	for r.polled.Load() == 0 {
		runtime.Gosched()
	}
	d := r.devices[0]
	b.ReportAllocs()
	for b.Loop() {
		d.poll(b.Context(), time.Now())
		server.Do(func(a *agenttest.Agent) { a.Requests, a.Sizes = a.Requests[:0], a.Sizes[:0] })
	}
	require.NoError(b, made.Shutdown(b.Context()))
}
