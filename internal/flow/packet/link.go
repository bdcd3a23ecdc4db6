package packet

import "github.com/netcol-io/netcol/internal/flow"

// EtherTypes that lead further, and the greatest value of the field that is a length instead (IEEE 802.3 §3.2.6).
const (
	etherIPv4     = 0x0800
	etherIPv6     = 0x86dd
	etherTEB      = 0x6558 // transparent Ethernet bridging, in GRE and GENEVE
	etherCTag     = 0x8100
	etherSTag     = 0x88a8
	etherQinQ     = 0x9100 // pre-standard stacked tags
	etherQinQ2    = 0x9200
	etherPPP      = 0x880b
	etherMPLS     = 0x8847
	etherMPLSUp   = 0x8848 // upstream-assigned labels
	etherPPPoE    = 0x8864
	etherERSPAN2  = 0x88be
	etherERSPAN3  = 0x22eb
	maxLLCLength  = 1500
	minEtherType  = 0x0600
	vlanMask      = 0x0fff
	pppoeHeader   = 6
	snapHeader    = 8
	macAddresses  = 12
	reservedVLAN  = 4095
	llcSNAP       = 0xaaaa
	llcIP         = 0x0606
	llcControlUI  = 3
	pppIPv4       = 0x0021
	pppIPv6       = 0x0057
	pppMPLS       = 0x0281
	pppMPLSUp     = 0x0283
	hdlcAllUI     = 0xff03
	hdlcCisco     = 0x0f00
	hdlcCiscoCast = 0x8f00
)

// ethernet reads a frame from its destination MAC address.
func (r *reader) ethernet(b []byte) {
	if len(b) < macAddresses {
		return
	}
	rec := r.rec
	if !rec.Has.Contains(flow.SourceMAC) {
		rec.DstMAC, rec.SrcMAC = be48(b), be48(b[6:])
		rec.Has.Set(flow.DestinationMAC)
		rec.Has.Set(flow.SourceMAC)
	}
	r.tagged(b[macAddresses:])
}

// tagged reads from a frame's type field: any stack of tags, then the payload. The record's VLAN is that of the outermost tag with
// a VLAN identifier; a priority tag (identifier 0) has none.
func (r *reader) tagged(b []byte) {
	for len(b) >= 2 {
		switch t := be16(b); t {
		case etherCTag, etherSTag, etherQinQ, etherQinQ2:
			if len(b) < 4 {
				return
			}
			r.tag(be16(b[2:]) & vlanMask)
			b = b[4:]
		default:
			r.typed(t, b[2:])
			return
		}
	}
}

func (r *reader) tag(id uint16) {
	if r.depth == 0 {
		r.tags++
	}
	if id != 0 && id != reservedVLAN && !r.rec.Has.Contains(flow.VLAN) {
		r.rec.VLAN = id
		r.rec.Has.Set(flow.VLAN)
	}
}

// typed reads what follows an EtherType, or a length and LLC.
func (r *reader) typed(t uint16, b []byte) {
	switch t {
	case etherIPv4, etherIPv6:
		r.setType(t)
		r.ip(b)
	case etherMPLS, etherMPLSUp:
		r.setType(t)
		r.mpls(b)
	case etherPPPoE:
		r.setType(t)
		if len(b) >= pppoeHeader {
			r.ppp(b[pppoeHeader:])
		}
	default:
		if t <= maxLLCLength {
			r.llc(b)
		} else if t >= minEtherType {
			r.setType(t)
		}
	}
}

// llc reads an IEEE 802.2 header: SNAP with an EtherType (RFC 1042), or IP right above LLC.
func (r *reader) llc(b []byte) {
	if len(b) < 3 || b[2] != llcControlUI {
		return
	}
	switch be16(b) {
	case llcSNAP:
		// Organisation 00-00-00 is an encapsulated EtherType, 00-00-F8 its bridge-tunnel form (IEEE 802.1H).
		if len(b) >= snapHeader && b[3] == 0 && b[4] == 0 && (b[5] == 0 || b[5] == 0xf8) {
			r.tagged(b[6:])
		}
	case llcIP:
		r.typed(etherIPv4, b[3:])
	}
}

// ppp reads a PPP frame, from its HDLC address or from its protocol field on.
func (r *reader) ppp(b []byte) {
	if len(b) < 2 {
		return
	}
	switch be16(b) {
	case hdlcAllUI:
		b = b[2:]
	case hdlcCisco, hdlcCiscoCast: // Cisco HDLC: an EtherType follows
		r.tagged(b[2:])
		return
	}
	if len(b) < 2 {
		return
	}
	protocol, rest := be16(b), b[2:]
	if b[0]&1 == 1 { // compressed to one octet (RFC 1661 §6.5)
		protocol, rest = uint16(b[0]), b[1:]
	}
	switch protocol {
	case pppIPv4:
		r.typed(etherIPv4, rest)
	case pppIPv6:
		r.typed(etherIPv6, rest)
	case pppMPLS, pppMPLSUp:
		r.typed(etherMPLS, rest)
	}
}

// setType tells the network type of the outer flow; a tunnel's content sets it together with its addresses.
func (r *reader) setType(t uint16) {
	if r.depth == 0 && !r.found {
		r.rec.EtherType = t
		r.rec.Has.Set(flow.NetworkType)
	}
}
