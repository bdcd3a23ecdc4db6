package sflow

// skippedRecords are the flow records that are published and say nothing that a flow has a dimension for, by format
// (enterprise 0) in ascending order. They are skipped by their length and counted by name.
var skippedRecords = [...]struct {
	format uint32
	name   string
}{
	{1004, "user"},
	{1005, "url"},
	{1008, "mpls_tunnel"},
	{1009, "mpls_vc"},
	{1010, "mpls_ftn"},
	{1011, "mpls_ldp_fec"},
	{1012, "vlan_tunnel"},
	{1013, "80211_payload"},
	{1014, "80211_rx"},
	{1015, "80211_tx"},
	{1016, "80211_aggregation"},
	{1021, "l2_tunnel_egress"},
	{1022, "l2_tunnel_ingress"},
	{1023, "ipv4_tunnel_egress"},
	{1024, "ipv4_tunnel_ingress"},
	{1025, "ipv6_tunnel_egress"},
	{1026, "ipv6_tunnel_ingress"},
	{1027, "decapsulate_egress"},
	{1028, "decapsulate_ingress"},
	{1036, "egress_queue"},
	{1037, "acl"},
	{1038, "function"},
	{1039, "transit_delay"},
	{1040, "queue_depth"},
	{1041, "hw_trap"},
	{1042, "linux_drop_reason"},
	{2100, "socket_ipv4"},
	{2101, "socket_ipv6"},
	{2102, "proxy_socket_ipv4"},
	{2103, "proxy_socket_ipv6"},
	{2202, "app_operation"},
	{2203, "app_parent_context"},
	{2204, "app_initiator"},
	{2205, "app_target"},
	{2206, "http_request"},
	{2207, "proxy_request"},
	{2209, "tcp_info"},
	{2210, "entities"},
}

// SkippedRecords is how many kinds of records are skipped by name.
const SkippedRecords = len(skippedRecords)

// SkippedName returns the name of the kind with a number below SkippedRecords.
func SkippedName(i int) string { return skippedRecords[i].name }

// skip counts a flow record that is not decoded.
func (s *Stats) skip(format uint32) {
	low, high := 0, len(skippedRecords)
	for low < high {
		if mid := int(uint(low+high) >> 1); skippedRecords[mid].format < format {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(skippedRecords) && skippedRecords[low].format == format {
		s.Skipped[low]++
		return
	}
	s.unknown(UnknownFlowRecord, format)
}
