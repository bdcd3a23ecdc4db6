package sflowtest

import "net/netip"

// Header is sampled_header: a header protocol (1 Ethernet, 11 IPv4, 12 IPv6, 13 MPLS), the frame's length with FCS,
// octets stripped, and the header.
func Header(protocol, frameLength, stripped uint32, header []byte) []byte {
	return Opaque(1, Words(protocol, frameLength, stripped), Bytes(header))
}

// Ethernet is sampled_ethernet.
func Ethernet(length uint32, src, dst [6]byte, etherType uint32) []byte {
	return Opaque(2, Words(length), src[:], make([]byte, 2), dst[:], make([]byte, 2), Words(etherType))
}

// IP is sampled_ipv4 or sampled_ipv6.
func IP(length, protocol uint32, src, dst netip.AddrPort, flags, tos uint32) []byte {
	format := uint32(3)
	if src.Addr().Is6() {
		format = 4
	}
	return Opaque(format, Words(length, protocol), src.Addr().AsSlice(), dst.Addr().AsSlice(),
		Words(uint32(src.Port()), uint32(dst.Port()), flags, tos))
}

// Switch is extended_switch.
func Switch(srcVLAN, srcPriority, dstVLAN, dstPriority uint32) []byte {
	return Opaque(1001, Words(srcVLAN, srcPriority, dstVLAN, dstPriority))
}

// Router is extended_router.
func Router(nextHop netip.Addr, srcMask, dstMask uint32) []byte {
	return Opaque(1002, Address(nextHop), Words(srcMask, dstMask))
}

// ASSegment is as_path_type: 1 a set, 2 a sequence.
type ASSegment struct {
	Type uint32
	AS   []uint32
}

// Gateway is extended_gateway.
func Gateway(nextHop netip.Addr, as, srcAS, srcPeerAS uint32, path []ASSegment, communities []uint32, localPref uint32) []byte {
	segments := Words(uint32(len(path)))
	for _, s := range path {
		segments = Join(segments, Words(s.Type, uint32(len(s.AS))), Words(s.AS...))
	}
	return Opaque(1003, Address(nextHop), Words(as, srcAS, srcPeerAS), segments,
		Words(uint32(len(communities))), Words(communities...), Words(localPref))
}

// MPLS is extended_mpls.
func MPLS(nextHop netip.Addr, in, out []uint32) []byte {
	return Opaque(1006, Address(nextHop), Words(uint32(len(in))), Words(in...), Words(uint32(len(out))), Words(out...))
}

// NAT is extended_nat, NATPort extended_nat_port.
func NAT(src, dst netip.Addr) []byte { return Opaque(1007, Address(src), Address(dst)) }
func NATPort(src, dst uint32) []byte { return Opaque(1020, Words(src, dst)) }
func VNI(ingress bool, vni uint32) []byte {
	if ingress {
		return Opaque(1030, Words(vni))
	}
	return Opaque(1029, Words(vni))
}

// Interface is if_counters.
type Interface struct {
	Index, Type             uint32
	Speed                   uint64
	Direction, Status       uint32
	InOctets                uint64
	InUnicast, InMulticast  uint32
	InBroadcast, InDiscards uint32
	InErrors, InUnknown     uint32
	OutOctets               uint64
	OutUnicast              uint32
	OutMulticast            uint32
	OutBroadcast            uint32
	OutDiscards, OutErrors  uint32
	Promiscuous             uint32
}

// Bytes returns the record.
func (i Interface) Bytes() []byte {
	return Opaque(1, Words(i.Index, i.Type), Hypers(i.Speed), Words(i.Direction, i.Status),
		Hypers(i.InOctets), Words(i.InUnicast, i.InMulticast, i.InBroadcast, i.InDiscards, i.InErrors, i.InUnknown),
		Hypers(i.OutOctets), Words(i.OutUnicast, i.OutMulticast, i.OutBroadcast, i.OutDiscards, i.OutErrors, i.Promiscuous))
}

// EthernetCounters is ethernet_counters.
func EthernetCounters(v [13]uint32) []byte { return Opaque(2, Words(v[:]...)) }

// PortName is port_name.
func PortName(name string) []byte { return Opaque(1005, Bytes([]byte(name))) }
