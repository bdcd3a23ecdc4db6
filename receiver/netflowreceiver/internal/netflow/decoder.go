// Package netflow decodes NetFlow v1, v5, v7, v9 and IPFIX datagrams into flow records. It is pure: datagrams and
// the time come in, records and names go out to a Sink, and nothing is logged, read or waited for. Each template is
// compiled once into an extraction plan, so that a record costs no allocation.
package netflow

import (
	"container/list"
	"net/netip"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
)

// Sink takes what a Decoder finds. It is called from within Datagram and Tick.
type Sink interface {
	// Open is called for each new stream, before anything of it. False refuses it: its datagrams are dropped.
	Open(*Stream) bool
	// Close is called when a stream is forgotten.
	Close(*Stream)
	// Record is called for each flow. r is reused.
	Record(s *Stream, at time.Time, r *flow.Record)
	// Interface, Application, VRF and Address tell what options data says, each when it changes. A later Address of the
	// same family goes before an earlier one.
	Interface(s *Stream, index uint32, name, description string)
	Application(s *Stream, id uint64, name string)
	VRF(s *Stream, id uint32, name string)
	Address(s *Stream, addr netip.Addr)
}

// Limits bound a Decoder. A zero field takes its default.
type Limits struct {
	Exporters     int           // source addresses; default 4096
	Streams       int           // source ports × observation domains of one address; default 512
	AllStreams    int           // of all addresses; default 8192
	Templates     int           // of one stream; default 1024
	Fields        int           // of one template; default 1024
	TemplateBytes int           // of one address; default 1 MiB
	HeldBytes     int           // data waiting for templates or samplers, of one address; default 1 MiB
	AllHeldBytes  int           // of all addresses; default 32 MiB
	StateBytes    int           // templates of all addresses; default 64 MiB
	Names         int           // interfaces, applications and VRFs named by one address; default 16384
	NameBytes     int           // the same, of all addresses; default 64 MiB
	HoldSets      time.Duration // for the template; default 10 min
	HoldRecords   time.Duration // for the sampler; default 60 s
	Reorder       time.Duration // until a gap in the sequence is a loss; default 5 s
	Idle          time.Duration // until a silent stream is forgotten; default 2 h
}

func (l Limits) orDefaults() Limits {
	ints := []struct {
		v *int
		d int
	}{
		{&l.Exporters, 4096},
		{&l.Streams, 512},
		{&l.AllStreams, 8192},
		{&l.Templates, 1024},
		{&l.Fields, 1024},
		{&l.TemplateBytes, 1 << 20},
		{&l.HeldBytes, 1 << 20},
		{&l.AllHeldBytes, 32 << 20},
		{&l.StateBytes, 64 << 20},
		{&l.Names, 16384},
		{&l.NameBytes, 64 << 20},
	}
	for _, i := range ints {
		if *i.v <= 0 {
			*i.v = i.d
		}
	}
	durations := []struct {
		v *time.Duration
		d time.Duration
	}{{&l.HoldSets, 10 * time.Minute}, {&l.HoldRecords, time.Minute}, {&l.Reorder, 5 * time.Second}, {&l.Idle, 2 * time.Hour}}
	for _, i := range durations {
		if *i.v <= 0 {
			*i.v = i.d
		}
	}
	return l
}

// Decoder holds the state of the exporters that one worker hears. It is not safe for concurrent use.
type Decoder struct {
	sink      Sink
	limits    Limits
	counters  Counters
	exporters map[netip.Addr]*exporter
	order     list.List // of *exporter, the one heard last in front
	recent    list.List // of *Stream, of all exporters, the one heard last in front
	last      *Stream
	saved     func(netip.Addr) *Saved

	skipped       map[elementID]uint64
	streams       int
	heldBytes     int
	templateBytes int
	nameBytes     int

	record  flow.Record
	reverse flow.Record
	fields  fields
	specs   []spec
	options optionValues
	reason  Reason // the first of the current datagram
	damage  uint64 // how many there were ever
}

// New returns a decoder that hands what it finds to sink.
func New(sink Sink, limits Limits) *Decoder {
	return &Decoder{sink: sink, limits: limits.orDefaults(), exporters: map[netip.Addr]*exporter{}, skipped: map[elementID]uint64{}}
}

// Counters returns what was counted so far.
func (d *Decoder) Counters() *Counters { return &d.counters }

// HeldBytes returns how much data currently waits for templates or samplers.
func (d *Decoder) HeldBytes() int { return d.heldBytes }

// message is the context of the records of one datagram (or IPFIX message).
type message struct {
	stream    *Stream
	at        time.Time // receipt
	now       int64     // receipt, Unix ns
	export    int64     // export time, Unix ns; the receipt time if the exporter's clock is implausible
	offset    int64     // what corrects absolute times of the exporter's clock
	header    flow.Scale
	seq       uint32 // sequence number
	epoch     uint32 // of the stretch that a held set waits in
	uptime    uint32 // ms, v1 to v9
	hasUptime bool
	version   Version
}

// Datagram decodes one datagram. It returns the first thing wrong with it, None for nothing; what can be salvaged is
// decoded all the same.
func (d *Decoder) Datagram(src netip.AddrPort, at time.Time, b []byte) Reason {
	d.reason = None
	v := Other
	if len(b) >= 2 {
		v = versionOf(be.Uint16(b))
	}
	d.counters.Datagrams[v]++
	d.counters.Bytes[v] += uint64(len(b))
	m := message{at: at, now: at.UnixNano(), version: v}
	switch v {
	case V9:
		d.datagramV9(&m, src, b)
	case V10:
		d.datagramIPFIX(&m, src, b)
	case V5, V1, V7:
		d.datagramLegacy(&m, src, b)
	default:
		d.wrong(versionReason(b))
	}
	return d.reason
}

func versionReason(b []byte) Reason {
	if len(b) < 2 {
		return TooShort
	}
	return UnknownVersion
}

func versionOf(n uint16) Version {
	switch n {
	case 1:
		return V1
	case 5:
		return V5
	case 7:
		return V7
	case 9:
		return V9
	case 10:
		return V10
	}
	return Other
}

var protocols = [Versions]flow.Protocol{
	V1: flow.NetFlowV1, V5: flow.NetFlowV5, V7: flow.NetFlowV7, V9: flow.NetFlowV9, V10: flow.IPFIX,
}

// wrong counts a reason and keeps the first of a datagram.
func (d *Decoder) wrong(r Reason) {
	d.counters.Errors[r]++
	d.damage++
	if d.reason == None {
		d.reason = r
	}
}

// maxSkew is how far an exporter's clock may be from ours before its times are not believed.
const maxSkew = int64(10 * time.Minute)

// clock sets the export time of m, or the receipt time if the exporter's clock cannot be right. Times relative to the
// export time and absolute ones keep their distance to it.
func (d *Decoder) clock(m *message, export int64) {
	m.export = export
	if diff := m.now - export; diff > maxSkew || diff < -maxSkew {
		d.counters.ImplausibleClocks++
		m.export, m.offset = m.now, diff
	}
}

// Tick does what time alone makes due: data whose template or sampler did not come, gaps that were not filled, streams
// gone silent. Call it about once a second.
func (d *Decoder) Tick(now time.Time) {
	n := now.UnixNano()
	var next *list.Element
	for e := d.order.Front(); e != nil; e = next {
		next = e.Next()
		x := e.Value.(*exporter)
		for _, s := range x.all() {
			d.expireSets(s, n)
			d.expireRecords(s, n)
			s.seq.confirm(n - int64(d.limits.Reorder))
			if n-s.lastSeen > int64(d.limits.Idle) {
				d.dropStream(s)
			}
		}
	}
}

// Finish lets go of everything held, as at the end of the last Tick there will be.
func (d *Decoder) Finish() {
	for e := d.order.Front(); e != nil; e = e.Next() {
		for _, s := range e.Value.(*exporter).all() {
			d.dropHeld(s)
			d.releaseAll(s)
			s.seq.confirm(never)
		}
	}
}
