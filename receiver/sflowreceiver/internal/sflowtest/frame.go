package sflowtest

import (
	"encoding/binary"
	"net/netip"
)

// UDPFrame is an Ethernet frame, cut to 128 octets, with a UDP packet of ipLength octets.
func UDPFrame(src, dst netip.AddrPort, ipLength int) []byte {
	b := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}
	if src.Addr().Is4() {
		b = append(b, 0x08, 0x00, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ipLength))
		b = append(b, 0, 0, 0x40, 0, 64, 17, 0, 0)
	} else {
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ipLength-40))
		b = append(b, 17, 64)
	}
	b = Join(b, src.Addr().AsSlice(), dst.Addr().AsSlice())
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = append(b, make([]byte, 128)...)
	return b[:min(128, ipLength+14)]
}
