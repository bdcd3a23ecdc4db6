// Package packet reads the first bytes of a packet, as sFlow samples and IPFIX packet sections carry them, into a
// flow record. Its functions are pure, allocate nothing, and read no byte that is not there: a header cut short
// anywhere yields the fields before the cut.
package packet

import (
	"math/bits"

	"github.com/netcol-io/netcol/internal/flow"
)

// Options say what the caller knows of the packet and which of nested flows it wants.
type Options struct {
	// FrameLength is the length in octets of the whole frame on the wire, FCS counted, as sFlow's frame_length
	// gives it; 0 if unknown. It is used only where no IP header tells a length.
	FrameLength uint32
	// Inner asks for the innermost flow of a tunnel (VXLAN, GENEVE, GRE, NVGRE, IP-in-IP, GTP-U, L2TP, PPTP) instead
	// of the outer one. A tunnel whose inner IP header is not there, or not IP, keeps the outer flow.
	Inner bool
}

// Lengths of what surrounds an IP packet in an Ethernet frame, in octets.
const (
	macHeader = 14
	fcs       = 4
	tag       = 4
)

// maxTunnels bounds how deep tunnels in tunnels are followed.
const maxTunnels = 4

// Ethernet reads a frame that begins with its destination MAC address into rec: addresses, tag, and what is in it.
//
// bytes are IP bytes: the IP total length, else the frame's length − 18 − 4 for each tag, at least 0. ok tells whether
// an IP header was found. Fields that were not found keep the value they had; rec.Has tells which were.
func Ethernet(rec *flow.Record, frame []byte, o Options) (bytes uint64, ok bool) {
	r := reader{rec: rec, inner: o.Inner}
	r.ethernet(frame)
	return r.result(o.FrameLength, len(frame), macHeader)
}

// IP reads a packet that begins with its IPv4 or IPv6 header into rec; see Ethernet.
func IP(rec *flow.Record, b []byte, o Options) (bytes uint64, ok bool) {
	r := reader{rec: rec, inner: o.Inner}
	r.ip(b)
	return r.result(o.FrameLength, len(b), 0)
}

// MPLS reads a packet that begins with an MPLS label stack (RFC 3032) into rec; see Ethernet.
func MPLS(rec *flow.Record, b []byte, o Options) (bytes uint64, ok bool) {
	r := reader{rec: rec, inner: o.Inner}
	r.mpls(b)
	return r.result(o.FrameLength, len(b), 0)
}

// PPP reads a PPP frame, with or without HDLC address and control (RFC 1661, RFC 1662), into rec; see Ethernet.
func PPP(rec *flow.Record, b []byte, o Options) (bytes uint64, ok bool) {
	r := reader{rec: rec, inner: o.Inner}
	r.ppp(b)
	return r.result(o.FrameLength, len(b), 0)
}

// reader is one packet being read. It lives on the caller's stack.
type reader struct {
	rec   *flow.Record
	bytes uint64 // the IP header's own length, 0 if it tells none (segmentation offload, jumbograms)
	tags  uint8  // 802.1Q and 802.1ad tags of the outermost frame
	depth uint8  // tunnels entered
	inner bool
	found bool // an IP header was read
}

// result chooses the number of IP bytes. link is the length of the link header where a frame has one.
func (r *reader) result(frame uint32, captured, link int) (uint64, bool) {
	if r.found && r.bytes > 0 {
		return r.bytes, true
	}
	length, overhead := uint64(captured), uint64(link)+tag*uint64(r.tags)
	if frame > 0 {
		length = uint64(frame)
		if link > 0 {
			overhead += fcs
		}
	}
	left, under := bits.Sub64(length, overhead, 0)
	if under != 0 {
		left = 0
	}
	return left, r.found
}

// be16 and be32 read big-endian numbers; the caller has checked the length.
func be16(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 }

func be32(b []byte) uint32 {
	return uint32(b[3]) | uint32(b[2])<<8 | uint32(b[1])<<16 | uint32(b[0])<<24
}

// be48 reads a MAC address.
func be48(b []byte) uint64 { return uint64(be16(b))<<32 | uint64(be32(b[2:])) }
