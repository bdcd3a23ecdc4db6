package sflowreceiver

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func load(t *testing.T, id string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	one, err := all.Sub(id)
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, one.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	return cfg
}

func TestDefaults(t *testing.T) {
	cfg := load(t, "sflow")
	assert.Equal(t, "0.0.0.0:6343", cfg.Sockets.Endpoint)
	assert.Equal(t, time.Minute, cfg.Aggregation.Interval)
	assert.Equal(t, TunnelsOuter, cfg.Tunnels)
	assert.Nil(t, cfg.Inventory)
}

func TestEveryKey(t *testing.T) {
	cfg := load(t, "sflow/all")
	inventory, storage := component.MustNewID("inventory"), component.MustNewID("file_storage")
	assert.Equal(t, "127.0.0.1:6344", cfg.Sockets.Endpoint)
	assert.Equal(t, 2, cfg.Sockets.Sockets)
	assert.EqualValues(t, 4<<20, cfg.Sockets.ReceiveBuffer)
	assert.Len(t, cfg.Sockets.Allow, 2)
	assert.Equal(t, 30*time.Second, cfg.Aggregation.Interval)
	assert.Equal(t, 100, cfg.Aggregation.Views["conversations"].Top)
	assert.Equal(t, &inventory, cfg.Inventory)
	assert.Equal(t, &storage, cfg.Storage)
	assert.Equal(t, TunnelsInner, cfg.Tunnels)
	require.Len(t, cfg.Agents, 2)
	a := cfg.Agents[0]
	assert.Equal(t, netip.MustParseAddr("10.0.0.1"), a.Match.Address)
	assert.Equal(t, "ams1-leaf1", a.Name)
	assert.Len(t, a.Addresses, 2)
	assert.EqualValues(t, 1000, a.SamplingRate)
	assert.Equal(t, map[string]string{"site": "ams1"}, a.ResourceAttributes)
}

// A mistake is named by its key, with its value and what would be right.
func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		yaml string
		want []string
	}{
		{`endpoint: "6343"`, []string{"endpoint", "6343"}},
		{"interval: 10ms", []string{"interval", "10ms"}},
		{"tunnels: both", []string{"tunnels", `"both"`, `"outer"`, `"inner"`}},
		{"agents: [{name: x}]", []string{"agents[0]::match::address", "missing"}},
		{"agents: [{match: {address: 10.0.0.1}}, {match: {address: '::ffff:10.0.0.1'}}]", []string{"agents[1]::match::address", "10.0.0.1", "agents[0]"}},
		{"agents: [{match: {address: 10.0.0.1}, resource_attributes: {host.id: x}}]", []string{"agents[0]::resource_attributes: host.id", "use name"}},
		{"agents: [{match: {address: switch1}}]", []string{"address", "switch1"}},
		{"agents: [{match: {address: 10.0.0.1}, rate: 5}]", []string{"rate"}},
		{"views: {x: {dimensions: [nonsense]}}", []string{"nonsense"}},
		{"collection_interval: 5s", []string{"collection_interval"}},
		{"allow: [10.0.0.0/33]", []string{"allow", "10.0.0.0/33"}},
	} {
		t.Run(c.yaml, func(t *testing.T) {
			r, err := confmap.NewRetrievedFromYAML([]byte(c.yaml))
			require.NoError(t, err)
			conf, err := r.AsConf()
			require.NoError(t, err)
			cfg := createDefaultConfig().(*Config)
			if err = conf.Unmarshal(cfg); err == nil {
				err = confmap.Validate(cfg)
			}
			require.Error(t, err)
			for _, w := range c.want {
				assert.ErrorContains(t, err, w)
			}
		})
	}
}

// What an error names is the key that was written, wherever in the Go structs it ends up.
func TestMistakesNameTheKey(t *testing.T) {
	for want, yaml := range map[string]map[string]any{
		`endpoint: "6343" is not an address and port`: {"endpoint": "6343"},
		`sockets: -1 is not 0`:                        {"sockets": -1},
		`receive_buffer: 1 is not 0`:                  {"receive_buffer": "1B"},
		`steering: "luck" is not`:                     {"steering": "luck"},
		`interval: 1ms is too short`:                  {"interval": "1ms"},
		`max_keys: -1: a positive number`:             {"max_keys": -1},
		`views::mine::metric: empty`:                  {"views": map[string]any{"mine": map[string]any{"dimensions": []any{"source.address"}}}},
	} {
		cfg := createDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(yaml).Unmarshal(cfg))
		err := confmap.Validate(cfg)
		require.Error(t, err, want)
		assert.Equal(t, want, err.Error()[:min(len(want), len(err.Error()))])
	}
}
