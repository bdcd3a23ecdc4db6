package aggregate

import (
	"encoding/binary"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/enrich"
)

// Row is a record as a view sees it: which dimensions it has once gaps are closed, what follows from several fields,
// and, after names are known, their ids.
type Row struct {
	*flow.Record
	Has         flow.Fields // dimensions with a value, derived ones included
	Owner       uint32      // whose cell this is: an exporter's slot in a window, a device's after resolution
	Index       uint32      // ifIndex at the observation point
	Application enrich.Application
	Side        flow.Direction // Ingress or Egress, never unknown
	Family      Family

	// Ids of names, set by whoever resolves them.
	InterfaceName, IngressName, EgressName, ApplicationName, VRFName uint32
}

// Family is network.type.
type Family uint8

// The families. NoFamily is everything that is neither.
const (
	NoFamily Family = iota
	IPv4
	IPv6
)

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86DD
)

func bit(d flow.Dimension) flow.Fields { return 1 << d }

const (
	ingressBits flow.Fields = 1<<flow.IngressIndex | 1<<flow.IngressInterface
	egressBits  flow.Fields = 1<<flow.EgressIndex | 1<<flow.EgressInterface
	derivedBits flow.Fields = ingressBits | egressBits | 1<<flow.InterfaceName | 1<<flow.InterfaceDirection |
		1<<flow.NetworkType | 1<<flow.Application
)

// Read makes row that of record r. An interface index of 0 means "none" in every export protocol; a record that names
// no side of its observation point was metered at ingress.
func (row *Row) Read(r *flow.Record, owner uint32) {
	row.Record, row.Owner = r, owner
	has := r.Has &^ derivedBits
	if r.Has&ingressBits != 0 && r.In != 0 {
		has |= ingressBits
	}
	if r.Has&egressBits != 0 && r.Out != 0 {
		has |= egressBits
	}
	if has&bit(flow.SourceAddress) == 0 {
		has &^= bit(flow.SourceCIDR)
	}
	if has&bit(flow.DestinationAddress) == 0 {
		has &^= bit(flow.DestinationCIDR)
	}
	row.Has = has
	row.Side = flow.Ingress
	if r.Direction == flow.Egress {
		row.Side = flow.Egress
	}
	row.observe()
	if row.Family = family(r); row.Family != NoFamily {
		row.Has |= bit(flow.NetworkType)
	}
	if row.Application = enrich.ApplicationOf(r); row.Application != 0 {
		row.Has |= bit(flow.Application)
	}
}

// observe derives the interface at the observation point from the side and the two interfaces.
func (row *Row) observe() {
	row.Has |= bit(flow.InterfaceDirection)
	from := ingressBits
	row.Index = row.In
	if row.Side == flow.Egress {
		from, row.Index = egressBits, row.Out
	}
	if row.Has&from != 0 {
		row.Has |= bit(flow.InterfaceName)
	}
}

// complete derives what a row read back from a base's key does not hold.
func (row *Row) complete() {
	if row.Has&ingressBits != 0 {
		row.Has |= ingressBits
	}
	if row.Has&egressBits != 0 {
		row.Has |= egressBits
	}
	if row.Side == flow.DirectionUnknown {
		row.Side = flow.Ingress
	}
	row.observe()
}

// Forwarded returns the row as its egress interface sees it. The record is shared.
func (row *Row) Forwarded() Row {
	f := *row
	f.Side = flow.Egress
	f.observe()
	return f
}

func family(r *flow.Record) Family {
	if r.Has.Contains(flow.NetworkType) && r.EtherType != 0 {
		switch r.EtherType {
		case etherIPv4:
			return IPv4
		case etherIPv6:
			return IPv6
		}
		return NoFamily
	}
	if !r.Has.Contains(flow.SourceAddress) {
		return NoFamily
	}
	if mapped(&r.SrcAddr) {
		return IPv4
	}
	return IPv6
}

// mapped tells whether a is an IPv4 address in its 16-byte form.
func mapped(a *[16]byte) bool {
	return binary.BigEndian.Uint64(a[:8]) == 0 && binary.BigEndian.Uint32(a[8:12]) == 0xffff
}

const addressBits = 1<<flow.SourceAddress | 1<<flow.DestinationAddress | 1<<flow.SourceCIDR | 1<<flow.DestinationCIDR |
	1<<flow.NextHop | 1<<flow.BGPNextHop | 1<<flow.NATSource | 1<<flow.NATDestination

// narrow tells whether all addresses that the row has among dims are IPv4.
func (row *Row) narrow(dims flow.Fields) bool {
	dims &= row.Has
	if dims&addressBits == 0 {
		return true
	}
	ok := dims&(bit(flow.SourceAddress)|bit(flow.SourceCIDR)) == 0 || mapped(&row.SrcAddr)
	ok = ok && (dims&(bit(flow.DestinationAddress)|bit(flow.DestinationCIDR)) == 0 || mapped(&row.DstAddr))
	const rest = 1<<flow.NextHop | 1<<flow.BGPNextHop | 1<<flow.NATSource | 1<<flow.NATDestination
	if !ok || dims&rest == 0 {
		return ok
	}
	return (dims&bit(flow.NextHop) == 0 || mapped(&row.NextHop)) &&
		(dims&bit(flow.BGPNextHop) == 0 || mapped(&row.BGPNextHop)) &&
		(dims&bit(flow.NATSource) == 0 || mapped(&row.NATSrcAddr)) &&
		(dims&bit(flow.NATDestination) == 0 || mapped(&row.NATDstAddr))
}
