package packet

import "github.com/netcol-io/netcol/internal/flow"

// IANA protocol numbers that lead further.
const (
	protoHopByHop   = 0
	protoICMP       = 1
	protoIPv4       = 4
	protoTCP        = 6
	protoUDP        = 17
	protoIPv6       = 41
	protoRouting    = 43
	protoFragment   = 44
	protoGRE        = 47
	protoAH         = 51
	protoICMPv6     = 58
	protoNone       = 59
	protoDstOptions = 60
	protoEtherIP    = 97
	protoL2TP       = 115
	protoSCTP       = 132
	protoMobility   = 135
	protoUDPLite    = 136
	protoMPLS       = 137
	protoHIP        = 139
	protoShim6      = 140
)

const (
	ipv4Header     = 20
	ipv6Header     = 40
	fragmentHeader = 8
	fragmentOffset = 0x1fff
)

// l4Fields are what belongs to one flow's packet only: an inner flow replaces them all.
const l4Fields flow.Fields = 1<<flow.SourceAddress | 1<<flow.DestinationAddress | 1<<flow.NetworkType |
	1<<flow.Transport | 1<<flow.DSCP | 1<<flow.SourcePort | 1<<flow.DestinationPort |
	1<<flow.TCPFlags | 1<<flow.ICMPType | 1<<flow.ICMPCode

// ip reads an IPv4 or IPv6 packet.
func (r *reader) ip(b []byte) {
	if len(b) == 0 {
		return
	}
	switch b[0] >> 4 {
	case nibbleIPv4:
		r.ipv4(b)
	case nibbleIPv6:
		r.ipv6(b)
	}
}

// begin starts a flow: it forgets the outer one's fields.
func (r *reader) begin(etherType uint16, length uint64) {
	r.found, r.bytes = true, length
	r.rec.Has &^= l4Fields
	r.rec.EtherType = etherType
	r.rec.Has.Set(flow.NetworkType)
	r.rec.Has.Set(flow.SourceAddress)
	r.rec.Has.Set(flow.DestinationAddress)
	r.rec.Has.Set(flow.DSCP)
}

// ipv4 reads RFC 791. Options are passed over; a fragment other than the first has no transport header.
func (r *reader) ipv4(b []byte) {
	if len(b) < ipv4Header {
		return
	}
	header, total := int(b[0]&0x0f)*4, int(be16(b[2:]))
	if header < ipv4Header || total != 0 && total < header {
		return
	}
	rec := r.rec
	r.begin(etherIPv4, uint64(total))
	rec.TOS = b[1]
	flow.MapV4(&rec.SrcAddr, b[12:16])
	flow.MapV4(&rec.DstAddr, b[16:20])
	protocol := b[9]
	r.setTransport(protocol)
	first := be16(b[6:])&fragmentOffset == 0
	if total != 0 && total < len(b) {
		b = b[:total] // what follows is the frame's padding
	}
	if first && len(b) > header {
		r.transport(protocol, b[header:])
	}
}

// ipv6 reads RFC 8200. A payload length of 0 is a jumbogram or offloaded segmentation.
func (r *reader) ipv6(b []byte) {
	if len(b) < ipv6Header {
		return
	}
	rec, payload := r.rec, int(be16(b[4:]))
	length := uint64(0)
	if payload != 0 || b[6] == protoNone {
		length = uint64(payload) + ipv6Header
	}
	r.begin(etherIPv6, length)
	rec.TOS = b[0]<<4 | b[1]>>4
	rec.SrcAddr, rec.DstAddr = [16]byte(b[8:24]), [16]byte(b[24:40])
	next := b[6]
	b = b[ipv6Header:]
	if payload != 0 && payload < len(b) {
		b = b[:payload]
	}
	r.extensions(next, b)
}

// extensions walks the chain of extension headers to the transport header. A chain that is cut short leaves the
// transport unknown.
func (r *reader) extensions(next uint8, b []byte) {
	for {
		length := 0
		switch next {
		case protoHopByHop, protoRouting, protoDstOptions, protoMobility, protoHIP, protoShim6:
			if len(b) < 2 {
				return
			}
			length = (int(b[1]) + 1) * 8
		case protoAH: // length in 4-octet units, minus 2 (RFC 4302 §2.2)
			if len(b) < 2 {
				return
			}
			length = (int(b[1]) + 2) * 4
		case protoFragment:
			if len(b) < fragmentHeader {
				return
			}
			if be16(b[2:])>>3 != 0 {
				if !isExtension(b[0]) {
					r.setTransport(b[0])
				}
				return
			}
			length = fragmentHeader
		default:
			r.setTransport(next)
			r.transport(next, b)
			return
		}
		if next = b[0]; len(b) < length {
			if !isExtension(next) {
				r.setTransport(next)
			}
			return
		}
		b = b[length:]
	}
}

// isExtension tells whether an IPv6 next header value is an extension header rather than a transport.
func isExtension(next uint8) bool {
	switch next {
	case protoHopByHop, protoRouting, protoFragment, protoDstOptions, protoAH, protoMobility, protoHIP, protoShim6:
		return true
	}
	return false
}

func (r *reader) setTransport(protocol uint8) {
	r.rec.Transport = protocol
	r.rec.Has.Set(flow.Transport)
}
