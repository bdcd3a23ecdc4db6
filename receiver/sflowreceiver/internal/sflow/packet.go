package sflow

import (
	"encoding/binary"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/packet"
)

// Formats of flow records, enterprise 0.
const (
	formatHeader       = 1
	formatEthernet     = 2
	formatIPv4         = 3
	formatIPv6         = 4
	formatSwitch       = 1001
	formatRouter       = 1002
	formatGateway      = 1003
	formatMPLS         = 1006
	formatNAT          = 1007
	formatNATPort      = 1020
	formatVNIEgress    = 1029
	formatVNIIngress   = 1030
	ethernetOverhead   = 14 + 4 // header and FCS
	maxPrefix          = 128
	unknownAS          = 0
	asSegmentWords     = 1
	reservedVLAN       = 4095
	mplsLabelShift     = 12
	firstOrdinaryLabel = 16
)

// Header protocols.
const (
	headerEthernet = 1
	headerPPP      = 7
	headerIPv4     = 11
	headerIPv6     = 12
	headerMPLS     = 13
	headerPOS      = 14
)

// described is how well the packet is known already: a sample may describe it several times, the raw header best.
type described uint8

const (
	byNothing described = iota
	byEthernet
	byIP
	byHeader
)

// packetRecords decodes a flow sample's records into the decoder's record and tells whether any describes a packet.
func (d *Decoder) packetRecords(c *cursor, n uint32) bool {
	p := packetReader{d: d, r: &d.record}
	for ; n > 0; n-- {
		h, ok := c.fixed(recordHeader)
		if !ok {
			d.fail(RecordCount)
			break
		}
		format, length := binary.BigEndian.Uint32(h), binary.BigEndian.Uint32(h[4:])
		body, ok := c.take(length)
		if !ok {
			d.fail(RecordLength)
			break
		}
		p.read(format, cursor{b: body})
	}
	p.finish()
	return p.by != byNothing
}

// packetReader reads the records of one flow sample.
type packetReader struct {
	d                *Decoder
	r                *flow.Record
	by               described
	srcVLAN, dstVLAN uint32 // of the extended switch record, 0 for none
	label            uint32 // of the extended MPLS record
	vni              uint32
	hasLabel, hasVNI bool
}

func (p *packetReader) read(format uint32, c cursor) {
	switch format {
	case formatHeader:
		p.header(&c)
	case formatEthernet:
		p.ethernet(&c)
	case formatIPv4:
		p.ip(&c, 0x0800)
	case formatIPv6:
		p.ip(&c, 0x86dd)
	case formatSwitch:
		p.srcVLAN, _, p.dstVLAN = c.u32(), c.u32(), c.u32()
	case formatRouter:
		p.router(&c)
	case formatGateway:
		p.gateway(&c)
	case formatMPLS:
		p.mpls(&c)
	case formatNAT:
		p.nat(&c)
	case formatNATPort:
		p.natPort(&c)
	case formatVNIEgress, formatVNIIngress:
		p.vni, p.hasVNI = c.u32(), true
	default:
		p.d.stats.skip(format)
		return
	}
	if c.short {
		p.d.fail(RecordShort)
	}
}

// header reads a raw packet header: protocol, frame length, octets stripped, the header.
func (p *packetReader) header(c *cursor) {
	h, ok := c.fixed(4 * 4)
	if !ok || p.by == byHeader {
		return
	}
	u32 := binary.BigEndian.Uint32
	protocol, length, stripped, n := u32(h), u32(h[4:]), u32(h[8:]), u32(h[12:])
	header, ok := c.take(n)
	if !ok { // what is there of it counts
		p.d.fail(HeaderLength)
		header = c.b
	}
	const fcs = 4
	if more := stripped - fcs; stripped > fcs && more < length {
		length -= more // encapsulation that the header no longer shows
	}
	o := packet.Options{FrameLength: length, Inner: p.d.options.Inner}
	switch protocol {
	case headerEthernet:
		p.r.Bytes, _ = packet.Ethernet(p.r, header, o)
	case headerIPv4, headerIPv6:
		p.r.Bytes, _ = packet.IP(p.r, header, o)
	case headerMPLS:
		p.r.Bytes, _ = packet.MPLS(p.r, header, o)
	case headerPPP, headerPOS:
		p.r.Bytes, _ = packet.PPP(p.r, header, o)
	default:
		p.d.stats.unknown(UnknownHeader, protocol)
		p.r.Bytes = uint64(length)
	}
	p.by = byHeader
}

// ethernet reads sampled Ethernet: length with FCS, addresses, type.
func (p *packetReader) ethernet(c *cursor) {
	length, src, dst, etherType := c.u32(), c.mac(), c.mac(), c.u32()
	if c.short || p.by == byHeader {
		return
	}
	r := p.r
	r.SrcMAC, r.DstMAC = src, dst
	r.Has.Set(flow.SourceMAC)
	r.Has.Set(flow.DestinationMAC)
	if p.by < byEthernet {
		p.by = byEthernet
		r.EtherType = uint16(etherType)
		r.Has.Set(flow.NetworkType)
		r.Bytes = uint64(max(length, ethernetOverhead) - ethernetOverhead)
	}
}

// ip reads sampled IPv4 or IPv6: the IP packet's length, protocol, addresses, ports, flags, type of service.
func (p *packetReader) ip(c *cursor, etherType uint16) {
	length, protocol := c.u32(), c.u32()
	var src, dst [16]byte
	if etherType == 0x0800 {
		c.raw4(&src)
		c.raw4(&dst)
	} else {
		c.raw16(&src)
		c.raw16(&dst)
	}
	srcPort, dstPort, flags, tos := c.u32(), c.u32(), c.u32(), c.u32()
	if c.short || p.by >= byIP {
		return
	}
	p.by = byIP
	r := p.r
	r.Bytes = uint64(length)
	r.EtherType, r.Transport, r.TOS = etherType, uint8(protocol), uint8(tos)
	r.SrcAddr, r.DstAddr = src, dst
	r.Has |= 1<<flow.NetworkType | 1<<flow.Transport | 1<<flow.DSCP | 1<<flow.SourceAddress | 1<<flow.DestinationAddress
	p.transport(uint8(protocol), srcPort, dstPort, flags)
}

// transport sets what a transport has of the ports and flags that a sampled IP record always carries.
func (p *packetReader) transport(protocol uint8, src, dst, flags uint32) {
	const tcp, udp, sctp, udpLite = 6, 17, 132, 136
	r := p.r
	switch protocol {
	case tcp, udp, sctp, udpLite:
		r.SrcPort, r.DstPort = uint16(src), uint16(dst)
		r.Has |= 1<<flow.SourcePort | 1<<flow.DestinationPort
	}
	if protocol == tcp {
		r.TCPFlags = uint16(flags)
		r.Has.Set(flow.TCPFlags)
	}
}

// finish fills in from extended records what the packet itself did not tell.
func (p *packetReader) finish() {
	r := p.r
	vlan := p.srcVLAN
	if r.Direction == flow.Egress {
		vlan = p.dstVLAN
	}
	if vlan > 0 && vlan < reservedVLAN && !r.Has.Contains(flow.VLAN) {
		r.VLAN = uint16(vlan)
		r.Has.Set(flow.VLAN)
	}
	if p.hasLabel && !r.Has.Contains(flow.MPLSLabel) {
		r.MPLSLabel = p.label
		r.Has.Set(flow.MPLSLabel)
	}
	if p.hasVNI && !r.Has.Contains(flow.TunnelID) {
		r.TunnelID = uint64(p.vni)
		r.Has.Set(flow.TunnelID)
	}
}
