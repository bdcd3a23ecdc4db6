package sflow

import (
	"encoding/binary"
	"net/netip"
)

// cursor reads XDR (RFC 4506) from b. Reading past the end gives zeros and sets short, so that a structure is read
// whole and checked once.
type cursor struct {
	b     []byte
	short bool
}

func (c *cursor) u32() uint32 {
	if len(c.b) < 4 {
		c.b, c.short = nil, true
		return 0
	}
	v := binary.BigEndian.Uint32(c.b)
	c.b = c.b[4:]
	return v
}

func (c *cursor) u64() uint64 {
	if len(c.b) < 8 {
		c.b, c.short = nil, true
		return 0
	}
	v := binary.BigEndian.Uint64(c.b)
	c.b = c.b[8:]
	return v
}

// fixed takes the next n octets, n a multiple of 4.
func (c *cursor) fixed(n int) ([]byte, bool) {
	if len(c.b) < n {
		c.b, c.short = nil, true
		return nil, false
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b, true
}

// skip passes over n 4-octet words.
func (c *cursor) skip(n uint32) {
	if uint64(n)*4 > uint64(len(c.b)) {
		c.b, c.short = nil, true
		return
	}
	c.b = c.b[n*4:]
}

// take returns the next n octets and passes over them and their padding to 4, which the very end may lack. It
// returns false and takes nothing if they are not there.
func (c *cursor) take(n uint32) ([]byte, bool) {
	if uint64(n) > uint64(len(c.b)) {
		return nil, false
	}
	taken := c.b[:n:n]
	c.b = c.b[min((uint64(n)+3)&^3, uint64(len(c.b))):]
	return taken, true
}

// raw16 copies a 16-octet address, raw4 an IPv4 one in its 16-octet form.
func (c *cursor) raw16(dst *[16]byte) {
	if b, ok := c.take(16); ok {
		copy(dst[:], b)
		return
	}
	c.b, c.short = nil, true
}

func (c *cursor) raw4(dst *[16]byte) {
	if b, ok := c.take(4); ok {
		*dst = [16]byte{10: 0xff, 11: 0xff, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}
		return
	}
	c.b, c.short = nil, true
}

// mac reads a MAC address, padded to 8 octets.
func (c *cursor) mac() uint64 { return c.u64() >> 16 }

// address reads an address with its type. It is invalid if the type is "unknown"; false is a type that is none.
func (c *cursor) address() (netip.Addr, bool) {
	var raw [16]byte
	known, ok := c.rawAddress(&raw)
	if !known {
		return netip.Addr{}, ok
	}
	return netip.AddrFrom16(raw).Unmap(), true
}

// rawAddress reads an address with its type into dst, IPv4 in its 16-octet form. known is false for the type "unknown",
// ok for a type that is one at all.
func (c *cursor) rawAddress(dst *[16]byte) (known, ok bool) {
	switch c.u32() {
	case addressUnknown:
		return false, true
	case addressIPv4:
		c.raw4(dst)
	case addressIPv6:
		c.raw16(dst)
	default:
		c.b, c.short = nil, true
		return false, false
	}
	return !c.short, true
}
