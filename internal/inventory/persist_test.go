package inventory

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// learned is a registry that SNMP filled.
func learned(t testing.TB) *Registry {
	t.Helper()
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:1161", ""))
	r.Learn(id, Facts{
		SysName: "core1", Addresses: addrs("192.0.2.1", "2001:db8::1"), Descriptive: Descriptive{Serial: "FOC1", EngineID: "8000", SysDescr: "a switch"},
		Interfaces: []Interface{{Index: 7, Name: "Gi0/7", Alias: "uplink", Type: 6, MAC: "00:11:22:33:44:55", ReceiveSpeed: 1e9, TransmitSpeed: 1e9}},
	})
	return r
}

func TestRestoreKeepsWhoIsWho(t *testing.T) {
	r := NewRegistry(Options{})
	require.NoError(t, r.Unmarshal(learned(t).Marshal()))
	d := r.Exporter(addr("192.0.2.1"), 0)
	assert.Equal(t, learned(t).Device("10.0.0.1"), d)

	d2 := snmp("10.0.0.1:161", "")
	d2.Attributes = []Attribute{{"site", "ams1"}}
	assert.Equal(t, "10.0.0.1", r.Declare(d2), "another port in the configuration is no other device")
	r.Learn("10.0.0.1", Facts{SysName: "renamed", Descriptive: Descriptive{Serial: "FOC2"}})
	d = r.Device("10.0.0.1")
	assert.Equal(t, "core1", d.Name, "host.name stays pinned across restarts")
	assert.Equal(t, "FOC1", d.HostID)
	assert.Equal(t, []Attribute{{"site", "ams1"}}, d.Attributes)
}

// What a store remembers yields to what is live, and what was learned of a device moves to its new name.
func TestANewNameInTheConfiguration(t *testing.T) {
	r := NewRegistry(Options{})
	require.NoError(t, r.Unmarshal(learned(t).Marshal()))
	assert.Equal(t, "ams1-core", r.Declare(snmp("10.0.0.1:1161", "ams1-core")))
	require.Len(t, r.Devices(), 1)
	assert.Equal(t, "ams1-core", r.Exporter(addr("192.0.2.1"), 0).ID)
	assert.Equal(t, "Gi0/7", r.Device("ams1-core").Interfaces[7].Name)
	assert.Empty(t, r.Problems())

	again := NewRegistry(Options{})
	require.NoError(t, again.Unmarshal(r.Marshal()))
	assert.Equal(t, "10.0.0.1", again.Declare(snmp("10.0.0.1:1161", "")), "the name was taken away again")
}

func TestDevicesNobodyDeclaresAreForgottenAfterAWeek(t *testing.T) {
	value := learned(t).Marshal()
	for days, want := range map[int]int{6: 1, 8: 0} {
		r := NewRegistry(Options{Now: func() time.Time { return time.Now().AddDate(0, 0, days) }})
		require.NoError(t, r.Unmarshal(value))
		assert.Len(t, r.Devices(), want, "after %d days", days)
	}
}

func TestStoredDevicesMakeRoom(t *testing.T) {
	r := NewRegistry(Options{MaxDevices: 1})
	require.NoError(t, r.Unmarshal(learned(t).Marshal()))
	assert.Equal(t, "b", r.Declare(snmp("10.0.0.2:161", "b")))
	assert.Nil(t, r.Device("10.0.0.1"))
	assert.Empty(t, r.Problems())
}

func TestDamagedValues(t *testing.T) {
	for name, value := range map[string]string{
		"cut":             string(learned(t).Marshal()[:40]),
		"another version": `{"version":2,"devices":[]}`,
		"not ours":        `[]`,
		"a bad address":   `{"version":1,"devices":[{"id":"a","address":"x"}]}`,
	} {
		r := NewRegistry(Options{})
		assert.ErrorIs(t, r.Unmarshal([]byte(value)), errFormat, name)
		assert.Empty(t, r.Devices(), name)
	}
}

func TestOnlyWhatChangedIsSaved(t *testing.T) {
	stored := map[string][]byte{}
	var failing error
	save := func(r *Registry) (n int, err error) {
		err = r.Save(func(key string, value []byte) error {
			n++
			if failing == nil {
				stored[key] = value
			}
			return failing
		})
		return n, err
	}
	r := NewRegistry(Options{})
	for i := range 1000 {
		r.Declare(snmp(fmt.Sprintf("10.0.%d.%d:161", i/250, i%250), ""))
	}
	failing = errors.New("disk full")
	n, err := save(r)
	assert.Equal(t, Shards, n)
	assert.ErrorIs(t, err, failing)
	failing = nil
	n, err = save(r)
	assert.Equal(t, Shards, n, "what failed is saved the next time")
	assert.NoError(t, err)
	n, _ = save(r)
	assert.Zero(t, n)
	r.Learn("10.0.0.7", Facts{SysName: "seven"})
	n, _ = save(r)
	assert.Equal(t, 1, n)

	again := NewRegistry(Options{})
	require.NoError(t, again.Load(func(key string) ([]byte, error) { return stored[key], nil }))
	assert.Len(t, again.Devices(), 1000)
	assert.Equal(t, "seven", again.Device("10.0.0.7").Name)
	n, _ = save(again)
	assert.Zero(t, n, "what was loaded need not be saved")
}

// Whatever is learned comes back, and no address joins two devices.
func TestRestoreIsFaithful(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRegistry(Options{})
		address := rapid.Custom(func(t *rapid.T) netip.Addr {
			return netip.AddrFrom4([4]byte{192, 0, 2, byte(rapid.IntRange(1, 6).Draw(t, "host"))})
		})
		for i := range rapid.IntRange(1, 6).Draw(t, "devices") {
			d := Declaration{Source: "snmp", Address: address.Draw(t, "management"), Name: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name")}
			if rapid.Bool().Draw(t, "target") {
				d.Endpoint = netip.AddrPortFrom(d.Address, uint16(161+i%2)).String()
			}
			id := r.Declare(d)
			r.Learn(id, Facts{
				SysName: rapid.String().Draw(t, "sysName"), Addresses: rapid.SliceOf(address).Draw(t, "addresses"),
				Descriptive: Descriptive{Serial: rapid.String().Draw(t, "serial"), SysDescr: rapid.String().Draw(t, "sysDescr")},
			})
			if rapid.IntRange(0, 5).Draw(t, "retract") == 0 {
				r.Retract(id, "snmp")
			}
		}
		owners := map[netip.Addr]string{}
		for host := range 8 {
			a := netip.AddrFrom4([4]byte{192, 0, 2, byte(host)})
			d := r.Exporter(a, 0)
			if d.Known && r.Device(d.ID) != d {
				t.Fatalf("%v joins a device that is not there: %v", a, d)
			}
			owners[a] = d.ID
		}
		again := NewRegistry(Options{})
		if err := again.Unmarshal(r.Marshal()); err != nil {
			t.Fatal(err)
		}
		for _, d := range r.Devices() {
			got := again.Device(d.ID)
			if got == nil || got.SysName != d.SysName || got.Descriptive != d.Descriptive || got.HostID != d.HostID {
				t.Fatalf("%+v came back as %+v", d, got)
			}
		}
		if string(again.Marshal()) != string(r.Marshal()) {
			t.Fatalf("stored twice it differs:\n%s\n%s", r.Marshal(), again.Marshal())
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(learned(f).Marshal())
	f.Add([]byte(`{"version":1,"devices":[{"id":"a"},{"id":"a","seen":99999999999999},{"id":"b","addresses":["10.0.0.1","::"],"interfaces":[{"i":1,"n":""}]}]}`))
	f.Add([]byte(`{"version":1,"devices":[{"id":"` + strings.Repeat("x", 600) + `","endpoint":"e"}]}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		r := NewRegistry(Options{MaxDevices: 8})
		if err := r.Unmarshal(value); err != nil {
			if len(r.Devices()) != 0 {
				t.Fatal("a damaged value changed something")
			}
			return
		}
		if len(r.Devices()) > 8 {
			t.Fatalf("%d devices", len(r.Devices()))
		}
		id := r.Declare(snmp("10.0.0.1:161", ""))
		r.Learn(id, Facts{SysName: "x", Addresses: addrs("192.0.2.1")})
		if r.Device(id) == nil {
			t.Fatal("a declared device is not there")
		}
		for _, d := range r.Devices() {
			if d.ID == "" || len(d.Name) > 2*maxName || len(d.Interfaces) > maxInterfaces {
				t.Fatalf("%+v", d)
			}
		}
		if err := NewRegistry(Options{}).Unmarshal(r.Marshal()); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkExporter(b *testing.B) {
	r := learned(b)
	a := addr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		r.Exporter(a, 0)
	}
}

func TestExporterOfAKnownDeviceAllocatesNothing(t *testing.T) {
	r, a := learned(t), addr("192.0.2.1")
	assert.Zero(t, testing.AllocsPerRun(100, func() { r.Exporter(a, 0) }))
}
