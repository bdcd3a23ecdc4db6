package netflowreceiver

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadata"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadatatest"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/netflow"
)

var be = binary.BigEndian

// v9Template defines template 256: interfaces, addresses, octets, packets. v9Data is n records of it.
func v9Template(seq uint32) []byte {
	b := v9Header(1, seq)
	fields := [][2]uint16{{10, 4}, {14, 4}, {8, 4}, {12, 4}, {4, 1}, {7, 2}, {11, 2}, {1, 4}, {2, 4}}
	b = be.AppendUint16(b, 0)
	b = be.AppendUint16(b, uint16(8+4*len(fields)))
	b = be.AppendUint16(b, 256)
	b = be.AppendUint16(b, uint16(len(fields)))
	for _, f := range fields {
		b = be.AppendUint16(be.AppendUint16(b, f[0]), f[1])
	}
	return b
}

func v9Data(seq uint32, n int, octets uint32) []byte {
	b := v9Header(uint16(n), seq)
	b = be.AppendUint16(be.AppendUint16(b, 256), uint16(4+29*n))
	for i := range n {
		b = be.AppendUint32(be.AppendUint32(b, 17), 18)
		b = append(b, 10, 0, 0, byte(i), 10, 0, 1, 1, 6)
		b = be.AppendUint16(be.AppendUint16(b, uint16(40000+i)), 443)
		b = be.AppendUint32(be.AppendUint32(b, octets), 2)
	}
	return b
}

func v9Header(count uint16, seq uint32) []byte {
	b := be.AppendUint16(be.AppendUint16(nil, 9), count)
	b = be.AppendUint32(b, uint32(time.Since(boot).Milliseconds()))
	b = be.AppendUint32(b, uint32(time.Now().Unix()))
	return be.AppendUint32(be.AppendUint32(b, seq), 0)
}

var boot = time.Now().Add(-time.Hour)

func testConfig() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Sockets.Endpoint = "127.0.0.1:0"
	cfg.Sockets.Sockets = 2
	cfg.Sockets.ReceiveBuffer = 0
	return cfg
}

// host has extensions.
type host struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component { return h.extensions }

// running is a started receiver in a metrics and a logs pipeline.
type running struct {
	*netflowReceiver
	t        testing.TB
	metrics  *consumertest.MetricsSink
	logs     *consumertest.LogsSink
	both     []component.Component
	observed *observer.ObservedLogs
	own      *componenttest.Telemetry
}

func start(t testing.TB, cfg *Config, h component.Host) *running {
	r := &running{t: t, metrics: &consumertest.MetricsSink{}, logs: &consumertest.LogsSink{}, own: componenttest.NewTelemetry()}
	t.Cleanup(func() { assert.NoError(t, r.own.Shutdown(context.Background())) })
	f, set := NewFactory(), receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = r.own.NewTelemetrySettings()
	core, observed := observer.New(zap.InfoLevel)
	set.Logger, r.observed = zap.New(core), observed
	m, err := f.CreateMetrics(t.Context(), set, cfg, r.metrics)
	require.NoError(t, err)
	l, err := f.CreateLogs(t.Context(), set, cfg, r.logs)
	require.NoError(t, err)
	r.both = []component.Component{m, l}
	for _, c := range r.both {
		require.NoError(t, c.Start(t.Context(), h))
	}
	r.netflowReceiver = m.(interface{ Unwrap() *netflowReceiver }).Unwrap()
	require.Same(t, r.netflowReceiver, l.(interface{ Unwrap() *netflowReceiver }).Unwrap(), "one receiver for both signals")
	return r
}

func (r *running) shutdown() {
	for _, c := range r.both {
		require.NoError(r.t, c.Shutdown(context.Background()))
	}
}

// send sends datagrams from a loopback address.
func (r *running) send(from string, datagrams ...[]byte) {
	c, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 0)), net.UDPAddrFromAddrPort(r.group.Addr()))
	require.NoError(r.t, err)
	defer func() { _ = c.Close() }()
	for _, b := range datagrams {
		_, err := c.Write(b)
		require.NoError(r.t, err)
	}
}

// point is where a sum stands at last, by resource, metric and interface.
type point struct{ device, metric, iface string }

func (r *running) sums() map[point]int64 {
	type series struct {
		device, metric string
		attrs          attribute.Distinct
	}
	last, ifaces := map[series]int64{}, map[series]string{}
	for _, md := range r.metrics.AllMetrics() {
		for _, rm := range md.ResourceMetrics().All() {
			id, _ := rm.Resource().Attributes().Get(semconv.ServiceInstanceID)
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Type() != pmetric.MetricTypeSum {
						continue
					}
					for _, p := range m.Sum().DataPoints().All() {
						k := series{id.Str(), m.Name(), distinct(p.Attributes())}
						last[k] = p.IntValue()
						if v, ok := p.Attributes().Get(semconv.InterfaceName); ok {
							ifaces[k] = v.Str()
						}
					}
				}
			}
		}
	}
	sums := map[point]int64{}
	for k, v := range last {
		sums[point{k.device, k.metric, ifaces[k]}] += v
	}
	return sums
}

func distinct(m pcommon.Map) attribute.Distinct {
	var kvs []attribute.KeyValue
	for k, v := range m.All() {
		kvs = append(kvs, attribute.String(k, v.AsString()))
	}
	set := attribute.NewSet(kvs...)
	return set.Equivalent()
}

// Every flow sent is in the metrics and in the logs, from several exporters on several sockets, and the open window is
// flushed at shutdown.
func TestEndToEnd(t *testing.T) {
	r := start(t, testConfig(), componenttest.NewNopHost())
	const exporters, datagrams, records, octets = 5, 20, 24, 1000
	for e := range exporters {
		all := [][]byte{v9Data(0, records, octets), v9Template(1)} // the first is ahead of its template
		for i := 1; i < datagrams; i++ {
			all = append(all, v9Data(uint32(i+1), records, octets))
		}
		r.send(fmt.Sprintf("127.0.2.%d", e+1), all...)
	}
	r.shutdown()
	sums := r.sums()
	for e := range exporters {
		id := fmt.Sprintf("127.0.2.%d", e+1)
		assert.EqualValues(t, datagrams*records*octets, sums[point{id, semconv.MetricFlowIO, "if17"}], id)
		assert.EqualValues(t, datagrams*records*2, sums[point{id, semconv.MetricFlowPackets, "if17"}])
		assert.EqualValues(t, datagrams*records, sums[point{id, semconv.MetricFlowCount, "if17"}])
	}
	assert.Equal(t, exporters*datagrams*records, r.logs.LogRecordCount())
}

// provider is an inventory extension.
type provider struct {
	component.StartFunc
	component.ShutdownFunc
	registry *inventory.Registry
}

func (p *provider) Inventory() *inventory.Registry { return p.registry }

// A device polled on one address that exports flows from another is one resource, and its flows carry the interface
// names that were polled.
func TestExporterJoinsPolledDevice(t *testing.T) {
	registry := inventory.NewRegistry(inventory.Options{})
	id := registry.Declare(inventory.Declaration{Source: "snmp", Address: netip.MustParseAddr("127.0.3.1"), Endpoint: "127.0.3.1:161"})
	registry.Learn(id, inventory.Facts{
		SysName: "ams1-edge", At: time.Now(),
		Addresses:  []netip.Addr{netip.MustParseAddr("127.0.3.1"), netip.MustParseAddr("127.0.3.2")},
		Interfaces: []inventory.Interface{{Index: 17, Name: "Gi1/0/17"}, {Index: 18, Name: "Gi1/0/18"}},
	})
	ext := component.MustNewID("inventory")
	cfg := testConfig()
	cfg.Inventory = &ext
	r := start(t, cfg, host{componenttest.NewNopHost(), map[component.ID]component.Component{ext: &provider{registry: registry}}})
	r.send("127.0.3.2", v9Template(0), v9Data(1, 10, 100))
	r.shutdown()
	assert.EqualValues(t, 1000, r.sums()[point{id, semconv.MetricFlowIO, "Gi1/0/17"}])
	res := r.metrics.AllMetrics()[0].ResourceMetrics().At(0).Resource().Attributes()
	name, _ := res.Get(semconv.HostName)
	assert.Equal(t, "ams1-edge", name.Str())
	assert.NotZero(t, r.logs.LogRecordCount())
}

// v9Options is an options template and its data: who the exporter says it is (IE 130).
func v9Options(seq uint32, said string) []byte {
	b := v9Header(3, seq)
	for _, n := range []uint16{1, 18, 300, 4, 4, 1, 4, 130, 4, 300, 12} { // scope: system
		b = be.AppendUint16(b, n)
	}
	b = be.AppendUint32(b, 0)
	addr := netip.MustParseAddr(said).As4()
	return append(b, addr[:]...)
}

// An exporter behind a proxy says itself which address it has. SNMP learns of the device behind that address after the
// flows came, and before the window closes: they are that device's.
func TestExporterJoinsDeviceLearnedLater(t *testing.T) {
	registry := inventory.NewRegistry(inventory.Options{})
	ext := component.MustNewID("inventory")
	cfg := testConfig()
	cfg.Inventory, cfg.Sockets.Sockets = &ext, 1
	r := start(t, cfg, host{componenttest.NewNopHost(), map[component.ID]component.Component{ext: &provider{registry: registry}}})
	r.send("127.0.3.9", v9Options(0, "10.99.0.7"), v9Template(1), v9Data(2, 10, 100))
	require.Eventually(t, func() bool { return r.group.Stats(0).Datagrams == 3 }, 5*time.Second, time.Millisecond)
	id := registry.Declare(inventory.Declaration{Source: "snmp", Address: netip.MustParseAddr("10.99.0.1"), Endpoint: "10.99.0.1:161"})
	registry.Learn(id, inventory.Facts{
		SysName: "ams2-edge", At: time.Now(), Addresses: []netip.Addr{netip.MustParseAddr("10.99.0.1"), netip.MustParseAddr("10.99.0.7")},
		Interfaces: []inventory.Interface{{Index: 17, Name: "Gi1/0/17"}},
	})
	r.shutdown()
	assert.EqualValues(t, 1000, r.sums()[point{id, semconv.MetricFlowIO, "Gi1/0/17"}])
}

// Exporters behind one address translation, with one observation domain, are told apart by the addresses they say.
// Silent ones, and one that configuration names, are what their source address is.
func TestExportersBehindOneAddress(t *testing.T) {
	cfg := testConfig()
	cfg.Exporters = []ExporterConfig{{Match: Match{Address: netip.MustParseAddr("127.0.3.11")}, Name: "named"}}
	r := start(t, cfg, componenttest.NewNopHost())
	const exporters = 10
	for e := range exporters { // each from a port of its own
		r.send("127.0.3.10", v9Options(0, fmt.Sprintf("10.99.1.%d", e+1)), v9Template(1), v9Data(2, 1, uint32(100+e)))
	}
	r.send("127.0.3.10", v9Options(0, "127.0.0.1"), v9Template(1), v9Data(2, 1, 7))
	r.send("127.0.3.11", v9Options(0, "10.99.2.1"), v9Template(1), v9Data(2, 1, 9))
	r.shutdown()
	for e := range exporters {
		assert.EqualValues(t, 100+e, r.sums()[point{fmt.Sprintf("10.99.1.%d", e+1), semconv.MetricFlowIO, "if17"}])
	}
	assert.EqualValues(t, 7, r.sums()[point{"127.0.3.10", semconv.MetricFlowIO, "if17"}])
	assert.EqualValues(t, 9, r.sums()[point{"named", semconv.MetricFlowIO, "if17"}])
}

// memory is a storage extension that outlives receivers.
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

func (m *memory) Set(ctx context.Context, k string, v []byte) error {
	return m.Batch(ctx, storage.SetOperation(k, v))
}

func (m *memory) Delete(ctx context.Context, k string) error {
	return m.Batch(ctx, storage.DeleteOperation(k))
}
func (m *memory) Close(context.Context) error { return nil }

func (m *memory) Batch(_ context.Context, ops ...*storage.Operation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range ops {
		switch o.Type {
		case storage.Get:
			o.Value = m.data[o.Key]
		case storage.Set:
			m.data[o.Key] = o.Value
		case storage.Delete:
			delete(m.data, o.Key)
		}
	}
	return nil
}

// After a restart the receiver decodes data without waiting for its template.
func TestTemplatesOutliveTheReceiver(t *testing.T) {
	ext := component.MustNewID("file_storage")
	h := host{componenttest.NewNopHost(), map[component.ID]component.Component{ext: &memory{data: map[string][]byte{}}}}
	first := testConfig()
	first.Storage = &ext
	r := start(t, first, h)
	r.send("127.0.4.1", v9Template(0), v9Data(1, 1, 100))
	r.shutdown()
	second := testConfig()
	second.Storage = &ext
	r = start(t, second, h)
	r.send("127.0.4.1", v9Data(2, 3, 100))
	r.shutdown()
	assert.EqualValues(t, 300, r.sums()[point{"127.0.4.1", semconv.MetricFlowIO, "if17"}])
}

func TestConfiguredExporter(t *testing.T) {
	cfg := testConfig()
	cfg.Exporters = []ExporterConfig{
		{Match: Match{Address: netip.MustParseAddr("127.0.5.1")}, Name: "ams1-edge", SamplingRate: 1000, ResourceAttributes: map[string]string{"site": "ams1"}},
		{Match: Match{Prefix: netip.MustParsePrefix("127.0.6.0/24")}, SamplingRate: 10},
	}
	r := start(t, cfg, componenttest.NewNopHost())
	r.send("127.0.5.1", v9Template(0), v9Data(1, 1, 100))
	r.send("127.0.6.9", v9Template(0), v9Data(1, 1, 100))
	r.shutdown()
	sums := r.sums()
	assert.EqualValues(t, 100_000, sums[point{"ams1-edge", semconv.MetricFlowIO, "if17"}])
	assert.EqualValues(t, 1000, sums[point{"127.0.6.9", semconv.MetricFlowIO, "if17"}])
}

func TestMalformedDatagramIsOneLine(t *testing.T) {
	r := start(t, testConfig(), componenttest.NewNopHost())
	for range 20 {
		r.send("127.0.7.1", []byte{0, 5, 1, 2, 3})
	}
	r.send("127.0.7.2", v9Template(0), v9Data(1, 1, 100))
	r.shutdown()
	lines := r.observed.FilterMessageSnippet("Malformed datagram").All()
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0].Message, "shorter than its header")
	assert.EqualValues(t, 100, r.sums()[point{"127.0.7.2", semconv.MetricFlowIO, "if17"}], "others go on")
}

// An exporter beyond max_exporters is no malformed datagram: the line says which limit it is and what to do.
func TestRefusedExporterIsSaidToBeOne(t *testing.T) {
	cfg := testConfig()
	cfg.Sockets.Sockets = 1
	cfg.Aggregation.MaxExporters = 1
	r := start(t, cfg, componenttest.NewNopHost())
	r.send("127.0.7.3", v9Template(0))
	r.send("127.0.7.4", v9Template(0))
	r.shutdown()
	assert.Empty(t, r.observed.FilterMessageSnippet("Malformed").All())
	lines := r.observed.FilterMessageSnippet("Refused an exporter").All()
	require.Len(t, lines, 1)
	assert.Contains(t, lines[0].Message, "Raise max_exporters")
	assert.Contains(t, lines[0].Message, "allow")
	assert.EqualValues(t, 1, lines[0].ContextMap()["max_exporters"])
	assert.Equal(t, "too_many_exporters", lines[0].ContextMap()["reason"])
}

// What has no place is not made a device of either, although its address is in a prefix that configuration describes.
func TestRefusedExporterIsNotDeclared(t *testing.T) {
	cfg := testConfig()
	cfg.Sockets.Sockets = 1
	cfg.Aggregation.MaxExporters = 2 // observation domains
	cfg.Exporters = []ExporterConfig{{
		Match: Match{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, ResourceAttributes: map[string]string{"site": "lab"},
	}}
	r := start(t, cfg, componenttest.NewNopHost())
	other := v9Template(0)
	other[19] = 1 // its observation domain
	r.send("127.0.7.5", v9Template(0), other)
	require.Eventually(t, func() bool { return r.group.Stats(0).Datagrams == 2 }, 5*time.Second, time.Millisecond)
	r.send("127.0.7.6", v9Template(0))
	r.shutdown()
	require.EqualValues(t, 1, r.workers[0].decoder.Counters().Errors[netflow.TooManyExporters])
	assert.True(t, r.registry.Exporter(netip.MustParseAddr("127.0.7.5"), 0).Known)
	assert.False(t, r.registry.Exporter(netip.MustParseAddr("127.0.7.6"), 0).Known)
}

// A worker has room for as many exporters as the configuration says.
func TestDecoderLimitsFollowMaxExporters(t *testing.T) {
	for maxExporters, want := range map[int]netflow.Limits{
		0:      {Exporters: 10_000, AllStreams: 20_000},
		100:    {Exporters: 100, AllStreams: 8192},
		50_000: {Exporters: 50_000, AllStreams: 100_000},
	} {
		assert.Equal(t, want, limits(maxExporters))
	}
}

func TestOwnTelemetry(t *testing.T) {
	cfg := testConfig()
	cfg.Sockets.Sockets = 1
	r := start(t, cfg, componenttest.NewNopHost())
	r.send("127.0.8.1", v9Data(0, 2, 100), v9Template(1), v9Data(2, 2, 100), v9Data(9, 2, 100), []byte{0, 9})
	require.Eventually(t, func() bool { return r.group.Stats(0).Datagrams == 5 }, 5*time.Second, time.Millisecond)
	r.workers[0].tick(time.Now().Add(time.Minute)) // gaps become losses
	id, version := attribute.String(semconv.ServiceInstanceID, "127.0.8.1"), attribute.String("version", "netflow_v9")
	point := func(v int64, attrs ...attribute.KeyValue) []metricdata.DataPoint[int64] {
		return []metricdata.DataPoint[int64]{{Value: v, Attributes: attribute.NewSet(attrs...)}}
	}
	ignore := metricdatatest.IgnoreTimestamp()
	// What never happened is 0 from the start.
	byVersion := func(n int64) (all []metricdata.DataPoint[int64]) {
		for v := range netflow.Versions {
			got := map[netflow.Version]int64{netflow.V9: n}[v]
			all = append(all, point(got, attribute.String("version", v.String()))...)
		}
		return all
	}
	var errors []metricdata.DataPoint[int64]
	for v := netflow.None + 1; v < netflow.Reasons; v++ {
		got := map[netflow.Reason]int64{netflow.TooShort: 1}[v]
		errors = append(errors, point(got, attribute.String("reason", v.String()))...)
	}
	metadatatest.AssertEqualNetflowRecords(t, r.own, byVersion(6), ignore)
	metadatatest.AssertEqualNetflowDatagrams(t, r.own, byVersion(5), ignore)
	metadatatest.AssertEqualNetflowDecodeErrors(t, r.own, errors, ignore)
	m, err := r.own.GetMetric("otelcol_netflow_irregularities")
	require.NoError(t, err)
	assert.Len(t, m.Data.(metricdata.Sum[int64]).DataPoints, len(irregularities))
	metadatatest.AssertEqualNetflowTemplateMisses(t, r.own, point(1), ignore)
	metadatatest.AssertEqualNetflowRecordsReplayed(t, r.own, point(2), ignore)
	metadatatest.AssertEqualNetflowSequenceLost(t, r.own, point(6, id, version, attribute.String("unit", "packet")), ignore)
	metadatatest.AssertEqualNetflowKernelDrops(t, r.own, point(0, attribute.Int("socket", 0)), ignore)
	metadatatest.AssertEqualNetflowExporterSamplingRate(t, r.own, []metricdata.DataPoint[float64]{{
		Value: 1, Attributes: attribute.NewSet(id, version, attribute.String(semconv.FlowSamplingSource, "default"), attribute.Int64(semconv.FlowObservationDomain, 0)),
	}}, ignore)
	r.shutdown()
}

// What becomes of flows after decoding is told as well: views that overflow, records that say no direction, names.
func TestPipelineTelemetry(t *testing.T) {
	cfg := testConfig()
	cfg.Sockets.Sockets = 1
	cfg.Aggregation.Interval = time.Second
	off := false
	cfg.Aggregation.Views = map[string]pipeline.View{
		"conversations": {Enabled: &off}, "egress": {Enabled: &off}, "interfaces": {Enabled: &off},
		"sources": {Metric: "test.sources", Dimensions: []string{semconv.SourceAddress}, Limit: 4},
	}
	r := start(t, cfg, componenttest.NewNopHost())
	r.send("127.0.8.3", v9Template(0), v9Data(1, 20, 100))
	view := attribute.String("view", "sources")
	value := func(name string, attrs ...attribute.KeyValue) int64 {
		m, err := r.own.GetMetric("otelcol_netflow_" + name)
		require.NoError(t, err)
		points := m.Data.(metricdata.Sum[int64]).DataPoints
		for _, p := range points {
			if set := attribute.NewSet(attrs...); p.Attributes.Equals(&set) {
				return p.Value
			}
		}
		t.Fatalf("%s: no point with %v in %v", name, attrs, points)
		return 0
	}
	require.Eventually(t, func() bool {
		return value("overflowed_keys", view)+value("overflowed_records", view) == 16 // of 20 sources 4 have a place
	}, 10*time.Second, 5*time.Millisecond)
	assert.Zero(t, value("suppressed_bytes", view))
	assert.EqualValues(t, 20, value("unknown_direction"))
	for _, name := range []string{"exporters_refused", "records_refused", "names_refused", "windows_deferred", "send_errors"} {
		assert.Zero(t, value(name), name)
	}
	for _, reason := range []string{"queue_full", "send_failed", "shutdown"} {
		assert.Zero(t, value("logs_dropped", attribute.String("reason", reason)))
	}
	m, err := r.own.GetMetric("otelcol_netflow_receive_buffer")
	require.NoError(t, err)
	assert.Positive(t, m.Data.(metricdata.Gauge[int64]).DataPoints[0].Value)
	r.shutdown()
}

func TestPortInUse(t *testing.T) {
	first := start(t, testConfig(), componenttest.NewNopHost())
	defer first.shutdown()
	cfg := testConfig()
	cfg.Sockets.Endpoint = first.group.Addr().String()
	c, err := NewFactory().CreateMetrics(t.Context(), receivertest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	err = c.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorContains(t, err, first.group.Addr().String())
	assert.NotContains(t, err.Error(), "\n", "one line")
	require.NoError(t, c.Shutdown(t.Context()))
}

func TestExtensionsThatAreNotThere(t *testing.T) {
	missing := component.MustNewID("nothing")
	for _, set := range []func(*Config){func(c *Config) { c.Storage = &missing }, func(c *Config) { c.Inventory = &missing }} {
		cfg := testConfig()
		set(cfg)
		var c receiver.Metrics
		c, err := NewFactory().CreateMetrics(t.Context(), receivertest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
		require.NoError(t, err)
		require.ErrorContains(t, c.Start(t.Context(), componenttest.NewNopHost()), `no extension "nothing"`)
		require.NoError(t, c.Shutdown(t.Context()))
	}
}

func TestConfig(t *testing.T) {
	cm, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	load := func(id string) *Config {
		sub, err := cm.Sub(id)
		require.NoError(t, err)
		cfg := createDefaultConfig()
		require.NoError(t, sub.Unmarshal(cfg))
		require.NoError(t, confmap.Validate(cfg))
		return cfg.(*Config)
	}
	assert.Equal(t, createDefaultConfig(), load("netflow"))
	full := load("netflow/full")
	domain := uint32(256)
	assert.Equal(t, "0.0.0.0:9995", full.Sockets.Endpoint)
	assert.Equal(t, 10*time.Second, full.Aggregation.Interval)
	assert.Equal(t, ExporterConfig{
		Match: Match{Address: netip.MustParseAddr("10.0.0.1"), ObservationDomain: &domain}, Name: "ams1-edge",
		Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.2")}, SamplingRate: 1000, ResourceAttributes: map[string]string{"site": "ams1"},
	}, full.Exporters[0])
	assert.Equal(t, []RelayConfig{{Endpoint: "10.0.9.9:2055", PreserveSource: true}}, full.Relay)
	assert.Equal(t, "file_storage", full.Storage.String())
}

func TestConfigErrorsSayWhatToDo(t *testing.T) {
	a := netip.MustParseAddr("10.0.0.1")
	p := netip.MustParsePrefix("10.0.0.0/8")
	for want, e := range map[string]ExporterConfig{
		"names neither an address nor a prefix":        {Name: "x"},
		"names both address 10.0.0.1 and prefix":       {Match: Match{Address: a, Prefix: p}, Name: "x"},
		`name: "x" would be the name of every`:         {Match: Match{Prefix: p}, Name: "x"},
		"says nothing beside match":                    {Match: Match{Address: a}},
		"write 10.0.0.0/8":                             {Match: Match{Prefix: netip.MustParsePrefix("10.1.0.0/8")}, SamplingRate: 1},
		"resource_attributes: an attribute has no nam": {Match: Match{Address: a}, ResourceAttributes: map[string]string{"": "x"}},
		`resource_attributes: host.name: "x"`:          {Match: Match{Address: a}, ResourceAttributes: map[string]string{"host.name": "x"}},
	} {
		cfg := testConfig()
		cfg.Exporters = []ExporterConfig{e}
		assert.ErrorContains(t, confmap.Validate(cfg), want)
		assert.ErrorContains(t, confmap.Validate(cfg), "exporters::0: ")
	}
}

// What does not fit its key is told in words, with the entry it is in and what to write.
func TestConfigMistypedValues(t *testing.T) {
	for want, entry := range map[string]map[string]any{
		`match::address: "10.0.0.1/24" is a prefix; write prefix: 10.0.0.0/24`:                   {"match": map[string]any{"address": "10.0.0.1/24"}},
		`match::address: "router1" is not an IP address, such as 10.0.0.1`:                       {"match": map[string]any{"address": "router1"}},
		`match::prefix: "10.0.0.1" is an address; write address: 10.0.0.1`:                       {"match": map[string]any{"prefix": "10.0.0.1"}},
		`match::prefix: "10.0.0.0/33" is not a prefix`:                                           {"match": map[string]any{"prefix": "10.0.0.0/33"}},
		`sampling_rate: "1:1000" is not a number; write N of one out of N packets, such as 1000`: {"sampling_rate": "1:1000"},
		`sampling_rate: "1:512" is not a number; write N of one out of N packets, such as 512`:   {"sampling_rate": "1:512"},
		`sampling_rate: "often" is not a number; write N of one out of N packets, such as 1000`:  {"sampling_rate": "often"},
	} {
		good := map[string]any{"match": map[string]any{"address": "10.0.0.9"}, "sampling_rate": 10}
		err := confmap.NewFromStringMap(map[string]any{"exporters": []any{good, entry}}).Unmarshal(createDefaultConfig())
		require.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "exporters[1]")
	}
}

// Unknown keys are refused within an entry as everywhere.
func TestUnknownKeysOfAnExporterAreRefused(t *testing.T) {
	for _, entry := range []map[string]any{{"sampling": 1}, {"match": map[string]any{"addr": "10.0.0.1"}}} {
		err := confmap.NewFromStringMap(map[string]any{"exporters": []any{entry}}).Unmarshal(createDefaultConfig())
		require.ErrorContains(t, err, "invalid keys")
	}
}

// What an error names is the key that was written, wherever in the Go structs it ends up.
func TestConfigErrorsNameTheKey(t *testing.T) {
	for want, yaml := range map[string]map[string]any{
		`endpoint: "2055" is not an address and port`: {"endpoint": "2055"},
		`sockets: -1 is not 0`:                        {"sockets": -1},
		`receive_buffer: 1 is not 0`:                  {"receive_buffer": "1B"},
		`steering: "luck" is not`:                     {"steering": "luck"},
		`interval: 1ms is too short`:                  {"interval": "1ms"},
		`max_keys: -1: a positive number`:             {"max_keys": -1},
		`views::mine::metric: empty`:                  {"views": map[string]any{"mine": map[string]any{"dimensions": []any{"source.address"}}}},
		`exporters::0: match: names neither`:          {"exporters": []any{map[string]any{"name": "x"}}},
	} {
		cfg := createDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(yaml).Unmarshal(cfg))
		err := confmap.Validate(cfg)
		require.Error(t, err, want)
		assert.Equal(t, want, err.Error()[:min(len(want), len(err.Error()))])
	}
}
