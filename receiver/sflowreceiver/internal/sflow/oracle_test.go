package sflow

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	oracle "github.com/netsampler/goflow2/v2/decoders/sflow"
	"pgregory.net/rapid"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// Sound datagrams with any values in them read as another decoder reads them.
func TestAgainstGoflow2(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func(name string) uint32 { return rapid.Uint32().Draw(t, name) }
		addr := func(name string) netip.Addr {
			b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name)
			if rapid.Bool().Draw(t, name+" is IPv4") {
				return netip.AddrFrom4([4]byte(b))
			}
			b[0] = 0x20 // no IPv4-mapped ones
			return netip.AddrFrom16([16]byte(b))
		}
		hop, bgp := addr("hop"), addr("bgp")
		path := rapid.SliceOfN(rapid.Uint32Range(1, 1<<32-1), 1, 9).Draw(t, "path")
		sample := sflowtest.FlowSample{
			Sequence: word("sequence"), Rate: word("rate"), Pool: word("pool"), Drops: word("drops"),
			Source: sflowtest.Source{Index: word("source") >> 8}, In: sflowtest.Port{Value: word("in") >> 2}, Out: sflowtest.Port{Value: word("out") >> 2},
			Expanded: rapid.Bool().Draw(t, "expanded"),
			Records: [][]byte{
				sflowtest.Switch(word("vlan"), 0, word("vlan out"), 0),
				sflowtest.Router(hop, word("src mask")%129, word("dst mask")%129),
				sflowtest.Gateway(bgp, word("as"), word("src as"), word("peer as"), []sflowtest.ASSegment{{Type: 2, AS: path}}, path, 1),
				sflowtest.Header(1, word("frame"), 4, sflowtest.UDPFrame(client, server, 1000)),
			},
		}
		i := sflowtest.Interface{
			Index: word("index"), Speed: rapid.Uint64().Draw(t, "speed"), Status: word("status"), InOctets: rapid.Uint64().Draw(t, "octets"),
			InUnicast: word("unicast"), InErrors: word("errors"), InUnknown: word("unknown"), OutOctets: rapid.Uint64().Draw(t, "out octets"), OutErrors: word("out errors"), Promiscuous: word("promiscuous"),
		}
		counters := sflowtest.CounterSample{Sequence: word("counter sequence"), Source: sflowtest.Source{Index: word("counter source") >> 8}, Records: [][]byte{i.Bytes()}}
		b := sflowtest.Datagram{Agent: addr("agent"), Sequence: word("datagram"), Uptime: word("uptime"), Samples: [][]byte{sample.Bytes(), counters.Bytes()}}.Bytes()

		s := &sink{}
		if f := NewDecoder(Options{}, s).Decode(b, peer, start); f != None {
			t.Fatalf("fault %s", f)
		}
		var p oracle.Packet
		if err := oracle.DecodeMessageVersion(bytes.NewBuffer(b), &p); err != nil {
			t.Fatal(err)
		}
		compareFlow(t, &s.flows[0], p.Samples[0])
		want := p.Samples[1].(oracle.CounterSample).Records[0].Data.(oracle.IfCounters)
		g := s.counters[0].Generic
		if g.Index != want.IfIndex || uint64(g.Speed) != want.IfSpeed || uint32(g.Status) != want.IfStatus || uint64(g.In.Octets) != want.IfInOctets ||
			uint32(g.In.Unicast) != want.IfInUcastPkts || uint32(g.In.Errors) != want.IfInErrors || uint32(g.UnknownProtos) != want.IfInUnknownProtos ||
			uint64(g.Out.Octets) != want.IfOutOctets || uint32(g.Out.Errors) != want.IfOutErrors || uint32(g.Promiscuous) != want.IfPromiscuousMode {
			t.Fatalf("counters %+v, want %+v", g, want)
		}
	})
}

func compareFlow(t *rapid.T, r *flow.Record, sample any) {
	var rate, in, out uint32
	var records []oracle.FlowRecord
	switch s := sample.(type) {
	case oracle.FlowSample:
		rate, in, out, records = s.SamplingRate, s.Input, s.Output, s.Records
	case oracle.ExpandedFlowSample:
		rate, in, out, records = s.SamplingRate, s.InputIfValue, s.OutputIfValue, s.Records
	}
	if r.Scale.Num != uint64(max(rate, 1)) || r.In != in || r.Out != out {
		t.Fatalf("%d, %d > %d; want %d, %d > %d", r.Scale.Num, r.In, r.Out, rate, in, out)
	}
	router, gateway := records[1].Data.(oracle.ExtendedRouter), records[2].Data.(oracle.ExtendedGateway)
	if !sameAddress(r.NextHop, router.NextHop) || uint32(r.SrcMask) != router.SrcMaskLen || uint32(r.DstMask) != router.DstMaskLen {
		t.Fatalf("hop %s /%d /%d, want %+v", flow.Addr(r.NextHop), r.SrcMask, r.DstMask, router)
	}
	if !sameAddress(r.BGPNextHop, gateway.NextHop) || r.SrcAS != gateway.SrcAS || r.DstAS != gateway.ASPath[len(gateway.ASPath)-1] {
		t.Fatalf("bgp %s %d > %d, want %+v", flow.Addr(r.BGPNextHop), r.SrcAS, r.DstAS, gateway)
	}
}

func sameAddress(a [16]byte, b []byte) bool {
	have, ok := netip.AddrFromSlice(b)
	return ok && flow.Addr(a) == have.Unmap()
}

// tsharkFields are what tshark tells of a datagram, with what it is here: of its flow samples, or its counter samples.
var tsharkFields = []struct {
	name     string
	flows    func(*flow.Record) uint64
	counters func(*CounterSample) uint64
}{
	{"sflow.flow_sample.sampling_rate", func(r *flow.Record) uint64 { return r.Scale.Num }, nil},
	{"sflow_245.ifindex", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.Index) }},
	{"sflow_245.ifspeed", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.Speed) }},
	{"sflow_245.ifinoct", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.In.Octets) }},
	{"sflow_245.ifinpkt", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.In.Unicast) }},
	{"sflow_245.ifinmcast", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.In.Multicast) }},
	{"sflow_245.ifinbcast", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.In.Broadcast) }},
	{"sflow_245.ifindisc", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.In.Discards) }},
	{"sflow_245.ifinerr", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.In.Errors) }},
	{"sflow_245.ifoutoct", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.Out.Octets) }},
	{"sflow_245.ifoutpkt", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.Out.Unicast) }},
	{"sflow_245.ifoutbcast", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.Out.Broadcast) }},
	{"sflow_245.ifoutdisc", nil, func(c *CounterSample) uint64 { return uint64(c.Generic.Out.Discards) }},
}

// Real devices' datagrams read as tshark reads them.
func TestCapturesAgainstTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	all := captures(t)
	if len(all) == 0 {
		t.Skipf("no captures at %s", captureFolder)
	}
	for name, b := range all {
		if name == "sflow_v5_example.bin" {
			continue // begins with a port name, at which tshark gives the whole sample up
		}
		t.Run(name, func(t *testing.T) {
			s := &sink{}
			NewDecoder(Options{}, s).Decode(b, peer, start)
			for i, values := range dissect(t, tshark, b) {
				f := tsharkFields[i]
				var have []string
				for k := range s.flows {
					if f.flows != nil {
						have = append(have, strconv.FormatUint(f.flows(&s.flows[k]), 10))
					}
				}
				for k := range s.counters {
					if f.counters != nil {
						have = append(have, strconv.FormatUint(f.counters(&s.counters[k]), 10))
					}
				}
				if !slices.Equal(have, values) {
					t.Errorf("%s: %v, tshark says %v", f.name, have, values)
				}
			}
		})
	}
}

// dissect returns tshark's values of each of tsharkFields.
func dissect(t *testing.T, tshark string, b []byte) [][]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "datagram.pcap")
	if err := os.WriteFile(file, pcap(b), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-r", file, "-d", "udp.port==6343,sflow", "-T", "fields", "-E", "separator=/t"}
	for _, f := range tsharkFields {
		args = append(args, "-e", f.name)
	}
	out, err := exec.Command(tshark, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	line := string(out[bytes.LastIndexByte(bytes.TrimRight(out, "\n"), '\n')+1:])
	var values [][]string
	for _, cell := range strings.Split(strings.TrimRight(line, "\n"), "\t") {
		values = append(values, strings.FieldsFunc(cell, func(r rune) bool { return r == ',' }))
	}
	return values
}

// pcap is a capture file of one UDP datagram to sFlow's port, from its IP header on.
func pcap(payload []byte) []byte {
	const rawIP = 101
	ip := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1, 0x18, 0xc7, 0x18, 0xc7, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+len(payload)))
	binary.BigEndian.PutUint16(ip[24:], uint16(8+len(payload)))
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, rawIP, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(ip)+len(payload)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(ip)+len(payload)))
	return slices.Concat(b, ip, payload)
}
