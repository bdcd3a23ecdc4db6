package aggregate

import (
	"encoding/binary"
	"math"

	"github.com/netcol-io/netcol/internal/flow"
)

// field is a part of a key, at most 64 bits of a row. A 16-byte address is two of them, or one in a narrow key.
type field uint8

const (
	fOwner field = iota
	fDropped
	fSrcHi
	fSrcLo
	fSrc4
	fDstHi
	fDstLo
	fDst4
	fSrcNetHi
	fSrcNetLo
	fSrcNet4
	fSrcMask
	fDstNetHi
	fDstNetLo
	fDstNet4
	fDstMask
	fNextHopHi
	fNextHopLo
	fNextHop4
	fBGPNextHopHi
	fBGPNextHopLo
	fBGPNextHop4
	fNATSrcHi
	fNATSrcLo
	fNATSrc4
	fNATDstHi
	fNATDstLo
	fNATDst4
	fSrcPort
	fDstPort
	fSrcAS
	fDstAS
	fSrcMAC
	fDstMAC
	fTransport
	fFamily
	fApplication
	fDSCP
	fTCPFlags
	fICMPType
	fICMPCode
	fVLAN
	fVRF
	fSide
	fIndex
	fIn
	fOut
	fForwardingStatus
	fEndReason
	fNATSrcPort
	fNATDstPort
	fFirewallEvent
	fMPLSLabel
	fTunnelID
	fObservationDomain
	fInterfaceName
	fIngressName
	fEgressName
	fApplicationName
	fVRFName
	fields
)

var fieldBits = [fields]uint8{
	fOwner: 32, fDropped: 1,
	fSrcHi: 64, fSrcLo: 64, fSrc4: 32, fDstHi: 64, fDstLo: 64, fDst4: 32,
	fSrcNetHi: 64, fSrcNetLo: 64, fSrcNet4: 32, fSrcMask: 8, fDstNetHi: 64, fDstNetLo: 64, fDstNet4: 32, fDstMask: 8,
	fNextHopHi: 64, fNextHopLo: 64, fNextHop4: 32, fBGPNextHopHi: 64, fBGPNextHopLo: 64, fBGPNextHop4: 32,
	fNATSrcHi: 64, fNATSrcLo: 64, fNATSrc4: 32, fNATDstHi: 64, fNATDstLo: 64, fNATDst4: 32,
	fSrcPort: 16, fDstPort: 16, fSrcAS: 32, fDstAS: 32, fSrcMAC: 48, fDstMAC: 48, fTransport: 8, fFamily: 2,
	fApplication: 32, fDSCP: 6, fTCPFlags: 16, fICMPType: 8, fICMPCode: 8, fVLAN: 16, fVRF: 32, fSide: 2,
	fIndex: 32, fIn: 32, fOut: 32, fForwardingStatus: 8, fEndReason: 8, fNATSrcPort: 16, fNATDstPort: 16,
	fFirewallEvent: 8, fMPLSLabel: 20, fTunnelID: 64, fObservationDomain: 32,
	fInterfaceName: 32, fIngressName: 32, fEgressName: 32, fApplicationName: 32, fVRFName: 32,
}

// form is what a key is made of: indexes (raw) or names (resolved), and short or long addresses.
type form struct{ resolved, narrow bool }

// fieldsOf returns the parts of a key that hold d.
func (f form) fieldsOf(d flow.Dimension) []field {
	address := func(hi, lo, short field) []field {
		if f.narrow {
			return []field{short}
		}
		return []field{hi, lo}
	}
	name := func(raw, resolved field) []field {
		if f.resolved {
			return []field{resolved}
		}
		return []field{raw}
	}
	switch d {
	case flow.SourceAddress:
		return address(fSrcHi, fSrcLo, fSrc4)
	case flow.DestinationAddress:
		return address(fDstHi, fDstLo, fDst4)
	case flow.SourceCIDR:
		return append(address(fSrcNetHi, fSrcNetLo, fSrcNet4), fSrcMask)
	case flow.DestinationCIDR:
		return append(address(fDstNetHi, fDstNetLo, fDstNet4), fDstMask)
	case flow.NextHop:
		return address(fNextHopHi, fNextHopLo, fNextHop4)
	case flow.BGPNextHop:
		return address(fBGPNextHopHi, fBGPNextHopLo, fBGPNextHop4)
	case flow.NATSource:
		return address(fNATSrcHi, fNATSrcLo, fNATSrc4)
	case flow.NATDestination:
		return address(fNATDstHi, fNATDstLo, fNATDst4)
	case flow.InterfaceName:
		return name(fIndex, fInterfaceName)
	case flow.IngressInterface:
		return name(fIn, fIngressName)
	case flow.EgressInterface:
		return name(fOut, fEgressName)
	case flow.Application:
		return name(fApplication, fApplicationName)
	case flow.VRF:
		return name(fVRF, fVRFName)
	}
	if f, ok := plainFields[d]; ok {
		return []field{f}
	}
	return nil
}

var plainFields = map[flow.Dimension]field{
	flow.SourcePort: fSrcPort, flow.DestinationPort: fDstPort, flow.SourceAS: fSrcAS, flow.DestinationAS: fDstAS,
	flow.SourceMAC: fSrcMAC, flow.DestinationMAC: fDstMAC, flow.Transport: fTransport, flow.NetworkType: fFamily,
	flow.DSCP: fDSCP, flow.TCPFlags: fTCPFlags, flow.ICMPType: fICMPType, flow.ICMPCode: fICMPCode, flow.VLAN: fVLAN,
	flow.InterfaceDirection: fSide, flow.IngressIndex: fIn, flow.EgressIndex: fOut,
	flow.ForwardingStatus: fForwardingStatus, flow.EndReason: fEndReason, flow.NATSourcePort: fNATSrcPort,
	flow.NATDestinationPort: fNATDstPort, flow.FirewallEvent: fFirewallEvent, flow.MPLSLabel: fMPLSLabel,
	flow.TunnelID: fTunnelID, flow.ObservationDomain: fObservationDomain,
}

// Supported tells whether a view can group by d: some dimensions need a source that is not there.
func Supported(d flow.Dimension) bool { return len(form{}.fieldsOf(d)) > 0 }

func hi(a *[16]byte) uint64 { return binary.BigEndian.Uint64(a[:8]) }
func lo(a *[16]byte) uint64 { return binary.BigEndian.Uint64(a[8:]) }
func v4(a *[16]byte) uint64 { return uint64(binary.BigEndian.Uint32(a[12:])) }

func setHi(a *[16]byte, v uint64) { binary.BigEndian.PutUint64(a[:8], v) }
func setLo(a *[16]byte, v uint64) { binary.BigEndian.PutUint64(a[8:], v) }
func set4(a *[16]byte, v uint64) {
	setHi(a, 0)
	setLo(a, 0xffff<<32|v)
}

// mask returns the first n bits of a 64-bit word set, n outside 0 to 64 clamped.
func mask(n int) uint64 {
	if n <= 0 {
		return 0
	}
	return math.MaxUint64 << max(64-n, 0)
}

// long returns the length of an address's mask in its 16-byte form.
func long(a *[16]byte, m uint8) int {
	if mapped(a) {
		return int(m) + 96
	}
	return int(m)
}

func clampMask(a *[16]byte, m uint8) uint8 {
	if mapped(a) {
		return min(m, 32)
	}
	return min(m, 128)
}

// load returns f of row.
func (row *Row) load(f field) uint64 {
	r := row.Record
	switch f {
	case fOwner:
		return uint64(row.Owner)
	case fDropped:
		if r.Dropped {
			return 1
		}
		return 0
	case fSrcHi:
		return hi(&r.SrcAddr)
	case fSrcLo:
		return lo(&r.SrcAddr)
	case fSrc4:
		return v4(&r.SrcAddr)
	case fDstHi:
		return hi(&r.DstAddr)
	case fDstLo:
		return lo(&r.DstAddr)
	case fDst4:
		return v4(&r.DstAddr)
	case fSrcNetHi:
		return hi(&r.SrcAddr) & mask(long(&r.SrcAddr, r.SrcMask))
	case fSrcNetLo:
		return lo(&r.SrcAddr) & mask(long(&r.SrcAddr, r.SrcMask)-64)
	case fSrcNet4:
		return v4(&r.SrcAddr) & mask(int(r.SrcMask)+32) & math.MaxUint32
	case fSrcMask:
		return uint64(clampMask(&r.SrcAddr, r.SrcMask))
	case fDstNetHi:
		return hi(&r.DstAddr) & mask(long(&r.DstAddr, r.DstMask))
	case fDstNetLo:
		return lo(&r.DstAddr) & mask(long(&r.DstAddr, r.DstMask)-64)
	case fDstNet4:
		return v4(&r.DstAddr) & mask(int(r.DstMask)+32) & math.MaxUint32
	case fDstMask:
		return uint64(clampMask(&r.DstAddr, r.DstMask))
	case fNextHopHi:
		return hi(&r.NextHop)
	case fNextHopLo:
		return lo(&r.NextHop)
	case fNextHop4:
		return v4(&r.NextHop)
	case fBGPNextHopHi:
		return hi(&r.BGPNextHop)
	case fBGPNextHopLo:
		return lo(&r.BGPNextHop)
	case fBGPNextHop4:
		return v4(&r.BGPNextHop)
	case fNATSrcHi:
		return hi(&r.NATSrcAddr)
	case fNATSrcLo:
		return lo(&r.NATSrcAddr)
	case fNATSrc4:
		return v4(&r.NATSrcAddr)
	case fNATDstHi:
		return hi(&r.NATDstAddr)
	case fNATDstLo:
		return lo(&r.NATDstAddr)
	case fNATDst4:
		return v4(&r.NATDstAddr)
	case fSrcPort:
		return uint64(r.SrcPort)
	case fDstPort:
		return uint64(r.DstPort)
	case fSrcAS:
		return uint64(r.SrcAS)
	case fDstAS:
		return uint64(r.DstAS)
	case fSrcMAC:
		return r.SrcMAC & (1<<48 - 1)
	case fDstMAC:
		return r.DstMAC & (1<<48 - 1)
	case fTransport:
		return uint64(r.Transport)
	case fFamily:
		return uint64(row.Family)
	case fApplication:
		return uint64(row.Application)
	case fDSCP:
		return uint64(r.TOS >> 2)
	case fTCPFlags:
		return uint64(r.TCPFlags & 0x1ff)
	case fICMPType:
		return uint64(r.ICMPType)
	case fICMPCode:
		return uint64(r.ICMPCode)
	case fVLAN:
		return uint64(r.VLAN)
	case fVRF:
		return uint64(r.VRF)
	case fSide:
		return uint64(row.Side)
	case fIndex:
		return uint64(row.Index)
	case fIn:
		return uint64(r.In)
	case fOut:
		return uint64(r.Out)
	case fForwardingStatus:
		return uint64(r.ForwardingStatus)
	case fEndReason:
		return uint64(r.EndReason)
	case fNATSrcPort:
		return uint64(r.NATSrcPort)
	case fNATDstPort:
		return uint64(r.NATDstPort)
	case fFirewallEvent:
		return uint64(r.FirewallEvent)
	case fMPLSLabel:
		return uint64(r.MPLSLabel) & (1<<20 - 1)
	case fTunnelID:
		return r.TunnelID
	case fObservationDomain:
		return uint64(r.ObservationDomain)
	case fInterfaceName:
		return uint64(row.InterfaceName)
	case fIngressName:
		return uint64(row.IngressName)
	case fEgressName:
		return uint64(row.EgressName)
	case fApplicationName:
		return uint64(row.ApplicationName)
	case fVRFName:
		return uint64(row.VRFName)
	}
	return 0
}
