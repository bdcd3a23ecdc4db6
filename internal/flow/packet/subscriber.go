package packet

// Tunnels of access and mobile networks.
const (
	gtpHeader    = 8
	gtpVersion1  = 0x30 // version 1, protocol type GTP
	gtpVerMask   = 0xf0
	gtpOptional  = 0x07 // E, S or PN: four more octets
	gtpExtension = 0x04
	gtpTPDU      = 255
	gtpOptions   = 4

	l2tpControl    = 0x8000
	l2tpLength     = 0x4000
	l2tpSequence   = 0x0800
	l2tpOffset     = 0x0200
	l2tpVersion    = 0x000f
	l2tpv3Session  = 4
	l2tpIDs        = 4
	l2tpFlags      = 2
	l2tpLengthSize = 2
)

// gtpU reads a G-PDU of 3GPP TS 29.281: header, extension headers, then the subscriber's IP packet.
func (r *reader) gtpU(b []byte) {
	if len(b) < gtpHeader || b[0]&gtpVerMask != gtpVersion1 || b[1] != gtpTPDU {
		return
	}
	r.setTunnel(uint64(be32(b[4:])))
	flags := b[0]
	b = b[gtpHeader:]
	if flags&gtpOptional != 0 {
		if len(b) < gtpOptions {
			return
		}
		next := b[3]
		b = b[gtpOptions:]
		for flags&gtpExtension != 0 && next != 0 {
			if len(b) == 0 || b[0] == 0 || len(b) < int(b[0])*4 {
				return
			}
			length := int(b[0]) * 4 // in 4-octet units, the type of the next in its last octet
			next, b = b[length-1], b[length:]
		}
	}
	r.enter(carriesIP, b)
}

// l2tpv2 reads a data message of RFC 2661 §3.1. Its tunnel identifier is tunnel and session, 16 bits each.
func (r *reader) l2tpv2(b []byte) {
	if len(b) < l2tpFlags {
		return
	}
	flags := be16(b)
	if flags&l2tpControl != 0 || flags&l2tpVersion != 2 {
		return
	}
	at := l2tpFlags
	if flags&l2tpLength != 0 {
		at += l2tpLengthSize
	}
	if len(b) < at+l2tpIDs {
		return
	}
	r.setTunnel(uint64(be32(b[at:])))
	at += l2tpIDs
	if flags&l2tpSequence != 0 {
		at += 4
	}
	if flags&l2tpOffset != 0 {
		if len(b) < at+2 {
			return
		}
		at += 2 + int(be16(b[at:]))
	}
	if len(b) > at {
		r.enter(carriesPPP, b[at:])
	}
}

// l2tpv3 reads a data message of RFC 3931 §4.1.1: a session, then, most often, an Ethernet pseudowire behind an
// optional cookie (0, 4 or 8 octets) and sublayer that only the endpoints know of.
func (r *reader) l2tpv3(b []byte) {
	if len(b) < l2tpv3Session || be32(b) == 0 { // session 0 is control
		return
	}
	r.setTunnel(uint64(be32(b)))
	for _, skip := range [...]int{0, 4, 8, 12} {
		if at := l2tpv3Session + skip; len(b) > at && leadsToIP(b[at:]) {
			r.enter(carriesEthernet, b[at:])
			return
		}
	}
}
