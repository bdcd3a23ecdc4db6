package netflow

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/flow"
)

// captures is where captures of real devices may lie beside the project; tests that need them are skipped without.
const captures = "../../../../../shared/captures/netflow"

// devices are the files of each device in their order.
var devices = map[string][]string{
	"asr9k": {
		"netflow9_test_cisco_asr9k_data260.dat", "netflow9_test_cisco_asr9k_tpl260.dat", "netflow9_test_cisco_asr9k_tpl266.dat",
		"netflow9_test_cisco_asr9k_opttpl334.dat", "netflow9_test_cisco_asr9k_opttpl257.dat", "netflow9_test_cisco_asr9k_opttpl256.dat",
		"netflow9_test_cisco_asr9k_data256.dat",
	},
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
	"barracuda_uniflow": {
		"ipfix_test_barracuda_extended_uniflow_tpl256.dat",
		"ipfix_test_barracuda_extended_uniflow_data256.dat",
	},
	"ixia256":  {"ipfix_test_ixia_tpldata256.dat"},
	"ixia271":  {"ipfix_test_ixia_tpldata271.dat"},
	"mikrotik": {"ipfix_test_mikrotik_tpl.dat", "ipfix_test_mikrotik_data258.dat", "ipfix_test_mikrotik_data259.dat"},
	"mx240":    {"ipfix_test_juniper_mx240_junos151r6s3_opttpl512.dat", "ipfix_test_juniper_mx240_junos151r6s3_data512.dat"},
	"pflow":    {"ipfix_test_openbsd_pflow_tpl.dat", "ipfix_test_openbsd_pflow_data.dat"},
	"viptela":  {"ipfix_test_viptela_tpl257.dat", "ipfix_test_viptela_data257.dat"},
	"yaf": {
		"ipfix_test_yaf_tpls_option_tpl.dat", "ipfix_test_yaf_tpl45841.dat", "ipfix_test_yaf_data45841.dat",
		"ipfix_test_yaf_data45873.dat", "ipfix_test_yaf_data53248.dat",
	},
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

// play decodes the captures of a device in their order, as of their own time.
func play(t testing.TB, device string) (*collected, *Decoder) {
	c := &collected{}
	d := New(c, Limits{})
	for _, file := range devices[device] {
		for _, b := range messages(t, file) {
			d.Datagram(router, time.Unix(int64(exportSeconds(b)), 0), b)
		}
	}
	d.Finish()
	return c, d
}

func exportSeconds(b wire) uint32 {
	if len(b) < 12 {
		return 0
	}
	if be.Uint16(b) == 10 {
		return be.Uint32(b[4:])
	}
	return be.Uint32(b[8:])
}

// What each device's captures hold. That the flows are those that others read is in TestAgreesWithNfdump and
// TestAgreesWithTshark.
func TestCaptures(t *testing.T) {
	for device, want := range map[string]struct {
		records        int
		bytes, packets uint64
		flows          uint64
		wrong          Reason
		options        uint64
	}{
		"0length":           {10, 64, 2, 10, None, 0},
		"1941":              {29, 70258, 370, 29, None, 0},
		"asa":               {14, 888, 0, 14, None, 0}, // ends of 14 connections; only the initiators sent octets
		"asr1001x":          {25, 38255, 124, 25, None, 0},
		"asr9k":             {21, 208031, 531, 21, None, 19},
		"barracuda":         {8, 388, 4, 8, None, 0},
		"barracuda_uniflow": {2, 0, 0, 0, None, 0}, // beginnings of connections
		"ifname":            {0, 0, 0, 0, None, 8},
		"invalid01":         {2, 194, 2, 2, None, 1},
		"ipfix":             {12, 13279, 54, 12, None, 1},
		"ixia256":           {1, 360, 4, 1, None, 0},
		"ixia271":           {2, 132, 2, 2, None, 0},
		"macaddr":           {29, 0, 0, 29, None, 1}, // its templates have no counters
		"mikrotik":          {46, 103235, 253, 46, None, 0},
		"mx240":             {0, 0, 0, 0, None, 1},
		"mx80":              {29, 3989, 31, 29, None, 0},
		"nbar":              {5, 3064, 40, 5, None, 15},
		"pflow":             {26, 99323, 209, 26, None, 0},
		"softflowd":         {7, 1128, 13, 7, None, 0},
		"v5":                {30, 18684, 230, 30, None, 0},
		"v5invalid":         {0, 0, 0, 0, CountBeyondDatagram, 0},
		"valid01":           {7, 1128, 13, 7, None, 0},
		"viptela":           {1, 775, 8, 1, None, 0},
		"yaf":               {4, 596, 10, 4, None, 1},
	} {
		t.Run(device, func(t *testing.T) {
			c, d := play(t, device)
			sum := records(c)
			assert.Len(t, c.records, want.records)
			assert.Equal(t, []uint64{want.bytes, want.packets, want.flows}, []uint64{sum.Bytes, sum.Packets, sum.Flows})
			assert.Equal(t, want.options, d.Counters().OptionsRecords)
			for why, n := range d.Counters().Errors {
				if Reason(why) != want.wrong {
					assert.Zero(t, n, Reason(why).String())
				}
			}
			assert.Equal(t, uint64(len(c.records)), total(d.Counters().Records))
		})
	}
}

func total(byVersion [Versions]uint64) (sum uint64) {
	for _, n := range byVersion {
		sum += n
	}
	return sum
}

func TestCapturedNames(t *testing.T) {
	c, _ := play(t, "ifname")
	assert.Equal(t, "Te0/0/0", c.interfaces[1])
	c, _ = play(t, "asr9k")
	assert.Equal(t, "TenGigE0_0_1_0", c.interfaces[74], "IOS XR has the name in the description")
	c, _ = play(t, "nbar")
	assert.NotEmpty(t, c.applications)
}

// Files of a device in their order, devices interleaved at random, sent twice: the same totals every time, and twice.
func TestInterleavedCaptures(t *testing.T) {
	once := map[string]uint64{}
	var names []string
	for device := range devices {
		c, _ := play(t, device)
		once[device] = records(c).Bytes
		names = append(names, device)
	}
	slices.Sort(names)
	r := rand.New(rand.NewPCG(5, 6))
	for range 5 {
		queues := make([][]wire, len(names))
		for i, device := range names {
			for range 2 {
				for _, file := range devices[device] {
					queues[i] = append(queues[i], messages(t, file)...)
				}
			}
		}
		var c collected
		d := New(&c, Limits{})
		for left := len(queues); left > 0; {
			i := r.IntN(len(queues))
			if len(queues[i]) == 0 {
				continue
			}
			b := queues[i][0]
			d.Datagram(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 2055), time.Unix(int64(exportSeconds(b)), 0), b)
			if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
				left--
			}
		}
		d.Finish()
		got := map[string]uint64{}
		for i, r := range c.records {
			got[names[c.streams[i].Source.Addr().As4()[3]]] += r.Bytes
		}
		for _, device := range names {
			assert.Equal(t, 2*once[device], got[device], device)
		}
	}
}

// pcap writes datagrams to UDP port 2055 as a capture file.
func pcap(t testing.TB, datagrams []wire) string {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(b, 0), 0), 65535), 101) // raw IP
	for i, g := range datagrams {
		n := uint32(len(g) + 28)
		b = le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(b, uint32(t0.Unix())), uint32(i)), n), n)
		b = append(b, wire{}.u8(0x45, 0).u16(uint16(n), 0, 0).u8(64, 17).u16(0).ip("192.0.2.1", "192.0.2.254").
			u16(2055, 2055, uint16(n-20), 0)...)
		b = append(b, g...)
	}
	name := filepath.Join(t.TempDir(), "flows.pcap")
	require.NoError(t, os.WriteFile(name, b, 0o600))
	return name
}

// Addresses, ports and counters are those that tshark reads from the same datagrams, record by record.
func TestAgreesWithTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	fields := []string{"cflow.srcaddr", "cflow.dstaddr", "cflow.srcport", "cflow.dstport", "cflow.protocol", "cflow.octets", "cflow.packets"}
	for _, device := range []string{"1941", "asr1001x", "asr9k", "softflowd", "valid01", "mikrotik", "pflow", "v5", "mx80", "viptela", "ipfix", "0length"} {
		t.Run(device, func(t *testing.T) {
			c, _ := play(t, device)
			var all []wire
			for _, file := range devices[device] {
				all = append(all, messages(t, file)...)
			}
			if device == "asr9k" { // tshark keeps no data ahead of its template
				all = append([]wire{all[1]}, all[0])
			}
			args := []string{"-r", pcap(t, all), "-d", "udp.port==2055,cflow", "-T", "fields", "-E", "occurrence=a", "-E", "separator=;"}
			for _, f := range fields {
				args = append(args, "-e", f)
			}
			out, err := exec.Command(tshark, args...).Output()
			require.NoError(t, err)
			got := make([][]string, len(fields))
			for line := range strings.Lines(string(out)) {
				for i, v := range strings.Split(strings.TrimRight(line, "\n"), ";") {
					if v != "" {
						got[i] = append(got[i], strings.Split(v, ",")...)
					}
				}
			}
			want := make([][]string, len(fields))
			for _, r := range c.records {
				src, dst := flow.Addr(r.SrcAddr), flow.Addr(r.DstAddr)
				if src.Is4() {
					want[0], want[1] = append(want[0], src.String()), append(want[1], dst.String())
				}
				if r.Has.Contains(flow.DestinationPort) {
					want[2], want[3] = append(want[2], fmt.Sprint(r.SrcPort)), append(want[3], fmt.Sprint(r.DstPort))
				}
				want[4] = append(want[4], fmt.Sprint(r.Transport))
				want[5], want[6] = append(want[5], fmt.Sprint(r.Bytes)), append(want[6], fmt.Sprint(r.Packets))
			}
			for i := range fields {
				if (i == 2 || i == 3) && len(want[i]) != len(got[i]) {
					continue // ICMP has no ports here
				}
				assert.Equal(t, got[i], want[i], fields[i])
			}
		})
	}
}
