package sflowreceiver

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

const (
	// maxPoints is how many points one delivery has at most, give or take one agent's.
	maxPoints = 8192
	// maxPortName bounds a name that an agent gives an interface, in bytes.
	maxPortName = 255
	// pollInterval is how often agents send an interface's counters, most often.
	pollInterval = 30 * time.Second
	// trackerIdle is how long the counter state of a silent agent is kept.
	trackerIdle = 30 * time.Minute
)

// scope is the instrumentation scope of what the receiver emits.
type scope struct{ name, version string }

// readings turns interface counters into metrics, one tracker for each agent of a device. It is the flusher's alone, but
// for its counts.
type readings struct {
	registry *inventory.Registry
	metrics  *deliver.Metrics
	scope    scope
	store    *store
	speaker  string // who the inventory hears speaking: the component's ID
	trackers map[trackerKey]*tracker
	open     []*tracker // those with something to send

	emitted, yielded atomic.Uint64 // readings by what became of them: SNMP speaks for the interfaces of the latter
}

// trackerKey is an agent as part of a device: what the inventory learns may move an agent to another device, whose
// streams then start anew.
type trackerKey struct {
	agent  sflow.AgentKey
	device string
}

type tracker struct {
	*netif.Tracker
	device *inventory.Device
	names  map[string]uint32 // who has a name, by ifIndex
	uptime netif.Uptime
	saved  uint64 // the tracker's Changes when its state was last saved

	ethernet   map[uint32]*ethernetState // by ifIndex
	errors     pmetric.Metric            // their points since the last delivery
	clock      netif.Clock
	blocks     map[blockKey]*blockState
	points     *points // of records since the last delivery
	queued     bool    // in readings.open
	samples    []netif.Sample
	interfaces []inventory.Interface // of the samples that are not silent
}

func newReadings(registry *inventory.Registry, metrics *deliver.Metrics, s scope, store *store, speaker string) *readings {
	return &readings{registry: registry, metrics: metrics, scope: s, store: store, speaker: speaker, trackers: map[trackerKey]*tracker{}}
}

// add takes one interface's reading, unless SNMP speaks for the interface.
func (r *readings) add(a sflow.AgentKey, latest *reading) {
	device := r.registry.Exporter(a.Address, 0)
	t := r.tracker(a, device)
	s := latest.sample()
	t.name(&s, latest.name)
	if s.Silent = !r.registry.Claim(device.ID, s.Name, r.speaker, latest.at); s.Silent {
		r.yielded.Add(1)
	} else {
		r.emitted.Add(1)
		t.interfaces = append(t.interfaces, latest.describe(s))
	}
	t.observeEthernet(latest, &s)
	r.touch(t)
	t.samples = append(t.samples, s)
	if latest.at.After(t.uptime.At) {
		t.uptime = netif.Uptime{Ticks: latest.uptime, Unit: time.Millisecond, At: latest.at}
	}
}

// touch notes that a tracker has something to send.
func (r *readings) touch(t *tracker) {
	if !t.queued {
		t.queued = true
		r.open = append(r.open, t)
	}
}

func (r *readings) tracker(a sflow.AgentKey, device *inventory.Device) *tracker {
	k := trackerKey{a, device.ID}
	t, ok := r.trackers[k]
	if !ok {
		t = &tracker{
			Tracker: netif.NewTracker(pollInterval), names: map[string]uint32{}, ethernet: map[uint32]*ethernetState{},
			errors: newEthernetErrors(), blocks: map[blockKey]*blockState{}, points: newPoints(),
		}
		r.store.restore(context.Background(), k, t.Tracker)
		t.saved = t.Changes()
		r.trackers[k] = t
	}
	t.device = device
	return t
}

// observeEthernet takes an interface's Ethernet counters. An interface that SNMP speaks for starts anew when it is
// this receiver's turn again.
func (t *tracker) observeEthernet(latest *reading, s *netif.Sample) {
	if !latest.hasEthernet {
		return
	}
	if s.Silent {
		delete(t.ethernet, s.Index)
		return
	}
	e := t.ethernet[s.Index]
	if e == nil {
		e = &ethernetState{}
		t.ethernet[s.Index] = e
	}
	t.clock.Observe(netif.Uptime{Ticks: latest.uptime, Unit: time.Millisecond, At: latest.at})
	e.observe(&t.clock, &latest.ethernet, latest.at)
	e.appendTo(t.errors.Sum().DataPoints(), s.Name, s.Alias)
}

// name gives a sample its interface's name: the inventory's, else the agent's own, else "if" and the index. Of two
// interfaces that the agent calls the same, the later gets its index appended.
func (t *tracker) name(s *netif.Sample, own string) {
	if known, ok := t.device.Interfaces[s.Index]; ok && known.Name != "" {
		s.Name, s.Alias = known.Name, known.Alias
		return
	}
	index := strconv.FormatUint(uint64(s.Index), 10)
	if own == "" {
		s.Name = "if" + index
		return
	}
	if holder, taken := t.names[own]; taken && holder != s.Index {
		own += "#" + index
	}
	if len(t.names) >= maxAgentInterfaces {
		clear(t.names) // an agent that calls its interfaces something else each time
	}
	t.names[own] = s.Index
	s.Name = own
}

// send delivers what was added.
func (r *readings) send(ctx context.Context) error {
	var errs []error
	md := pmetric.NewMetrics()
	points := 0
	for _, t := range r.open {
		if points += r.append(md, t); points >= maxPoints {
			errs = append(errs, r.metrics.Send(ctx, md))
			md, points = pmetric.NewMetrics(), 0
		}
	}
	clear(r.open)
	r.open = r.open[:0]
	if points > 0 {
		errs = append(errs, r.metrics.Send(ctx, md))
	}
	return errors.Join(errs...)
}

// append writes one agent's interfaces and returns how many points they have.
func (r *readings) append(md pmetric.Metrics, t *tracker) (points int) {
	t.queued = false
	metrics := t.points.metrics
	t.points = newPoints()
	if len(t.samples) > 0 {
		t.Observe(t.uptime, t.samples)
		clear(t.samples)
		t.samples = t.samples[:0]
		t.Append(metrics)
		netif.AppendInfo(metrics, t.interfaces, t.uptime.At)
		t.interfaces = t.interfaces[:0]
	}
	if t.errors.Sum().DataPoints().Len() > 0 {
		t.errors.MoveTo(metrics.AppendEmpty())
		t.errors = newEthernetErrors()
	}
	if points = pointCount(metrics); points == 0 {
		return 0
	}
	metrics.MoveAndAppendTo(appendScope(md, r.registry, t.device, r.scope).Metrics())
	return points
}

// appendScope begins what is about one device.
func appendScope(md pmetric.Metrics, registry *inventory.Registry, device *inventory.Device, s scope) pmetric.ScopeMetrics {
	rm := md.ResourceMetrics().AppendEmpty()
	rm.SetSchemaUrl(semconv.SchemaURL)
	registry.Resource(device, rm.Resource())
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.SetSchemaUrl(semconv.SchemaURL)
	sm.Scope().SetName(s.name)
	sm.Scope().SetVersion(s.version)
	return sm
}

func pointCount(metrics pmetric.MetricSlice) (n int) {
	for _, m := range metrics.All() {
		switch m.Type() {
		case pmetric.MetricTypeSum:
			n += m.Sum().DataPoints().Len()
		case pmetric.MetricTypeGauge:
			n += m.Gauge().DataPoints().Len()
		}
	}
	return n
}

// save stores when counters started, where that is news.
func (r *readings) save(ctx context.Context, now time.Time) {
	if r.store == nil {
		return
	}
	for k, t := range r.trackers {
		if changes := t.Changes(); changes != t.saved {
			t.saved = changes
			r.store.put(k, t.State(), now)
		}
	}
	r.store.flush(ctx)
}

// sweep drops the state of agents that have been silent.
func (r *readings) sweep(now time.Time) {
	for k, t := range r.trackers {
		if !t.queued && now.Sub(t.uptime.At) >= trackerIdle {
			delete(r.trackers, k)
			continue
		}
		for index, e := range t.ethernet {
			if now.Sub(e.at) >= trackerIdle {
				delete(t.ethernet, index)
			}
		}
		for key, b := range t.blocks {
			if now.Sub(b.at) >= trackerIdle {
				delete(t.blocks, key)
			}
		}
	}
}
