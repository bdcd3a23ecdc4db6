package inventoryextension

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func TestConfig(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	id := func(s string) *component.ID {
		var id component.ID
		require.NoError(t, id.UnmarshalText([]byte(s)))
		return &id
	}
	for key, want := range map[string]*Config{
		"inventory":        {ServiceName: "network-device"},
		"inventory/stored": {ServiceName: "network-device", StorageID: id("file_storage")},
		"inventory/named":  {ServiceName: "switch", StorageID: id("file_storage/inventory")},
	} {
		sub, err := conf.Sub(key)
		require.NoError(t, err)
		got := createDefaultConfig()
		require.NoError(t, sub.Unmarshal(got), key)
		require.NoError(t, confmap.Validate(got), key)
		assert.Equal(t, want, got, key)
	}
	sub, err := conf.Sub("inventory/nameless")
	require.NoError(t, err)
	got := createDefaultConfig()
	require.NoError(t, sub.Unmarshal(got))
	assert.EqualError(t, confmap.Validate(got), `service_name: must not be empty: leave it out for "network-device"`)
}
