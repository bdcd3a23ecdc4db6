package packet

import "github.com/netcol-io/netcol/internal/flow"

// UDP destination ports of tunnels.
const (
	portL2TP      = 1701
	portGTPU      = 2152
	portVXLAN     = 4789
	portVXLANGPE  = 4790
	portGENEVE    = 6081
	portVXLANOld  = 8472 // Linux before IANA's assignment, and OTV
	vxlanHeader   = 8
	vxlanVNI      = 0x08 // the flag that says a VNI is there
	vxlanNextSet  = 0x04 // VXLAN-GPE: the next protocol is there
	geneveHeader  = 8
	geneveOptions = 0x3f
	etherIPHeader = 2
)

// VXLAN-GPE next protocols.
const (
	gpeIPv4     = 1
	gpeIPv6     = 2
	gpeEthernet = 3
)

// GRE header flags (RFC 2784, RFC 2890, RFC 2637) and the lengths of what they announce.
const (
	greHeader    = 4
	greChecksum  = 0x8000
	greRouting   = 0x4000
	greKey       = 0x2000
	greSequence  = 0x1000
	greAck       = 0x0080
	greVersion   = 0x0007
	greWord      = 4
	erspan2      = 8
	erspan3      = 12
	erspan3Sub   = 8
	nvgreFlowID  = 8 // bits of the key below the virtual subnet identifier (RFC 7637 §3.2)
	pptpCallMask = 0xffff
)

// content is what a tunnel carries.
type content uint8

const (
	carriesIP content = iota
	carriesEthernet
	carriesMPLS
	carriesPPP
)

// enter reads a tunnel's content if the inner flow is wanted. The content's link addresses and tags replace the
// outer ones only where it leads to an IP header: otherwise the outer flow stays whole.
func (r *reader) enter(what content, b []byte) {
	if !r.inner || r.depth >= maxTunnels {
		return
	}
	outer, bytes := *r.rec, r.bytes
	r.depth++
	r.found = false
	switch what {
	case carriesIP:
		r.ip(b)
	case carriesEthernet:
		r.rec.Has &^= 1<<flow.SourceMAC | 1<<flow.DestinationMAC | 1<<flow.VLAN
		r.ethernet(b)
	case carriesMPLS:
		r.mpls(b)
	case carriesPPP:
		r.ppp(b)
	}
	if !r.found {
		*r.rec, r.bytes, r.found = outer, bytes, true
	}
}

// setTunnel keeps the identifier of the outermost tunnel that has one.
func (r *reader) setTunnel(id uint64) {
	if !r.rec.Has.Contains(flow.TunnelID) {
		r.rec.TunnelID = id
		r.rec.Has.Set(flow.TunnelID)
	}
}

// ipTunnel enters the tunnels right above IP.
func (r *reader) ipTunnel(protocol uint8, b []byte) {
	switch protocol {
	case protoIPv4, protoIPv6:
		r.enter(carriesIP, b)
	case protoMPLS:
		r.enter(carriesMPLS, b)
	case protoEtherIP: // RFC 3378: version 3, twelve zero bits
		if len(b) >= etherIPHeader && b[0]>>4 == 3 {
			r.enter(carriesEthernet, b[etherIPHeader:])
		}
	case protoGRE:
		r.gre(b)
	case protoL2TP:
		r.l2tpv3(b)
	}
}

// udpTunnel enters the tunnels that a UDP destination port names.
func (r *reader) udpTunnel(port uint16, b []byte) {
	switch port {
	case portVXLAN, portVXLANOld:
		if len(b) >= vxlanHeader && b[0]&vxlanVNI != 0 {
			r.setTunnel(uint64(be32(b[4:]) >> 8))
			r.enter(carriesEthernet, b[vxlanHeader:])
		}
	case portVXLANGPE:
		r.vxlanGPE(b)
	case portGENEVE:
		r.geneve(b)
	case portGTPU:
		r.gtpU(b)
	case portL2TP:
		r.l2tpv2(b)
	}
}

// vxlanGPE reads draft-ietf-nvo3-vxlan-gpe: VXLAN with a next protocol.
func (r *reader) vxlanGPE(b []byte) {
	if len(b) < vxlanHeader || b[0]&vxlanVNI == 0 {
		return
	}
	r.setTunnel(uint64(be32(b[4:]) >> 8))
	what := carriesEthernet
	if b[0]&vxlanNextSet != 0 {
		switch b[3] {
		case gpeIPv4, gpeIPv6:
			what = carriesIP
		case gpeEthernet:
		default:
			return
		}
	}
	r.enter(what, b[vxlanHeader:])
}

// geneve reads RFC 8926.
func (r *reader) geneve(b []byte) {
	if len(b) < geneveHeader || b[0]>>6 != 0 {
		return
	}
	r.setTunnel(uint64(be32(b[4:]) >> 8))
	header := geneveHeader + int(b[0]&geneveOptions)*4
	if len(b) > header {
		r.etherTyped(be16(b[2:]), b[header:])
	}
}

// etherTyped enters a tunnel whose content an EtherType names.
func (r *reader) etherTyped(t uint16, b []byte) {
	switch t {
	case etherIPv4, etherIPv6:
		r.enter(carriesIP, b)
	case etherTEB:
		r.enter(carriesEthernet, b)
	case etherMPLS, etherMPLSUp:
		r.enter(carriesMPLS, b)
	case etherPPP:
		r.enter(carriesPPP, b)
	}
}

// gre reads GRE (RFC 2784, RFC 2890), NVGRE (RFC 7637), and PPTP's enhanced GRE (RFC 2637).
func (r *reader) gre(b []byte) {
	if len(b) < greHeader {
		return
	}
	flags, proto := be16(b), be16(b[2:])
	version := flags & greVersion
	if version > 1 || flags&greRouting != 0 {
		return
	}
	header := greHeader
	if flags&greChecksum != 0 {
		header += greWord
	}
	if flags&greKey != 0 {
		if len(b) < header+greWord {
			return
		}
		r.setTunnel(greTunnel(flags, proto, be32(b[header:])))
		header += greWord
	}
	if flags&greSequence != 0 {
		header += greWord
	}
	if version == 1 && flags&greAck != 0 {
		header += greWord
	}
	if len(b) > header {
		r.greContent(flags, proto, b[header:])
	}
}

// greTunnel returns the identifier in a GRE key: NVGRE's virtual subnet, PPTP's call, else the whole key.
func greTunnel(flags, proto uint16, key uint32) uint64 {
	switch {
	case flags&greVersion == 1:
		return uint64(key & pptpCallMask)
	case proto == etherTEB && flags&(greChecksum|greSequence) == 0:
		return uint64(key >> nvgreFlowID)
	}
	return uint64(key)
}

// greContent enters what GRE carries; ERSPAN has a header of its own first (types I, II and III).
func (r *reader) greContent(flags, proto uint16, b []byte) {
	header := 0
	switch proto {
	case etherERSPAN2:
		if flags&greSequence != 0 { // type I has neither sequence nor header
			header = erspan2
		}
	case etherERSPAN3:
		if header = erspan3; len(b) >= erspan3 && b[erspan3-1]&1 != 0 {
			header += erspan3Sub
		}
	default:
		r.etherTyped(proto, b)
		return
	}
	if len(b) > header {
		r.enter(carriesEthernet, b[header:])
	}
}
