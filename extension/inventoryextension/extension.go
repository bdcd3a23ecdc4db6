package inventoryextension

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/extension/inventoryextension/internal/metadata"
	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/inventory"
)

const (
	// saveAfter a change, and with it whatever else changes meanwhile: after a start hundreds of devices are learned at
	// once. It is also how much a kill can lose.
	saveAfter = 2 * time.Second
	// saveShare is how many times longer than a save the pause before the next one is, so that a large inventory that
	// keeps changing costs a twentieth of a core at most.
	saveShare = 20
	// saveAllEvery keeps in the store when devices were last seen.
	saveAllEvery = 24 * time.Hour
	// saveWithin bounds one write to a storage that hangs.
	saveWithin = 30 * time.Second
)

var (
	_ extension.Extension             = (*inventoryExtension)(nil)
	_ extensioncapabilities.Dependent = (*inventoryExtension)(nil)
	_ inventory.Provider              = (*inventoryExtension)(nil)
)

// inventoryExtension holds the registry and keeps it in a storage extension.
type inventoryExtension struct {
	id        component.ID
	storageID *component.ID
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	registry  *inventory.Registry

	client  storage.Client // nil without storage
	changed chan struct{}
	stop    context.CancelFunc
	saving  sync.WaitGroup
	failing bool // the last save failed; only keepSaving and, after it ended, Shutdown look at it
}

func newExtension(set extension.Settings, cfg *Config) (*inventoryExtension, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	e := &inventoryExtension{
		id: set.ID, storageID: cfg.StorageID, logger: set.Logger, telemetry: telemetry, changed: make(chan struct{}, 1),
	}
	e.registry = inventory.NewRegistry(inventory.Options{
		ServiceName: cfg.ServiceName, OnProblem: e.tell, OnChange: e.wake,
	})
	return e, nil
}

// Inventory returns the registry, which receivers find by inventory.Find.
func (e *inventoryExtension) Inventory() *inventory.Registry { return e.registry }

// Dependencies makes the Collector start the storage extension first and stop it last.
func (e *inventoryExtension) Dependencies() []component.ID {
	if e.storageID == nil {
		return nil
	}
	return []component.ID{*e.storageID}
}

// Start restores what was stored. A store that cannot be read is one warning: everything in it can be learned again.
func (e *inventoryExtension) Start(ctx context.Context, host component.Host) error {
	if err := e.observe(); err != nil {
		return err
	}
	if e.storageID == nil {
		return nil
	}
	client, err := deliver.Storage(ctx, host, e.storageID, component.KindExtension, e.id)
	if err != nil {
		return err
	}
	e.client = client
	if err := e.registry.Load(func(key string) ([]byte, error) { return client.Get(ctx, key) }); err != nil {
		e.telemetry.InventoryStoreErrors.Add(ctx, 1)
		e.logger.Warn("Part of the stored inventory cannot be read; its devices are learned anew", zap.Error(err))
	}
	e.logger.Info("Inventory restored", zap.Int("devices", e.registry.Len()))
	running, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.saving.Go(func() { e.keepSaving(running) })
	return nil
}

// Shutdown writes what was not yet written.
func (e *inventoryExtension) Shutdown(ctx context.Context) error {
	if e.stop != nil {
		e.stop()
		e.saving.Wait()
	}
	var err error
	if e.client != nil {
		e.registry.Stale()
		err = errors.Join(e.save(ctx), e.client.Close(ctx))
		e.client = nil
	}
	e.telemetry.Shutdown()
	return err
}

// keepSaving writes changes some time after the first of them.
func (e *inventoryExtension) keepSaving(ctx context.Context) {
	all := time.NewTicker(saveAllEvery)
	defer all.Stop()
	pause := saveAfter
	for {
		select {
		case <-ctx.Done():
			return
		case <-all.C:
			e.registry.Stale()
		case <-e.changed:
		}
		if !sleep(ctx, pause) {
			return
		}
		began := time.Now()
		if e.save(ctx) != nil {
			e.wake() // what failed is still to be written
		}
		pause = max(saveAfter, saveShare*time.Since(began))
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// save writes the changed parts. All failures are counted; a storage that keeps failing is logged once.
func (e *inventoryExtension) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	err := e.registry.Save(func(key string, value []byte) error { return e.client.Set(ctx, key, value) })
	switch {
	case errors.Is(err, context.Canceled): // we are stopping: Shutdown writes it
	case err != nil:
		e.telemetry.InventoryStoreErrors.Add(ctx, 1)
		if !e.failing {
			e.logger.Warn("Inventory cannot be stored; it is tried again", zap.Error(err))
		}
		e.failing = true
	case e.failing:
		e.logger.Info("Inventory is stored again")
		e.failing = false
	}
	return err
}

func (e *inventoryExtension) wake() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

func (e *inventoryExtension) tell(p inventory.Problem) {
	e.logger.Warn("Inventory: "+p.String(), zap.String("kind", string(p.Kind)), zap.Strings("devices", p.Devices))
}

func (e *inventoryExtension) observe() error {
	gauge := func(value func() int) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(value()))
			return nil
		}
	}
	return errors.Join(
		e.telemetry.RegisterInventoryDevicesCallback(gauge(e.registry.Len)),
		e.telemetry.RegisterInventoryAddressesCallback(gauge(e.registry.Addresses)),
		e.telemetry.RegisterInventoryConflictsCallback(gauge(e.registry.Conflicts)),
	)
}
