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
	recent    *list.Element
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
	key := streamKey{domain, src.Port(), m.version}
	var s *Stream
	if x := d.exporters[src.Addr()]; x != nil {
		s = x.streams[key]
	}
	if s == nil {
		var why Reason
		if s, why = d.newStream(key, src, m.now); s == nil {
			d.wrong(why)
			return nil
		}
		d.adopt(s, m)
	}
	x := s.exporter
	d.order.MoveToFront(x.element)
	x.order.MoveToFront(s.element)
	d.recent.MoveToFront(s.recent)
	s.lastSeen = m.now
	d.last, m.stream = s, s
	return s
}

func (d *Decoder) newExporter(addr netip.Addr) *exporter {
	x := &exporter{addr: addr, streams: map[streamKey]*Stream{}, domains: map[domainKey]*domain{}, generation: 1}
	x.element = d.order.PushFront(x)
	d.exporters[addr] = x
	if d.saved != nil {
		if x.saved = d.saved(addr); x.saved != nil {
			d.recall(x)
		}
	}
	return x
}

// newStream takes a stream in if there is room for it here and in the sink; nobody loses a place before that is known.
func (d *Decoder) newStream(key streamKey, src netip.AddrPort, now int64) (*Stream, Reason) {
	if why := d.full(src.Addr(), now); why != None {
		return nil, why
	}
	s := &Stream{Source: src, Domain: key.domain, Protocol: protocols[key.version], version: key.version, lastSeen: now}
	if !d.open(s, now) {
		return nil, TooManyExporters
	}
	if why := d.admit(src.Addr(), now); why != None {
		d.sink.Close(s)
		return nil, why
	}
	x := d.exporters[src.Addr()]
	if x == nil {
		x = d.newExporter(src.Addr())
	}
	d.streams++
	s.exporter = x
	s.element = x.order.PushFront(s)
	s.recent = d.recent.PushFront(s)
	x.streams[key] = s
	x.join(s)
	d.Tell(s)
	d.inherit(s)
	return s, None
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
	d.remove(x)
}

func (d *Decoder) remove(x *exporter) {
	d.order.Remove(x.element)
	d.nameBytes -= x.names.bytes
	delete(d.exporters, x.addr)
}

// dropStream forgets a stream, and its exporter with the last one.
func (d *Decoder) dropStream(s *Stream) {
	x := s.exporter
	d.forget(s)
	if len(x.streams) == 0 {
		d.remove(x)
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
	d.recent.Remove(s.recent)
	delete(x.streams, streamKey{s.Domain, s.Source.Port(), s.version})
	x.leave(s)
	if d.last == s {
		d.last = nil
	}
	d.sink.Close(s)
}
