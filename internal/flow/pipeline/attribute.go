package pipeline

import (
	"net/netip"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/flow/enrich"
	"github.com/netcol-io/netcol/internal/semconv"
)

// attribute is one dimension's value as points and records show it.
type attribute struct {
	key    string
	text   string
	number int64
	isText bool
	isBool bool // true
}

func (a attribute) put(m pcommon.Map) {
	switch {
	case a.isText:
		m.PutStr(a.key, a.text)
	case a.isBool:
		m.PutBool(a.key, true)
	default:
		m.PutInt(a.key, a.number)
	}
}

// attributes appends the values of those of dims that row has.
func attributes(dst []attribute, dims []flow.Dimension, row *aggregate.Row, names *names) []attribute {
	for _, d := range dims {
		if !row.Has.Contains(d) {
			continue
		}
		a := attribute{key: d.String()}
		if a.text, a.isText = text(d, row, names); !a.isText {
			a.number = number(d, row)
		}
		dst = append(dst, a)
	}
	return dst
}

// text returns the value of a dimension whose values are strings.
func text(d flow.Dimension, row *aggregate.Row, names *names) (string, bool) {
	switch d {
	case flow.SourceAddress:
		return flow.Addr(row.SrcAddr).String(), true
	case flow.DestinationAddress:
		return flow.Addr(row.DstAddr).String(), true
	case flow.SourceCIDR:
		return network(row.SrcAddr, row.SrcMask), true
	case flow.DestinationCIDR:
		return network(row.DstAddr, row.DstMask), true
	case flow.NextHop:
		return flow.Addr(row.NextHop).String(), true
	case flow.BGPNextHop:
		return flow.Addr(row.BGPNextHop).String(), true
	case flow.NATSource:
		return flow.Addr(row.NATSrcAddr).String(), true
	case flow.NATDestination:
		return flow.Addr(row.NATDstAddr).String(), true
	case flow.SourceMAC:
		return mac(row.SrcMAC), true
	case flow.DestinationMAC:
		return mac(row.DstMAC), true
	case flow.Transport:
		return enrich.Transport(row.Transport), true
	case flow.NetworkType:
		if row.Family == aggregate.IPv6 {
			return "ipv6", true
		}
		return "ipv4", true
	case flow.Application:
		return names.text[row.ApplicationName], true
	case flow.DSCP:
		return enrich.DSCP(row.TOS >> 2), true
	case flow.TCPFlags:
		return enrich.TCPFlags(row.TCPFlags), true
	case flow.VRF:
		return names.text[row.VRFName], true
	case flow.InterfaceName:
		return names.text[row.InterfaceName], true
	case flow.IngressInterface:
		return names.text[row.IngressName], true
	case flow.EgressInterface:
		return names.text[row.EgressName], true
	case flow.InterfaceDirection:
		if row.Side == flow.Egress {
			return semconv.InterfaceDirectionEgress, true
		}
		return semconv.InterfaceDirectionIngress, true
	case flow.ForwardingStatus:
		return enrich.ForwardingStatus(row.ForwardingStatus), true
	case flow.EndReason:
		return enrich.EndReason(row.EndReason), true
	case flow.FirewallEvent:
		return enrich.FirewallEvent(row.FirewallEvent), true
	}
	return "", false
}

// number returns the value of any other dimension.
func number(d flow.Dimension, row *aggregate.Row) int64 {
	switch d {
	case flow.SourcePort:
		return int64(row.SrcPort)
	case flow.DestinationPort:
		return int64(row.DstPort)
	case flow.SourceAS:
		return int64(row.SrcAS)
	case flow.DestinationAS:
		return int64(row.DstAS)
	case flow.ICMPType:
		return int64(row.ICMPType)
	case flow.ICMPCode:
		return int64(row.ICMPCode)
	case flow.VLAN:
		return int64(row.VLAN)
	case flow.IngressIndex:
		return int64(row.In)
	case flow.EgressIndex:
		return int64(row.Out)
	case flow.NATSourcePort:
		return int64(row.NATSrcPort)
	case flow.NATDestinationPort:
		return int64(row.NATDstPort)
	case flow.MPLSLabel:
		return int64(row.MPLSLabel)
	case flow.TunnelID:
		return int64(row.TunnelID) //nolint:gosec // an identifier: its bits matter, not its sign
	case flow.ObservationDomain:
		return int64(row.ObservationDomain)
	}
	return 0
}

func network(a [16]byte, bits uint8) string {
	addr := flow.Addr(a)
	return netip.PrefixFrom(addr, min(int(bits), addr.BitLen())).Masked().String()
}

// mac writes a 48-bit address as the inventory does.
func mac(m uint64) string {
	const hex = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for shift := 40; shift >= 0; shift -= 8 {
		o := byte(m >> shift)
		b = append(b, hex[o>>4], hex[o&15], ':')
	}
	return string(b[:17])
}
