package netflow

import (
	"container/list"
	"net/netip"
	"slices"

	"github.com/netcol-io/netcol/internal/flow"
)

// exporter is what is known of one source address.
type exporter struct {
	addr          netip.Addr
	streams       map[streamKey]*Stream
	order         list.List // of *Stream, the one heard last in front
	element       *list.Element
	domains       map[domainKey]*domain
	generation    uint64 // changes with every sampling rate, so that what streams believe is looked up anew
	templateBytes int
	heldBytes     int
	names         names
	saved         *Saved
	dirty         bool // something worth saving changed
}

// domain is the ports that send of one observation domain in one protocol.
type domain struct {
	streams    []*Stream
	generation uint64 // changes with every template, so that what streams borrow is looked up anew
}

type domainKey struct {
	domain  uint32
	version Version
}

type streamKey struct {
	domain  uint32
	port    uint16
	version Version
}

// Stream is what one source port of an exporter sends of one observation domain in one protocol.
type Stream struct {
	Source   netip.AddrPort
	Domain   uint32
	Protocol flow.Protocol
	// Handle and Override are the sink's: its own state, and a configured sampling rate that goes before all others
	// (zero: none).
	Handle   any
	Override flow.Scale

	version   Version
	exporter  *exporter
	siblings  *domain
	element   *list.Element
	templates map[uint16]*template // its own
	borrowed  map[uint16]*template // of its siblings
	lookedUp  uint64               // siblings.generation of borrowed
	lastSeen  int64
	boot      int64
	records   uint64

	told    sampling // by the stream's own options
	view    sampling // told, and what its siblings agree on
	viewed  uint64
	said    [2]netip.Addr // by IE 130 and 131
	init    uint64        // IE 160 from options, Unix ms
	awaited map[uint64]int64
	waiting []waitingRecord
	held    []heldSet
	missing map[uint16]missing

	seq    sequence
	scale  flow.Scale
	source flow.SamplingSource
}

// stream returns the state of a datagram's stream and marks it heard. It returns nil if the sink refuses it.
func (d *Decoder) stream(m *message, src netip.AddrPort, domain uint32) *Stream {
	if s := d.last; s != nil && s.Source == src && s.Domain == domain && s.version == m.version {
		s.lastSeen = m.now
		m.stream = s
		return s
	}
	x := d.exporters[src.Addr()]
	if x == nil {
		x = d.newExporter(src.Addr())
	}
	key := streamKey{domain, src.Port(), m.version}
	s := x.streams[key]
	if s == nil {
		if s = d.newStream(x, key, src, m.now); s == nil {
			d.wrong(TooManyExporters)
			return nil
		}
		d.adopt(s, m)
	}
	x = s.exporter
	d.order.MoveToFront(x.element)
	x.order.MoveToFront(s.element)
	s.lastSeen = m.now
	d.last, m.stream = s, s
	return s
}

func (d *Decoder) newExporter(addr netip.Addr) *exporter {
	for len(d.exporters) >= d.limits.Exporters || d.templateBytes > d.limits.StateBytes {
		oldest := d.order.Back()
		if oldest == nil {
			break
		}
		d.dropExporter(oldest.Value.(*exporter))
		d.counters.EvictedExporters++
	}
	x := &exporter{addr: addr, streams: map[streamKey]*Stream{}, domains: map[domainKey]*domain{}, generation: 1}
	x.element = d.order.PushFront(x)
	d.exporters[addr] = x
	if d.saved != nil {
		if x.saved = d.saved(addr); x.saved != nil {
			x.names = x.saved.names()
		}
	}
	return x
}

// maxSilence is for how long a silent stream keeps its place when there are too many.
const maxSilence = int64(60 * 1e9)

// maxEvictions bounds the work that one newcomer makes: a sink may free places only later.
const maxEvictions = 4

// oldest returns the stream heard longest ago, of the exporter heard longest ago that has any.
func (d *Decoder) oldest() *Stream {
	for e := d.order.Back(); e != nil; e = e.Prev() {
		if b := e.Value.(*exporter).order.Back(); b != nil {
			return b.Value.(*Stream)
		}
	}
	return nil
}

func (d *Decoder) evict(s *Stream) {
	d.dropStream(s)
	d.counters.EvictedStreams++
}

func (d *Decoder) newStream(x *exporter, key streamKey, src netip.AddrPort, now int64) *Stream {
	if len(x.streams) >= d.limits.Streams {
		d.evict(x.order.Back().Value.(*Stream))
	} else if d.streams >= d.limits.AllStreams {
		d.evict(d.oldest())
	}
	if d.exporters[x.addr] != x { // its only stream was dropped, and the exporter with it
		x = d.newExporter(x.addr)
	}
	s := &Stream{Source: src, Domain: key.domain, Protocol: protocols[key.version], version: key.version, exporter: x}
	for tries := 0; !d.sink.Open(s); tries++ {
		// The sink has no room: who fell silent makes some, else the newcomer has to wait.
		if o := d.oldest(); tries < maxEvictions && o != nil && now-o.lastSeen > maxSilence && o.exporter != x {
			d.evict(o)
			continue
		}
		if len(x.streams) == 0 {
			d.dropExporter(x)
		}
		return nil
	}
	d.streams++
	s.element = x.order.PushFront(s)
	x.streams[key] = s
	x.join(s)
	d.Tell(s)
	d.inherit(s)
	return s
}

func (x *exporter) join(s *Stream) {
	k := domainKey{s.Domain, s.version}
	o := x.domains[k]
	if o == nil {
		o = &domain{}
		x.domains[k] = o
	}
	o.streams = append(o.streams, s)
	s.siblings = o
	o.generation++
	x.generation++
}

func (x *exporter) leave(s *Stream) {
	o := s.siblings
	o.streams = slices.DeleteFunc(o.streams, func(t *Stream) bool { return t == s })
	if len(o.streams) == 0 {
		delete(x.domains, domainKey{s.Domain, s.version})
	}
	o.generation++
	if s.told.any() {
		x.generation++
	}
}

// all returns the streams, so that some may be dropped meanwhile.
func (x *exporter) all() []*Stream {
	all := make([]*Stream, 0, len(x.streams))
	for e := x.order.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*Stream))
	}
	return all
}

func (d *Decoder) dropExporter(x *exporter) {
	for _, s := range x.all() {
		d.forget(s)
	}
	d.order.Remove(x.element)
	delete(d.exporters, x.addr)
}

// dropStream forgets a stream, and its exporter with the last one.
func (d *Decoder) dropStream(s *Stream) {
	x := s.exporter
	d.forget(s)
	if len(x.streams) == 0 {
		d.order.Remove(x.element)
		delete(d.exporters, x.addr)
	}
}

func (d *Decoder) forget(s *Stream) {
	d.dropHeld(s)
	d.releaseAll(s)
	for id := range s.templates {
		d.dropTemplate(s, id)
	}
	x := s.exporter
	d.streams--
	x.order.Remove(s.element)
	delete(x.streams, streamKey{s.Domain, s.Source.Port(), s.version})
	x.leave(s)
	if d.last == s {
		d.last = nil
	}
	d.sink.Close(s)
}
