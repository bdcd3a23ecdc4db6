package sflow

import "github.com/netcol-io/netcol/internal/flow"

// router reads the next hop and the lengths of the prefixes that the route is about.
func (p *packetReader) router(c *cursor) {
	var hop [16]byte
	known, _ := c.rawAddress(&hop)
	src, dst := c.u32(), c.u32()
	if c.short {
		return
	}
	r := p.r
	if known {
		r.NextHop = hop
		r.Has.Set(flow.NextHop)
	}
	if src <= maxPrefix && dst <= maxPrefix {
		r.SrcMask, r.DstMask = uint8(src), uint8(dst)
		r.Has.Set(flow.SourceCIDR)
		r.Has.Set(flow.DestinationCIDR)
	}
}

// gateway reads what BGP says of the packet: next hop, the router's own AS, the source's, the source's peer's, the path to
// the destination in segments, communities, local preference.
func (p *packetReader) gateway(c *cursor) {
	var hop [16]byte
	known, _ := c.rawAddress(&hop)
	own, src, _ := c.u32(), c.u32(), c.u32()
	if c.short {
		return
	}
	r := p.r
	if known {
		r.BGPNextHop = hop
		r.Has.Set(flow.BGPNextHop)
	}
	if src != unknownAS {
		r.SrcAS = src
		r.Has.Set(flow.SourceAS)
	}
	dst, ok := destinationAS(c)
	if !ok {
		return
	}
	if dst == unknownAS {
		dst = own // no path: the destination is in the router's own AS
	}
	if dst != unknownAS {
		r.DstAS = dst
		r.Has.Set(flow.DestinationAS)
	}
}

// destinationAS returns the last AS of the path: 0 for an empty path, false for one that is not all there.
func destinationAS(c *cursor) (last uint32, ok bool) {
	for segments := c.u32(); segments > 0; segments-- {
		c.skip(asSegmentWords) // a set or a sequence
		n := c.u32()
		if n > 0 {
			c.skip(n - 1)
			last = c.u32()
		}
		if c.short {
			return 0, false
		}
	}
	return last, !c.short
}

// mpls reads the label stacks with which a packet came in and went out; the label is the top one of the packet's own
// side.
func (p *packetReader) mpls(c *cursor) {
	var hop [16]byte
	if known, _ := c.rawAddress(&hop); known && !p.r.Has.Contains(flow.NextHop) {
		p.r.NextHop = hop
		p.r.Has.Set(flow.NextHop)
	}
	in, hasIn := topLabel(c)
	out, hasOut := topLabel(c)
	if c.short {
		return
	}
	if p.label, p.hasLabel = in, hasIn; p.r.Direction == flow.Egress {
		p.label, p.hasLabel = out, hasOut
	}
}

// topLabel reads a stack of label stack entries (RFC 3032) and returns its top label.
func topLabel(c *cursor) (label uint32, ok bool) {
	n := c.u32()
	if n == 0 || c.short {
		return 0, false
	}
	label = c.u32() >> mplsLabelShift
	c.skip(n - 1)
	return label, !c.short && label >= firstOrdinaryLabel
}

// nat reads the addresses after translation.
func (p *packetReader) nat(c *cursor) {
	var src, dst [16]byte
	hasSrc, _ := c.rawAddress(&src)
	hasDst, _ := c.rawAddress(&dst)
	if hasSrc {
		p.r.NATSrcAddr = src
		p.r.Has.Set(flow.NATSource)
	}
	if hasDst {
		p.r.NATDstAddr = dst
		p.r.Has.Set(flow.NATDestination)
	}
}

// natPort reads the ports after translation; 0 is none.
func (p *packetReader) natPort(c *cursor) {
	src, dst := c.u32(), c.u32()
	if c.short {
		return
	}
	if src != 0 {
		p.r.NATSrcPort = uint16(src)
		p.r.Has.Set(flow.NATSourcePort)
	}
	if dst != 0 {
		p.r.NATDstPort = uint16(dst)
		p.r.Has.Set(flow.NATDestinationPort)
	}
}
