package aggregate

import (
	"net/netip"
	"slices"

	"github.com/netcol-io/netcol/internal/flow"
)

// Kind says which records a view counts.
type Kind uint8

const (
	// Observed counts every record, at its observation point.
	Observed Kind = iota
	// Forwarded counts records observed at ingress that left by a known interface: the outbound picture of an
	// exporter that meters at ingress. Dropped packets have no egress.
	Forwarded
)

// View is a stream of sums with its own dimensions and limit.
type View struct {
	Name       string
	Kind       Kind
	Dimensions []flow.Dimension
	Limit      int // most keys per exporter and window; the rest is overflow
	Filter     []Condition
}

// Condition holds for rows whose dimension has one of the values (numbers as the wire has them, Sides and Families as
// here), or, for addresses, lies in one of the prefixes.
type Condition struct {
	Dimension flow.Dimension
	Values    []uint64
	Prefixes  []netip.Prefix
}

// Filterable tells whether a Condition can be about d: by number, by prefix, or not at all.
func Filterable(d flow.Dimension) (number, prefix bool) {
	switch d {
	case flow.SourceAddress, flow.DestinationAddress, flow.NextHop, flow.BGPNextHop, flow.NATSource, flow.NATDestination:
		return false, true
	}
	_, number = plainFields[d]
	return number, false
}

func (c *Condition) holds(row *Row) bool {
	if !row.Has.Contains(c.Dimension) {
		return false
	}
	if a := row.address(c.Dimension); a != nil {
		addr := flow.Addr(*a)
		return slices.ContainsFunc(c.Prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
	return slices.Contains(c.Values, row.load(plainFields[c.Dimension]))
}

func (row *Row) address(d flow.Dimension) *[16]byte {
	switch d {
	case flow.SourceAddress:
		return &row.SrcAddr
	case flow.DestinationAddress:
		return &row.DstAddr
	case flow.NextHop:
		return &row.NextHop
	case flow.BGPNextHop:
		return &row.BGPNextHop
	case flow.NATSource:
		return &row.NATSrcAddr
	case flow.NATDestination:
		return &row.NATDstAddr
	}
	return nil
}

// accepts tells whether the view counts row.
func (v *View) accepts(row *Row) bool {
	if v.Kind == Forwarded && (row.Side == flow.Egress || row.Dropped || row.Has&egressBits == 0) {
		return false
	}
	for i := range v.Filter {
		if !v.Filter[i].holds(row) {
			return false
		}
	}
	return true
}

// needs returns the dimensions that a raw key must hold so that the view can be told from it. A name at the
// observation point follows from the two interfaces and the side.
func (v *View) needs() flow.Fields {
	var need flow.Fields
	for _, d := range v.Dimensions {
		need |= rawDimension(d)
	}
	for _, c := range v.Filter {
		need |= rawDimension(c.Dimension)
	}
	if v.Kind == Forwarded {
		need |= bit(flow.EgressIndex) | bit(flow.InterfaceDirection)
	}
	return need
}

// rawDimension returns d in terms of what a raw key holds: indexes, not names.
func rawDimension(d flow.Dimension) flow.Fields {
	switch d {
	case flow.InterfaceName:
		return bit(flow.IngressIndex) | bit(flow.EgressIndex) | bit(flow.InterfaceDirection)
	case flow.IngressInterface:
		return bit(flow.IngressIndex)
	case flow.EgressInterface:
		return bit(flow.EgressIndex)
	}
	return bit(d)
}
