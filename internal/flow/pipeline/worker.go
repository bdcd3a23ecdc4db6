package pipeline

import (
	"net/netip"
	"sync"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
)

// Worker takes the records of one socket's goroutine. Every method but Lock is called between Lock and Unlock, which a
// handler calls around a batch of datagrams: in between its tables are its own, and the flusher swaps them only when
// nobody is in there.
type Worker struct {
	p  *Pipeline
	id int

	mu        sync.Mutex // guards what follows
	windows   []*aggregate.Window
	exporters []*Exporter // by slot, nil where free
	free      []uint32    // slots that no window refers to any more
	leaving   []*Exporter // detached, but windows refer to their slots; each at most once
	gone      []*Exporter // whose slots were freed, for the flusher to forget
	known     map[exporterKey]*Exporter
	batch     *batch // log records not yet handed over
	refused   uint64 // records of exporters that found no place
	nameBytes int    // what exporters' names take
	nameLimit int
}

type exporterKey struct {
	addr   netip.Addr
	domain uint32
	said   Said
}

// Said is the addresses that an exporter says are its own: exporterIPv4Address (IE 130) and exporterIPv6Address
// (IE 131), the zero Addr where it says none. They tell exporters behind one address apart, and which device each is.
type Said [2]netip.Addr

func newWorker(p *Pipeline, id int, windows *aggregate.Budget) *Worker {
	w := &Worker{p: p, id: id, known: map[exporterKey]*Exporter{}, nameLimit: maxNameBytes}
	for _, g := range p.groups {
		w.windows = append(w.windows, g.plan.NewWindow(windows))
	}
	return w
}

// Lock begins a batch; it waits for the flusher, which holds on for microseconds only.
func (w *Worker) Lock() { w.mu.Lock() }

// Unlock ends a batch.
func (w *Worker) Unlock() {
	for _, window := range w.windows {
		window.Drain()
	}
	w.mu.Unlock()
}

// Exporter returns the worker's handle of an exporter, made on first sight. Not for every record: callers keep it.
// It returns nil once the process holds more exporters than it may; the caller then counts and drops.
func (w *Worker) Exporter(addr netip.Addr, domain uint32) *Exporter {
	return w.ExporterSaying(addr, domain, Said{})
}

// ExporterSaying is Exporter for one that says addresses of its own. The device is that at the first of them that the
// inventory knows, as of each flush; else that at addr; else one made up from what it says.
func (w *Worker) ExporterSaying(addr netip.Addr, domain uint32, said Said) *Exporter {
	key := exporterKey{addr, domain, said}
	e := w.known[key]
	if e == nil {
		e = &Exporter{key: key}
	}
	if !e.attached && !w.attach(e) {
		return nil
	}
	return e
}

// attach gives e a place, and a slot in the windows unless it still has its own there.
func (w *Worker) attach(e *Exporter) bool {
	if !w.p.exporters.Reserve(1) {
		w.p.counts.exportersRefused.Add(1)
		return false
	}
	if e.waiting == 0 && !w.settle(e) {
		w.p.exporters.Release(1)
		w.p.counts.exportersRefused.Add(1)
		return false
	}
	e.attached, e.used, e.idle, e.waiting = true, true, 0, 0
	w.known[e.key] = e
	e.forgotten = false
	w.count(e)
	return true
}

// settle gives e a slot in the windows.
func (w *Worker) settle(e *Exporter) bool {
	if !w.p.slots.Reserve(1) {
		return false
	}
	if n := len(w.free); n > 0 {
		e.slot = w.free[n-1]
		w.free = w.free[:n-1]
		w.exporters[e.slot] = e
	} else {
		e.slot = uint32(len(w.exporters))
		w.exporters = append(w.exporters, e)
	}
	for _, window := range w.windows {
		window.Grow(len(w.exporters))
	}
	return true
}

// detach gives e's place to others at once, and its slot once the open windows are closed. The handle may be used again.
func (w *Worker) detach(e *Exporter) {
	if !e.attached {
		return
	}
	e.attached = false
	w.p.exporters.Release(1)
	if e.waiting = 1<<len(w.windows) - 1; e.waiting == 0 {
		w.vacate(e)
		return
	}
	if !e.leaving {
		e.leaving = true
		w.leaving = append(w.leaving, e)
	}
}

// Add counts one record that came at the given time. r is not kept. No allocation in steady state.
func (w *Worker) Add(e *Exporter, at time.Time, r *flow.Record) {
	if !e.attached && !w.attach(e) {
		w.refused++
		return
	}
	e.used = true
	for _, window := range w.windows {
		window.Add(e.slot, r)
	}
	if w.p.logger != nil {
		w.log(e, at, r)
	}
}

// Forget drops a handle whose exporter went silent. Exporters that send nothing for long are forgotten without it.
func (w *Worker) Forget(e *Exporter) {
	e.forgotten = true
	w.detach(e)
	if e.waiting == 0 { // it has no slot any more
		w.discount(e)
	}
}

// swap takes group g's window and puts an empty one in its place. It returns the exporters of the window's owners,
// as they were.
func (w *Worker) swap(g int, empty *aggregate.Window, owners []*Exporter) (*aggregate.Window, []*Exporter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.windows[g].Drain()
	empty.Grow(len(w.exporters))
	full := w.windows[g]
	w.windows[g] = empty
	w.p.counts.recordsRefused.Add(w.refused)
	w.refused = 0
	owners = append(owners[:0], w.exporters...)
	w.closed(1 << g)
	return full, owners
}

// seed makes places in group g's open window for keys whose streams are new.
func (w *Worker) seed(g int, keys []aggregate.Kept) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range keys {
		w.windows[g].Seed(&keys[i])
	}
}

// closed notes that a group closed its window, and frees the slots that no open window refers to.
func (w *Worker) closed(group uint64) {
	keep := w.leaving[:0]
	for _, e := range w.leaving {
		if e.attached { // it came back
			e.leaving = false
			continue
		}
		if e.waiting &^= group; e.waiting != 0 {
			keep = append(keep, e)
			continue
		}
		e.leaving = false
		w.vacate(e)
		w.gone = append(w.gone, e)
	}
	clear(w.leaving[len(keep):])
	w.leaving = keep
}

// vacate frees e's slot.
func (w *Worker) vacate(e *Exporter) {
	w.exporters[e.slot] = nil
	w.free = append(w.free, e.slot)
	w.p.slots.Release(1)
	if e.forgotten {
		w.discount(e)
	}
	if w.known[e.key] == e {
		delete(w.known, e.key)
	}
}

// takeGone returns the exporters whose slots were freed since the last call.
func (w *Worker) takeGone() []*Exporter {
	w.mu.Lock()
	defer w.mu.Unlock()
	gone := w.gone
	w.gone = nil
	return gone
}

// sweep forgets exporters that were not heard in the last so many sweeps.
func (w *Worker) sweep(patience int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.exporters {
		switch {
		case e == nil || !e.attached:
		case e.used:
			e.used, e.idle = false, 0
		default:
			if e.idle++; e.idle >= patience {
				w.detach(e)
			}
		}
	}
}
