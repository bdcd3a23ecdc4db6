package snmpreceiver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/snmp/profile"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/walk"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
)

// snmpReceiver polls the targets of one configuration.
type snmpReceiver struct {
	config    *Config
	set       receiver.Settings
	log       *zap.Logger
	telemetry *metadata.TelemetryBuilder
	metrics   *deliver.Metrics // nil: no metrics pipeline
	logs      *deliver.Logs    // nil: no logs pipeline

	profile   *profile.Profile
	selection selection
	pool      session.Pool
	rows      sync.Pool // *walk.Rows
	samples   sync.Pool // *[]netif.Sample
	registry  *inventory.Registry
	store     storage.Client
	devices   []*device
	jobs      []*job // of devices
	schedule  *schedule
	traps     *traps       // nil: not listening
	telling   sync.RWMutex // held for writing while devices are announced, for reading while a poll is told
	began     time.Time
	polled    atomic.Int64 // polls that are over

	stop context.CancelFunc
	done sync.WaitGroup
}

func newReceiver(c *Config, set receiver.Settings) (*snmpReceiver, error) {
	tb, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &snmpReceiver{
		config: c, set: set, log: set.Logger, telemetry: tb, profile: profile.Generic(), selection: newSelection(&c.Interfaces),
		rows:    sync.Pool{New: func() any { return &walk.Rows{} }},
		samples: sync.Pool{New: func() any { return &[]netif.Sample{} }},
	}, nil
}

// Start declares the devices and begins to poll them.
func (r *snmpReceiver) Start(ctx context.Context, host component.Host) (err error) {
	r.began = time.Now()
	if r.registry, err = inventory.Find(host, r.config.Inventory); err != nil {
		return err
	}
	if r.store, err = deliver.Storage(ctx, host, r.config.Storage, component.KindReceiver, r.set.ID); err != nil {
		return err
	}
	creds := map[string]*session.Credentials{}
	for name, c := range r.config.Credentials {
		creds[name] = c.credentials(name)
	}
	for i := range r.config.Targets {
		d := newDevice(r, &r.config.Targets[i], creds)
		d.restore(ctx)
		r.devices = append(r.devices, d)
	}
	r.plan()
	if err := r.listen(ctx, creds); err != nil {
		return err
	}
	if err := errors.Join(r.observe(), r.observeTraps()); err != nil {
		return err
	}
	r.launch()
	return nil
}

// plan makes the schedule, which traps may reach before it runs.
func (r *snmpReceiver) plan() {
	r.jobs = make([]*job, len(r.devices))
	for i, d := range r.devices {
		r.jobs[i] = &job{key: d.id, interval: d.interval, poll: d.poll}
	}
	r.schedule = newSchedule(inFlight, r.skipped, r.late)
}

func (r *snmpReceiver) launch() {
	run, stop := context.WithCancel(context.Background())
	r.stop = stop
	if len(r.jobs) == 0 {
		return // traps only
	}
	r.done.Go(func() { r.schedule.run(run, r.jobs) })
	r.done.Go(func() { r.announce(run) })
}

// announceAfter is when a device that has not answered yet is told as such.
const announceAfter = time.Second

// announce tells of devices that did not answer within a second of the start: they are not up, from now on.
func (r *snmpReceiver) announce(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(announceAfter):
	}
	r.telling.Lock()
	defer r.telling.Unlock()
	md := pmetric.NewMetrics()
	for _, d := range r.devices {
		if d.health.Load() == healthUnknown && !d.told.any {
			d.announce(md)
		}
	}
	since(md, r.began)
	r.send(ctx, md)
}

func (r *snmpReceiver) send(ctx context.Context, md pmetric.Metrics) {
	if r.metrics == nil || md.DataPointCount() == 0 {
		return
	}
	// Obsreport counts what could not be delivered, and the consumer says why.
	_ = r.metrics.Send(ctx, md)
}

func (r *snmpReceiver) skipped(*job) {
	r.telemetry.SnmpSkippedPolls.Add(context.Background(), 1)
}

func (r *snmpReceiver) late(d time.Duration) {
	r.telemetry.SnmpPollLateness.Record(context.Background(), d.Seconds())
}

// Shutdown ends polls under way, keeps what is worth keeping, and closes sockets.
func (r *snmpReceiver) Shutdown(ctx context.Context) error {
	if r.stop != nil {
		r.stop()
	}
	r.done.Wait()
	closed := r.traps.close(ctx)
	r.pool.Close()
	r.telemetry.Shutdown()
	if r.store == nil {
		return closed
	}
	for _, d := range r.devices {
		d.save(ctx)
	}
	if err := r.store.Close(ctx); err != nil {
		return errors.Join(closed, fmt.Errorf("storage: %w", err))
	}
	return closed
}
