package netflow

import (
	"math"
	"math/bits"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
)

// sampling is what options data announced.
type sampling struct {
	samplers   map[uint64]flow.Scale
	interfaces map[uint32]flow.Scale
	domain     flow.Scale // zero: nothing
}

func (s *sampling) any() bool {
	return len(s.samplers)+len(s.interfaces) > 0 || s.domain.Num != 0
}

// maxSamplers bounds the samplers and the interfaces of one stream.
const maxSamplers = 4096

// sample sets r's scale, in the order: override, record, sampler, interface, domain, header, none. It returns false if
// it took the record to wait for its sampler.
func (d *Decoder) sample(m *message, t *template, r *flow.Record, f *fields) bool {
	s := m.stream
	scale, source, ok := d.scaleOf(m, t, r, f)
	if !ok {
		if d.await(m, r, f.sampler) {
			return false
		}
		source = flow.SamplingUnresolved
		d.counters.UnresolvedRecords++
	}
	r.Scale, r.SamplingSource = scale, source
	s.scale, s.source = scale, source
	return true
}

var unsampled = flow.Scale{Num: 1, Den: 1}

func (d *Decoder) scaleOf(m *message, t *template, r *flow.Record, f *fields) (flow.Scale, flow.SamplingSource, bool) {
	s := m.stream
	if s.Override.Num != 0 {
		return s.Override, flow.SamplingOverride, true
	}
	if t.flags&hasRate != 0 {
		if c, ok := announced(f.rate, f.interval, f.space, f.size, f.population, f.probability); ok {
			return c, flow.SamplingRecord, true
		}
	}
	v := s.sampling()
	if t.flags&hasSampler != 0 {
		if c, ok := v.samplers[f.sampler]; ok {
			return c, flow.SamplingSampler, true
		}
		if f.sampler != 0 { // 0: no sampler
			return unsampled, flow.SamplingUnresolved, false
		}
	}
	if len(v.interfaces) != 0 {
		index := r.In
		if r.Direction == flow.Egress {
			index = r.Out
		}
		if c, ok := v.interfaces[index]; ok {
			return c, flow.SamplingInterface, true
		}
	}
	switch {
	case v.domain.Num != 0:
		return v.domain, flow.SamplingDomain, true
	case m.header.Num != 0:
		return m.header, flow.SamplingHeader, true
	}
	return unsampled, flow.SamplingDefault, true
}

// announced makes a scale of whichever sampling elements are there (zero: not there): 34 or 50; 305 and 306; 309 and
// 310; 311. A rate of 0 says nothing. 305 without 306 cannot be what RFC 5477 means, so it is taken as one out of.
func announced(rate, interval, space, size, population uint64, probability float64) (flow.Scale, bool) {
	switch {
	case rate != 0:
		return flow.Scale{Num: rate, Den: 1}, true
	case interval != 0 && space != 0 && interval+space > space:
		return reduce(interval+space, interval), true
	case interval != 0:
		return flow.Scale{Num: interval, Den: 1}, true
	case size != 0 && population >= size:
		return reduce(population, size), true
	case probability > 0 && probability <= 1:
		return inverse(probability), true
	}
	return flow.Scale{}, false
}

func reduce(num, den uint64) flow.Scale {
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	return flow.Scale{Num: num / a, Den: den / a}
}

// inverse returns 1/p: the whole number that it stands for, if there is one as near as a float32 can tell, else exactly.
func inverse(p float64) flow.Scale {
	whole := math.Round(1 / p)
	if whole < math.MaxUint32 && math.Abs(1/p-whole) < whole*1e-7 {
		return flow.Scale{Num: uint64(whole), Den: 1}
	}
	fraction, exponent := math.Frexp(p) // p = fraction · 2^exponent
	den := uint64(fraction * (1 << 53))
	shift := 53 - exponent
	zeros := bits.TrailingZeros64(den)
	den, shift = den>>zeros, shift-zeros
	if shift > 63 {
		den, shift = den>>(shift-63), 63
	}
	return flow.Scale{Num: 1 << shift, Den: max(den, 1)}
}

// sampling returns what holds for the stream: its own options first, then what the exporter's other streams agree on.
// Samplers are a matter of the whole device (some announce them from another port or domain), the rest of a domain.
func (s *Stream) sampling() *sampling {
	if s.viewed == s.exporter.generation {
		return &s.view
	}
	s.viewed = s.exporter.generation
	s.view = sampling{domain: s.told.domain}
	var rivals sampling
	for _, o := range s.exporter.streams {
		if o == s || o.version != s.version || !o.told.any() {
			continue
		}
		agree(&s.view.samplers, &rivals.samplers, o.told.samplers)
		if o.Domain != s.Domain {
			continue
		}
		agree(&s.view.interfaces, &rivals.interfaces, o.told.interfaces)
		if s.told.domain.Num == 0 && o.told.domain.Num != 0 {
			if s.view.domain.Num != 0 && s.view.domain != o.told.domain {
				rivals.domain = o.told.domain
			}
			s.view.domain = o.told.domain
		}
	}
	disagree(s.view.samplers, rivals.samplers)
	disagree(s.view.interfaces, rivals.interfaces)
	if rivals.domain.Num != 0 {
		s.view.domain = flow.Scale{}
	}
	own(&s.view.samplers, s.told.samplers)
	own(&s.view.interfaces, s.told.interfaces)
	return &s.view
}

func agree[K comparable](view, rivals *map[K]flow.Scale, told map[K]flow.Scale) {
	for k, c := range told {
		if v, ok := (*view)[k]; ok && v != c {
			put(rivals, k, c)
		}
		put(view, k, c)
	}
}

func disagree[K comparable](view, rivals map[K]flow.Scale) {
	for k := range rivals {
		delete(view, k)
	}
}

func own[K comparable](view *map[K]flow.Scale, told map[K]flow.Scale) {
	for k, c := range told {
		put(view, k, c)
	}
}

// put stores c under k, if there is room, and tells whether that changed anything.
func put[K comparable](m *map[K]flow.Scale, k K, c flow.Scale) bool {
	old, ok := (*m)[k]
	if ok && old == c || !ok && len(*m) >= maxSamplers {
		return false
	}
	if *m == nil {
		*m = map[K]flow.Scale{}
	}
	(*m)[k] = c
	return true
}

// waitingRecord is a record whose sampler is not known yet.
type waitingRecord struct {
	at      time.Time
	sampler uint64
	version Version
	record  flow.Record
}

const waitingCost = 400 // octets

// maxAwaited bounds the samplers that one stream waits for.
const maxAwaited = 256

// await keeps r until its sampler is announced. False: it has waited long enough for that one, or there is no room.
func (d *Decoder) await(m *message, r *flow.Record, sampler uint64) bool {
	s := m.stream
	since, ok := s.awaited[sampler]
	if !ok {
		if len(s.awaited) >= maxAwaited {
			return false
		}
		if s.awaited == nil {
			s.awaited = map[uint64]int64{}
		}
		since = m.now
		s.awaited[sampler] = since
	}
	if m.now-since >= int64(d.limits.HoldRecords) || !d.reserve(s.exporter, waitingCost) {
		return false
	}
	s.waiting = append(s.waiting, waitingRecord{at: m.at, sampler: sampler, version: m.version, record: *r})
	d.counters.HeldRecords++
	return true
}

// release hands on the waiting records whose sampler is known by now, in their order.
func (d *Decoder) release(s *Stream) {
	if len(s.waiting) == 0 {
		return
	}
	v := s.sampling()
	d.let(s, func(w *waitingRecord) bool {
		c, ok := v.samplers[w.sampler]
		if ok {
			w.record.Scale, w.record.SamplingSource = c, flow.SamplingSampler
			delete(s.awaited, w.sampler)
		}
		return ok
	})
}

// expireRecords hands on what has waited too long, unscaled.
func (d *Decoder) expireRecords(s *Stream, now int64) {
	due := now - int64(d.limits.HoldRecords)
	if len(s.waiting) == 0 || s.waiting[0].at.UnixNano() > due {
		return
	}
	d.let(s, func(w *waitingRecord) bool { return w.at.UnixNano() <= due && d.unresolved(w) })
}

func (d *Decoder) releaseAll(s *Stream) { d.let(s, d.unresolved) }

func (d *Decoder) unresolved(w *waitingRecord) bool {
	w.record.Scale, w.record.SamplingSource = unsampled, flow.SamplingUnresolved
	d.counters.UnresolvedRecords++
	return true
}

// let hands on the waiting records that ready sets free.
func (d *Decoder) let(s *Stream, ready func(*waitingRecord) bool) {
	kept := s.waiting[:0]
	for i := range s.waiting {
		w := &s.waiting[i]
		if !ready(w) {
			kept = append(kept, *w)
			continue
		}
		d.reserve(s.exporter, -waitingCost)
		s.scale, s.source = w.record.Scale, w.record.SamplingSource
		s.records++
		d.counters.Records[w.version]++
		d.sink.Record(s, w.at, &w.record)
	}
	if s.waiting = kept; len(kept) == 0 {
		s.waiting = nil
	}
}
