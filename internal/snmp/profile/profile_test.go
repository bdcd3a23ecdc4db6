package profile

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

func set(a *agenttest.Agent, object string, v agenttest.Value, index ...uint32) {
	o, err := mib.Lookup(object)
	if err != nil {
		panic(err)
	}
	for _, x := range index {
		o.OID = pdu.AppendSub(o.OID, x)
	}
	a.Set(o.OID, v)
}

func read(t *testing.T, a *agenttest.Agent, columns []walk.Column) *walk.Rows {
	rows := &walk.Rows{}
	w := &walk.Walk{Columns: columns, Limits: &walk.Limits{}, Rows: rows}
	require.NoError(t, w.Run(context.Background(), &agenttest.Conn{Agent: a}))
	require.Empty(t, w.Problems)
	return rows
}

func TestSpeeds(t *testing.T) {
	for _, tc := range []struct{ speed, high, want uint64 }{
		{1_000_000_000, 1000, 1_000_000_000},
		{4294967295, 10_000, 10_000_000_000}, // see ifHighSpeed
		{4294967295, 0, 0},                   // says nothing
		{0, 0, 0},                            // unknown
		{0, 100, 100_000_000},
		{1410065408, 10_000, 10_000_000_000}, // 10 Gb/s cut to 32 bits
		{1_536_000, 2, 1_536_000},            // ifHighSpeed is rounded
	} {
		assert.Equal(t, tc.want, speedOf(tc.speed, tc.high), "%+v", tc)
	}
}

// ifXTable lacks a row, HC packets are missing in another, and one has dead HC octets: each value lands in its row.
func TestRaggedInterfaces(t *testing.T) {
	p := Generic()
	a := &agenttest.Agent{}
	for _, i := range []uint32{1, 2, 3, 436207616} {
		set(a, "IF-MIB::ifDescr", agenttest.Text("port"), i)
		set(a, "IF-MIB::ifOperStatus", agenttest.Uint(pdu.Integer, 1), i)
		set(a, "IF-MIB::ifInOctets", agenttest.Uint(pdu.Counter32, uint64(i)%1000+10), i)
		set(a, "IF-MIB::ifInUcastPkts", agenttest.Uint(pdu.Counter32, 5), i)
		set(a, "IF-MIB::ifInNUcastPkts", agenttest.Uint(pdu.Counter32, 6), i)
	}
	for _, i := range []uint32{1, 3, 436207616} {
		set(a, "IF-MIB::ifHCInOctets", agenttest.Uint(pdu.Counter64, uint64(i)+1<<40), i)
	}
	set(a, "IF-MIB::ifHCInOctets", agenttest.Uint(pdu.Counter64, 0), 3)
	set(a, "IF-MIB::ifInMulticastPkts", agenttest.Uint(pdu.Counter32, 7), 1)
	x := &p.Interfaces
	rows := read(t, a, x.Polled.Columns)
	wanted := x.Wanted(rows)
	want := func(i int, object string) bool {
		o, _ := mib.Lookup(object)
		for c := range x.Polled.Columns {
			if x.Polled.Columns[c].OID.String() == o.OID.String() {
				return wanted(i, c)
			}
		}
		t.Fatal(object)
		return false
	}
	assert.True(t, want(0, "IF-MIB::ifHCInOctets"))
	assert.False(t, want(0, "IF-MIB::ifInOctets"))
	assert.True(t, want(1, "IF-MIB::ifInOctets"), "no 64-bit counter: the 32-bit one")
	assert.True(t, want(2, "IF-MIB::ifInOctets"), "the 64-bit one may be dead: both")
	assert.False(t, want(0, "IF-MIB::ifInNUcastPkts"), "multicast is told apart")
	assert.True(t, want(1, "IF-MIB::ifInNUcastPkts"))

	samples := x.Samples(nil, rows, func(i uint32) (inventory.Interface, bool) { return inventory.Interface{Index: i, Name: "n"}, true })
	require.Len(t, samples, 4)
	assert.Equal(t, netif.Reading{Value: 1<<40 + 1, Bits: 64}, samples[0].Octets.HC.Receive)
	assert.Equal(t, netif.Reading{}, samples[1].Octets.HC.Receive, "no column shifts")
	assert.Equal(t, netif.Reading{Value: 12, Bits: 32}, samples[1].Octets.Low.Receive)
	assert.EqualValues(t, 436207616, samples[3].Index)
	assert.EqualValues(t, 1, samples[3].OperStatus)
}

func TestAddresses(t *testing.T) {
	p := Generic()
	a := &agenttest.Agent{}
	one := agenttest.Uint(pdu.Integer, 1)
	set(a, "IP-MIB::ipAddressIfIndex", one, 1, 4, 192, 0, 2, 1)
	set(a, "IP-MIB::ipAddressIfIndex", one, 1, 4, 127, 0, 0, 1)
	set(a, "IP-MIB::ipAddressIfIndex", one, 2, 16, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)
	set(a, "IP-MIB::ipAddressIfIndex", one, 2, 16, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)
	set(a, "IP-MIB::ipAddressIfIndex", one, 2, 16, 1, 2, 3)
	set(a, "IP-MIB::ipAddressIfIndex", one, 1, 4, 192, 0, 2, 999)
	set(a, "IP-MIB::ipAdEntIfIndex", one, 198, 51, 100, 7)
	got := p.AddressesOf(read(t, a, p.Addresses.Columns))
	// Which of them tell a device from others is the inventory's to judge.
	var want []netip.Addr
	for _, a := range []string{"192.0.2.1", "127.0.0.1", "2001:db8::9", "fe80::9", "198.51.100.7"} {
		want = append(want, netip.MustParseAddr(a))
	}
	assert.ElementsMatch(t, want, got)
}

func TestChassis(t *testing.T) {
	p := Generic()
	a := &agenttest.Agent{}
	for i, class := range []uint64{9, 3, 3} {
		n := uint32(i + 1)
		set(a, "ENTITY-MIB::entPhysicalClass", agenttest.Uint(pdu.Integer, class), n)
		set(a, "ENTITY-MIB::entPhysicalSerialNum", agenttest.Text([]string{"MODULE", "CHASSIS", "SECOND"}[i]), n)
		set(a, "ENTITY-MIB::entPhysicalModelName", agenttest.Text("X-48"), n)
	}
	var d inventory.Descriptive
	p.Chassis(&d, read(t, a, p.Entities.Columns))
	assert.Equal(t, "CHASSIS", d.Serial)
	assert.Equal(t, "X-48", d.Model)
}

func TestMistakesNameTheirKey(t *testing.T) {
	const head = "name: x\nuptime: {agent: SNMPv2-MIB::sysUpTime.0}\n"
	for text, want := range map[string]string{
		"":                "empty",
		"name: x\nnam: y": "nam",
		head + "device: {sysname: [SNMPv2-MIB::sysName.0]}":                                            `"sysname" is not one of`,
		head + "device: {sys_name: [SNMPv2-MIB::sysNames.0]}":                                          "sys_name",
		head + "tables: [{name: a, role: port}]":                                                       `role: "port"`,
		head + "tables: [{name: a, role: interfaces}]":                                                 "index",
		head + "tables: [{name: a, role: interfaces, index: ifIndex, counters: {bytes: {}}}]":          `counters: "bytes"`,
		head + "tables: [{name: a, role: interfaces, index: ifIndex, status: {oper: IF-MIB::ifOper}}]": "IF-MIB::ifOper",
		head + "tables: [{name: a, role: addresses, columns: {inet: IP-MIB::ipAddressIfIndex}}]":       `columns: "inet"`,
		"name: x\nuptime: {agent: nothing}":                                                            "uptime: agent",
	} {
		_, err := Compile([]byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(genericYAML)
	f.Add([]byte("name: x\nuptime: {agent: 1.3.6}\ntables: [{name: a, role: interfaces, index: ifIndex}]"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if p, err := Compile(text); err == nil {
			p.Interfaces.Wanted(&walk.Rows{})
		}
	})
}

func FuzzIndexes(f *testing.F) {
	p := Generic()
	f.Add([]byte{1, 4, 10, 0, 0, 1})
	f.Fuzz(func(t *testing.T, index []byte) {
		if !pdu.OID(index).Valid() {
			return
		}
		a := &agenttest.Agent{}
		for _, c := range p.Addresses.Columns {
			a.Set(append(append(pdu.OID{}, c.OID...), index...), agenttest.Uint(pdu.Integer, 1))
		}
		p.AddressesOf(read(t, a, p.Addresses.Columns))
	})
}
