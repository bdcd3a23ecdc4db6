package mib

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

func TestNameSplitsInstances(t *testing.T) {
	for _, c := range []struct{ oid, name, index string }{
		{"1.3.6.1.2.1.1.3.0", "SNMPv2-MIB::sysUpTime", "0"},
		{"1.3.6.1.2.1.2.2.1.8.436207616", "IF-MIB::ifOperStatus", "436207616"},
		{"1.3.6.1.2.1.31.1.1.1.18.5", "IF-MIB::ifAlias", "5"},
		{"1.3.6.1.2.1.15.3.1.2.192.0.2.200", "BGP4-MIB::bgpPeerState", "192.0.2.200"},
		{"1.3.6.1.2.1.14.10.1.6.10.0.0.1.0", "OSPF-MIB::ospfNbrState", "10.0.0.1.0"},
		{"1.3.6.1.2.1.33.1.6.3.2", "UPS-MIB::upsAlarmOnBattery", ""},
	} {
		n, index, ok := Name(pdu.MustOID(c.oid))
		require.True(t, ok, c.oid)
		require.Equal(t, c.name, n.Name)
		require.Equal(t, c.index, index.String(), c.oid)
	}
	for _, unknown := range []string{"1.3.6.1.4.1.99999.1", "1.3.6.1.2.1.2.2.1", "1.3"} {
		_, _, ok := Name(pdu.MustOID(unknown))
		require.False(t, ok, unknown)
	}
	_, _, ok := Name(nil)
	require.False(t, ok)
}

// A v1 trap of a MIB without the 0 is known under both of its names (RFC 3584 §3.1).
func TestNotificationNames(t *testing.T) {
	for oid, want := range map[string]string{
		"1.3.6.1.6.3.1.1.5.3":        "IF-MIB::linkDown",
		"1.3.6.1.2.1.15.0.2":         "BGP4-MIB::bgpBackwardTransNotification",
		"1.3.6.1.2.1.15.7.2":         "BGP4-MIB::bgpBackwardTransition",
		"1.3.6.1.2.1.15.7.0.2":       "BGP4-MIB::bgpBackwardTransition",
		"1.3.6.1.2.1.14.16.2.0.2":    "OSPF-TRAP-MIB::ospfNbrStateChange",
		"1.3.6.1.2.1.33.2.0.3":       "UPS-MIB::upsTrapAlarmEntryAdded",
		"1.3.6.1.2.1.47.2.0.1":       "ENTITY-MIB::entConfigChange",
		"1.3.6.1.4.1.9.9.41.2.0.1":   "CISCO-SYSLOG-MIB::clogMessageGenerated",
		"1.3.6.1.4.1.99999.0.1":      "",
		"1.3.6.1.6.3.1.1.5.3.0.1024": "",
	} {
		got, ok := Notification(pdu.MustOID(oid))
		require.Equal(t, want != "", ok, oid)
		require.Equal(t, want, got, oid)
	}
}

// Labels are counted from 0; every index that a column is said to have is a node of its own table or a known name.
func TestNodesAreConsistent(t *testing.T) {
	n, _, _ := Name(pdu.MustOID("1.3.6.1.2.1.2.2.1.8"))
	for v, want := range map[int64]string{-1: "", 0: "", 1: "up", 2: "down", 7: "lowerLayerDown", 8: ""} {
		got, ok := n.Label(v)
		require.Equal(t, want, got)
		require.Equal(t, want != "", ok)
	}
	seen := map[string]bool{}
	count := 0
	for _, m := range modules {
		for _, d := range m.nodes {
			require.False(t, seen[m.root+"."+d.oid], "%s twice", d.name)
			seen[m.root+"."+d.oid] = true
			count++
		}
	}
	require.Greater(t, count, 90)
	for _, m := range modules { // none is hidden by another of the same identifier
		for _, d := range m.nodes {
			n, rest, ok := Name(pdu.MustOID(m.root + "." + d.oid))
			require.True(t, ok)
			require.Empty(t, rest)
			require.Equal(t, m.name+"::"+d.name, n.Name)
		}
	}
}
