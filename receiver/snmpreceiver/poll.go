package snmpreceiver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// A device that did not answer twice in a row is dead: it is asked with one packet, and less and less often, until it
// answers. What is told of it goes on at every interval.
const (
	deadAfter    = 2
	longestProbe = 5 * time.Minute
)

// poll reads the device once and delivers what it found.
func (d *device) poll(ctx context.Context, _ time.Time) {
	samples := d.r.samples.Get().(*[]netif.Sample)
	d.samples = (*samples)[:0]
	asked := d.pollNow(ctx, time.Now())
	*samples, d.samples = d.samples, nil
	d.r.samples.Put(samples)
	if asked {
		d.r.polled.Add(1)
	}
}

// pollNow does so. It returns false where a dead device was left alone, or the receiver ended meanwhile.
func (d *device) pollNow(ctx context.Context, began time.Time) (asked bool) {
	if !d.urgent.Swap(false) && d.failures >= deadAfter && began.Before(d.probeAfter) {
		d.deliver(ctx, began, false)
		return false
	}
	err := d.read(ctx)
	if ctx.Err() != nil {
		return false
	}
	d.r.telemetry.SnmpPolls.Add(ctx, 1)
	d.judge(err)
	d.deliver(ctx, began, true)
	d.save(ctx)
	return true
}

// judge takes note of how a poll went, and logs what changed.
func (d *device) judge(err error) {
	now := time.Now()
	before := d.lastError
	d.lastError = err
	if err == nil {
		if d.health.Swap(healthUp) != healthUp {
			d.log.Info("Device answers", zap.String("credentials", d.credentials[d.working].Name), zap.Duration("round_trip", d.peer.RoundTrip()))
		}
		d.failures = 0
		return
	}
	d.failures++
	wait := min(d.interval<<min(d.failures-1, 8), max(longestProbe, d.interval))
	d.probeAfter = now.Add(wait - d.interval/2)
	fresh := d.health.Swap(healthDown) != healthDown || before == nil || session.Type(before) != session.Type(err)
	if fresh || now.Sub(d.logged) >= time.Hour {
		d.logged = now
		d.log.Warn("Device does not answer", zap.Error(err), zap.String("error.type", session.Type(err)))
	}
}

// read polls the device with the credentials that it takes.
func (d *device) read(ctx context.Context) error {
	if err := d.resolve(ctx); err != nil {
		return err
	}
	try, withheld := d.order()
	var errs error
	for _, i := range try {
		answered, err := d.readWith(ctx, i)
		if err == nil || answered || ctx.Err() != nil {
			return err
		}
		errs = errors.Join(errs, err)
	}
	if withheld != "" {
		errs = fmt.Errorf("%w (credentials %q would lower security and were not tried; allow_downgrade: true allows it)", errs, withheld)
	}
	if d.failures >= deadAfter {
		d.working = -1 // it may have been given others
	}
	return errs
}

// readWith polls with one of the credentials. answered tells that they work, whatever went wrong later.
func (d *device) readWith(ctx context.Context, i int) (answered bool, err error) {
	s, err := d.r.pool.Open(ctx, &d.peer, d.credentials[i])
	if err != nil {
		return false, err
	}
	defer s.Close()
	d.limits.NoBulk = s.Version() == pdu.V1 || !d.target.bulk()
	if d.failures >= deadAfter || d.working != i {
		// One packet tells whether there is anyone, and whether these credentials are any good.
		if d.failures >= deadAfter {
			s.Attempts = 1
		}
		if err := d.probe(ctx, s); err != nil {
			return false, err
		}
		s.Attempts = 0
		d.failures, d.working = 0, i
	}
	err = d.readTables(ctx, s)
	return err == nil || !errors.Is(err, session.ErrNoAnswer), err
}

func (d *device) probe(ctx context.Context, s *session.Session) error {
	_, err := s.Exchange(ctx, &pdu.Request{Kind: pdu.Get, Names: []pdu.OID{d.r.profile.Uptime}})
	return err
}

func (d *device) borrow() *walk.Rows { return d.r.rows.Get().(*walk.Rows) }

// readTables reads everything that is due.
func (d *device) readTables(ctx context.Context, s *session.Session) error {
	if d.learned.IsZero() || time.Since(d.learned) >= factsEvery {
		if err := d.learnDevice(ctx, s); err != nil {
			return err
		}
	}
	if d.changedTables.Swap(false) {
		d.static.Forget()
		d.polled.Forget()
	}
	rows := d.borrow()
	defer d.r.rows.Put(rows)
	w, err := d.readCounters(ctx, s, rows)
	d.report(ctx, "interfaces", w.Problems)
	if err != nil && (rows.Len() == 0 || ctx.Err() != nil) {
		return err
	}
	if d.unnamed(rows) || w.Whole && !d.static.Known() {
		if err := d.learnInterfaces(ctx, s); err != nil {
			return err
		}
	} else if err == nil {
		d.roll(ctx, s)
	}
	d.observe(rows)
	d.measure(ctx, s)
	return nil // what is missing of a table is told as such; the device answered
}

// scalars are what rides along with the counters: uptime, the host's if the agent has it, and the change markers.
func (d *device) scalars() []pdu.OID {
	out := []pdu.OID{d.r.profile.Uptime}
	out = append(out, d.r.profile.Interfaces.Changed...)
	if d.hostUp >= 0 {
		out = append(out, d.r.profile.HostUptime[d.hostUp].OID)
	}
	return out
}

func (d *device) readCounters(ctx context.Context, s *session.Session, rows *walk.Rows) (*walk.Walk, error) {
	x := &d.r.profile.Interfaces
	d.samples, d.measured = d.samples[:0], nil
	w := &walk.Walk{Columns: x.Polled.Columns, Scalars: d.scalars(), Known: &d.polled, Limits: &d.limits, Rows: rows, Changed: d.changed}
	err := w.Run(ctx, s)
	if w.Whole {
		d.changed(w.Values) // not asked where the walk meant to go to the end from the start
	}
	switch {
	case err != nil || w.Stale || len(w.Problems) > 0:
		d.polled.Forget()
	case w.Whole:
		d.polled.Remember(rows, d.wanted(rows, x.Wanted(rows)))
	default:
		d.polled.Resize(rows)
	}
	d.takeUptime(w, s.Arrived())
	return w, err
}

// changed tells whether rows may have come or gone since the last poll: a marker moved, or the agent restarted and
// may have numbered its interfaces anew.
func (d *device) changed(values []walk.Cell) bool {
	if values[0].Present() && d.uptime.Unit != 0 && uint32(values[0].Num) < d.uptime.Ticks {
		d.static.Forget()
		d.learned = time.Time{} // it may run other software now, and have numbered its sensors anew
		return true
	}
	for i := range d.markers {
		if now := values[1+i]; now.Present() && d.markers[i].Present() && now.Num != d.markers[i].Num {
			d.static.Forget()
			return true
		}
	}
	return false
}

func (d *device) takeUptime(w *walk.Walk, at time.Time) {
	d.uptime.Unit = 0
	if len(w.Values) == 0 || !w.Values[0].Present() {
		return
	}
	d.uptime.Ticks, d.uptime.Unit, d.uptime.At, d.uptime.Box = uint32(w.Values[0].Num), ticks, at, 0
	n := len(d.r.profile.Interfaces.Changed)
	d.markers = append(d.markers[:0], w.Values[1:1+n]...)
	if d.hostUp >= 0 {
		d.uptime.Box = d.r.profile.HostUptime[d.hostUp].Since(w.Values[1+n])
	}
}

// ticks is the unit of sysUpTime.
const ticks = 10 * time.Millisecond

// deliver sends what the last poll found. asked is false where a dead device was left alone.
func (d *device) deliver(ctx context.Context, began time.Time, asked bool) {
	d.r.telling.RLock() // a device is not announced while, or after, it is told
	defer d.r.telling.RUnlock()
	md := pmetric.NewMetrics()
	d.build(md, began, asked)
	d.r.send(ctx, md)
}
