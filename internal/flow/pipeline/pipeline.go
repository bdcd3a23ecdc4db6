// Package pipeline is what both flow receivers plug into: records in, enriched, aggregated into views, out as pdata.
package pipeline

import (
	"context"
	"net/netip"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/inventory"
)

// Config is the part of a flow receiver's configuration that is about aggregation; receivers squash it into theirs.
type Config struct {
	// Interval is the length of the aggregation window of every view that names none. Default 60s.
	Interval time.Duration `mapstructure:"interval"`
	// Views are metric streams by name. The built-in ones are there unless disabled; a name that is not built in
	// makes a new one.
	Views map[string]View `mapstructure:"views"`
}

// View is one metric stream with its own dimensions and limit.
type View struct {
	Enabled    *bool    `mapstructure:"enabled"`
	Metric     string   `mapstructure:"metric"`
	Dimensions []string `mapstructure:"dimensions"`
	Limit      int      `mapstructure:"limit"`
	Top        int      `mapstructure:"top"`
}

// Settings are what a pipeline needs of its receiver.
type Settings struct {
	Telemetry component.TelemetrySettings
	Scope     string // the receiver's package path
	Version   string
	Registry  *inventory.Registry
	Metrics   *deliver.Metrics // nil: no metrics pipeline, nothing is aggregated
	Logs      *deliver.Logs    // nil: no logs pipeline, no records are kept
	Workers   int
}

// Pipeline owns the views of one receiver, flushes them each interval, and sends what they hold.
type Pipeline struct{}

// New compiles cfg.
func New(cfg Config, set Settings) (*Pipeline, error) { return &Pipeline{}, nil }

// Start begins flushing; Shutdown flushes what is open, once, and ends.
func (p *Pipeline) Start(context.Context) error    { return nil }
func (p *Pipeline) Shutdown(context.Context) error { return nil }

// Worker returns worker i's own part of the pipeline.
func (p *Pipeline) Worker(i int) *Worker { return &Worker{} }

// Worker takes the records of one socket's goroutine. Between Lock and Unlock, which a handler calls around a batch of
// datagrams, its tables are its own; the flusher swaps them in between.
type Worker struct{}

// Lock and Unlock bracket a batch.
func (w *Worker) Lock()   {}
func (w *Worker) Unlock() {}

// Exporter is a flow exporter as a worker sees it: one address and observation domain.
type Exporter struct{}

// Exporter returns the worker's handle of an exporter, made on first sight. Not for every record: callers keep it.
// It returns nil once the process holds more exporters than it may; the caller then counts and drops.
func (w *Worker) Exporter(addr netip.Addr, domain uint32) *Exporter { return nil }

// Add counts one record. r is not kept. No allocation in steady state.
func (w *Worker) Add(e *Exporter, at time.Time, r *flow.Record) {}

// NameInterface tells what the exporter's own options call an interface; the inventory's name goes before it.
func (w *Worker) NameInterface(e *Exporter, index uint32, name, description string) {}

// NameApplication tells what the exporter's own options call an application id (IE 95).
func (w *Worker) NameApplication(e *Exporter, id uint64, name string) {}

// Forget drops a handle whose exporter went silent.
func (w *Worker) Forget(e *Exporter) {}
