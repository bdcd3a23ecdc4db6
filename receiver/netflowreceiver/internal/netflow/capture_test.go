package netflow

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// captures is where captures of real devices may lie beside the project; tests that need them are skipped without.
const captures = "../../../../../shared/captures/netflow"

// devices are the files of each device in their order.
var devices = map[string][]string{
	"asr9k": {"netflow9_test_cisco_asr9k_data260.dat", "netflow9_test_cisco_asr9k_tpl260.dat", "netflow9_test_cisco_asr9k_tpl266.dat",
		"netflow9_test_cisco_asr9k_opttpl334.dat", "netflow9_test_cisco_asr9k_opttpl257.dat", "netflow9_test_cisco_asr9k_opttpl256.dat",
		"netflow9_test_cisco_asr9k_data256.dat"},
	"asr1001x":  {"netflow9_cisco_asr1001x_tpl259.dat"},
	"asa":       {"netflow9_test_cisco_asa_1_tpl.dat", "netflow9_test_cisco_asa_1_data.dat"},
	"nbar":      {"netflow9_test_cisco_nbar_opttpl260.dat", "netflow9_test_cisco_nbar_tpl262.dat", "netflow9_test_cisco_nbar_data262.dat"},
	"1941":      {"netflow9_test_cisco_1941K9.dat"},
	"macaddr":   {"netflow9_test_macaddr_tpl.dat", "netflow9_test_macaddr_data.dat"},
	"softflowd": {"netflow9_test_softflowd_tpl_data.dat"},
	"valid01":   {"netflow9_test_valid01.dat"},
	"invalid01": {"netflow9_test_invalid01.dat"},
	"0length":   {"netflow9_test_0length_fields_tpl_data.dat"},
	"barracuda": {"ipfix_test_barracuda_tpl.dat", "ipfix_test_barracuda_data256.dat"},
	"barracuda_uniflow": {"ipfix_test_barracuda_extended_uniflow_tpl256.dat",
		"ipfix_test_barracuda_extended_uniflow_data256.dat"},
	"ixia256":  {"ipfix_test_ixia_tpldata256.dat"},
	"ixia271":  {"ipfix_test_ixia_tpldata271.dat"},
	"mikrotik": {"ipfix_test_mikrotik_tpl.dat", "ipfix_test_mikrotik_data258.dat", "ipfix_test_mikrotik_data259.dat"},
	"mx240":    {"ipfix_test_juniper_mx240_junos151r6s3_opttpl512.dat", "ipfix_test_juniper_mx240_junos151r6s3_data512.dat"},
	"pflow":    {"ipfix_test_openbsd_pflow_tpl.dat", "ipfix_test_openbsd_pflow_data.dat"},
	"viptela":  {"ipfix_test_viptela_tpl257.dat", "ipfix_test_viptela_data257.dat"},
	"yaf": {"ipfix_test_yaf_tpls_option_tpl.dat", "ipfix_test_yaf_tpl45841.dat", "ipfix_test_yaf_data45841.dat",
		"ipfix_test_yaf_data45873.dat", "ipfix_test_yaf_data53248.dat"},
	"ipfix":     {"ipfix.dat"},
	"mx80":      {"netflow5_test_juniper_mx80.dat"},
	"v5":        {"netflow5.dat"},
	"v5invalid": {"netflow5_test_invalid01.dat"},
	"ifname":    {"options_ifname_message.bin"},
}

// read returns a capture, false where there are none.
func read(name string) (wire, bool) {
	b, err := os.ReadFile(filepath.Join(captures, name))
	return b, err == nil
}

// messages returns the datagrams of a capture.
func messages(t testing.TB, name string) []wire {
	b, ok := read(name)
	if !ok {
		t.Skipf("no captures of real devices in %s", captures)
	}
	return cut(name, b)
}

// cut parts the messages of the two files that hold several end to end.
func cut(name string, b wire) (all []wire) {
	length := func(b wire) int { return len(b) }
	switch name {
	case "netflow5.dat":
		length = func(b wire) int { return 24 + 48*int(be.Uint16(b[2:])) }
	case "ipfix.dat":
		length = func(b wire) int { return max(int(be.Uint16(b[2:])), 16) }
	}
	for len(b) > 0 {
		n := min(length(b), len(b))
		all, b = append(all, b[:n]), b[n:]
	}
	return all
}

func TestCaptures(t *testing.T) {
	names := make([]string, 0, len(devices))
	for name := range devices {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			var c collected
			d := New(&c, Limits{})
			src := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 2055)
			for _, file := range devices[name] {
				for _, b := range messages(t, file) {
					why := d.Datagram(src, time.Unix(int64(exportSeconds(b)), 0), b)
					if why != None {
						t.Log(file, why.Text())
					}
				}
			}
			d.Finish()
			t.Log(fmt.Sprintf("%+v", *d.Counters()))
			for i, r := range c.records {
				if i < 3 {
					t.Logf("%+v", r)
				}
			}
			t.Log(len(c.records), c.interfaces, c.applications, c.vrfs, c.addresses)
			require.NotNil(t, d)
		})
	}
}

func exportSeconds(b wire) uint32 {
	if be.Uint16(b) == 10 {
		return be.Uint32(b[4:])
	}
	return be.Uint32(b[8:])
}
