package sflow

// Formats of counter records, enterprise 0.
const (
	formatGeneric         = 1
	formatEthernetCounter = 2
	formatPortName        = 1005
)

// CounterKind is one kind of counter record.
type CounterKind uint8

// The kinds. CounterSet uses them as bit numbers.
const (
	GenericKind CounterKind = iota
	EthernetKind
	PortNameKind
)

// CounterSet is the set of records that a counter sample carries.
type CounterSet uint64

// Contains tells whether k is in the set.
func (s CounterSet) Contains(k CounterKind) bool { return s&(1<<k) != 0 }

func (s *CounterSet) set(k CounterKind) { *s |= 1 << k }

// CounterSample is one counter sample: a data source and its records. A record is meaningful only if Has says so.
type CounterSample struct {
	Class, Index uint32 // the data source; class 0 is an interface with that ifIndex
	At           int64  // arrival, Unix nanoseconds
	Uptime       uint32 // the agent's, milliseconds modulo 2^32
	Has          CounterSet

	Generic  Generic
	Ethernet Ethernet
	PortName []byte  // the interface's name; valid until the sink returns
	Blocks   []Block // its other records; valid until the sink returns
}

// Gauge32 and the counters are as on the wire; all ones mean unknown.
type (
	// Counter32 is a 32-bit counter.
	Counter32 uint32
	// Counter64 is a 64-bit counter.
	Counter64 uint64
)

// Known tells whether the agent keeps the counter.
func (c Counter32) Known() bool { return c != 1<<32-1 }

// Known tells whether the agent keeps the counter.
func (c Counter64) Known() bool { return c != 1<<64-1 }

// Traffic is one direction of an interface's generic counters.
type Traffic struct {
	Octets                        Counter64
	Unicast, Multicast, Broadcast Counter32 // packets
	Discards, Errors              Counter32
}

// Bits of Generic.Status.
const (
	StatusAdminUp = 1 << iota
	StatusOperUp
)

// Generic is the generic interface record (if_counters): IF-MIB's of one interface.
type Generic struct {
	Index     uint32 // ifIndex
	Type      uint32 // IANAifType
	Speed     Counter64
	Direction uint32 // 0 unknown, 1 full duplex, 2 half duplex, 3 in only, 4 out only
	Status    Counter32
	In, Out   Traffic

	UnknownProtos Counter32
	Promiscuous   Counter32
}

// Ethernet is the Ethernet interface record (ethernet_counters): EtherLike-MIB's dot3StatsTable.
type Ethernet struct {
	AlignmentErrors, FCSErrors                            Counter32
	SingleCollisionFrames, MultipleCollisionFrames        Counter32
	SQETestErrors, DeferredTransmissions                  Counter32
	LateCollisions, ExcessiveCollisions                   Counter32
	InternalMACTransmitErrors, CarrierSenseErrors         Counter32
	FrameTooLongs, InternalMACReceiveErrors, SymbolErrors Counter32
}

// counterSample decodes a counter sample, compact or expanded.
func (d *Decoder) counterSample(a *Agent, c *cursor, expanded bool) {
	n := c.u32()
	class, index := sourceID(c, expanded)
	records := c.u32()
	if c.short {
		d.fail(SampleShort)
		return
	}
	d.stats.CounterSamples++
	a.CounterSamples++
	if s := d.source(a, newSourceKey(counterSource, class, index), a.Heard); s != nil && !a.stale {
		s.sample(a, n, a.Heard)
	}
	d.counters = CounterSample{Class: class, Index: index, At: a.Heard, Uptime: a.Uptime, Blocks: d.counters.Blocks[:0]}
	d.values, d.texts = d.values[:0], d.texts[:0]
	d.counterRecords(c, records)
	d.sink.Counters(a, &d.counters)
	d.counters.PortName = nil
	clear(d.counters.Blocks)
	clear(d.texts)
}

func (d *Decoder) counterRecords(c *cursor, n uint32) {
	for ; n > 0; n-- {
		if len(c.b) < recordHeader {
			d.fail(RecordCount)
			return
		}
		format, length := c.u32(), c.u32()
		body, ok := c.take(length)
		if !ok {
			d.fail(RecordLength)
			return
		}
		d.counterRecord(format, cursor{b: body})
	}
}

// counterRecord decodes one record. One that ends early is not used at all: half a set of counters is no set.
func (d *Decoder) counterRecord(format uint32, c cursor) {
	s := &d.counters
	var kind CounterKind
	switch format {
	case formatGeneric:
		kind = GenericKind
		s.Generic.read(&c)
	case formatEthernetCounter:
		kind = EthernetKind
		s.Ethernet.read(&c)
	case formatPortName:
		kind = PortNameKind
		s.PortName = portName(&c)
	default:
		if layout, ok := layouts[BlockKind(format)]; ok {
			d.block(BlockKind(format), layout, c)
		} else {
			d.stats.unknown(UnknownCounterRecord, format)
		}
		return
	}
	if c.short {
		d.fail(RecordShort)
		return
	}
	s.Has.set(kind)
}

func (g *Generic) read(c *cursor) {
	g.Index, g.Type, g.Speed, g.Direction, g.Status = c.u32(), c.u32(), Counter64(c.u64()), c.u32(), c.counter()
	g.In.read(c)
	g.UnknownProtos = c.counter()
	g.Out.read(c)
	g.Promiscuous = c.counter()
}

func (t *Traffic) read(c *cursor) {
	t.Octets = Counter64(c.u64())
	t.Unicast, t.Multicast, t.Broadcast = c.counter(), c.counter(), c.counter()
	t.Discards, t.Errors = c.counter(), c.counter()
}

func (e *Ethernet) read(c *cursor) {
	e.AlignmentErrors, e.FCSErrors = c.counter(), c.counter()
	e.SingleCollisionFrames, e.MultipleCollisionFrames = c.counter(), c.counter()
	e.SQETestErrors, e.DeferredTransmissions = c.counter(), c.counter()
	e.LateCollisions, e.ExcessiveCollisions = c.counter(), c.counter()
	e.InternalMACTransmitErrors, e.CarrierSenseErrors = c.counter(), c.counter()
	e.FrameTooLongs, e.InternalMACReceiveErrors, e.SymbolErrors = c.counter(), c.counter(), c.counter()
}

func (c *cursor) counter() Counter32 { return Counter32(c.u32()) }

func portName(c *cursor) []byte {
	name, ok := c.take(c.u32())
	if !ok {
		c.short = true
	}
	return name
}
