// Package flow is what one flow record means, whichever protocol carried it: the record, its dimensions,
// and the registries' names for them. It imports nothing of netcol.
package flow

import (
	"math"
	"math/bits"
	"net/netip"
)

// Protocol is the export protocol that carried a record.
type Protocol uint8

// The export protocols.
const (
	ProtocolUnknown Protocol = iota
	NetFlowV1
	NetFlowV5
	NetFlowV7
	NetFlowV9
	IPFIX
	SFlow5
)

// Direction is the side of the observation point's interface at which a flow was metered (IE 61).
type Direction uint8

// The directions. Unknown counts as ingress where a view needs one.
const (
	DirectionUnknown Direction = iota
	Ingress
	Egress
)

// SamplingSource tells how a record's Scale became known.
type SamplingSource uint8

// The sources, in the order in which they are believed. The zero value is "default": nobody spoke of sampling.
const (
	SamplingDefault    SamplingSource = iota // no sampling announced: 1
	SamplingOverride                         // configured
	SamplingRecord                           // the record or sample itself
	SamplingSampler                          // options about its samplerId or selectorId
	SamplingInterface                        // options scoped to its interface
	SamplingDomain                           // options about the whole observation domain
	SamplingHeader                           // the datagram's header (NetFlow v5)
	SamplingUnresolved                       // its sampler never was announced: 1
)

// String returns the source as it is reported.
func (s SamplingSource) String() string {
	switch s {
	case SamplingOverride:
		return "override"
	case SamplingRecord:
		return "record"
	case SamplingSampler:
		return "sampler"
	case SamplingInterface:
		return "interface"
	case SamplingDomain:
		return "domain"
	case SamplingHeader:
		return "header"
	case SamplingUnresolved:
		return "unresolved"
	default:
		return "default"
	}
}

// Scale is the factor from observed to estimated traffic, an exact fraction: Num/Den, both 1 for unsampled.
// A zero Num or Den means 1.
type Scale struct{ Num, Den uint64 }

// Apply returns v scaled and rounded half up once, saturating at the greatest uint64.
func (s Scale) Apply(v uint64) uint64 {
	if s.Num <= 1 && s.Den <= 1 {
		return v
	}
	num, den := max(s.Num, 1), max(s.Den, 1)
	hi, lo := bits.Mul64(v, num)
	lo, carry := bits.Add64(lo, den/2, 0)
	hi += carry
	if hi >= den {
		return math.MaxUint64
	}
	q, _ := bits.Div64(hi, lo, den)
	return q
}

// Rate returns the scale as a number of packets that one observed packet stands for.
func (s Scale) Rate() float64 { return float64(max(s.Num, 1)) / float64(max(s.Den, 1)) }

// Record is one flow (NetFlow, IPFIX) or one packet sample (sFlow). It is a plain value without pointers, so that
// decoders fill one per worker over and over. A field is meaningful only when Has says so, except Bytes, Packets,
// Flows and Scale, which always are. Addresses are in 16-byte form, IPv4 as IPv4-mapped IPv6.
type Record struct {
	Has Fields

	SrcAddr, DstAddr       [16]byte
	NextHop, BGPNextHop    [16]byte
	NATSrcAddr, NATDstAddr [16]byte

	Bytes   uint64 // IP bytes as observed, before Scale
	Packets uint64 // packets as observed, before Scale
	Flows   uint64 // 1 for a flow or sample, 0 for a record that only adds bytes to one counted elsewhere
	Scale   Scale

	Start, End int64 // Unix nanoseconds, 0 if unknown

	SrcMAC, DstMAC uint64 // 48 bits
	AppID          uint64 // applicationId (IE 95): engine in the top 8 bits, selector below
	TunnelID       uint64 // VNI, GRE key, TEID

	In, Out           uint32 // ifIndex of the interfaces by which the packets came and left
	SrcAS, DstAS      uint32
	VRF               uint32 // ingress VRF id (IE 234)
	MPLSLabel         uint32 // top label, 20 bits
	ObservationDomain uint32 // v9 source id, IPFIX observation domain, v5 engine type and id, sFlow sub-agent id
	SamplerID         uint32

	SrcPort, DstPort       uint16
	NATSrcPort, NATDstPort uint16
	VLAN                   uint16
	TCPFlags               uint16
	EtherType              uint16 // 0x0800 IPv4, 0x86DD IPv6, else as on the wire

	Transport        uint8 // IANA protocol number
	TOS              uint8 // traffic class octet; DSCP is its upper six bits
	ICMPType         uint8
	ICMPCode         uint8
	SrcMask, DstMask uint8
	ForwardingStatus uint8 // IE 89
	EndReason        uint8 // IE 136
	FirewallEvent    uint8 // IE 233
	Direction        Direction
	Protocol         Protocol
	SamplingSource   SamplingSource
	Dropped          bool // the packet was discarded: it has no egress
}

// Fields is the set of fields that a record carries, by dimension. Decoders set the bit of what the wire had: IngressIndex
// for In, EgressIndex for Out, SourceCIDR for SrcMask, DSCP for TOS, NetworkType for EtherType, Application for AppID.
// Names (InterfaceName, IngressInterface, …), the side at the observation point, and what follows from other fields
// are added where records are aggregated.
type Fields uint64

// Set adds d.
func (f *Fields) Set(d Dimension) { *f |= 1 << d }

// Contains tells whether d is in the set.
func (f Fields) Contains(d Dimension) bool { return f&(1<<d) != 0 }

// ScaledBytes returns the estimated bytes, rounded once.
func (r *Record) ScaledBytes() uint64 { return r.Scale.Apply(r.Bytes) }

// ScaledPackets returns the estimated packets, rounded once.
func (r *Record) ScaledPackets() uint64 { return r.Scale.Apply(r.Packets) }

// Addr returns a 16-byte address in netip form, IPv4-mapped ones as IPv4.
func Addr(a [16]byte) netip.Addr { return netip.AddrFrom16(a).Unmap() }

// MapV4 stores a 4-byte IPv4 address in its 16-byte form.
func MapV4(dst *[16]byte, v4 []byte) {
	*dst = [16]byte{10: 0xff, 11: 0xff}
	copy(dst[12:], v4[:4])
}
