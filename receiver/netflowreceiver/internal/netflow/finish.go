package netflow

import (
	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/packet"
)

// begin empties the record for one of t.
func (d *Decoder) begin(m *message, t *template) (*flow.Record, *fields) {
	d.record = flow.Record{
		Has: t.has, Flows: 1, EtherType: t.etherType, Protocol: m.stream.Protocol, ObservationDomain: m.stream.Domain,
	}
	d.fields = fields{}
	return &d.record, &d.fields
}

// finish makes sense of what the fields of a record say together and hands it on.
func (d *Decoder) finish(m *message, t *template, r *flow.Record, f *fields) {
	if t.flags&isFlow == 0 {
		d.counters.NotFlows++
		return
	}
	r.Has.Set(flow.ObservationDomain)
	if t.flags&hasSection != 0 {
		section(t, r, f)
	}
	if t.flags&hasTime != 0 {
		d.times(m, t, r, f)
	}
	if t.flags&hasVersion != 0 {
		family(r, f)
	}
	if t.flags&hasDirection != 0 {
		r.Direction = directionOf(r, f.direction)
	}
	if t.flags&(hasICMP|hasTransport) != 0 && (r.Transport == protoICMP || r.Transport == protoICMPv6) {
		icmp(t, r, f)
	}
	if t.flags&hasEvent != 0 {
		events(t, r, f)
	}
	r.Dropped = r.Dropped || r.ForwardingStatus>>6 == 2 // RFC 7270 §4.12
	if t.flags&hasReverse != 0 && f.revBytes|f.revPackets != 0 {
		d.both(m, t, r, f)
		return
	}
	if d.sample(m, t, r, f) {
		d.emit(m, r)
	}
}

func (d *Decoder) emit(m *message, r *flow.Record) {
	s := m.stream
	s.records++
	d.counters.Records[m.version]++
	d.sink.Record(s, m.at, r)
}

// both hands on a biflow (RFC 5103) as two flows in opposite directions. Of a firewall's event the second only adds
// its octets: the connection is one.
func (d *Decoder) both(m *message, t *template, r *flow.Record, f *fields) {
	v := &d.reverse
	*v = *r
	v.SrcAddr, v.DstAddr = r.DstAddr, r.SrcAddr
	v.NATSrcAddr, v.NATDstAddr = r.NATDstAddr, r.NATSrcAddr
	v.SrcPort, v.DstPort = r.DstPort, r.SrcPort
	v.NATSrcPort, v.NATDstPort = r.NATDstPort, r.NATSrcPort
	v.SrcMAC, v.DstMAC = r.DstMAC, r.SrcMAC
	v.SrcAS, v.DstAS = r.DstAS, r.SrcAS
	v.SrcMask, v.DstMask = r.DstMask, r.SrcMask
	v.In, v.Out = r.Out, r.In
	v.Has = swapped(r.Has)
	v.Has &^= 1<<flow.NextHop | 1<<flow.BGPNextHop
	v.NextHop, v.BGPNextHop = [16]byte{}, [16]byte{}
	v.Bytes, v.Packets = f.revBytes, f.revPackets
	v.TCPFlags = f.revTCPFlags
	if f.revTOS != 0 {
		v.TOS = f.revTOS
	}
	switch r.Direction {
	case flow.Ingress:
		v.Direction = flow.Egress
	case flow.Egress:
		v.Direction = flow.Ingress
	}
	if t.flags&oneCount != 0 {
		v.Flows = 0
	}
	forward, backward := d.sample(m, t, r, f), d.sample(m, t, v, f)
	if forward {
		d.emit(m, r)
	}
	if backward {
		d.emit(m, v)
	}
}

// swapped exchanges the dimensions that a biflow's other direction has the other way round.
func swapped(h flow.Fields) flow.Fields {
	for _, p := range oppositeDimensions {
		a, b := h.Contains(p[0]), h.Contains(p[1])
		if a != b {
			h ^= 1<<p[0] | 1<<p[1]
		}
	}
	return h
}

var oppositeDimensions = [...][2]flow.Dimension{
	{flow.SourceAddress, flow.DestinationAddress},
	{flow.SourcePort, flow.DestinationPort},
	{flow.SourceCIDR, flow.DestinationCIDR},
	{flow.SourceAS, flow.DestinationAS},
	{flow.SourceMAC, flow.DestinationMAC},
	{flow.NATSource, flow.NATDestination},
	{flow.NATSourcePort, flow.NATDestinationPort},
	{flow.IngressIndex, flow.EgressIndex},
}

// plausible bounds for times that records carry, against the export time.
const (
	maxFlowAge    = int64(24 * 3600 * 1e9)       // since a flow's end
	maxFlowLength = int64(366 * 24 * 3600 * 1e9) // from start to end
)

// times computes start and end. Uptimes count modulo 2³² ms: the difference to the current uptime is signed.
func (d *Decoder) times(m *message, t *template, r *flow.Record, f *fields) {
	if m.offset != 0 { // of absolute times only: the others are relative to the corrected export time anyway
		if r.Start != 0 {
			r.Start += m.offset
		}
		if r.End != 0 {
			r.End += m.offset
		}
	}
	if t.flags&hasUptime != 0 {
		d.uptimes(m, r, f)
	}
	if t.flags&hasDelta != 0 {
		r.Start = m.export - int64(f.startDelta)*1000
		r.End = m.export - int64(f.endDelta)*1000
	}
	if t.flags&hasDuration != 0 {
		switch {
		case r.End == 0 && r.Start != 0:
			r.End = r.Start + int64(f.duration)
		case r.Start == 0 && r.End != 0:
			r.Start = r.End - int64(f.duration)
		}
	}
	if r.End == 0 && r.Start == 0 {
		return
	}
	d.plausible(m, r)
}

func (d *Decoder) uptimes(m *message, r *flow.Record, f *fields) {
	now, known := m.uptime, m.hasUptime
	if !known {
		init := f.init
		if init == 0 {
			init = m.stream.init
		}
		if init == 0 {
			return
		}
		now = uint32((m.export-m.offset)/1_000_000 - int64(init))
	}
	r.End = m.export - int64(int32(now-f.endUptime))*1_000_000
	if f.endUptime == 0 && f.startUptime != 0 {
		r.End = 0
	}
	r.Start = m.export - int64(int32(now-f.startUptime))*1_000_000
}

// plausible replaces times that cannot be by the receipt time.
func (d *Decoder) plausible(m *message, r *flow.Record) {
	if r.End == 0 {
		r.End = r.Start
	}
	if r.Start == 0 {
		r.Start = r.End
	}
	if r.End > m.now+maxSkew || r.End < m.now-maxFlowAge {
		d.counters.ImplausibleClocks++
		length := r.End - r.Start
		if length < 0 || length > maxFlowAge {
			length = 0
		}
		r.End = m.now
		r.Start = m.now - length
	}
	if r.Start > r.End || r.Start < r.End-maxFlowLength {
		r.Start = r.End
	}
}

// family settles the network type of a record whose template has both address families or names the IP version.
func family(r *flow.Record, f *fields) {
	switch {
	case f.ipVersion == 4:
		r.EtherType = 0x0800
	case f.ipVersion == 6:
		r.EtherType = 0x86DD
	case r.EtherType != 0:
	case isV4(&r.SrcAddr) && isV4(&r.DstAddr):
		r.EtherType = 0x0800
	case r.SrcAddr != [16]byte{}:
		r.EtherType = 0x86DD
	}
	if r.EtherType == 0 {
		r.Has &^= 1 << flow.NetworkType
	}
}

func isV4(a *[16]byte) bool { return [12]byte(a[:12]) == v4Prefix }

// directionOf reads flowDirection (IE 61). Many exporters fill it with a constant: 255 means nothing, and neither does
// 0 (ingress) beside an egress interface only.
func directionOf(r *flow.Record, v uint8) flow.Direction {
	switch {
	case v == 1:
		return flow.Egress
	case v == 0 && (r.In != 0 || r.Out == 0):
		return flow.Ingress
	default:
		return flow.DirectionUnknown
	}
}

const (
	protoICMP   = 1
	protoICMPv6 = 58
)

// icmp reads type and code, which NetFlow carries in the destination port where it has no field for them. ICMP has no
// ports.
func icmp(t *template, r *flow.Record, f *fields) {
	switch {
	case t.has.Contains(flow.ICMPType):
	case f.icmp != 0:
		r.ICMPType, r.ICMPCode = uint8(f.icmp>>8), uint8(f.icmp)
	case t.has.Contains(flow.DestinationPort):
		r.ICMPType, r.ICMPCode = uint8(r.DstPort>>8), uint8(r.DstPort)
	case t.flags&hasICMP == 0:
		return
	}
	r.Has.Set(flow.ICMPType)
	r.Has.Set(flow.ICMPCode)
	r.Has &^= 1<<flow.SourcePort | 1<<flow.DestinationPort
	r.SrcPort, r.DstPort = 0, 0
}

// Values of firewallEvent (IE 233).
const (
	firewallDeleted = 2
	firewallDenied  = 3
)

// events counts a connection that a firewall or NAT reports as events once: at its teardown, or when it is denied.
func events(t *template, r *flow.Record, f *fields) {
	switch {
	case r.Has.Contains(flow.FirewallEvent) && r.FirewallEvent != 0:
		r.Flows = 0
		if r.FirewallEvent == firewallDeleted || r.FirewallEvent == firewallDenied {
			r.Flows = 1
		}
		r.Dropped = r.FirewallEvent == firewallDenied
	case t.flags&hasCounters == 0 && f.natEvent != 0:
		r.Flows = 0
		if f.natEvent == 2 || f.natEvent == 5 || f.natEvent == 7 { // translation or session deleted
			r.Flows = 1
		}
	}
}

// section reads the piece of the packet itself that some exporters send instead of fields (RFC 7133 §6, RFC 5477
// §8.5). A record that has addresses of its own does not need it.
func section(t *template, r *flow.Record, f *fields) {
	if len(f.section) == 0 || t.has.Contains(flow.SourceAddress) {
		return
	}
	read, o := packet.Ethernet, packet.Options{FrameLength: uint32(min(f.frameSize, 1<<32-1))}
	if t.flags&isIP != 0 {
		read = packet.IP
	}
	octets, _ := read(r, f.section, o)
	if t.flags&hasOctets == 0 {
		r.Bytes = octets
	}
	if t.flags&hasPackets == 0 {
		r.Packets = 1
	}
}
