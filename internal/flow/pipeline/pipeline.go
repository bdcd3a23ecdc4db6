// Package pipeline is what both flow receivers plug into: records in, enriched, aggregated into views, out as pdata.
//
// Each socket's goroutine has a Worker of its own, with tables that only it touches while it holds the worker's lock.
// One flusher goroutine swaps those tables for empty ones at the end of each window, resolves what they hold (which
// device, which names), adds it to the devices' streams, and sends these on. While it does, the sockets fill the next
// window; when the next consumer is slow the windows get longer, and nothing is lost: a window that could not be closed
// in time is closed with the following one, and counted in Stats.
package pipeline

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/inventory"
)

// Settings are what a pipeline needs of its receiver.
type Settings struct {
	Telemetry component.TelemetrySettings
	Scope     string // the receiver's package path
	Version   string
	Registry  *inventory.Registry // nil: a private one
	Metrics   *deliver.Metrics    // nil: no metrics pipeline, nothing is aggregated
	Logs      *deliver.Logs       // nil: no logs pipeline, no records are kept
	Workers   int
}

// slotsPerExporter is how many times the exporters that may be known may have sums in open windows: those that were
// forgotten since these opened are among them. It bounds what forged addresses cost that push one another out.
const slotsPerExporter = 2

// What all pipelines of the process may hold together: each receiver has limits of its own, and these besides.
const (
	processKeys      = 1 << 20
	processExporters = 1 << 16
)

var process = struct {
	windows, streams, exporters *aggregate.Budget
}{
	aggregate.NewBudget(processKeys, nil),
	aggregate.NewBudget(processKeys, nil),
	aggregate.NewBudget(processExporters, nil),
}

// Pipeline owns the views of one receiver, flushes them each interval, and sends what they hold.
type Pipeline struct {
	set       Settings
	groups    []*group
	workers   []*Worker
	exporters *aggregate.Budget
	slots     *aggregate.Budget // of exporters and of those that windows still refer to
	devices   int               // how many may have streams beside those that spoke in the last window
	windows   *aggregate.Budget
	counts    counts

	flusher *flusher
	logger  *logger

	start   sync.Once
	started atomic.Bool
	stop    sync.Once
	stopErr error
}

// group is the views of one interval: their windows open and close together.
type group struct {
	interval time.Duration
	plan     *aggregate.Plan
	views    []view
	spare    []*aggregate.Window // one per worker, empty, to swap in
	opened   time.Time           // of the open windows
	due      time.Time           // when they close
}

// New compiles cfg.
func New(cfg Config, set Settings) (*Pipeline, error) {
	views, err := cfg.compile()
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if set.Workers < 1 {
		return nil, fmt.Errorf("flow pipeline: %d workers: at least 1", set.Workers)
	}
	if set.Registry == nil {
		set.Registry = inventory.NewRegistry(inventory.Options{})
	}
	p := &Pipeline{
		set: set, devices: cfg.MaxExporters,
		exporters: aggregate.NewBudget(cfg.MaxExporters, process.exporters),
		slots:     aggregate.NewBudget(slotsPerExporter*cfg.MaxExporters, nil),
	}
	if set.Metrics != nil {
		p.groups = groupViews(views)
	}
	windows := aggregate.NewBudget(cfg.MaxKeys, process.windows)
	p.windows = windows
	for i := range set.Workers {
		p.workers = append(p.workers, newWorker(p, i, windows))
	}
	for _, g := range p.groups {
		for range set.Workers {
			g.spare = append(g.spare, g.plan.NewWindow(windows))
		}
	}
	p.flusher = newFlusher(p, aggregate.NewBudget(cfg.MaxKeys, process.streams))
	if set.Logs != nil {
		p.logger = newLogger(p)
	}
	return p, nil
}

func groupViews(views []view) []*group {
	var groups []*group
	byInterval := map[time.Duration]*group{}
	for _, v := range views {
		g := byInterval[v.interval]
		if g == nil {
			g = &group{interval: v.interval}
			byInterval[v.interval] = g
			groups = append(groups, g)
		}
		g.views = append(g.views, v)
	}
	for _, g := range groups {
		var compiled []aggregate.View
		for _, v := range g.views {
			compiled = append(compiled, v.View)
		}
		g.plan = aggregate.NewPlan(compiled)
	}
	return groups
}

// Start begins flushing; the first windows open now and close with the clock, aligned to their interval.
func (p *Pipeline) Start(context.Context) error {
	p.start.Do(func() {
		p.started.Store(true)
		p.flusher.run()
		if p.logger != nil {
			p.logger.run()
		}
	})
	return nil
}

// Shutdown flushes what is open, once, and ends. Workers must not add any more. When ctx ends first, what is still
// unsent is lost and the error says so.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	p.stop.Do(func() {
		if !p.started.Load() {
			return
		}
		if p.logger != nil {
			p.stopErr = p.logger.shutdown(ctx)
		}
		if err := p.flusher.shutdown(ctx); err != nil {
			p.stopErr = err
		}
		p.release()
	})
	return p.stopErr
}

// release gives the process-wide budgets back.
func (p *Pipeline) release() {
	for _, w := range p.workers {
		w.Lock()
		for _, window := range w.windows {
			window.Close()
		}
		for _, e := range w.exporters {
			if e != nil {
				w.detach(e)
			}
		}
		w.Unlock()
	}
}

// Worker returns worker i's own part of the pipeline, 0 <= i < Settings.Workers.
func (p *Pipeline) Worker(i int) *Worker { return p.workers[i] }
