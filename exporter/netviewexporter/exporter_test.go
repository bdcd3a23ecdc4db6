package netviewexporter

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/metadata"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/metadatatest"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/specimen"
)

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func testConfig(t *testing.T) *Config {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.HTTP.NetAddr.Endpoint = freeAddress(t)
	cfg.Directory = filepath.Join(t.TempDir(), "netview")
	return cfg
}

func observed() (exporter.Settings, *observer.ObservedLogs) {
	core, logs := observer.New(zapcore.InfoLevel)
	set := exportertest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	return set, logs
}

func fetch(t *testing.T, target string) string {
	t.Helper()
	resp, err := http.Get(target)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, string(b))
	return string(b)
}

// count evaluates count(expr) over the API.
func count(t *testing.T, cfg *Config, expr string) string {
	t.Helper()
	body := fetch(t, "http://"+cfg.HTTP.NetAddr.Endpoint+"/api/v1/query?query="+url.QueryEscape("count("+expr+")"))
	var got struct {
		Data struct{ Result []struct{ Value []any } }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	if len(got.Data.Result) == 0 {
		return "0"
	}
	return got.Data.Result[0].Value[1].(string)
}

// Metrics and logs of one exporter are one store and one socket; what is queued is stored before it closes.
func TestSignalsShareAndDrain(t *testing.T) {
	cfg, set, host := testConfig(t), exportertest.NewNopSettings(metadata.Type), componenttest.NewNopHost()
	network := specimen.Network{Devices: 2, Ports: 4}
	for range 2 { // a second life finds what the first left
		f := NewFactory()
		metrics, err := f.CreateMetrics(t.Context(), set, cfg)
		require.NoError(t, err)
		logs, err := f.CreateLogs(t.Context(), set, cfg)
		require.NoError(t, err)
		require.NoError(t, logs.Start(t.Context(), host))
		require.NoError(t, metrics.Start(t.Context(), host))
		require.NoError(t, metrics.ConsumeMetrics(t.Context(), network.At(time.Now(), 0)))
		require.NoError(t, logs.ConsumeLogs(t.Context(), trap(time.Now())))
		require.NoError(t, logs.Shutdown(t.Context()))
		require.NoError(t, metrics.Shutdown(t.Context()))
	}
	cfg.HTTP.NetAddr.Endpoint = freeAddress(t)
	f := NewFactory()
	again, err := f.CreateMetrics(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, again.Start(t.Context(), host))
	defer func() { require.NoError(t, again.Shutdown(context.Background())) }()
	assert.Equal(t, "16", count(t, cfg, "count_over_time(system_network_io_bytes_total[5m]) == 2"))
}

func TestShutdownWithoutStart(t *testing.T) {
	f := NewFactory()
	e, err := f.CreateMetrics(t.Context(), exportertest.NewNopSettings(metadata.Type), testConfig(t))
	require.NoError(t, err)
	require.NoError(t, e.Shutdown(t.Context()))
}

// When another component fails to start, this one may be shut down for a signal that never started.
func TestDataAfterShutdownIsAnError(t *testing.T) {
	var shared instances
	v, err := shared.get(testConfig(t), exportertest.NewNopSettings(metadata.Type))
	require.NoError(t, err)
	require.NoError(t, v.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, v.Shutdown(t.Context()))
	require.Error(t, v.consumeMetrics(t.Context(), specimen.Office().At(time.Now(), 0)))
	require.NoError(t, v.Shutdown(t.Context()))
	assert.Empty(t, shared.all)
}

func start(t *testing.T, cfg *Config, set exporter.Settings) error {
	t.Helper()
	var shared instances
	v, err := shared.get(cfg, set)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Shutdown(context.Background())) })
	return v.Start(t.Context(), componenttest.NewNopHost())
}

func TestPortInUseIsOneClearLine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	cfg := testConfig(t)
	cfg.HTTP.NetAddr.Endpoint = l.Addr().String()
	err = start(t, cfg, exportertest.NewNopSettings(metadata.Type))
	require.EqualError(t, err, "netview: "+l.Addr().String()+
		" is in use by another program, perhaps another netcol; end that one or choose another endpoint")
	assert.NoDirExists(t, cfg.Directory, "nothing is left behind")
}

func TestDirectoryInUseIsOneClearLine(t *testing.T) {
	first, second := testConfig(t), testConfig(t)
	second.Directory = first.Directory
	require.NoError(t, start(t, first, exportertest.NewNopSettings(metadata.Type)))
	err := start(t, second, exportertest.NewNopSettings(metadata.Type))
	require.EqualError(t, err, "netview: directory "+first.Directory+
		": another process has it open, perhaps another netcol; end that one or choose another directory")
}

func TestOpenToTheNetworkIsSaid(t *testing.T) {
	for endpoint, lines := range map[string]int{"0.0.0.0:0": 1, "127.0.0.1:0": 0} {
		set, logs := observed()
		cfg := testConfig(t)
		cfg.HTTP.NetAddr.Endpoint = endpoint
		require.NoError(t, start(t, cfg, set))
		assert.Equal(t, lines, logs.FilterLevelExact(zapcore.WarnLevel).FilterMessageSnippet("open to anybody").Len(), endpoint)
		assert.Equal(t, 1, logs.FilterMessageSnippet("The page is at http://127.0.0.1:").Len(), endpoint)
	}
}

func TestRefusalsAreCountedAndSaidOnce(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(context.Background())) }()
	core, logs := observer.New(zapcore.WarnLevel)
	set := metadatatest.NewSettings(tel)
	set.Logger = zap.New(core)
	var shared instances
	v, err := shared.get(testConfig(t), set)
	require.NoError(t, err)
	require.NoError(t, v.Start(t.Context(), componenttest.NewNopHost()))
	defer func() { require.NoError(t, v.Shutdown(context.Background())) }()

	ahead := specimen.Network{Devices: 1, Ports: 1}.At(time.Now(), 48*time.Hour)
	for range 3 {
		require.NoError(t, v.consumeMetrics(t.Context(), ahead))
	}
	metadatatest.AssertEqualNetviewSamplesRefused(t, tel, []metricdata.DataPoint[int64]{{
		Attributes: attribute.NewSet(attribute.String("reason", "future")), Value: 3 * 18,
	}}, metricdatatest.IgnoreTimestamp())
	assert.Equal(t, 1, logs.FilterMessage("Samples refused").Len())
	assert.Equal(t, "check the sender's clock", logs.FilterMessage("Samples refused").All()[0].ContextMap()["advice"])
}

func TestSelfMetrics(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(context.Background())) }()
	var shared instances
	v, err := shared.get(testConfig(t), metadatatest.NewSettings(tel))
	require.NoError(t, err)
	require.NoError(t, v.Start(t.Context(), componenttest.NewNopHost()))
	defer func() { require.NoError(t, v.Shutdown(context.Background())) }()
	require.NoError(t, v.consumeMetrics(t.Context(), specimen.Network{Devices: 1, Ports: 1}.At(time.Now(), 0)))
	require.NoError(t, v.consumeLogs(t.Context(), trap(time.Now())))
	one := func(n int64) []metricdata.DataPoint[int64] { return []metricdata.DataPoint[int64]{{Value: n}} }
	metadatatest.AssertEqualNetviewSamples(t, tel, one(18), metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualNetviewSeries(t, tel, one(18), metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualNetviewEvents(t, tel, one(1), metricdatatest.IgnoreTimestamp())
}
