package inventory

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var addr = netip.MustParseAddr

func addrs(s ...string) (out []netip.Addr) {
	for _, a := range s {
		out = append(out, addr(a))
	}
	return out
}

func snmp(endpoint, name string) Declaration {
	d := Declaration{Source: "snmp", Endpoint: endpoint, Name: name}
	if ap, err := netip.ParseAddrPort(endpoint); err == nil {
		d.Address = ap.Addr()
	}
	return d
}

func attributes(r *Registry, d *Device) map[string]any {
	res := pcommon.NewResource()
	r.Resource(d, res)
	return res.Attributes().AsRaw()
}

// A device that is polled on one address and exports flows from another is one resource.
func TestOneDeviceManyAddresses(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	require.Equal(t, "10.0.0.1", id)
	assert.Equal(t, map[string]any{
		"service.instance.id": "10.0.0.1", "service.name": "network-device", "host.name": "10.0.0.1",
	}, attributes(r, r.Device(id)), "before the device has answered")

	r.Learn(id, Facts{
		SysName: "ams1-core", Addresses: addrs("10.0.0.1", "192.0.2.1", "2001:db8::1", "127.0.0.1", "fe80::1"),
		Descriptive: Descriptive{EngineID: "80000009", Serial: "FOC1"},
	})
	for _, a := range []string{"10.0.0.1", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"} {
		assert.Equal(t, map[string]any{
			"service.instance.id": "10.0.0.1", "service.name": "network-device", "host.name": "ams1-core", "host.id": "FOC1",
		}, attributes(r, r.Exporter(addr(a), 0)), a)
	}
	for _, a := range []string{"127.0.0.1", "fe80::1", "203.0.113.9"} {
		d := r.Exporter(addr(a), 0)
		assert.False(t, d.Known, a)
		assert.Equal(t, a, d.ID)
		assert.Equal(t, a, d.Name)
	}
	assert.Len(t, r.Devices(), 1, "devices made up from addresses are not stored")
}

func TestIdentityNeverChangesFromDiscovery(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	r.Learn(id, Facts{SysName: "first", Descriptive: Descriptive{EngineID: "8000"}})
	r.Learn(id, Facts{SysName: "second", Descriptive: Descriptive{EngineID: "8001", Serial: "S1"}})
	d := r.Device(id)
	assert.Equal(t, "10.0.0.1", d.ID)
	assert.Equal(t, "first", d.Name, "host.name is pinned when first learned")
	assert.Equal(t, "8000", d.HostID, "host.id is pinned once known")
	assert.Equal(t, "second", d.SysName)
	assert.Equal(t, "8001", d.EngineID)
}

func TestConfigurationWins(t *testing.T) {
	r := NewRegistry(Options{ServiceName: "switch"})
	d := snmp("10.0.0.1:161", "core1")
	d.HostID, d.Attributes = "asset-7", []Attribute{{"site", "ams1"}, {"host.name", "never"}, {"service.instance.id", "never"}}
	id := r.Declare(d)
	r.Learn(id, Facts{SysName: "sysname", Descriptive: Descriptive{Serial: "S1"}})
	assert.Equal(t, map[string]any{
		"service.instance.id": "core1", "service.name": "switch", "host.name": "core1", "host.id": "asset-7", "site": "ams1",
	}, attributes(r, r.Device(id)))
	assert.Equal(t, "core1", r.Device(id).Name)
}

func TestAPartialPollErasesNothing(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", "core1"))
	r.Learn(id, Facts{
		SysName: "a", Addresses: addrs("192.0.2.1"), Interfaces: []Interface{{Index: 7, Name: "Gi0/7"}}, Descriptive: Descriptive{Model: "C9300"},
	})
	before, generation := r.Device(id), r.Generation()
	r.Learn(id, Facts{})
	r.Learn(id, Facts{SysName: "a", Interfaces: []Interface{{Index: 7, Name: "Gi0/7"}}})
	assert.Same(t, before, r.Device(id), "nothing new: no new snapshot")
	assert.Equal(t, generation, r.Generation())

	r.Learn(id, Facts{Interfaces: []Interface{}})
	assert.Empty(t, r.Device(id).Interfaces, "an empty table is knowledge, an absent one is not")
	assert.Equal(t, "Gi0/7", before.Interfaces[7].Name, "what a reader holds stays as it was")
	assert.NotEqual(t, generation, r.Generation())
	r.Learn("nobody", Facts{SysName: "x"})
	assert.Nil(t, r.Device("nobody"))
}

func TestAnAddressTwoDevicesClaimJoinsNothing(t *testing.T) {
	var told []string
	r := NewRegistry(Options{OnProblem: func(p Problem) { told = append(told, p.String()) }})
	a, b := r.Declare(snmp("10.0.0.1:161", "a")), r.Declare(snmp("10.0.0.2:161", "b"))
	r.Learn(a, Facts{Addresses: addrs("10.0.0.1", "10.255.0.1")})
	r.Learn(b, Facts{Addresses: addrs("10.0.0.2", "10.255.0.1", "10.0.0.1")})

	assert.False(t, r.Exporter(addr("10.255.0.1"), 0).Known)
	assert.Equal(t, "a", r.Exporter(addr("10.0.0.1"), 0).ID, "a configured address wins over what another device says")
	assert.Equal(t, 1, r.Conflicts())
	assert.Equal(t, []string{"address 10.255.0.1 is claimed by several devices and joins none of them: a, b"}, told)
	r.Learn(b, Facts{Addresses: addrs("10.0.0.2", "10.255.0.1")})
	assert.Len(t, told, 1, "said once")

	r.Learn(b, Facts{Addresses: addrs("10.0.0.2")})
	assert.Equal(t, "a", r.Exporter(addr("10.255.0.1"), 0).ID)
	assert.Zero(t, r.Conflicts())
	assert.Empty(t, r.Problems())
}

func TestObservationDomainsBehindOneAddress(t *testing.T) {
	r := NewRegistry(Options{})
	nat := addr("198.51.100.1")
	five, six := uint32(5), uint32(6)
	r.Declare(Declaration{Source: "netflow", Address: nat, Name: "east", ObservationDomain: &five})
	r.Declare(Declaration{Source: "netflow", Addresses: []netip.Addr{nat}, Name: "west", ObservationDomain: &six})
	r.Declare(snmp("10.0.0.1:161", "east"))
	assert.Equal(t, "east", r.Exporter(nat, 5).ID)
	assert.Equal(t, "west", r.Exporter(nat, 6).ID)
	assert.Equal(t, "198.51.100.1", r.Exporter(nat, 7).ID)
	assert.Equal(t, "east", r.Exporter(addr("10.0.0.1"), 9).ID)
	assert.Zero(t, r.Conflicts())
	assert.Equal(t, addrs("10.0.0.1"), r.Device("east").Addresses, "the shared address is not its own")

	r.Declare(Declaration{Source: "netflow", Address: nat, Name: "gateway"})
	assert.Equal(t, "gateway", r.Exporter(nat, 7).ID)
	assert.Equal(t, "east", r.Exporter(nat, 5).ID)
}

// Components start in no fixed order: who declares first must not show.
func TestTwoReceiversDeclareOneDevice(t *testing.T) {
	site := []Attribute{{"site", "ams1"}}
	for name, declarations := range map[string][]Declaration{
		"a bare exporter and a named target": {
			{Source: "netflow", Address: addr("10.0.0.1")}, snmp("10.0.0.1:161", "core1"),
		},
		"an exporter with attributes and a named target": {
			{Source: "netflow", Address: addr("10.0.0.1"), Attributes: site}, snmp("10.0.0.1:161", "core1"),
		},
		"an exporter at a second configured address": {
			{Source: "netflow", Address: addr("192.0.2.1"), Attributes: site},
			{Source: "snmp", Address: addr("10.0.0.1"), Endpoint: "10.0.0.1:161", Name: "core1", Addresses: addrs("192.0.2.1")},
		},
		"a named exporter and a nameless target": {
			{Source: "netflow", Address: addr("10.0.0.1"), Name: "core1"}, snmp("10.0.0.1:161", ""),
		},
		"the same name twice": {
			{Source: "netflow", Address: addr("192.0.2.1"), Name: "core1"}, snmp("10.0.0.1:161", "core1"),
		},
	} {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			t.Run(fmt.Sprint(name, order), func(t *testing.T) {
				r := NewRegistry(Options{})
				ids := []string{r.Declare(declarations[order[0]]), r.Declare(declarations[order[1]])}
				require.Len(t, r.Devices(), 1)
				assert.Equal(t, "core1", r.Devices()[0].ID)
				for _, id := range ids {
					assert.Equal(t, "core1", r.Device(id).ID)
				}
				for _, d := range declarations {
					assert.Equal(t, "core1", r.Exporter(d.Address, 0).ID)
					for _, a := range d.Attributes {
						assert.Equal(t, []Attribute{a}, r.Devices()[0].Attributes)
					}
				}
				r.Learn(ids[0], Facts{SysName: "learned"})
				assert.Equal(t, "learned", r.Devices()[0].SysName)
			})
		}
	}
}

func TestDeclaringAgain(t *testing.T) {
	r := NewRegistry(Options{})
	d := snmp("10.0.0.1:161", "core1")
	d.Addresses, d.Attributes = addrs("192.0.2.1"), []Attribute{{"site", "ams1"}}
	assert.Equal(t, "core1", r.Declare(d))
	d.Addresses, d.Attributes = addrs("192.0.2.2"), nil
	assert.Equal(t, "core1", r.Declare(d))
	assert.Empty(t, r.Device("core1").Attributes, "a reload takes back what is no longer there")
	assert.Equal(t, addrs("10.0.0.1", "192.0.2.2"), r.Device("core1").Addresses)
	assert.False(t, r.Exporter(addr("192.0.2.1"), 0).Known)

	r.Retract("core1", "netflow")
	assert.NotNil(t, r.Device("core1"), "not netflow's to take back")
	r.Retract("core1", "snmp")
	assert.Nil(t, r.Device("core1"))
	assert.False(t, r.Exporter(addr("10.0.0.1"), 0).Known)
	assert.Zero(t, r.Addresses())
}

func TestAgentsToldApartByPort(t *testing.T) {
	r := NewRegistry(Options{})
	assert.Equal(t, "127.0.0.1", r.Declare(snmp("127.0.0.1:1161", "")))
	assert.Equal(t, "127.0.0.1:1162", r.Declare(snmp("127.0.0.1:1162", "")))
	assert.Equal(t, "127.0.0.1", r.Declare(snmp("127.0.0.1:1161", "")))
	assert.Equal(t, "127.0.0.1:1162", r.Declare(snmp("127.0.0.1:1162", "")))
	assert.False(t, r.Exporter(addr("127.0.0.1"), 0).Known, "the address alone does not say which")
	assert.Equal(t, 1, r.Conflicts())
}

func TestATargetKeepsItsIDWhenItsNameResolves(t *testing.T) {
	r := NewRegistry(Options{})
	assert.Equal(t, "core1.example", r.Declare(Declaration{Endpoint: "udp://core1.example:161"}))
	assert.Equal(t, "core1.example", r.Declare(Declaration{Endpoint: "udp://core1.example:161", Address: addr("10.0.0.1")}))
	assert.Equal(t, "core1.example", r.Exporter(addr("10.0.0.1"), 0).ID)
	assert.Equal(t, "", r.Declare(Declaration{}), "nothing to identify")
}

func TestRepeatedHostIDsMergeNothing(t *testing.T) {
	r := NewRegistry(Options{})
	a, b := r.Declare(snmp("10.0.0.1:161", "")), r.Declare(snmp("10.0.0.2:161", ""))
	r.Learn(a, Facts{Descriptive: Descriptive{EngineID: "80001f88"}})
	r.Learn(b, Facts{Descriptive: Descriptive{EngineID: "80001f88"}})
	assert.Len(t, r.Devices(), 2)
	assert.Equal(t, []Problem{{Kind: HostIDConflict, Value: "80001f88", Devices: []string{a, b}}}, r.Problems())
	r.Retract(b, "snmp")
	assert.Empty(t, r.Problems())
}

func TestFillerSerialNumbersIdentifyNothing(t *testing.T) {
	for serial, want := range map[string]string{"FOC1": "FOC1", "N/A": "8000", "0000000000": "8000", "1234567890": "8000", "To be filled by O.E.M.": "8000"} {
		r := NewRegistry(Options{})
		id := r.Declare(snmp("10.0.0.1:161", ""))
		r.Learn(id, Facts{Descriptive: Descriptive{EngineID: "8000", Serial: serial}})
		assert.Equal(t, want, r.Device(id).HostID, serial)
	}
}

func TestAReplacedBoxIsTold(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	r.Learn(id, Facts{Descriptive: Descriptive{EngineID: "8000", Serial: "S1"}})
	r.Learn(id, Facts{Descriptive: Descriptive{EngineID: "8001", Serial: "S2"}})
	require.Len(t, r.Problems(), 1)
	assert.Equal(t, BoxReplaced, r.Problems()[0].Kind)
	assert.Equal(t, "S1", r.Device(id).HostID)
}

func TestHostileStrings(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	huge := string(make([]byte, 70_000))
	r.Learn(id, Facts{
		SysName:    "core\x00\x1b[31m\u202e1" + huge,
		Interfaces: []Interface{{Index: 1, Name: "eth\r\n0"}, {Index: 2, Name: huge}},
	})
	d := r.Device(id)
	assert.Equal(t, "core [31m1", d.Name)
	assert.Equal(t, "eth 0", d.Interfaces[1].Name)
	assert.Equal(t, "if2", d.Interfaces[2].Name)
}

func TestBounds(t *testing.T) {
	r := NewRegistry(Options{MaxDevices: 2})
	r.Declare(snmp("10.0.0.1:161", "a"))
	r.Declare(snmp("10.0.0.2:161", "b"))
	assert.Equal(t, "", r.Declare(snmp("10.0.0.3:161", "c")))
	assert.Equal(t, 2, r.Len())
	require.Len(t, r.Problems(), 1)
	assert.Equal(t, LimitReached, r.Problems()[0].Kind)

	many := make([]Interface, maxInterfaces+1)
	for i := range many {
		many[i] = Interface{Index: uint32(i + 1), Name: fmt.Sprint("if", i+1)}
	}
	list := make([]netip.Addr, maxAddresses+1)
	for i := range list {
		list[i] = netip.AddrFrom4([4]byte{20, 0, byte(i >> 8), byte(i)})
	}
	r.Learn("a", Facts{Interfaces: many, Addresses: list})
	assert.Len(t, r.Device("a").Interfaces, maxInterfaces)
	assert.LessOrEqual(t, len(r.Device("a").Addresses), maxAddresses+1)
	assert.Len(t, r.Problems(), 3)
}

func TestOneAddressOfSeveral(t *testing.T) {
	r := NewRegistry(Options{})
	r.Declare(snmp("10.0.0.1:161", "core1"))
	said, from := addr("10.0.0.1"), addr("198.51.100.7")
	assert.Equal(t, "core1", r.ExporterOf(0, said, from).ID)
	assert.Equal(t, "core1", r.ExporterOf(0, addr("203.0.113.1"), said).ID, "the one that is known counts")
	assert.Equal(t, "203.0.113.1", r.ExporterOf(0, netip.Addr{}, addr("203.0.113.1"), from).ID)
	assert.NotNil(t, r.ExporterOf(0))
}

func TestConcurrentUse(t *testing.T) {
	r := NewRegistry(Options{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				id := r.Declare(snmp(fmt.Sprintf("10.0.0.%d:161", i%16), ""))
				r.Learn(id, Facts{SysName: fmt.Sprint(w), Addresses: addrs(fmt.Sprintf("10.1.%d.%d", w, i%16))})
				r.Claim(id, "eth0", []string{"snmp", "sflow"}[w%2], time.Unix(int64(i), 0))
				_ = r.Exporter(addr(fmt.Sprintf("10.1.%d.%d", w, i%16)), 0).Interfaces[1]
				_, _, _ = r.Devices(), r.Marshal(), r.Problems()
				if i%50 == 49 {
					r.Retract(id, "snmp")
				}
			}
		})
	}
	wg.Wait()
}
