package inventoryextension

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/netcol-io/netcol/extension/inventoryextension/internal/metadata"
	"github.com/netcol-io/netcol/extension/inventoryextension/internal/metadatatest"
	"github.com/netcol-io/netcol/internal/inventory"
)

var storageID = component.MustNewID("file_storage")

// disk is a storage extension whose values outlive the components that write them.
type disk struct {
	component.StartFunc
	component.ShutdownFunc
	mu     sync.Mutex
	values map[string][]byte
	sets   int
	fail   error
	open   int
}

func (d *disk) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open++
	return &client{Client: storage.NewNopClient(), disk: d}, nil
}

type client struct {
	storage.Client
	disk *disk
}

func (c *client) Get(_ context.Context, key string) ([]byte, error) {
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	return c.disk.values[key], c.disk.fail
}

func (c *client) Set(ctx context.Context, key string, value []byte) error {
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	if err := errors.Join(ctx.Err(), c.disk.fail); err != nil {
		return err
	}
	if c.disk.values == nil {
		c.disk.values = map[string][]byte{}
	}
	c.disk.sets++
	c.disk.values[key] = value
	return nil
}

func (c *client) Close(context.Context) error {
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	c.disk.open--
	return nil
}

func (d *disk) broken(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

func start(t *testing.T, d *disk, logger *zap.Logger) *inventoryExtension {
	t.Helper()
	set := extensiontest.NewNopSettings(metadata.Type)
	if logger != nil {
		set.Logger = logger
	}
	cfg := createDefaultConfig().(*Config)
	cfg.StorageID = &storageID
	ext, err := NewFactory().Create(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), host{storageID: d}))
	return ext.(*inventoryExtension)
}

// know makes a registry know one device that SNMP polled.
func know(r *inventory.Registry) {
	id := r.Declare(inventory.Declaration{Source: "snmp", Address: netip.MustParseAddr("10.0.0.1"), Endpoint: "10.0.0.1:161"})
	r.Learn(id, inventory.Facts{
		SysName: "core1", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, Interfaces: []inventory.Interface{{Index: 7, Name: "Gi0/7"}},
	})
}

func TestStorageStartsFirst(t *testing.T) {
	with, err := newExtension(extensiontest.NewNopSettings(metadata.Type), &Config{StorageID: &storageID})
	require.NoError(t, err)
	assert.Equal(t, []component.ID{storageID}, extensioncapabilities.Dependent(with).Dependencies())
	without, err := newExtension(extensiontest.NewNopSettings(metadata.Type), &Config{})
	require.NoError(t, err)
	assert.Empty(t, without.Dependencies())
}

func TestReceiversFindIt(t *testing.T) {
	e := start(t, &disk{}, nil)
	defer func() { require.NoError(t, e.Shutdown(t.Context())) }()
	id := component.MustNewID("inventory")
	r, err := inventory.Find(host{id: e}, &id)
	require.NoError(t, err)
	assert.Same(t, e.Inventory(), r)
	_, err = inventory.Find(host{}, &id)
	assert.ErrorContains(t, err, `no extension "inventory"`)
	_, err = inventory.Find(host{id: &disk{}}, &id)
	assert.ErrorContains(t, err, "not an inventory")
}

func TestWhatWasLearnedSurvivesARestart(t *testing.T) {
	d := &disk{}
	e := start(t, d, nil)
	know(e.Inventory())
	require.NoError(t, e.Shutdown(t.Context()))
	assert.Zero(t, d.open, "the client is closed")

	e = start(t, d, nil)
	defer func() { require.NoError(t, e.Shutdown(t.Context())) }()
	got := e.Inventory().Exporter(netip.MustParseAddr("192.0.2.1"), 0)
	assert.Equal(t, "10.0.0.1", got.ID)
	assert.Equal(t, "core1", got.Name)
	assert.Equal(t, "Gi0/7", got.Interfaces[7].Name)
}

// A kill gives no Shutdown: what is in the store is what was written in time.
func TestWhatWasLearnedSurvivesAKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		e := start(t, d, nil)
		know(e.Inventory())
		time.Sleep(saveAfter + time.Second)
		synctest.Wait()
		d.mu.Lock()
		left := &disk{values: maps.Clone(d.values)}
		d.mu.Unlock()
		require.NoError(t, e.Shutdown(context.Background()))

		e = start(t, left, nil)
		assert.Equal(t, "core1", e.Inventory().Device("10.0.0.1").Name)
		require.NoError(t, e.Shutdown(context.Background()))
	})
}

func TestNothingIsWrittenWhileNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		e := start(t, d, nil)
		know(e.Inventory())
		time.Sleep(saveAfter + time.Second)
		for range 100 {
			know(e.Inventory())
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		d.mu.Lock()
		sets := d.sets
		d.mu.Unlock()
		assert.Equal(t, 1, sets, "one part of the store, once")
		require.NoError(t, e.Shutdown(context.Background()))
	})
}

func TestAStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.WarnLevel)
		d := &disk{}
		e := start(t, d, zap.New(core))
		d.broken(errors.New("disk full"))
		know(e.Inventory())
		time.Sleep(10 * saveAfter)
		synctest.Wait()
		assert.Equal(t, 1, logs.Len(), "said once, however often it is tried")
		assert.Equal(t, "core1", e.Inventory().Device("10.0.0.1").Name, "the inventory works on")
		d.broken(nil)
		time.Sleep(3 * saveAfter)
		synctest.Wait()
		d.mu.Lock()
		assert.Len(t, d.values, 1, "and is stored when it can be")
		d.mu.Unlock()
		require.NoError(t, e.Shutdown(context.Background()))
	})
}

func TestACorruptStoreIsOneWarning(t *testing.T) {
	d := &disk{}
	e := start(t, d, nil)
	know(e.Inventory())
	require.NoError(t, e.Shutdown(t.Context()))
	for shard := range inventory.Shards {
		if key := inventory.Key(shard); d.values[key] == nil {
			d.values[key] = []byte(`{"version":`)
		}
	}
	core, logs := observer.New(zap.WarnLevel)
	e = start(t, d, zap.New(core))
	assert.Equal(t, 1, logs.Len())
	assert.Equal(t, "core1", e.Inventory().Device("10.0.0.1").Name, "what is not damaged is restored")
	require.NoError(t, e.Shutdown(t.Context()))
}

func TestStorageThatIsNotThere(t *testing.T) {
	for want, h := range map[string]host{
		`storage: no extension "file_storage": add it under extensions and service::extensions, or leave storage out`: {},
		`storage: extension "file_storage" is not a storage extension; file_storage is one`:                           {storageID: nothing{}},
	} {
		e, err := newExtension(extensiontest.NewNopSettings(metadata.Type), &Config{StorageID: &storageID})
		require.NoError(t, err)
		assert.EqualError(t, e.Start(t.Context(), h), want)
		assert.NoError(t, e.Shutdown(t.Context()))
	}
}

type nothing struct {
	component.StartFunc
	component.ShutdownFunc
}

func TestTelemetry(t *testing.T) {
	tel := componenttest.NewTelemetry()
	set := extension.Settings{ID: component.MustNewID("inventory"), TelemetrySettings: tel.NewTelemetrySettings()}
	e, err := newExtension(set, &Config{StorageID: &storageID, ServiceName: "x"})
	require.NoError(t, err)
	d := &disk{values: map[string][]byte{inventory.Key(0): []byte("?")}}
	require.NoError(t, e.Start(t.Context(), host{storageID: d}))
	know(e.Inventory())
	e.Inventory().Declare(inventory.Declaration{Source: "a", Address: netip.MustParseAddr("10.0.0.9"), Name: "a"})
	e.Inventory().Declare(inventory.Declaration{Source: "b", Address: netip.MustParseAddr("10.0.0.9"), Name: "b"})
	point := func(n int64) []metricdata.DataPoint[int64] { return []metricdata.DataPoint[int64]{{Value: n}} }
	loose := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualInventoryDevices(t, tel, point(3), loose)
	metadatatest.AssertEqualInventoryAddresses(t, tel, point(3), loose)
	metadatatest.AssertEqualInventoryConflicts(t, tel, point(1), loose)
	metadatatest.AssertEqualInventoryStoreErrors(t, tel, point(1), loose)
	require.NoError(t, e.Shutdown(t.Context()))
	require.NoError(t, tel.Shutdown(context.Background()))
}
