package mib

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLookup(t *testing.T) {
	for name, want := range map[string]string{
		"IF-MIB::ifHCInOctets":     "1.3.6.1.2.1.31.1.1.1.6",
		"SNMPv2-MIB::sysUpTime.0":  "1.3.6.1.2.1.1.3.0",
		"1.3.6.1.4.1.9":            "1.3.6.1.4.1.9",
		".1.3.6.1.2.1.47.1.1.1.1":  "1.3.6.1.2.1.47.1.1.1.1",
		"IP-MIB::ipAddressIfIndex": "1.3.6.1.2.1.4.34.1.3",
	} {
		o, err := Lookup(name)
		require.NoError(t, err)
		assert.Equal(t, want, o.OID.String())
	}
	for _, wrong := range []string{"", "IF-MIB::ifHCInOctet", "ifName", "1.x", "4.1"} {
		_, err := Lookup(wrong)
		assert.Error(t, err, wrong)
	}
}

func TestEveryObjectCompiles(t *testing.T) {
	seen := map[string]string{}
	for name := range objects {
		o, err := Lookup(name)
		require.NoError(t, err, name)
		assert.Empty(t, seen[o.OID.String()], "%s and %s", name, seen[o.OID.String()])
		seen[o.OID.String()] = name
	}
}
