package snmpreceiver

import (
	"context"
	"flag"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/plogtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/trap"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadatatest"
)

var update = flag.Bool("update", false, "write what comes out to testdata/golden instead of comparing")

// trapRig is a receiver that listens for traps on a free loopback port.
type trapRig struct {
	*snmpReceiver
	sink     *consumertest.LogsSink
	endpoint string
	stop     func()
	own      *componenttest.Telemetry
}

func trapConfig() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Credentials = map[string]CredentialsConfig{
		"lab":    {Version: "v2c", Community: "public"},
		"nobody": {Version: "v3", User: "nobody", SecurityLevel: "no_auth_no_priv"},
		"auth":   {Version: "v3", User: "auth", SecurityLevel: "auth_no_priv", AuthType: "SHA", AuthPassword: "authpassword"},
		"core": {
			Version: "v3", User: "core", AuthType: "SHA256", AuthPassword: "authpassword",
			PrivacyType: "AES", PrivacyPassword: "privpassword",
		},
	}
	t := cfg.Traps.GetOrInsertDefault()
	t.Sockets.Endpoint, t.Sockets.Sockets, t.Sockets.ReceiveBuffer = "127.0.0.1:0", 2, 0
	t.Credentials = sortedKeys(cfg.Credentials)
	return cfg
}

func startTraps(t *testing.T, cfg *Config, next consumer.Logs) *trapRig {
	r := &trapRig{sink: &consumertest.LogsSink{}, own: componenttest.NewTelemetry()}
	t.Cleanup(func() { _ = r.own.Shutdown(context.Background()) })
	if next == nil {
		next = r.sink
	}
	made, err := NewFactory().CreateLogs(t.Context(), metadatatest.NewSettings(r.own), cfg, next)
	require.NoError(t, err)
	r.snmpReceiver = made.(interface{ Unwrap() *snmpReceiver }).Unwrap()
	require.NoError(t, made.Start(t.Context(), componenttest.NewNopHost()))
	var once sync.Once
	r.stop = func() { once.Do(func() { assert.NoError(t, made.Shutdown(context.Background())) }) }
	t.Cleanup(r.stop)
	r.endpoint = r.traps.group.Addr().String()
	return r
}

func (r *trapRig) send(t *testing.T, msgs ...[]byte) net.Conn {
	c, err := net.Dial("udp", r.endpoint)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	for _, m := range msgs {
		_, err = c.Write(m)
		require.NoError(t, err)
	}
	return c
}

// take waits for n records and returns them all.
func (r *trapRig) take(t *testing.T, n int) plog.Logs {
	require.Eventually(t, func() bool { return r.sink.LogRecordCount() >= n }, 15*time.Second, time.Millisecond)
	all := plog.NewLogs()
	for _, ld := range r.sink.AllLogs() {
		ld.ResourceLogs().MoveAndAppendTo(all.ResourceLogs())
	}
	require.Equal(t, n, all.LogRecordCount())
	r.sink.Reset()
	return all
}

// bind is one varbind, of less than 128 bytes.
func bind(oid string, typ pdu.Type, value ...byte) []byte {
	name := pdu.MustOID(oid)
	b := []byte{0x30, byte(4 + len(name) + len(value)), 6, byte(len(name))}
	return append(append(append(b, name...), byte(typ), byte(len(value))), value...)
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// notification is a v2c trap or inform of a device that a relay tells of.
func notification(kind pdu.Kind, id int32, oid string, varbinds ...[]byte) []byte {
	var e pdu.Encoder
	head := join(bind("1.3.6.1.2.1.1.3.0", pdu.TimeTicks, 0x01, 0x02), bind("1.3.6.1.6.3.1.1.4.1.0", pdu.ObjectIdentifier, pdu.MustOID(oid)...))
	tail := bind("1.3.6.1.6.3.18.1.3.0", pdu.IPAddress, 192, 0, 2, 1)
	return append([]byte(nil), e.Community(pdu.V2c, "public", &pdu.Request{Kind: kind, Varbinds: join(head, join(varbinds...), tail)}, id)...)
}

func (r *trapRig) declare() {
	id := r.registry.Declare(inventory.Declaration{Source: "test", Address: netip.MustParseAddr("192.0.2.1"), Name: "ams1-core"})
	r.registry.Learn(id, inventory.Facts{SysName: "ams1-core", At: time.Now(), Interfaces: []inventory.Interface{
		{Index: 17, Name: "Gi0/17", Alias: "uplink to fra1"}, {Index: 18, Name: "Gi0/18"},
	}})
}

// What notifications become: names, rows' indexes, enumerations, interfaces of the inventory, severity and text.
func TestTrapsGolden(t *testing.T) {
	r := startTraps(t, trapConfig(), nil)
	r.declare()
	const ifEntry = "1.3.6.1.2.1.2.2.1."
	text := func(s string) []byte { return []byte(s) }
	for _, m := range [][]byte{
		notification(pdu.Trap, 1, "1.3.6.1.6.3.1.1.5.3", bind(ifEntry+"1.17", pdu.Integer, 17), bind(ifEntry+"7.17", pdu.Integer, 1), bind(ifEntry+"8.17", pdu.Integer, 2)),
		notification(pdu.Trap, 2, "1.3.6.1.6.3.1.1.5.3", bind(ifEntry+"7.18", pdu.Integer, 2), bind(ifEntry+"8.18", pdu.Integer, 2)),
		notification(pdu.Trap, 3, "1.3.6.1.6.3.1.1.5.4", bind(ifEntry+"1.99", pdu.Integer, 99), bind(ifEntry+"2.99", pdu.OctetString, text("Vlan99")...)),
		notification(pdu.Trap, 4, "1.3.6.1.6.3.1.1.5.1"),
		notification(pdu.Trap, 5, "1.3.6.1.2.1.15.0.2", bind("1.3.6.1.2.1.15.3.1.14.198.51.100.7", pdu.OctetString, 4, 0), bind("1.3.6.1.2.1.15.3.1.2.198.51.100.7", pdu.Integer, 1)),
		notification(pdu.Trap, 6, "1.3.6.1.2.1.14.16.2.2", bind("1.3.6.1.2.1.14.1.1.0", pdu.IPAddress, 10, 0, 0, 1), bind("1.3.6.1.2.1.14.10.1.3.10.1.1.2.0", pdu.IPAddress, 10, 0, 0, 2), bind("1.3.6.1.2.1.14.10.1.6.10.1.1.2.0", pdu.Integer, 8)),
		notification(pdu.Trap, 7, "1.3.6.1.2.1.47.2.0.1"),
		notification(pdu.Trap, 8, "1.3.6.1.2.1.33.2.3", bind("1.3.6.1.2.1.33.1.6.2.1.1.3", pdu.Integer, 3), bind("1.3.6.1.2.1.33.1.6.2.1.2.3", pdu.ObjectIdentifier, pdu.MustOID("1.3.6.1.2.1.33.1.6.3.3")...)),
		notification(pdu.Trap, 9, "1.3.6.1.4.1.9.9.41.2.0.1", bind("1.3.6.1.4.1.9.9.41.1.2.3.1.2.5", pdu.OctetString, text("SYS")...), bind("1.3.6.1.4.1.9.9.41.1.2.3.1.3.5", pdu.Integer, 4), bind("1.3.6.1.4.1.9.9.41.1.2.3.1.4.5", pdu.OctetString, text("CPUHOG")...), bind("1.3.6.1.4.1.9.9.41.1.2.3.1.5.5", pdu.OctetString, text("Task ran too long")...)),
		notification(pdu.Inform, 10, "1.3.6.1.4.1.99999.0.7", bind("1.3.6.1.4.1.99999.1.1.0", pdu.OctetString, text("caf\xc3\xa9")...), bind("1.3.6.1.4.1.99999.1.2.0", pdu.OctetString, 0xde, 0xad, 0, 0xff),
			bind("1.3.6.1.4.1.99999.1.3.0", pdu.Counter64, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), bind("1.3.6.1.4.1.99999.1.4.0", pdu.Opaque, 0x9f, 0x78, 4, 0x3f, 0xc0, 0, 0),
			bind("1.3.6.1.4.1.99999.1.5.0", pdu.ObjectIdentifier, pdu.MustOID("1.3.6.1.4.1.99999.9")...), bind("1.3.6.1.4.1.99999.1.6.0", pdu.NoSuchInstance), bind("1.3.6.1.4.1.99999.1.7.0", pdu.Integer, 0xff)),
		notification(pdu.Trap, 11, "1.3.6.1.6.3.1.1.5.4", bind(ifEntry+"1.17", pdu.Integer, 17), bind(ifEntry+"6.17", pdu.OctetString, 0, 1, 2, 3, 4, 5), bind(ifEntry+"8.17", pdu.Integer, 1), bind(ifEntry+"8.18", pdu.Integer, 42)),
	} {
		r.send(t, m)
	}
	got := merged(r.take(t, 11))
	path := filepath.Join("testdata", "golden", "traps.yaml")
	if *update {
		require.NoError(t, golden.WriteLogs(t, path, got))
	}
	want, err := golden.ReadLogs(path)
	require.NoError(t, err)
	require.NoError(t, plogtest.CompareLogs(want, got, plogtest.IgnoreTimestamp(), plogtest.IgnoreObservedTimestamp(),
		plogtest.IgnoreResourceLogsOrder(), plogtest.IgnoreLogRecordsOrder()))
}

// merged is logs of one device under one resource, however they were batched.
func merged(ld plog.Logs) plog.Logs {
	out := plog.NewLogs()
	for _, rl := range ld.ResourceLogs().All() {
		if out.ResourceLogs().Len() == 0 {
			rl.CopyTo(out.ResourceLogs().AppendEmpty())
			continue
		}
		rl.ScopeLogs().At(0).LogRecords().MoveAndAppendTo(out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords())
	}
	return out
}

// An inform is answered by the endpoint that it was sent to, when the consumer has it; sent again, it is answered
// again and told once.
func TestInformsAreAnsweredWhenDelivered(t *testing.T) {
	gate := make(chan struct{})
	sink := &consumertest.LogsSink{}
	next, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error { <-gate; return sink.ConsumeLogs(ctx, ld) })
	require.NoError(t, err)
	r := startTraps(t, trapConfig(), next)
	inform := notification(pdu.Inform, 77, "1.3.6.1.6.3.1.1.5.1")
	c := r.send(t, inform)
	b := make([]byte, 1500)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = c.Read(b)
	require.ErrorContains(t, err, "timeout", "nothing is answered that is not delivered")
	close(gate)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	for range 2 {
		n, err := c.Read(b)
		require.NoError(t, err)
		m, err := pdu.ParseCommunity(b[:n:n])
		require.NoError(t, err)
		require.Equal(t, pdu.Response, m.Reply.Kind)
		require.EqualValues(t, 77, m.Reply.RequestID)
		_, err = c.Write(inform)
		require.NoError(t, err)
	}
	r.stop()
	require.Equal(t, 1, sink.LogRecordCount())
}

// What the consumer refuses for good is not answered; sent again, it is tried again.
func TestRefusedInformIsNotAnswered(t *testing.T) {
	var mu sync.Mutex
	refusals := 0
	sink := &consumertest.LogsSink{}
	next, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
		mu.Lock()
		defer mu.Unlock()
		if refusals++; refusals == 1 {
			return consumererror.NewPermanent(assert.AnError)
		}
		return sink.ConsumeLogs(ctx, ld)
	})
	require.NoError(t, err)
	r := startTraps(t, trapConfig(), next)
	inform := notification(pdu.Inform, 78, "1.3.6.1.6.3.1.1.5.1")
	c := r.send(t, inform)
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return refusals == 1 }, 10*time.Second, time.Millisecond)
	_, err = c.Write(inform)
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = c.Read(make([]byte, 1500))
	require.NoError(t, err)
	require.Equal(t, 1, sink.LogRecordCount())
}

// A trap of a v1 agent behind a relay is its own, not the relay's; one that only knows its loopback is the sender's.
func TestTrapsDeviceIsItsAgent(t *testing.T) {
	r := startTraps(t, trapConfig(), nil)
	r.declare()
	e := &events{r: r.snmpReceiver}
	from := netip.MustParseAddrPort("198.51.100.9:162")
	for agent, want := range map[string]string{"192.0.2.1": "ams1-core", "127.0.0.1": "198.51.100.9", "0.0.0.0": "198.51.100.9", "192.0.2.77": "192.0.2.77"} {
		d := e.device(&trap.Notification{Source: from, Agent: netip.MustParseAddr(agent)})
		require.Equal(t, want, d.ID, agent)
	}
	require.Equal(t, "198.51.100.9", e.device(&trap.Notification{Source: from}).ID)
}

// Boots rise at every start, also without storage, and the engine keeps its ID.
func TestEngineBootsRise(t *testing.T) {
	cfg, kept := trapConfig(), &memory{}
	boot := func() trap.Engine {
		r, err := newReceiver(cfg, receivertest.NewNopSettings(metadata.Type))
		require.NoError(t, err)
		r.store = kept
		return r.engine(t.Context())
	}
	first, second := boot(), boot()
	require.Equal(t, first.ID, second.ID)
	require.GreaterOrEqual(t, len(first.ID), 5)
	require.Greater(t, second.Boots, first.Boots, "also within one second")
	cfg.Traps.Get().EngineID = "0x80:00:00:00:05:6e"
	require.Equal(t, "\x80\x00\x00\x00\x05n", boot().ID)
}

// linkDown of a polled device is followed by a poll of it, long before its turn; a flapping link by no more.
func TestTrapPollsTheDevice(t *testing.T) {
	server := agenttest.Serve(t, modelSwitch(4))
	cfg := trapConfig()
	cfg.CollectionInterval = time.Hour
	cfg.Targets = []TargetConfig{{Endpoint: server.Address.String(), Credentials: []string{"lab"}}}
	metrics := &consumertest.MetricsSink{}
	set := receivertest.NewNopSettings(metadata.Type)
	polling, err := NewFactory().CreateMetrics(t.Context(), set, cfg, metrics)
	require.NoError(t, err)
	r := startTraps(t, cfg, nil) // the same configuration: the same instance
	require.Same(t, polling.(interface{ Unwrap() *snmpReceiver }).Unwrap(), r.snmpReceiver)
	require.Eventually(t, func() bool { return r.polled.Load() == 1 }, 15*time.Second, time.Millisecond)
	server.Do(func(a *agenttest.Agent) { set2(a) })
	for i := range int32(20) {
		var e pdu.Encoder
		binds := join(bind("1.3.6.1.6.3.1.1.4.1.0", pdu.ObjectIdentifier, pdu.MustOID("1.3.6.1.6.3.1.1.5.4")...), bind("1.3.6.1.2.1.2.2.1.1.102", pdu.Integer, 102))
		r.send(t, e.Community(pdu.V2c, "public", &pdu.Request{Kind: pdu.Trap, Varbinds: binds}, i))
	}
	r.take(t, 20)
	require.Eventually(t, func() bool { return r.polled.Load() == 2 }, 15*time.Second, time.Millisecond)
	require.Eventually(t, func() bool {
		return r.registry.Device(r.devices[0].id).Interfaces[102].Alias == "moved"
	}, 15*time.Second, time.Millisecond, "linkUp: names and speeds are read again")
	r.stop()
	require.EqualValues(t, 2, r.polled.Load())
}

func set2(a *agenttest.Agent) { set(a, "IF-MIB::ifAlias", agenttest.Text("moved"), 102) }

// Datagrams are refused and counted by reason; nothing of them is told.
func TestRefusedTrapsAreCounted(t *testing.T) {
	r := startTraps(t, trapConfig(), nil)
	var e pdu.Encoder
	wrong := append([]byte(nil), e.Community(pdu.V2c, "wrong", &pdu.Request{Kind: pdu.Trap}, 1)...)
	r.send(t, []byte("noise"), wrong, notification(pdu.Trap, 1, "1.3.6.1.6.3.1.1.5.1"))
	ld := r.take(t, 1)
	name, _ := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().Get(semconv.TrapName)
	require.Equal(t, "SNMPv2-MIB::coldStart", name.Str())
	metadatatest.AssertEqualSnmpTraps(t, r.own, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attribute.NewSet(attribute.String("kind", "trap"), attribute.String("version", "v2c"))},
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualSnmpTrapsRefused(t, r.own, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attribute.NewSet(attribute.String("reason", "malformed"))},
		{Value: 1, Attributes: attribute.NewSet(attribute.String("reason", "unknown_community"))},
	}, metricdatatest.IgnoreTimestamp())
}
