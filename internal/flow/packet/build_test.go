package packet

import (
	"encoding/binary"
	"net/netip"
)

// Test packets are put together from the RFCs' layouts, apart from the reader.

func cat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func u16(v int) []byte    { return binary.BigEndian.AppendUint16(nil, uint16(v)) }
func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

var (
	dstMAC = []byte{0x02, 0x00, 0x5e, 0x10, 0x00, 0x01}
	srcMAC = []byte{0x02, 0x00, 0x5e, 0x10, 0x00, 0x02}
	inDst  = []byte{0x0a, 0x11, 0x22, 0x33, 0x44, 0x55}
	inSrc  = []byte{0x0a, 0x66, 0x77, 0x88, 0x99, 0xaa}
)

func eth(etherType int, payload []byte) []byte { return cat(dstMAC, srcMAC, u16(etherType), payload) }

func innerEth(etherType int, payload []byte) []byte {
	return cat(inDst, inSrc, u16(etherType), payload)
}

// vlan is a tag and the type that follows it; the tag's own type goes before.
func vlan(tci, etherType int, payload []byte) []byte { return cat(u16(tci), u16(etherType), payload) }

func ip4(proto int, src, dst string, payload []byte) []byte {
	return ip4Options(proto, src, dst, nil, 0x4000, payload)
}

func ip4Options(proto int, src, dst string, options []byte, fragment int, payload []byte) []byte {
	header := 20 + len(options)
	s, d := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	b := cat([]byte{0x40 | byte(header/4), 0xb8}, u16(header+len(payload)), u16(0x1234), u16(fragment),
		[]byte{64, byte(proto)}, u16(0), s[:], d[:], options)
	binary.BigEndian.PutUint16(b[10:], checksum(b))
	return cat(b, payload)
}

func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

func ip6(next int, src, dst string, payload []byte) []byte {
	s, d := netip.MustParseAddr(src).As16(), netip.MustParseAddr(dst).As16()
	return cat([]byte{0x6b, 0x80, 0, 0}, u16(len(payload)), []byte{byte(next), 64}, s[:], d[:], payload)
}

func tcp(sport, dport, flags int, payload []byte) []byte {
	return cat(u16(sport), u16(dport), u32(1), u32(2), u16(5<<12|flags), u16(1024), u16(0), u16(0), payload)
}

func udp(sport, dport int, payload []byte) []byte {
	return cat(u16(sport), u16(dport), u16(8+len(payload)), u16(0), payload)
}

func label(l, bottom int) []byte { return u32(uint32(l)<<12 | uint32(bottom)<<8 | 64) }

func vxlan(vni uint32, payload []byte) []byte { return cat([]byte{8, 0, 0, 0}, u32(vni<<8), payload) }

func geneve(vni uint32, proto int, options, payload []byte) []byte {
	return cat([]byte{byte(len(options) / 4), 0}, u16(proto), u32(vni<<8), options, payload)
}

func gre(flags, proto int, words ...[]byte) []byte { return cat(u16(flags), u16(proto), cat(words...)) }

func pppoe(protocol int, payload []byte) []byte {
	return cat([]byte{0x11, 0}, u16(0x77), u16(2+len(payload)), u16(protocol), payload)
}

func snap(etherType int, payload []byte) []byte {
	return cat([]byte{0xaa, 0xaa, 3, 0, 0, 0}, u16(etherType), payload)
}

// llc is a frame whose type field is a length.
func llc(payload []byte) []byte { return eth(len(payload), payload) }
