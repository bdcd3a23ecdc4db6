package sflow

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

var (
	src6 = netip.MustParseAddrPort("[2001:db8::1]:443")
	dst6 = netip.MustParseAddrPort("[2001:db8::2]:40001")
	hop6 = netip.MustParseAddr("2001:db8::fe")
	hop4 = netip.MustParseAddr("192.0.2.254")
	udp4 = sflowtest.Header(1, 1018, 4, sflowtest.UDPFrame(client, server, 1000))
)

const udp4Text = " type 0x800 mac 020000000001>020000000002 10.0.0.1>10.0.0.2 proto 17 ports 40000>53 tos 0x0"

// One flow sample, and what a record makes of it.
func TestFlowSamples(t *testing.T) {
	base := sflowtest.FlowSample{
		Sequence: 1, Source: sflowtest.Source{Index: 7}, Rate: 100, Pool: 100,
		In: sflowtest.Port{Value: 7}, Out: sflowtest.Port{Value: 8},
	}
	with := func(change func(*sflowtest.FlowSample), records ...[]byte) sflowtest.FlowSample {
		s := base
		s.Records = records
		if change != nil {
			change(&s)
		}
		return s
	}
	seg := func(kind uint32, as ...uint32) sflowtest.ASSegment { return sflowtest.ASSegment{Type: kind, AS: as} }
	for _, c := range []struct {
		name   string
		sample sflowtest.FlowSample
		want   string
	}{
		{"raw header", with(nil, udp4), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text},
		{"at the output", with(func(s *sflowtest.FlowSample) { s.Source.Index = 8 }, udp4), "1000 bytes ×100/1 egress in 0x7 out 0x8" + udp4Text},
		{"in and out by the same port", with(func(s *sflowtest.FlowSample) { s.Out.Value = 7 }, udp4), "1000 bytes ×100/1 ingress in 0x7 out 0x7" + udp4Text},
		{"elsewhere", with(func(s *sflowtest.FlowSample) { s.Source.Index = 9 }, udp4), "1000 bytes ×100/1 unknown in 0x7 out 0x8" + udp4Text},
		{"a VLAN as source", with(func(s *sflowtest.FlowSample) { s.Source.Class = 1 }, udp4), "1000 bytes ×100/1 unknown in 0x7 out 0x8" + udp4Text},
		{"unknown ports", with(func(s *sflowtest.FlowSample) { s.Source.Index, s.In.Value, s.Out.Value = 0, 0, 0 }, udp4), "1000 bytes ×100/1 unknown" + udp4Text},
		{"from the device itself", with(func(s *sflowtest.FlowSample) { s.In.Value, s.Source.Index = Internal, 8 }, udp4), "1000 bytes ×100/1 egress in 0x3fffffff out 0x8" + udp4Text},
		{"to the device itself", with(func(s *sflowtest.FlowSample) { s.Out.Value = Internal }, udp4), "1000 bytes ×100/1 ingress in 0x7 out 0x3fffffff" + udp4Text},
		{"dropped by an ACL", with(func(s *sflowtest.FlowSample) { s.Out = sflowtest.Port{Format: 1, Value: 258} }, udp4), "1000 bytes ×100/1 ingress in 0x7" + udp4Text + " status 129 dropped"},
		{"to several ports", with(func(s *sflowtest.FlowSample) { s.Out = sflowtest.Port{Format: 2, Value: 10} }, udp4), "1000 bytes ×100/1 ingress in 0x7 out 0x80000000" + udp4Text},
		{"no sampling rate", with(func(s *sflowtest.FlowSample) { s.Rate = 0 }, udp4), "1000 bytes ×1/1 ingress in 0x7 out 0x8" + udp4Text},
		{"expanded", with(func(s *sflowtest.FlowSample) {
			s.Expanded, s.Source.Index, s.In.Value, s.Out.Value = true, 1<<31, 1<<31, 1<<24
		}, udp4), "1000 bytes ×100/1 ingress in 0x80000000 out 0x1000000" + udp4Text},

		{"ip header", with(nil, sflowtest.Header(11, 1000, 0, sflowtest.UDPFrame(client, server, 1000)[14:])), "1000 bytes ×100/1 ingress in 0x7 out 0x8 type 0x800 10.0.0.1>10.0.0.2 proto 17 ports 40000>53 tos 0x0"},
		{"unknown header protocol", with(nil, sflowtest.Header(5, 640, 0, make([]byte, 64))), "640 bytes ×100/1 ingress in 0x7 out 0x8"},
		{"stripped tag of a frame without length", with(nil, sflowtest.Header(1, 68, 8, sflowtest.Join(make([]byte, 12), []byte{8, 6}, make([]byte, 46)))), "46 bytes ×100/1 ingress in 0x7 out 0x8 type 0x806 mac 000000000000>000000000000"},
		{"ethernet", with(nil, sflowtest.Ethernet(1518, [6]byte{2, 1}, [6]byte{2, 2}, 0x806)), "1500 bytes ×100/1 ingress in 0x7 out 0x8 type 0x806 mac 020100000000>020200000000"},
		{"ipv4", with(nil, sflowtest.IP(1400, 6, client, server, 0x12, 0xb8)), "1400 bytes ×100/1 ingress in 0x7 out 0x8 type 0x800 10.0.0.1>10.0.0.2 proto 6 ports 40000>53 flags 0x12 tos 0xb8"},
		{"ipv6", with(nil, sflowtest.IP(900, 17, src6, dst6, 0, 0)), "900 bytes ×100/1 ingress in 0x7 out 0x8 type 0x86dd 2001:db8::1>2001:db8::2 proto 17 ports 443>40001 tos 0x0"},
		{"ipv4 of a protocol without ports", with(nil, sflowtest.IP(84, 1, client, server, 0, 0)), "84 bytes ×100/1 ingress in 0x7 out 0x8 type 0x800 10.0.0.1>10.0.0.2 proto 1 tos 0x0"},
		{"ethernet and ipv4, whichever comes first", with(nil, sflowtest.IP(1400, 17, client, server, 0, 0), sflowtest.Ethernet(1518, [6]byte{2, 1}, [6]byte{2, 2}, 0x800)), "1400 bytes ×100/1 ingress in 0x7 out 0x8 type 0x800 mac 020100000000>020200000000 10.0.0.1>10.0.0.2 proto 17 ports 40000>53 tos 0x0"},
		{"header beside ipv4 counts once", with(nil, sflowtest.IP(1400, 6, src6WithV4(), server, 0, 0), udp4, sflowtest.IP(77, 1, client, server, 0, 0)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text},

		{"switch", with(nil, sflowtest.Switch(12, 0, 34, 0), udp4), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " vlan 12"},
		{"switch at the output", with(func(s *sflowtest.FlowSample) { s.Source.Index = 8 }, udp4, sflowtest.Switch(12, 0, 34, 0)), "1000 bytes ×100/1 egress in 0x7 out 0x8" + udp4Text + " vlan 34"},
		{"switch that does not know", with(nil, udp4, sflowtest.Switch(0xffffffff, 0, 0, 0)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text},
		{"router", with(nil, udp4, sflowtest.Router(hop4, 24, 16)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " hop 192.0.2.254 masks /24>/16"},
		{"router on ipv6", with(nil, udp4, sflowtest.Router(hop6, 0, 64)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " hop 2001:db8::fe masks /0>/64"},
		{"gateway", with(nil, udp4, sflowtest.Gateway(hop4, 64500, 64501, 64502, []sflowtest.ASSegment{seg(2, 64503, 64504), seg(1, 64505)}, []uint32{1, 2}, 100)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " bgp 192.0.2.254 as 64501> as >64505"},
		{"gateway, last segment empty", with(nil, udp4, sflowtest.Gateway(hop6, 64500, 0, 0, []sflowtest.ASSegment{seg(2, 64503), seg(2)}, nil, 0)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " bgp 2001:db8::fe as >64503"},
		{"gateway to its own AS", with(nil, udp4, sflowtest.Gateway(netip.Addr{}, 64500, 64501, 0, nil, nil, 0)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " as 64501> as >64500"},
		{"mpls", with(nil, udp4, sflowtest.MPLS(hop4, []uint32{100<<12 | 1<<8, 200 << 12}, nil)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " hop 192.0.2.254 label 100"},
		{"nat", with(nil, udp4, sflowtest.NAT(hop4, hop6), sflowtest.NATPort(5, 6)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " nat 192.0.2.254> nat >2001:db8::fe natports 5>6"},
		{"vni", with(nil, udp4, sflowtest.VNI(true, 5001)), "1000 bytes ×100/1 ingress in 0x7 out 0x8" + udp4Text + " tunnel 5001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &sink{}
			d := NewDecoder(Options{}, s)
			if f := d.Decode(sflowtest.Datagram{Agent: agent1, SubAgent: 3, Sequence: 1, Samples: [][]byte{c.sample.Bytes()}}.Bytes(), peer, start); f != None {
				t.Errorf("fault %s", f)
			}
			if len(s.flows) != 1 {
				t.Fatalf("%d flows", len(s.flows))
			}
			r := &s.flows[0]
			if got := describe(r); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if r.Packets != 1 || r.Flows != 1 || r.Protocol != flow.SFlow5 || r.ObservationDomain != 3 || r.End != start || r.SamplingSource != flow.SamplingRecord {
				t.Errorf("record %+v", r)
			}
		})
	}
}

func src6WithV4() netip.AddrPort { return netip.MustParseAddrPort("10.9.9.9:1") }

func TestOverriddenRate(t *testing.T) {
	s := &sink{override: 512}
	d := NewDecoder(Options{}, s)
	d.Decode((&switchPort{agent: agent1, rate: 10}).next(1), peer, start)
	if r := s.flows[0]; r.Scale.Rate() != 512 || r.SamplingSource != flow.SamplingOverride || only(t, d).SamplingRate != 512 {
		t.Errorf("scale %v from %s", r.Scale, r.SamplingSource)
	}
}

// Agents are told apart by the address in the datagram; one that does not know its own is who sent it.
func TestAgents(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	for _, a := range []netip.Addr{agent1, agent1, hop6, {}, netip.IPv4Unspecified()} {
		d.Decode(sflowtest.Datagram{Agent: a, Sequence: 1}.Bytes(), peer, start)
	}
	d.Decode(sflowtest.Datagram{Agent: agent1, SubAgent: 2, Sequence: 1}.Bytes(), peer, start)
	want := []AgentKey{{agent1, 0}, {hop6, 0}, {peer, 0}, {agent1, 2}}
	if !reflect.DeepEqual(s.begun, want) {
		t.Errorf("agents %v, want %v", s.begun, want)
	}
}

func TestCounterSamples(t *testing.T) {
	i := sflowtest.Interface{
		Index: 101, Type: 6, Speed: 1e10, Direction: 1, Status: 3, InOctets: 1 << 40, InUnicast: 2, InMulticast: 3,
		InBroadcast: 4, InDiscards: 5, InErrors: 6, InUnknown: 7, OutOctets: 1 << 41, OutUnicast: 8, OutMulticast: 9, OutBroadcast: 10,
		OutDiscards: 11, OutErrors: 12, Promiscuous: 2,
	}
	var eth [13]uint32
	for k := range eth {
		eth[k] = uint32(100 + k)
	}
	want := CounterSample{
		Index: 101, At: start, Uptime: 5000, Has: 1<<GenericKind | 1<<EthernetKind | 1<<PortNameKind,
		Generic: Generic{
			Index: 101, Type: 6, Speed: 1e10, Direction: 1, Status: 3,
			In:            Traffic{Octets: 1 << 40, Unicast: 2, Multicast: 3, Broadcast: 4, Discards: 5, Errors: 6},
			UnknownProtos: 7, Promiscuous: 2,
			Out: Traffic{Octets: 1 << 41, Unicast: 8, Multicast: 9, Broadcast: 10, Discards: 11, Errors: 12},
		},
		Ethernet: Ethernet{
			AlignmentErrors: 100, FCSErrors: 101, SingleCollisionFrames: 102, MultipleCollisionFrames: 103, SQETestErrors: 104,
			DeferredTransmissions: 105, LateCollisions: 106, ExcessiveCollisions: 107, InternalMACTransmitErrors: 108,
			CarrierSenseErrors: 109, FrameTooLongs: 110, InternalMACReceiveErrors: 111, SymbolErrors: 112,
		},
		PortName: []byte("swp1"),
	}
	for _, expanded := range []bool{false, true} {
		s := &sink{}
		d := NewDecoder(Options{}, s)
		sample := sflowtest.CounterSample{
			Sequence: 9, Source: sflowtest.Source{Index: 101}, Expanded: expanded,
			Records: [][]byte{sflowtest.PortName("swp1"), i.Bytes(), sflowtest.EthernetCounters(eth)},
		}
		if f := d.Decode(sflowtest.Datagram{Agent: agent1, Sequence: 1, Uptime: 5000, Samples: [][]byte{sample.Bytes()}}.Bytes(), peer, start); f != None {
			t.Errorf("fault %s", f)
		}
		if len(s.counters) != 1 || !reflect.DeepEqual(s.counters[0], want) {
			t.Errorf("\n got %+v\nwant %+v", s.counters, want)
		}
	}
}

func TestAllOnesIsUnknown(t *testing.T) {
	if Counter32(1<<32-1).Known() || Counter64(1<<64-1).Known() || !Counter64(1<<32-1).Known() || !Counter32(0).Known() {
		t.Error("only all ones are unknown")
	}
}

func TestDiscardedPackets(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	sample := sflowtest.DiscardSample{Sequence: 1, Source: sflowtest.Source{Index: 7}, In: 7, Reason: 257, Records: [][]byte{udp4}}
	d.Decode(sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{sample.Bytes()}}.Bytes(), peer, start)
	if len(s.flows) != 0 || len(s.discards) != 1 || s.discards[0].String() != "ttl_exceeded" {
		t.Errorf("flows %v, discards %v", s.flows, s.discards)
	}
	if st := d.Stats(); st.Discards != 1 || st.DiscardReasons[DropReason(257).Ordinal()] != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestDropReasonNames(t *testing.T) {
	for r, want := range map[DropReason]string{0: "net_unreachable", 15: "precedence_cutoff", 16: "16", 255: "255", 256: "unknown", 258: "acl", 289: "unknown_l4", 290: "290", 1<<32 - 1: "4294967295"} {
		if got := r.String(); got != want {
			t.Errorf("%d is %q, want %q", uint32(r), got, want)
		}
		if o := r.Ordinal(); o < 0 || o >= DropReasons {
			t.Errorf("%d has ordinal %d of %d", uint32(r), o, DropReasons)
		}
	}
}

// What is not known is skipped, counted by what it is, and costs its neighbours nothing.
func TestUnknownFormats(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	flowSample := sflowtest.FlowSample{Sequence: 1, Rate: 1, Records: [][]byte{sflowtest.Opaque(4413<<12|7, make([]byte, 5), make([]byte, 3)), udp4}}
	counters := sflowtest.CounterSample{Sequence: 1, Records: [][]byte{sflowtest.Opaque(2205, make([]byte, 40)), sflowtest.Interface{Index: 1}.Bytes()}}
	app := sflowtest.FlowSample{Sequence: 2, Rate: 1, Records: [][]byte{sflowtest.Opaque(2298, make([]byte, 40))}}
	d.Decode(sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{
		sflowtest.Opaque(9<<12|77, make([]byte, 12)), flowSample.Bytes(), app.Bytes(), counters.Bytes(),
	}}.Bytes(), peer, start)
	if len(s.flows) != 1 || len(s.counters) != 1 || !s.counters[0].Has.Contains(GenericKind) {
		t.Fatalf("%d flows, %d counters", len(s.flows), len(s.counters))
	}
	want := map[Format]uint64{{UnknownSample, 9<<12 | 77}: 1, {UnknownFlowRecord, 4413<<12 | 7}: 1, {UnknownFlowRecord, 2298}: 1, {UnknownCounterRecord, 2205}: 1}
	if st := d.Stats(); !reflect.DeepEqual(st.Unknown, want) || st.WithoutPacket != 1 {
		t.Errorf("unknown %v, without packet %d", st.Unknown, st.WithoutPacket)
	}
	if f := (Format{UnknownFlowRecord, 4413<<12 | 7}); f.String() != "4413:7" {
		t.Errorf("named %s", f)
	}
}
