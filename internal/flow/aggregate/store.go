package aggregate

import (
	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/enrich"
)

// store is load's inverse. A network's address comes back as the source or destination address.
func (row *Row) store(f field, v uint64) {
	r := row.Record
	switch f {
	case fOwner:
		row.Owner = uint32(v)
	case fDropped:
		r.Dropped = v != 0
	case fSrcHi, fSrcNetHi:
		setHi(&r.SrcAddr, v)
	case fSrcLo, fSrcNetLo:
		setLo(&r.SrcAddr, v)
	case fSrc4, fSrcNet4:
		set4(&r.SrcAddr, v)
	case fDstHi, fDstNetHi:
		setHi(&r.DstAddr, v)
	case fDstLo, fDstNetLo:
		setLo(&r.DstAddr, v)
	case fDst4, fDstNet4:
		set4(&r.DstAddr, v)
	case fSrcMask:
		r.SrcMask = uint8(v)
	case fDstMask:
		r.DstMask = uint8(v)
	case fNextHopHi:
		setHi(&r.NextHop, v)
	case fNextHopLo:
		setLo(&r.NextHop, v)
	case fNextHop4:
		set4(&r.NextHop, v)
	case fBGPNextHopHi:
		setHi(&r.BGPNextHop, v)
	case fBGPNextHopLo:
		setLo(&r.BGPNextHop, v)
	case fBGPNextHop4:
		set4(&r.BGPNextHop, v)
	case fNATSrcHi:
		setHi(&r.NATSrcAddr, v)
	case fNATSrcLo:
		setLo(&r.NATSrcAddr, v)
	case fNATSrc4:
		set4(&r.NATSrcAddr, v)
	case fNATDstHi:
		setHi(&r.NATDstAddr, v)
	case fNATDstLo:
		setLo(&r.NATDstAddr, v)
	case fNATDst4:
		set4(&r.NATDstAddr, v)
	case fSrcPort:
		r.SrcPort = uint16(v)
	case fDstPort:
		r.DstPort = uint16(v)
	case fSrcAS:
		r.SrcAS = uint32(v)
	case fDstAS:
		r.DstAS = uint32(v)
	case fSrcMAC:
		r.SrcMAC = v
	case fDstMAC:
		r.DstMAC = v
	case fTransport:
		r.Transport = uint8(v)
	case fFamily:
		row.Family = Family(v)
	case fApplication:
		row.Application = enrich.Application(v)
	case fDSCP:
		r.TOS = uint8(v << 2)
	case fTCPFlags:
		r.TCPFlags = uint16(v)
	case fICMPType:
		r.ICMPType = uint8(v)
	case fICMPCode:
		r.ICMPCode = uint8(v)
	case fVLAN:
		r.VLAN = uint16(v)
	case fVRF:
		r.VRF = uint32(v)
	case fSide:
		row.Side = flow.Direction(v)
	case fIndex:
		row.Index = uint32(v)
	case fIn:
		r.In = uint32(v)
	case fOut:
		r.Out = uint32(v)
	case fForwardingStatus:
		r.ForwardingStatus = uint8(v)
	case fEndReason:
		r.EndReason = uint8(v)
	case fNATSrcPort:
		r.NATSrcPort = uint16(v)
	case fNATDstPort:
		r.NATDstPort = uint16(v)
	case fFirewallEvent:
		r.FirewallEvent = uint8(v)
	case fMPLSLabel:
		r.MPLSLabel = uint32(v)
	case fTunnelID:
		r.TunnelID = v
	case fObservationDomain:
		r.ObservationDomain = uint32(v)
	case fInterfaceName:
		row.InterfaceName = uint32(v)
	case fIngressName:
		row.IngressName = uint32(v)
	case fEgressName:
		row.EgressName = uint32(v)
	case fApplicationName:
		row.ApplicationName = uint32(v)
	case fVRFName:
		row.VRFName = uint32(v)
	}
}
