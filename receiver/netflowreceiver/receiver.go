package netflowreceiver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadata"
)

// netflowReceiver is one configured receiver, shared by its metrics and logs pipelines.
type netflowReceiver struct {
	cfg     *Config
	set     receiver.Settings
	metrics *deliver.Metrics // nil: not in a metrics pipeline
	logs    *deliver.Logs    // nil: not in a logs pipeline

	registry  *inventory.Registry
	telemetry *metadata.TelemetryBuilder
	store     *store
	group     *udp.Group
	flows     *pipeline.Pipeline
	workers   []*worker
	relays    []*relay
	complaint *complaints

	stop chan struct{}
	done sync.WaitGroup
}

func newReceiver(cfg *Config, set receiver.Settings) *netflowReceiver {
	complaint := newComplaints(set.Logger, cfg.Aggregation.MaxExporters)
	return &netflowReceiver{cfg: cfg, set: set, complaint: complaint, stop: make(chan struct{})}
}

// Start opens the sockets and begins to receive. What it had opened when it fails, it closes.
func (r *netflowReceiver) Start(ctx context.Context, host component.Host) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close(ctx))
		}
	}()
	if r.registry, err = inventory.Find(host, r.cfg.Inventory); err != nil {
		return err
	}
	r.declare()
	if r.store, err = openStore(ctx, host, r.cfg.Storage, r.set.ID, r.set.Logger); err != nil {
		return err
	}
	if r.telemetry, err = metadata.NewTelemetryBuilder(r.set.TelemetrySettings); err != nil {
		return err
	}
	if r.group, err = udp.Listen(udp.Config(r.cfg.Sockets)); err != nil {
		return err
	}
	if err = r.openRelays(); err != nil {
		return err
	}
	if err = r.startPipeline(ctx); err != nil {
		return err
	}
	for i := range r.group.Sockets() {
		r.workers = append(r.workers, newWorker(r, r.flows.Worker(i)))
	}
	if err = r.observe(); err != nil {
		return err
	}
	r.serve()
	return nil
}

func (r *netflowReceiver) openRelays() error {
	for i, c := range r.cfg.Relay {
		to, err := openRelay(c, r.group.Addr())
		if err != nil {
			return fmt.Errorf("relay::%d: %w", i, err)
		}
		r.relays = append(r.relays, to)
	}
	return nil
}

func (r *netflowReceiver) startPipeline(ctx context.Context) error {
	flows, err := pipeline.New(pipeline.Config(r.cfg.Aggregation), pipeline.Settings{
		Telemetry: r.set.TelemetrySettings, Scope: metadata.ScopeName, Version: r.set.BuildInfo.Version,
		Registry: r.registry, Metrics: r.metrics, Logs: r.logs, Workers: r.group.Sockets(),
	})
	if err != nil {
		return err
	}
	if err := flows.Start(ctx); err != nil {
		return err
	}
	r.flows = flows
	return nil
}

func (r *netflowReceiver) serve() {
	handlers := make([]udp.Handler, len(r.workers))
	for i, w := range r.workers {
		handlers[i] = w
	}
	for _, note := range r.group.Notes() {
		r.set.Logger.Warn(note)
	}
	r.group.Serve(handlers)
	r.set.Logger.Info("Receiving NetFlow and IPFIX", zap.Stringer("endpoint", r.group.Addr()), zap.Int("sockets", len(handlers)))
	r.done.Go(r.tick)
}

// declare tells the inventory what configuration says of exporters at single addresses.
func (r *netflowReceiver) declare() {
	for i := range r.cfg.Exporters {
		if e := &r.cfg.Exporters[i]; e.Match.Address.IsValid() && e.describes() {
			r.registry.Declare(r.declaration(e, e.Match.Address.Unmap()))
		}
	}
}

// describes tells whether e says who a device is, not only how it samples.
func (e *ExporterConfig) describes() bool {
	return e.Name != "" || len(e.Addresses) > 0 || len(e.ResourceAttributes) > 0
}

func (r *netflowReceiver) declaration(e *ExporterConfig, addr netip.Addr) inventory.Declaration {
	d := inventory.Declaration{
		Source: r.set.ID.String(), Address: addr, Name: e.Name, ObservationDomain: e.Match.ObservationDomain,
	}
	for _, a := range e.Addresses {
		d.Addresses = append(d.Addresses, a.Unmap())
	}
	for k, v := range e.ResourceAttributes {
		d.Attributes = append(d.Attributes, inventory.Attribute{Key: k, Value: v})
	}
	slices.SortFunc(d.Attributes, func(a, b inventory.Attribute) int { return strings.Compare(a.Key, b.Key) })
	return d
}

// How often time alone is attended to, and what exporters newly announced is saved.
const (
	tickInterval = time.Second
	saveInterval = 5 * time.Second
)

func (r *netflowReceiver) tick() {
	t := time.NewTicker(tickInterval)
	defer t.Stop()
	saved := time.Now()
	for {
		select {
		case <-r.stop:
			return
		case now := <-t.C:
			for _, w := range r.workers {
				w.tick(now)
			}
			if now.Sub(saved) >= saveInterval {
				r.save(context.Background())
				saved = now
			}
		}
	}
}

// save writes what exporters announced since the last call.
func (r *netflowReceiver) save(ctx context.Context) {
	if r.store == nil {
		return
	}
	for _, w := range r.workers {
		r.store.put(w.changed())
	}
	r.store.flush(ctx)
}

// Shutdown takes what the kernel has queued, lets go of what waits, saves what was learned, and flushes the open
// window, in this order.
func (r *netflowReceiver) Shutdown(ctx context.Context) error { return r.close(ctx) }

func (r *netflowReceiver) close(ctx context.Context) error {
	var errs []error
	if r.group != nil && len(r.workers) > 0 {
		errs = append(errs, r.group.Close())
		close(r.stop)
		r.done.Wait()
		for _, w := range r.workers {
			w.finish()
		}
		r.save(ctx)
	} else if r.group != nil {
		errs = append(errs, r.group.Close())
	}
	for _, to := range r.relays {
		errs = append(errs, to.close())
	}
	if r.flows != nil {
		errs = append(errs, r.flows.Shutdown(ctx))
	}
	if r.store != nil {
		errs = append(errs, r.store.close(ctx))
	}
	if r.telemetry != nil {
		r.telemetry.Shutdown()
	}
	return errors.Join(errs...)
}
