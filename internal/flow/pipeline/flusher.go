package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
)

const (
	exporterPatience = 15 * time.Minute // how long an exporter may be silent before its place is given away
	maxNames         = 1 << 16          // interned names before unused ones are looked for
	// stride is how many rows or streams are worked on before the sockets' goroutines get a chance.
	stride = 512
	// pause is long enough to let the scheduler look at the network poller, even on a single core: a mere
	// runtime.Gosched would be scheduled again before the poller is asked.
	pause = 20 * time.Microsecond
)

// flusher closes windows and keeps the devices' streams. Its goroutine owns all of it.
type flusher struct {
	p        *Pipeline
	resolver *resolver
	budget   *aggregate.Budget // of streams
	devices  map[string]*device
	bySlot   []*device
	free     []uint32            // slots without a device
	scratch  [][]*aggregate.Sums // by group and view: keys not admitted yet, of views with a top
	worked   int
	end      int64 // of the window being closed, Unix ns
	ending   bool  // nobody receives any more
	swept    time.Time
	names    int // interned after the last sweep of names

	stop   chan struct{}
	done   chan struct{}
	ctx    context.Context
	cancel context.CancelFunc
}

func newFlusher(p *Pipeline, streams *aggregate.Budget) *flusher {
	f := &flusher{
		p: p, resolver: newResolver(p.set.Registry), budget: streams, devices: map[string]*device{},
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.resolver.renamed = func(id string, name uint32) {
		if d := f.devices[id]; d != nil {
			if d.dead == nil {
				d.dead = map[uint32]bool{}
			}
			d.dead[name] = true
		}
	}
	f.resolver.moved = func(id string) {
		if d := f.devices[id]; d != nil {
			d.orphan = true
		}
	}
	for _, g := range p.groups {
		f.scratch = append(f.scratch, make([]*aggregate.Sums, len(g.views)))
		for v := range g.views {
			f.scratch[len(f.scratch)-1][v] = g.plan.NewSums(v, nil)
		}
	}
	return f
}

func (f *flusher) run() {
	f.begin(time.Now())
	go f.loop()
}

// begin opens the first windows.
func (f *flusher) begin(now time.Time) {
	f.swept = now
	for _, g := range f.p.groups {
		g.opened, g.due = now, now.Truncate(g.interval).Add(g.interval)
	}
}

// shutdown closes the open windows now and ends the goroutine.
func (f *flusher) shutdown(ctx context.Context) error {
	defer f.cancel()
	close(f.stop)
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flow pipeline: the last window was not delivered in time: %w", ctx.Err())
	}
}

func (f *flusher) loop() {
	defer close(f.done)
	defer f.release()
	timer := time.NewTimer(f.wait(time.Now()))
	defer timer.Stop()
	for {
		select {
		case <-f.stop:
			now := time.Now()
			f.ending = true
			for i := range f.p.groups {
				f.close(i, now)
			}
			return
		case <-timer.C:
			f.tick(time.Now())
			timer.Reset(f.wait(time.Now()))
		}
	}
}

// release gives back what closed windows and streams hold of the process's budgets.
func (f *flusher) release() {
	for _, g := range f.p.groups {
		for _, w := range g.spare {
			w.Close()
		}
	}
	for _, d := range f.devices {
		for _, views := range d.views {
			for _, s := range views {
				if s != nil {
					s.sums.Release()
				}
			}
		}
	}
}

// wait returns how long nothing is due.
func (f *flusher) wait(now time.Time) time.Duration {
	d := time.Minute
	for _, g := range f.p.groups {
		if now.Before(g.opened) { // the clock was set back
			g.opened, g.due = now, now.Truncate(g.interval).Add(g.interval)
		}
		d = min(d, g.due.Sub(now))
	}
	return max(d, 0)
}

// tick closes what is due.
func (f *flusher) tick(now time.Time) {
	for i, g := range f.p.groups {
		if now.Before(g.due) {
			continue
		}
		end := now.Truncate(g.interval)
		if missed := end.Sub(g.due) / g.interval; missed > 0 {
			f.p.counts.deferred.Add(uint64(missed))
		}
		f.close(i, end)
		g.due = end.Add(g.interval)
	}
	if now.Sub(f.swept) >= time.Minute {
		f.swept = now
		f.sweep()
	}
}

// sweep forgets what nobody spoke for in a long time.
func (f *flusher) sweep() {
	for _, w := range f.p.workers {
		w.sweep(int(exporterPatience / time.Minute))
	}
	if n := len(f.resolver.names.ids); n > maxNames && n > 2*f.names {
		f.sweepNames()
	}
}

// sweepNames forgets the names that no stream has. Bindings refer to names too, and are made anew.
func (f *flusher) sweepNames() {
	used := map[uint32]bool{}
	row := aggregate.Row{Record: &flow.Record{}}
	for _, d := range f.devices {
		for _, views := range d.views {
			for _, s := range views {
				if s == nil {
					continue
				}
				s.sums.Refs(func(r aggregate.Ref) {
					s.sums.Read(r, &row)
					for _, id := range [...]uint32{row.InterfaceName, row.IngressName, row.EgressName, row.ApplicationName, row.VRFName} {
						used[id] = true
					}
				})
			}
		}
	}
	f.resolver.bindings = map[*Exporter]*binding{}
	f.resolver.names.sweep(used)
	f.names = len(f.resolver.names.ids)
}

// close closes group i's windows at end and sends their sums.
func (f *flusher) close(i int, end time.Time) {
	g := f.p.groups[i]
	w := span{g.opened.UnixNano(), end.UnixNano()}
	g.opened, f.end = end, w.end
	full := make([]*aggregate.Window, len(f.p.workers))
	owners := make([][]*Exporter, len(f.p.workers))
	for n, worker := range f.p.workers {
		full[n], owners[n] = worker.swap(i, g.spare[n], nil)
	}
	for n := range full {
		full[n].RollUp(f.breathe)
		full[n].Close()
	}
	f.resolver.refresh()
	for n := range full {
		f.learnEgress(full[n], owners[n], w)
	}
	for n := range full {
		f.take(i, full[n], owners[n], w)
	}
	for v := range g.views {
		if g.views[v].top > 0 {
			f.rank(i, v, w)
		}
	}
	for n, worker := range f.p.workers {
		f.retain(i, worker, full[n], owners[n])
		g.spare[n] = full[n]
		for _, e := range worker.takeGone() {
			delete(f.resolver.bindings, e)
		}
	}
	f.retire()
	f.emit(i, w)
	f.p.counts.windows.Add(1)
}

// device returns the streams of the device that a binding says an exporter is.
func (f *flusher) device(b *binding) *device {
	d := f.devices[b.device.ID]
	if d == nil {
		d = &device{id: b.device.ID, slot: f.slot(), views: make([][]*streams, len(f.p.groups))}
		for i, g := range f.p.groups {
			d.views[i] = make([]*streams, len(g.views))
		}
		f.devices[d.id] = d
		f.bySlot[d.slot] = d
	}
	d.info, d.spoke, d.retired = b.device, f.end, false
	return d
}

func (f *flusher) slot() uint32 {
	if last := len(f.free) - 1; last >= 0 {
		slot := f.free[last]
		f.free = f.free[:last]
		return slot
	}
	f.bySlot = append(f.bySlot, nil)
	return uint32(len(f.bySlot) - 1)
}

// retire ends the streams of the devices that spoke longest ago when more have streams than exporters may be known.
func (f *flusher) retire() {
	excess := len(f.devices) - f.p.devices
	if excess <= 0 {
		return
	}
	var silent []*device
	for _, d := range f.devices {
		if d.spoke < f.end {
			silent = append(silent, d)
		}
	}
	slices.SortFunc(silent, func(a, b *device) int { return cmp.Or(cmp.Compare(a.spoke, b.spoke), cmp.Compare(a.id, b.id)) })
	for _, d := range silent[:min(excess, len(silent))] {
		d.retired = true
	}
}

func (f *flusher) streams(d *device, i, view int) *streams {
	s := d.views[i][view]
	if s == nil {
		g := f.p.groups[i]
		s = &streams{view: &g.views[view], sums: g.plan.NewSums(view, f.budget)}
		d.views[i][view] = s
	}
	return s
}

// sorted returns the devices by id.
func (f *flusher) sorted() []*device {
	return slices.SortedFunc(maps.Values(f.devices), func(a, b *device) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
}

// breathe lets the sockets' goroutines run now and then.
func (f *flusher) breathe() {
	if f.worked++; f.worked%stride == 0 && !f.ending {
		time.Sleep(pause)
	}
}
