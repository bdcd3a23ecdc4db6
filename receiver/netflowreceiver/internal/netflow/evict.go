package netflow

import (
	"container/list"
	"net/netip"
)

// maxSilence is for how long a silent stream keeps its place when there are too many: whoever speaks keeps it, however
// many forged addresses come.
const maxSilence = int64(60 * 1e9)

// maxEvictions bounds the work that one newcomer makes: a sink may free places only later.
const maxEvictions = 4

// silent tells whether s may have to give its place to another.
func (s *Stream) silent(now int64) bool { return now-s.lastSeen > maxSilence }

func (x *exporter) silent(now int64) bool {
	e := x.order.Front()
	return e == nil || e.Value.(*Stream).silent(now)
}

// evictSilent drops the stream in e if it fell silent, and tells whether it did.
func (d *Decoder) evictSilent(e *list.Element, now int64) bool {
	if e == nil || !e.Value.(*Stream).silent(now) {
		return false
	}
	d.dropStream(e.Value.(*Stream))
	d.counters.EvictedStreams++
	return true
}

// evictSilentExporter drops the exporter heard longest ago if all its streams fell silent, and tells whether it did.
func (d *Decoder) evictSilentExporter(now int64) bool {
	e := d.order.Back()
	if e == nil {
		return false
	}
	x := e.Value.(*exporter)
	if !x.silent(now) {
		return false
	}
	d.dropExporter(x)
	d.counters.EvictedExporters++
	return true
}

// admit makes room for another stream of addr, or says why there is none.
func (d *Decoder) admit(addr netip.Addr, now int64) Reason {
	x := d.exporters[addr]
	if x != nil && len(x.streams) >= d.limits.Streams && !d.evictSilent(x.order.Back(), now) {
		return TooManyStreams
	}
	if d.streams >= d.limits.AllStreams && !d.evictSilent(d.recent.Back(), now) {
		return TooManyExporters
	}
	if d.exporters[addr] == nil && len(d.exporters) >= d.limits.Exporters && !d.evictSilentExporter(now) {
		return TooManyExporters
	}
	return None
}

// full tells, without evicting anybody, whether admit would refuse another stream of addr.
func (d *Decoder) full(addr netip.Addr, now int64) Reason {
	speaks := func(l *list.List) bool { return !l.Back().Value.(*Stream).silent(now) }
	x := d.exporters[addr]
	switch {
	case x != nil && len(x.streams) >= d.limits.Streams && speaks(&x.order):
		return TooManyStreams
	case d.streams >= d.limits.AllStreams && speaks(&d.recent):
		return TooManyExporters
	case x == nil && len(d.exporters) >= d.limits.Exporters && !d.order.Back().Value.(*exporter).silent(now):
		return TooManyExporters
	}
	return None
}

// open asks the sink for a place for s. If it has none, who fell silent makes some, else the newcomer has to wait.
func (d *Decoder) open(s *Stream, now int64) bool {
	for range maxEvictions {
		if d.sink.Open(s) {
			return true
		}
		if !d.evictSilent(d.recent.Back(), now) {
			return false
		}
	}
	return d.sink.Open(s)
}
