package mib

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIfTypeNames(t *testing.T) {
	for ifType, want := range map[uint32]string{
		1: "other", 6: "ethernetCsmacd", 24: "softwareLoopback", 53: "propVirtual", 71: "ieee80211", 117: "gigabitEthernet", 131: "tunnel",
		135: "l2vlan", 136: "l3ipvlan", 145: "if-gsn", 161: "ieee8023adLag", 209: "bridge", 250: "gpon", 272: "vmwareNicTeam",
		0: "0", 9999: "9999", 1<<32 - 1: "4294967295",
	} {
		assert.Equal(t, want, IfTypeName(ifType))
	}
	sorted := slices.Sorted(slices.Values(IfTypeNames()))
	assert.Len(t, slices.Compact(sorted), len(IfTypeNames()), "no name stands twice")
}
