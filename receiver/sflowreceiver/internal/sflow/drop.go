package sflow

import "strconv"

// DropReason is why a device dropped a packet: ICMP's codes of "destination unreachable" below 256, sFlow's own from
// 256 on ("sFlow Dropped Packet Notification Structures").
type DropReason uint32

const (
	firstOwnReason = 256
	reasonNoRoute  = 2 // net and host unreachable lie below
	reasonFragment = 4
	// DropReasons is how many reasons DropReason.Ordinal tells apart.
	DropReasons = len(icmpReasons) + len(ownReasons) + 1
)

var icmpReasons = [...]string{
	"net_unreachable", "host_unreachable", "protocol_unreachable", "port_unreachable", "frag_needed", "src_route_failed",
	"dst_net_unknown", "dst_host_unknown", "src_host_isolated", "dst_net_prohibited", "dst_host_prohibited",
	"dst_net_tos_unreachable", "dst_host_tos_unreacheable", "comm_admin_prohibited", "host_precedence_violation", "precedence_cutoff",
}

var ownReasons = [...]string{
	"unknown", "ttl_exceeded", "acl", "no_buffer_space", "red", "traffic_shaping", "pkt_too_big", "src_mac_is_multicast",
	"vlan_tag_mismatch", "ingress_vlan_filter", "ingress_spanning_tree_filter", "port_list_is_empty", "port_loopback_filter",
	"blackhole_route", "non_ip", "uc_dip_over_mc_dmac", "dip_is_loopback_address", "sip_is_mc", "sip_is_loopback_address",
	"ip_header_corrupted", "ipv4_sip_is_limited_bc", "ipv6_mc_dip_reserved_scope", "ipv6_mc_dip_interface_local_scope",
	"unresolved_neigh", "mc_reverse_path_forwarding", "non_routable_packet", "decap_error", "overlay_smac_is_mc",
	"unknown_l2", "unknown_l3", "unknown_l3_exception", "unknown_buffer", "unknown_tunnel", "unknown_l4",
}

// String returns the published name, else the number.
func (r DropReason) String() string {
	if name := reasonName(r.Ordinal()); name != otherReason {
		return name
	}
	return strconv.FormatUint(uint64(r), 10)
}

const otherReason = "other"

// Ordinal numbers the reasons that have a name from 0, and gives all others DropReasons − 1.
func (r DropReason) Ordinal() int {
	switch {
	case r < DropReason(len(icmpReasons)):
		return int(r)
	case r >= firstOwnReason && r-firstOwnReason < DropReason(len(ownReasons)):
		return len(icmpReasons) + int(r-firstOwnReason)
	}
	return DropReasons - 1
}

// DropReasonName returns the name of the reason with an ordinal, "other" for the last.
func DropReasonName(ordinal int) string { return reasonName(ordinal) }

func reasonName(ordinal int) string {
	switch {
	case ordinal < len(icmpReasons):
		return icmpReasons[ordinal]
	case ordinal < DropReasons-1:
		return ownReasons[ordinal-len(icmpReasons)]
	}
	return otherReason
}

// Values of forwardingStatus (IE 89, RFC 7270): "dropped" in the top two bits, a reason below.
const (
	droppedUnknown     = 128
	droppedACL         = 129
	droppedUnroutable  = 131
	droppedFragment    = 133
	droppedTTL         = 137
	droppedPolicer     = 138
	droppedWRED        = 139
	droppedRPF         = 140
	droppedHeader      = 136
	droppedAdjacency   = 132
	reasonTTL          = 257
	reasonACL          = 258
	reasonRED          = 260
	reasonShaping      = 261
	reasonTooBig       = 262
	reasonBlackhole    = 269
	reasonBadHeader    = 275
	reasonUnresolved   = 279
	reasonRPF          = 280
	reasonNetProhibit  = 9
	reasonHostProhibit = 10
	reasonAdmin        = 13
)

// forwardingStatus translates a reason into IE 89, which every export protocol shares.
func (r DropReason) forwardingStatus() uint8 {
	switch r {
	case reasonACL, reasonNetProhibit, reasonHostProhibit, reasonAdmin:
		return droppedACL
	case reasonTTL:
		return droppedTTL
	case reasonRED:
		return droppedWRED
	case reasonShaping:
		return droppedPolicer
	case reasonTooBig, reasonFragment:
		return droppedFragment
	case reasonBlackhole:
		return droppedUnroutable
	case reasonBadHeader:
		return droppedHeader
	case reasonUnresolved:
		return droppedAdjacency
	case reasonRPF:
		return droppedRPF
	}
	if r < reasonNoRoute {
		return droppedUnroutable
	}
	return droppedUnknown
}
