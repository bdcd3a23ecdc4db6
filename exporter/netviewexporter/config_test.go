package netviewexporter

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/metadata"
)

func load(t *testing.T, name string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	id := component.NewIDWithName(metadata.Type, name)
	sub, err := all.Sub(id.String())
	require.NoError(t, err)
	cfg := createDefaultConfig()
	require.NoError(t, sub.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	return cfg.(*Config)
}

func TestDefaults(t *testing.T) {
	assert.Equal(t, createDefaultConfig(), load(t, ""))
	assert.Equal(t, "127.0.0.1:8810", load(t, "").HTTP.NetAddr.Endpoint)
	assert.Equal(t, load(t, ""), load(t, "simple"))
}

func TestEveryKey(t *testing.T) {
	c := load(t, "full")
	assert.Equal(t, "0.0.0.0:8443", c.HTTP.NetAddr.Endpoint)
	assert.Equal(t, "/var/lib/netcol/netview", c.Directory)
	assert.Equal(t, Span(720*time.Hour), c.Retention)
	assert.Equal(t, ByteSize(20<<30), c.RetentionSize)
	assert.Equal(t, 30*time.Minute, c.OutOfOrderWindow)
	assert.Equal(t, 2_000_000, c.MaxSeries)
	assert.Equal(t, 5000, c.MaxEvents)
	assert.Equal(t, QueryConfig{Timeout: 10 * time.Second, MaxSamples: 5_000_000, MaxConcurrent: 4}, c.Query)
	assert.Equal(t, 5*time.Second, c.Timeout)
	assert.Equal(t, int64(200), c.QueueConfig.Get().QueueSize)
	assert.Equal(t, 1, c.QueueConfig.Get().NumConsumers)
	assert.Equal(t, time.Minute, c.BackOffConfig.MaxElapsedTime)
}

// A fault names the key, the value, and what would be right.
func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		conf map[string]any
		says []string
	}{
		{"no port", map[string]any{"endpoint": "127.0.0.1"}, []string{`endpoint: "127.0.0.1" is not host:port, for example 127.0.0.1:8810`}},
		{"no number", map[string]any{"endpoint": "127.0.0.1:http"}, []string{`endpoint: "127.0.0.1:http" has the port "http"`}},
		{"not TCP", map[string]any{"transport": "udp"}, []string{`transport: "udp" does not carry HTTP; use tcp`}},
		{"short retention", map[string]any{"retention": "10m"}, []string{"retention: 10m0s is too short", "2h or more"}},
		{"no span", map[string]any{"retention": "a week"}, []string{"retention", `"a week" is not a span of time; write for example 7d`}},
		{"queue", map[string]any{"sending_queue": map[string]any{"num_consumers": -1}}, []string{"^sending_queue: `num_consumers` must be"}},
		{"retries", map[string]any{"retry_on_failure": map[string]any{"initial_interval": "-1s"}}, []string{"^retry_on_failure: initial_interval"}},
		{"timeout", map[string]any{"timeout": "-1s"}, []string{"^timeout: -1s must not be negative"}},
		{"size", map[string]any{"retention_size": "many"}, []string{`retention_size`, `"many" is not a size; write for example 10GiB`}},
		{"negative size", map[string]any{"retention_size": -5}, []string{`retention_size: -5 must not be negative`}},
		{"window", map[string]any{"out_of_order_window": "0s"}, []string{`out_of_order_window: 0s must be above 0`}},
		{"series", map[string]any{"max_series": 5}, []string{`max_series: 5 is too few`}},
		{"events", map[string]any{"max_events": -1}, []string{`max_events: -1 must not be negative`}},
		{
			"queries",
			map[string]any{"query": map[string]any{"timeout": "0s", "max_samples": 0, "max_concurrent": 0}},
			[]string{`query::timeout: 0s`, `query::max_samples: 0`, `query::max_concurrent: 0`},
		},
		{"typo", map[string]any{"retension": "7d"}, []string{"invalid keys: retension"}},
		{"typo in a section", map[string]any{"query": map[string]any{"timeuot": "1s"}}, []string{"invalid keys: timeuot"}},
		{"typo in the queue", map[string]any{"sending_queue": map[string]any{"size": 1}}, []string{"invalid keys: size"}},
		{"typo in the server's section", map[string]any{"tls": map[string]any{"cert": "x"}}, []string{"invalid keys: cert"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := createDefaultConfig()
			err := confmap.NewFromStringMap(tt.conf).Unmarshal(cfg)
			if err == nil {
				err = confmap.Validate(cfg)
			}
			require.Error(t, err)
			for _, want := range tt.says {
				key, first := strings.CutPrefix(want, "^")
				assert.Contains(t, err.Error(), key)
				assert.True(t, !first || strings.HasPrefix(err.Error(), key), "%q begins with the key that was written", err)
			}
		})
	}
}

func TestByteSizes(t *testing.T) {
	for text, want := range map[string]ByteSize{
		"0": 0, "1024": 1024, "512 MiB": 512 << 20, "10GiB": 10 << 30, "1.5TB": 1.5e12, "2kb": 2000, "7B": 7,
	} {
		var got ByteSize
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "GiB", "-1GB", "1e30TB", "10 gigs", "NaN"} {
		var got ByteSize
		require.Error(t, got.UnmarshalText([]byte(text)), text)
	}
}

// Days and weeks are what retention is thought in.
func TestSpans(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"7d": 7 * day, "2w": 14 * day, "1w3d": 10 * day, "1d12h": 36 * time.Hour, "168h": 7 * day, "1.5h": 90 * time.Minute, "0": 0,
	} {
		cfg := createDefaultConfig().(*Config)
		require.NoError(t, confmap.NewFromStringMap(map[string]any{"retention": text}).Unmarshal(cfg), text)
		assert.Equal(t, Span(want), cfg.Retention, text)
		written, err := cfg.Retention.MarshalText()
		require.NoError(t, err)
		var again Span
		require.NoError(t, again.UnmarshalText(written))
		assert.Equal(t, cfg.Retention, again)
	}
	for _, text := range []string{"", "d", "7 days", "1e9d", "99999999999999w", "3d1w"} {
		var s Span
		require.Error(t, s.UnmarshalText([]byte(text)), text)
	}
}
