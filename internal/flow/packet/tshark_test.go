package packet

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/netcol-io/netcol/internal/flow"
)

// dissected are the fields of tshark that a record has, each with what it is here. Of a packet in a packet tshark
// tells one after the other: the first is the outer flow's, the last the inner's.
var dissected = []struct {
	fields string // alternatives
	of     func(*flow.Record) (string, bool)
}{
	{"ip.src ipv6.src", func(r *flow.Record) (string, bool) {
		return flow.Addr(r.SrcAddr).String(), r.Has.Contains(flow.SourceAddress)
	}},
	{"ip.dst ipv6.dst", func(r *flow.Record) (string, bool) {
		return flow.Addr(r.DstAddr).String(), r.Has.Contains(flow.DestinationAddress)
	}},
	{"tcp.srcport udp.srcport sctp.srcport", func(r *flow.Record) (string, bool) {
		return decimal(uint64(r.SrcPort)), r.Has.Contains(flow.SourcePort)
	}},
	{"tcp.dstport udp.dstport sctp.dstport", func(r *flow.Record) (string, bool) {
		return decimal(uint64(r.DstPort)), r.Has.Contains(flow.DestinationPort)
	}},
	{"icmp.type icmpv6.type", func(r *flow.Record) (string, bool) { return decimal(uint64(r.ICMPType)), r.Has.Contains(flow.ICMPType) }},
	{"icmp.code icmpv6.code", func(r *flow.Record) (string, bool) { return decimal(uint64(r.ICMPCode)), r.Has.Contains(flow.ICMPCode) }},
}

// Frames that tshark reads otherwise, and why.
var otherwise = map[string]string{
	"offloaded segmentation":             "takes a zero length as bogus",
	"vxlan cut in the inner address":     "tells what it can of a header that is not all there",
	"mpls pseudowire, address like IPv4": "takes the nibble for IPv4",
	"mpls pseudowire":                    "does not guess without a control word",
	"l2tpv3 with a cookie":               "has to be told of cookies",
	"pptp":                               "reassembles PPP by call",
	"vxlan-gpe":                          "reads it by its own rules",
}

// What tshark finds in the same frames, outermost and innermost.
func TestAgainstTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	var frames [][]byte
	var names []string
	for _, p := range packets {
		if otherwise[p.name] == "" && len(p.frame) > 14 && (p.frame[0] == dstMAC[0] && p.frame[5] == dstMAC[5]) {
			frames, names = append(frames, p.frame), append(names, p.name)
		}
	}
	file := filepath.Join(t.TempDir(), "frames.pcap")
	if err := os.WriteFile(file, pcap(frames), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, inner := range []bool{false, true} {
		got := dissect(t, tshark, file, inner)
		if len(got) != len(frames) {
			t.Fatalf("tshark read %d frames of %d", len(got), len(frames))
		}
		for i, row := range got {
			var rec flow.Record
			if _, ok := Ethernet(&rec, frames[i], Options{Inner: inner}); !ok {
				continue
			}
			for f, d := range dissected {
				want := row[f]
				if have, ok := d.of(&rec); ok && want != "" && !strings.Contains(" "+want+" ", " "+have+" ") {
					t.Errorf("%s (inner %v): %s is %s, tshark says %s", names[i], inner, d.fields, have, want)
				} else if !ok && want != "" && f < 2 {
					t.Errorf("%s (inner %v): no %s, tshark says %s", names[i], inner, d.fields, want)
				}
			}
		}
	}
}

// dissect returns, for each frame, the values of each entry of dissected, alternatives separated by spaces.
func dissect(t *testing.T, tshark, file string, inner bool) [][]string {
	t.Helper()
	args := []string{"-n", "-r", file, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=f"}
	if inner {
		args[len(args)-1] = "occurrence=l"
	}
	for _, d := range dissected {
		for f := range strings.FieldsSeq(d.fields) {
			args = append(args, "-e", f)
		}
	}
	out, err := exec.Command(tshark, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(out)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		var row []string
		for _, d := range dissected {
			n := len(strings.Fields(d.fields))
			row = append(row, strings.TrimSpace(strings.Join(cells[:n], " ")))
			cells = cells[n:]
		}
		rows = append(rows, row)
	}
	return rows
}

// pcap is a capture file of Ethernet frames.
func pcap(frames [][]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0)
	for _, f := range frames {
		b = binary.LittleEndian.AppendUint64(b, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return b
}

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }
