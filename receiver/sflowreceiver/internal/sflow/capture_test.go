package sflow

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/netcol-io/netcol/internal/flow"
)

// captureFolder holds real devices' datagrams, one a file, beside the repository.
const captureFolder = "../../../../../shared/captures/sflow"

// captures returns the datagrams, or none where they are not.
func captures(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, _ := filepath.Glob(filepath.Join(captureFolder, "*.bin"))
	out := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		out[filepath.Base(f)] = b
	}
	return out
}

func capture(t *testing.T, name string) []byte {
	t.Helper()
	b, ok := captures(t)[name]
	if !ok {
		t.Skipf("no captures at %s", captureFolder)
	}
	return b
}

func TestCapturedSwitch(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	if f := d.Decode(capture(t, "sflow_issue_15918.bin"), peer, start); f != None {
		t.Fatalf("fault %s", f)
	}
	if len(s.flows) != 6 || len(s.counters) != 1 {
		t.Fatalf("%d flows, %d counters", len(s.flows), len(s.counters))
	}
	g := s.counters[0].Generic
	if g.Index != 101 || g.In.Octets != 21286022420858 || g.Out.Octets != 8929238553590 || g.Speed != 1e9 {
		t.Errorf("counters %+v", g)
	}
	want := []string{
		"1268 bytes ×200/1 ingress in 0x60 out 0x5f type 0x800 mac 00090f090001>48210b3b7659 192.168.227.2>192.168.101.2 proto 17 ports 49469>2055 tos 0x0 vlan 154",
		"545 bytes ×200/1 egress in 0x65 out 0x3c type 0x800 mac dc2c6eb91ac6>00090f090000 142.250.200.99>192.168.100.104 proto 17 ports 443>52851 tos 0x0 vlan 250",
		"96 bytes ×200/1 unknown in 0x61 out 0x80000000 type 0x86dd mac 00e04c68005c>333300000016 fe80::f3a8:9738:cab4:2286>ff02::16 proto 58 tos 0x0 vlan 153",
	}
	for i, w := range want {
		if got := describe(&s.flows[i]); got != w {
			t.Errorf("flow %d\n got %s\nwant %s", i, got, w)
		}
	}
	if r := s.flows[2]; !r.Has.Contains(flow.ICMPType) || r.ICMPType != 143 {
		t.Errorf("no MLDv2 report: %+v", r)
	}
}

func TestCapturedHost(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	if f := d.Decode(capture(t, "sflow_v5_example.bin"), peer, start); f != None {
		t.Fatalf("fault %s", f)
	}
	c := s.counters[0]
	if string(c.PortName) != "eno1" || c.Generic.Index != 3 || c.Generic.In.Octets != 3910 || c.Generic.In.Unicast != 28 ||
		c.Generic.In.Multicast.Known() || c.Generic.Out.Octets != 3946 {
		t.Errorf("counters %+v named %s", c.Generic, c.PortName)
	}
	if only(t, d).SubAgent != 100000 {
		t.Errorf("sub-agent %d", only(t, d).SubAgent)
	}
}
