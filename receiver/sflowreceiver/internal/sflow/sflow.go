// Package sflow decodes sFlow version 5 datagrams (sflow.org, "sFlow Version 5", 2004, and the structures published
// since) into flow records and counter samples. It is pure: no clock, no I/O, no Collector. Each worker has a Decoder
// of its own, which keeps what agents' sequence numbers need and nothing else.
//
// Every count and length is believed only as far as bytes are there. Unknown samples and records are skipped by their
// length and counted; a faulty one costs itself alone.
package sflow

import (
	"net/netip"

	"github.com/netcol-io/netcol/internal/flow"
)

const (
	version5 = 5

	addressUnknown = 0
	addressIPv4    = 1
	addressIPv6    = 2

	sampleHeader = 8 // format and length
	recordHeader = 8
	shortest     = 4 + 4 + 4 // version, address type, and what every version has behind it
)

// Sink takes what a Decoder finds. What it is given is valid until it returns.
type Sink interface {
	// Begin is called when an agent is first seen, before anything else about it. It may set Attachment and
	// OverrideRate. False refuses the datagram, and nothing of the agent is kept.
	Begin(a *Agent) bool
	// End is called when a silent agent's state is dropped.
	End(a *Agent)
	// Flow takes a sampled packet.
	Flow(a *Agent, r *flow.Record)
	// Discard takes a packet that the device dropped, which no sampling chose. Its Scale is 1.
	Discard(a *Agent, reason DropReason, r *flow.Record)
	// Counters takes a counter sample.
	Counters(a *Agent, c *CounterSample)
}

// Options of a Decoder. The zero value means the defaults.
type Options struct {
	MaxAgents  int   // agents (address and sub-agent) whose state is kept; default 4,096
	MaxSources int   // data sources of all agents together whose state is kept; default 65,536
	IdleAfter  int64 // nanoseconds after which a silent agent may be forgotten; default 15 minutes
	LossWindow int64 // nanoseconds over which a data source's loss factor is measured; default 60 seconds
	Inner      bool  // the innermost flow of tunnelled packets instead of the outer
}

const second = int64(1e9)

func (o Options) withDefaults() Options {
	if o.MaxAgents <= 0 {
		o.MaxAgents = 4096
	}
	if o.MaxSources <= 0 {
		o.MaxSources = 65536
	}
	if o.IdleAfter <= 0 {
		o.IdleAfter = 15 * 60 * second
	}
	if o.LossWindow <= 0 {
		o.LossWindow = 60 * second
	}
	return o
}

// Decoder decodes one worker's datagrams. Not safe for concurrent use.
type Decoder struct {
	options Options
	sink    Sink
	agents  agents
	stats   Stats
	fault   Fault // the current datagram's first

	record   flow.Record
	counters CounterSample
	values   []Value // of the counter sample's blocks
	texts    [][]byte
}

// NewDecoder returns a decoder that hands what it finds to sink.
func NewDecoder(o Options, sink Sink) *Decoder {
	o = o.withDefaults()
	return &Decoder{options: o, sink: sink, agents: newAgents(o)}
}

// Decode decodes one datagram that came from source at the given time (Unix nanoseconds). It returns the datagram's first
// fault; what is sound around it was handed to the sink all the same.
func (d *Decoder) Decode(datagram []byte, source netip.Addr, at int64) Fault {
	d.fault = None
	d.stats.Datagrams++
	d.stats.Bytes += uint64(len(datagram))
	c := cursor{b: datagram}
	if len(datagram) < shortest {
		return d.fail(Truncated)
	}
	if v := c.u32(); v != version5 {
		d.stats.refuseVersion(v)
		return d.fail(Version)
	}
	address, ok := c.address()
	if !ok {
		return d.fail(AddressType)
	}
	if !address.IsValid() || address.IsUnspecified() {
		address = source // an agent that does not know its own address
	}
	subAgent, sequence, uptime, samples := c.u32(), c.u32(), c.u32(), c.u32()
	if c.short {
		return d.fail(Truncated)
	}
	a := d.agent(AgentKey{Address: address, SubAgent: subAgent}, at)
	if a == nil {
		return d.fail(TooManyAgents)
	}
	a.arrive(sequence, uptime, at)
	a.Bytes += uint64(len(datagram))
	d.samples(a, c.b, samples)
	return d.fault
}

// fail counts a fault and keeps the datagram's first.
func (d *Decoder) fail(f Fault) Fault {
	d.stats.Faults[f]++
	if d.fault == None {
		d.fault = f
	}
	return d.fault
}

// samples decodes up to n samples in b, each by itself.
func (d *Decoder) samples(a *Agent, b []byte, n uint32) {
	for ; n > 0; n-- {
		if len(b) < sampleHeader {
			d.fail(SampleCount)
			return
		}
		c := cursor{b: b}
		format, length := c.u32(), c.u32()
		body, ok := c.take(length)
		if !ok {
			d.fail(SampleLength)
			return
		}
		d.sample(a, format, body)
		b = c.b
	}
}

// Formats of samples, enterprise 0.
const (
	formatFlow             = 1
	formatCounters         = 2
	formatExpandedFlow     = 3
	formatExpandedCounters = 4
	formatDiscard          = 5
)

func (d *Decoder) sample(a *Agent, format uint32, body []byte) {
	c := cursor{b: body}
	switch format {
	case formatFlow:
		d.flowSample(a, &c, false)
	case formatExpandedFlow:
		d.flowSample(a, &c, true)
	case formatCounters:
		d.counterSample(a, &c, false)
	case formatExpandedCounters:
		d.counterSample(a, &c, true)
	case formatDiscard:
		d.discardSample(a, &c)
	default:
		d.stats.unknown(UnknownSample, format)
	}
}

// VersionOf returns the version that a datagram states, 0 for none.
func VersionOf(datagram []byte) uint32 {
	c := cursor{b: datagram}
	return c.u32()
}
