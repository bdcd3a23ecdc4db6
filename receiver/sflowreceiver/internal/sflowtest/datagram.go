// Package sflowtest builds sFlow version 5 datagrams for tests, from the structures published at sflow.org and apart
// from the decoder.
package sflowtest

import (
	"encoding/binary"
	"net/netip"
)

// Datagram is a datagram's header and its samples.
type Datagram struct {
	Version                    uint32     // 0: 5
	Agent                      netip.Addr // zero: an unknown address
	SubAgent, Sequence, Uptime uint32     // Uptime in milliseconds
	Samples                    [][]byte
}

// Bytes returns the datagram.
func (d Datagram) Bytes() []byte {
	version := d.Version
	if version == 0 {
		version = 5
	}
	return Join(Words(version), Address(d.Agent), Words(d.SubAgent, d.Sequence, d.Uptime, uint32(len(d.Samples))), Join(d.Samples...))
}

// Source is a data source.
type Source struct{ Class, Index uint32 }

// compact packs a source into one word, as flow_sample and counters_sample do.
func (s Source) compact() uint32 { return s.Class<<24 | s.Index }

// Port is an interface of a flow sample: a format (0 ifIndex, 1 dropped, 2 multiple) and its value.
type Port struct{ Format, Value uint32 }

func (p Port) compact() uint32 { return p.Format<<30 | p.Value&(1<<30-1) }

// FlowSample is flow_sample or flow_sample_expanded.
type FlowSample struct {
	Sequence          uint32
	Source            Source
	Rate, Pool, Drops uint32
	In, Out           Port
	Expanded          bool
	Records           [][]byte
}

// Bytes returns the sample with its format and length.
func (s FlowSample) Bytes() []byte {
	records := Join(Words(uint32(len(s.Records))), Join(s.Records...))
	if s.Expanded {
		return Opaque(3, Words(s.Sequence, s.Source.Class, s.Source.Index, s.Rate, s.Pool, s.Drops,
			s.In.Format, s.In.Value, s.Out.Format, s.Out.Value), records)
	}
	return Opaque(1, Words(s.Sequence, s.Source.compact(), s.Rate, s.Pool, s.Drops, s.In.compact(), s.Out.compact()), records)
}

// CounterSample is counters_sample or counters_sample_expanded.
type CounterSample struct {
	Sequence uint32
	Source   Source
	Expanded bool
	Records  [][]byte
}

// Bytes returns the sample with its format and length.
func (s CounterSample) Bytes() []byte {
	records := Join(Words(uint32(len(s.Records))), Join(s.Records...))
	if s.Expanded {
		return Opaque(4, Words(s.Sequence, s.Source.Class, s.Source.Index), records)
	}
	return Opaque(2, Words(s.Sequence, s.Source.compact()), records)
}

// DiscardSample is discarded_packet.
type DiscardSample struct {
	Sequence       uint32
	Source         Source
	Drops, In, Out uint32
	Reason         uint32
	Records        [][]byte
}

// Bytes returns the sample with its format and length.
func (s DiscardSample) Bytes() []byte {
	return Opaque(5, Words(s.Sequence, s.Source.Class, s.Source.Index, s.Drops, s.In, s.Out, s.Reason, uint32(len(s.Records))), Join(s.Records...))
}

// Opaque is a data format, a length, and that many bytes: what samples and records are.
func Opaque(format uint32, body ...[]byte) []byte {
	b := Join(body...)
	return Join(Words(format, uint32(len(b))), b)
}

// Words is a row of unsigned integers.
func Words(v ...uint32) []byte {
	var b []byte
	for _, w := range v {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// Hypers is a row of unsigned hypers.
func Hypers(v ...uint64) []byte {
	var b []byte
	for _, w := range v {
		b = binary.BigEndian.AppendUint64(b, w)
	}
	return b
}

// Bytes is opaque<>: a length, bytes, padding to a multiple of 4.
func Bytes(v []byte) []byte {
	return Join(Words(uint32(len(v))), v, make([]byte, -len(v)&3))
}

// Address is an address with its type.
func Address(a netip.Addr) []byte {
	switch {
	case !a.IsValid():
		return Words(0)
	case a.Is4():
		return Join(Words(1), a.AsSlice())
	}
	return Join(Words(2), a.AsSlice())
}

// Join concatenates.
func Join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}
