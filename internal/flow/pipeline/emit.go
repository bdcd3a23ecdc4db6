package pipeline

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/semconv"
)

// maxPoints bounds how much one delivery holds: the next consumer copies and encodes it as a whole.
const maxPoints = 8192

// emit sends every device's streams of group i as of the end of the window, and forgets those that are idle.
func (f *flusher) emit(i int, w span) {
	b := &builder{f: f, span: w}
	live, devices := 0, 0
	for _, d := range f.sorted() {
		b.device(d)
		if d.orphan && f.resolver.speaks(d.id) {
			d.orphan = false
		}
		for v, s := range d.views[i] {
			if s == nil {
				continue
			}
			if b.streams(d, s); s.len() == 0 && !s.overflow.live {
				s.sums.Release()
				d.views[i][v] = nil
			}
		}
		n := d.streams()
		if n < 0 {
			delete(f.devices, d.id)
			f.bySlot[d.slot] = nil
			f.free = append(f.free, d.slot)
			continue
		}
		live, devices = live+n, devices+1
		if i == len(f.p.groups)-1 {
			d.dead = nil
		}
	}
	b.send()
	f.p.counts.streams.Store(int64(live))
	f.p.counts.devices.Store(int64(devices))
}

// streams returns how many streams d has, -1 if not even an overflow one.
func (d *device) streams() int {
	n := -1
	for _, views := range d.views {
		for _, s := range views {
			if s != nil {
				n = max(n, 0) + s.len()
			}
		}
	}
	return n
}

// builder turns streams into points, and sends them in deliveries of bounded size.
type builder struct {
	f       *flusher
	span    span
	md      pmetric.Metrics
	points  int
	open    bool // md was begun
	current *device
	scope   pmetric.ScopeMetrics // of current, if begun
	begun   bool
	view    *view
	into    [3]pmetric.NumberDataPointSlice // of view, if prepared
	ready   bool
	attrs   []attribute
}

func (b *builder) device(d *device) { b.current, b.begun, b.ready = d, false, false }

// streams emits one view of a device and removes what is idle.
func (b *builder) streams(d *device, s *streams) {
	b.view, b.ready = s.view, false
	row := aggregate.Row{Record: &flow.Record{}}
	gone := map[aggregate.Ref]bool(nil)
	s.sums.Refs(func(r aggregate.Ref) {
		b.f.breathe()
		c := s.sums.Read(r, &row)
		st := at(s, r)
		b.attrs = attributes(b.attrs[:0], s.view.Dimensions, &row, b.f.resolver.names)
		if b.stream(st, c, d.orphan || d.retired || d.refersToDead(&row)) {
			if gone == nil {
				gone = map[aggregate.Ref]bool{}
			}
			gone[r] = true
		}
	})
	b.overflow(s)
	switch {
	case s.view.delta:
		s.clear()
	case gone != nil:
		b.f.remove(s, gone)
	}
}

// stream emits the points of one stream and tells whether it ends.
func (b *builder) stream(st *stream, c aggregate.Cell, ends bool) bool {
	idle := b.span.end - st.last
	ends = !st.touched && (ends || st.leaving || idle >= int64(streamIdle))
	st.touched, st.recent = false, 0
	switch {
	case b.view.delta:
		b.put(b.span.start, b.span.end, c, false)
		return false
	case ends:
		b.put(st.start, b.span.end, aggregate.Cell{}, true)
		return true
	case !st.shown:
		st.shown = true
		b.put(st.start, st.start, aggregate.Cell{}, false)
	}
	b.put(st.start, b.span.end, c, false)
	return false
}

// overflow emits a view's overflow stream.
func (b *builder) overflow(s *streams) {
	o := &s.overflow
	if !o.live {
		return
	}
	b.attrs = append(b.attrs[:0], attribute{key: semconv.MetricOverflow, isBool: true})
	o.touched = o.last == b.span.end
	if b.stream(&o.stream, o.Cell, b.current.orphan || b.current.retired) || s.view.delta {
		o.live = false
	}
}

// put adds a point of each of the view's metrics with b.attrs.
func (b *builder) put(start, end int64, c aggregate.Cell, ended bool) {
	if !b.ready {
		b.prepare()
	}
	values := [3]uint64{c.Bytes, c.Packets, c.Flows}
	for i, name := range b.view.metrics.all() {
		if name == "" {
			continue
		}
		p := b.into[i].AppendEmpty()
		p.SetStartTimestamp(pcommon.Timestamp(min(start, end)))
		p.SetTimestamp(pcommon.Timestamp(end))
		if ended {
			p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		} else {
			p.SetIntValue(int64(min(values[i], math.MaxInt64)))
		}
		m := p.Attributes()
		m.EnsureCapacity(len(b.attrs))
		for _, a := range b.attrs {
			a.put(m)
		}
		b.points++
	}
	if b.points >= maxPoints {
		b.send()
	}
}

// prepare makes the view's metrics in the current device's resource.
func (b *builder) prepare() {
	if !b.open {
		b.md, b.open = pmetric.NewMetrics(), true
	}
	if !b.begun {
		set := &b.f.p.set
		rm := b.md.ResourceMetrics().AppendEmpty()
		rm.SetSchemaUrl(semconv.SchemaURL)
		set.Registry.Resource(b.current.info, rm.Resource())
		b.scope = rm.ScopeMetrics().AppendEmpty()
		b.scope.SetSchemaUrl(semconv.SchemaURL)
		b.scope.Scope().SetName(set.Scope)
		b.scope.Scope().SetVersion(set.Version)
		b.begun = true
	}
	units := [3]string{"By", "{packet}", "{flow}"}
	for i, name := range b.view.metrics.all() {
		if name == "" {
			continue
		}
		m := b.scope.Metrics().AppendEmpty()
		m.SetName(name)
		m.SetUnit(units[i])
		sum := m.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		if b.view.delta {
			sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		}
		b.into[i] = sum.DataPoints()
	}
	b.ready = true
}

// send delivers what was built so far.
func (b *builder) send() {
	if b.points > 0 {
		if err := b.f.p.set.Metrics.Send(b.f.ctx, b.md); err != nil {
			b.f.p.counts.sendErrors.Add(1)
		}
	}
	b.points, b.open, b.begun, b.ready = 0, false, false, false
}

// remove rebuilds s without the streams that are gone.
func (f *flusher) remove(s *streams, gone map[aggregate.Ref]bool) {
	old := *s
	old.sums.Release()
	s.sums = old.sums.Empty()
	s.states = [2][]stream{}
	old.sums.Refs(func(r aggregate.Ref) {
		if gone[r] {
			return
		}
		if to, ok := s.sums.Copy(old.sums, r); ok {
			s.track(to, *at(&old, r))
		}
	})
}

// clear forgets all streams, as delta sums do after each window.
func (s *streams) clear() {
	s.sums.Reset()
	s.states[0], s.states[1] = s.states[0][:0], s.states[1][:0]
}
