package sflowreceiver

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/metadata"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

const (
	// readingInterval is how often interface counters are sent on, unless the flow interval is shorter: agents send
	// them every 20 or 30 seconds each, spread over time, and each reading is to be seen.
	readingInterval = 10 * time.Second
	// sweepInterval is how often lost sequence numbers are given up and the silent forgotten.
	sweepInterval = 10 * time.Second
)

// sflowReceiver is one receiver, whichever signals it feeds.
type sflowReceiver struct {
	cfg       *Config
	set       receiver.Settings
	telemetry *metadata.TelemetryBuilder

	metrics *deliver.Metrics // nil: not in a metrics pipeline
	logs    *deliver.Logs    // nil: not in a logs pipeline

	registry *inventory.Registry
	store    *store
	pipeline *pipeline.Pipeline
	group    *udp.Group
	handlers []*handler
	readings *readings
	drops    *drops
	opened   time.Time // when the window of discarded packets was opened; the flusher's

	cancel context.CancelFunc
	done   sync.WaitGroup
}

func newReceiver(set receiver.Settings, cfg *Config) (*sflowReceiver, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &sflowReceiver{cfg: cfg, set: set, telemetry: telemetry}, nil
}

// Start opens the sockets and begins to receive.
func (r *sflowReceiver) Start(ctx context.Context, host component.Host) (err error) {
	if r.registry, err = inventory.Find(host, r.cfg.Inventory); err != nil {
		return err
	}
	if r.store, err = openStore(ctx, host, r.cfg.Storage, r.set.ID, r.set.Logger); err != nil {
		return err
	}
	for _, a := range r.cfg.Agents {
		r.registry.Declare(a.declaration(r.set.ID.String()))
	}
	if r.group, err = udp.Listen(udp.Config(r.cfg.Sockets)); err != nil {
		return errors.Join(err, r.store.close(ctx))
	}
	if err = r.startPipeline(ctx); err != nil {
		return errors.Join(err, r.group.Close(), r.store.close(ctx))
	}
	for _, note := range r.group.Notes() {
		r.set.Logger.Warn(note)
	}
	r.readings = newReadings(r.registry, r.metrics, r.scope(), r.store, r.set.ID.String())
	r.drops, r.opened = newDrops(r.registry, r.metrics, r.scope()), time.Now()
	if err = r.observe(); err != nil {
		return errors.Join(err, r.group.Close(), r.pipeline.Shutdown(ctx), r.store.close(ctx))
	}
	r.serve()
	return nil
}

func (r *sflowReceiver) startPipeline(ctx context.Context) (err error) {
	r.pipeline, err = pipeline.New(pipeline.Config(r.cfg.Aggregation), pipeline.Settings{
		Telemetry: r.set.TelemetrySettings,
		Scope:     metadata.ScopeName,
		Version:   r.set.BuildInfo.Version,
		Registry:  r.registry,
		Metrics:   r.metrics,
		Logs:      r.logs,
		Workers:   r.group.Sockets(),
	})
	if err != nil {
		return err
	}
	if err := r.pipeline.Start(ctx); err != nil {
		return err
	}
	rates := r.cfg.rates()
	options := sflow.Options{MaxAgents: r.cfg.Aggregation.MaxExporters, Inner: r.cfg.Tunnels == TunnelsInner}
	for i := range r.group.Sockets() {
		r.handlers = append(r.handlers, newHandler(r.pipeline.Worker(i), options, rates, r.metrics != nil, r.set.Logger))
	}
	return nil
}

func (r *sflowReceiver) serve() {
	handlers := make([]udp.Handler, len(r.handlers))
	for i, h := range r.handlers {
		handlers[i] = h
	}
	r.group.Serve(handlers)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.done.Add(1)
	go func() {
		defer r.done.Done()
		r.run(ctx)
	}()
	r.set.Logger.Info("Receiving sFlow", zap.Stringer("endpoint", r.group.Addr()), zap.Int("sockets", r.group.Sockets()))
}

// run sends interface readings on and keeps the decoders' state small.
func (r *sflowReceiver) run(ctx context.Context) {
	flush, sweep := time.NewTicker(r.readingInterval()), time.NewTicker(sweepInterval)
	windows := time.NewTicker(r.windowInterval())
	defer windows.Stop()
	defer flush.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-sweep.C:
			for _, h := range r.handlers {
				h.sweep(now)
			}
			r.readings.sweep(now)
			r.readings.save(ctx, now)
		case <-flush.C:
			r.sendReadings(ctx)
		case now := <-windows.C:
			r.sendDrops(ctx, now)
		}
	}
}

// sendReadings delivers the interface counters that have come in since the last time.
func (r *sflowReceiver) sendReadings(ctx context.Context) {
	if r.metrics == nil {
		return
	}
	for _, h := range r.handlers {
		h.takeReadings(r.readings)
	}
	if err := r.readings.send(ctx); err != nil {
		r.set.Logger.Warn("Interface counters were not delivered", zap.Error(err))
	}
}

// sendDrops closes the window of discarded packets.
func (r *sflowReceiver) sendDrops(ctx context.Context, now time.Time) {
	if r.metrics == nil {
		return
	}
	w := window{r.opened, now}
	r.opened = now
	for _, h := range r.handlers {
		h.takeDiscards(r.drops, w)
	}
	if err := r.drops.send(ctx, w); err != nil {
		r.set.Logger.Warn("Discarded packets were not delivered; their sums catch up with the next window", zap.Error(err))
	}
}

// Shutdown takes what the kernel has queued, sends what is open, and ends.
func (r *sflowReceiver) Shutdown(ctx context.Context) error {
	var errs []error
	if r.cancel != nil {
		errs = append(errs, r.group.Close())
		r.cancel()
		r.done.Wait()
		r.sendReadings(ctx)
		r.sendDrops(ctx, time.Now())
		r.readings.save(ctx, time.Now())
		errs = append(errs, r.pipeline.Shutdown(ctx), r.store.close(ctx))
	}
	r.telemetry.Shutdown()
	return errors.Join(errs...)
}

func (r *sflowReceiver) readingInterval() time.Duration {
	if i := r.cfg.Aggregation.Interval; i > 0 {
		return min(i, readingInterval)
	}
	return readingInterval
}

// windowInterval is how often discarded packets are sent on.
func (r *sflowReceiver) windowInterval() time.Duration {
	if i := r.cfg.Aggregation.Interval; i > 0 {
		return i
	}
	return time.Minute
}

func (r *sflowReceiver) scope() scope {
	return scope{name: metadata.ScopeName, version: r.set.BuildInfo.Version}
}
