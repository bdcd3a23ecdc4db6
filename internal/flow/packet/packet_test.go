package packet

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/netcol-io/netcol/internal/flow"
)

var pad = make([]byte, 100)

const (
	a4, b4 = "192.0.2.1", "198.51.100.2"
	c4, d4 = "10.1.1.1", "10.2.2.2"
	a6, b6 = "2001:db8::1", "2001:db8:1::2"
)

// packets are the encapsulations, each with the outer and, where there is one, the inner flow as the RFCs say.
var packets = []struct {
	name  string
	read  func(*flow.Record, []byte, Options) (uint64, bool)
	frame []byte
	outer string
	inner string // "" for the outer one
}{
	{"tcp", Ethernet, eth(0x0800, ip4(6, a4, b4, tcp(1000, 443, 0x112, pad))), "140 ip4 192.0.2.1:1000 > 198.51.100.2:443 proto 6 tos b8 flags 112", ""},
	{"udp", Ethernet, eth(0x0800, ip4(17, a4, b4, udp(53, 5353, pad))), "128 ip4 192.0.2.1:53 > 198.51.100.2:5353 proto 17 tos b8", ""},
	{"icmp", Ethernet, eth(0x0800, ip4(1, a4, b4, cat([]byte{3, 4, 0, 0}, pad))), "124 ip4 192.0.2.1 > 198.51.100.2 proto 1 tos b8 icmp 3/4", ""},
	{"sctp", Ethernet, eth(0x0800, ip4(132, a4, b4, cat(u16(36412), u16(36413), pad))), "124 ip4 192.0.2.1:36412 > 198.51.100.2:36413 proto 132 tos b8", ""},
	{"options", Ethernet, eth(0x0800, ip4Options(17, a4, b4, make([]byte, 40), 0, udp(1, 2, nil))), "68 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8", ""},
	{"first fragment", Ethernet, eth(0x0800, ip4Options(17, a4, b4, nil, 0x2000, udp(1, 2, pad))), "128 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8", ""},
	{"later fragment", Ethernet, eth(0x0800, ip4Options(17, a4, b4, nil, 0x00b9, udp(1, 2, pad))), "128 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8", ""},
	{"padding is no transport header", Ethernet, eth(0x0800, cat(ip4(17, a4, b4, nil), pad)), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8", ""},
	{"offloaded segmentation", Ethernet, eth(0x0800, zeroLength(ip4(6, a4, b4, tcp(1, 2, 0x10, pad)))), "140 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 6 tos b8 flags 10", ""},
	{"ipv6 tcp", Ethernet, eth(0x86dd, ip6(6, a6, b6, tcp(1, 2, 2, nil))), "60 ip6 [2001:db8::1]:1 > [2001:db8:1::2]:2 proto 6 tos b8 flags 2", ""},
	{"icmpv6", Ethernet, eth(0x86dd, ip6(58, a6, b6, []byte{135, 0, 0, 0})), "44 ip6 2001:db8::1 > 2001:db8:1::2 proto 58 tos b8 icmp 135/0", ""},
	{
		"ipv6 extensions", Ethernet, eth(0x86dd, ip6(0, a6, b6, cat([]byte{60, 0}, pad[:6], []byte{43, 1}, pad[:14], []byte{51, 0}, pad[:6], []byte{17, 4}, pad[:22], udp(7, 8, nil)))),
		"104 ip6 [2001:db8::1]:7 > [2001:db8:1::2]:8 proto 17 tos b8", "",
	},
	{"ipv6 first fragment", Ethernet, eth(0x86dd, ip6(44, a6, b6, cat([]byte{17, 0, 0, 1}, u32(9), udp(7, 8, pad)))), "156 ip6 [2001:db8::1]:7 > [2001:db8:1::2]:8 proto 17 tos b8", ""},
	{"ipv6 later fragment", Ethernet, eth(0x86dd, ip6(44, a6, b6, cat([]byte{17, 0, 5, 0xa8}, u32(9), pad))), "148 ip6 2001:db8::1 > 2001:db8:1::2 proto 17 tos b8", ""},
	{"ipv6 chain cut short", Ethernet, eth(0x86dd, ip6(0, a6, b6, []byte{43, 9})), "42 ip6 2001:db8::1 > 2001:db8:1::2 tos b8", ""},
	{"ipv6 no next header", Ethernet, eth(0x86dd, ip6(59, a6, b6, nil)), "40 ip6 2001:db8::1 > 2001:db8:1::2 proto 59 tos b8", ""},

	{"802.1Q", Ethernet, eth(0x8100, vlan(0xa064, 0x0800, ip4(17, a4, b4, udp(1, 2, nil)))), "28 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8 vlan 100", ""},
	{"802.1ad", Ethernet, eth(0x88a8, vlan(200, 0x8100, vlan(100, 0x0800, ip4(17, a4, b4, udp(1, 2, nil))))), "28 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8 vlan 200", ""},
	{"priority tag", Ethernet, eth(0x8100, vlan(0xe000, 0x8100, vlan(7, 0x0800, ip4(17, a4, b4, nil)))), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8 vlan 7", ""},
	{"arp", Ethernet, eth(0x0806, pad[:46]), "46 type 806", ""},
	{"tagged arp", Ethernet, eth(0x8100, vlan(5, 0x0806, pad[:42])), "42 type 806 vlan 5", ""},
	{"spanning tree", Ethernet, llc(cat([]byte{0x42, 0x42, 3}, pad[:43])), "46", ""},
	{"snap", Ethernet, llc(snap(0x0800, ip4(17, a4, b4, udp(1, 2, nil)))), "28 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8", ""},
	{"ip above llc", Ethernet, llc(cat([]byte{6, 6, 3}, ip4(17, a4, b4, udp(1, 2, nil)))), "28 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8", ""},
	{"pppoe", Ethernet, eth(0x8864, pppoe(0x21, ip4(17, a4, b4, udp(1, 2, nil)))), "28 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8", ""},
	{"pppoe ipv6", Ethernet, eth(0x8864, pppoe(0x57, ip6(17, a6, b6, udp(1, 2, nil)))), "48 ip6 [2001:db8::1]:1 > [2001:db8:1::2]:2 proto 17 tos b8", ""},
	{"pppoe lcp", Ethernet, eth(0x8864, pppoe(0xc021, pad[:38])), "46 type 8864", ""},
	{"mpls to ip", Ethernet, eth(0x8847, cat(label(300, 0), label(17, 1), ip4(17, a4, b4, udp(1, 2, nil)))), "28 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8 label 300", ""},
	{"mpls explicit null", Ethernet, eth(0x8847, cat(label(2, 1), ip6(17, a6, b6, udp(1, 2, nil)))), "48 ip6 [2001:db8::1]:1 > [2001:db8:1::2]:2 proto 17 tos b8", ""},
	{"mpls pseudowire with control word", Ethernet, eth(0x8847, cat(label(300, 1), u32(7), innerEth(0x8100, vlan(9, 0x0800, ip4(17, a4, b4, nil))))), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8 vlan 9 label 300", ""},
	{"mpls pseudowire", Ethernet, eth(0x8847, cat(label(300, 1), innerEth(0x0800, ip4(17, a4, b4, nil)))), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8 label 300", ""},
	{"mpls pseudowire, address like IPv4", Ethernet, eth(0x8847, cat(label(300, 1), []byte{0x44, 0, 0, 3, 0, 0}, srcMAC, u16(0x0800), ip4(17, a4, b4, nil))), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8 label 300", ""},
	{"mpls without bottom", Ethernet, eth(0x8847, cat(label(300, 0), label(301, 0))), "8 type 8847 label 300", ""},

	{"bare ip", IP, ip4(17, a4, b4, udp(1, 2, nil)), "28 ip4 192.0.2.1:1 > 198.51.100.2:2 proto 17 tos b8", ""},
	{"bare mpls", MPLS, cat(label(300, 1), ip4(17, a4, b4, nil)), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8 label 300", ""},
	{"ppp", PPP, cat(u16(0x21), ip4(17, a4, b4, nil)), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8", ""},
	{"ppp compressed", PPP, cat([]byte{0x21}, ip4(17, a4, b4, nil)), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8", ""},
	{"ppp in hdlc", PPP, cat(u16(0xff03), u16(0x57), ip6(59, a6, b6, pad[:1])), "41 ip6 2001:db8::1 > 2001:db8:1::2 proto 59 tos b8", ""},
	{"cisco hdlc", PPP, cat(u16(0x0f00), u16(0x0800), ip4(17, a4, b4, nil)), "20 ip4 192.0.2.1 > 198.51.100.2 proto 17 tos b8", ""},

	{"ip in ip", Ethernet, eth(0x0800, ip4(4, a4, b4, ip4(17, c4, d4, udp(1, 2, nil)))), "48 ip4 192.0.2.1 > 198.51.100.2 proto 4 tos b8", "28 ip4 10.1.1.1:1 > 10.2.2.2:2 proto 17 tos b8"},
	{"6in4", Ethernet, eth(0x0800, ip4(41, a4, b4, ip6(6, a6, b6, tcp(1, 2, 2, nil)))), "80 ip4 192.0.2.1 > 198.51.100.2 proto 41 tos b8", "60 ip6 [2001:db8::1]:1 > [2001:db8:1::2]:2 proto 6 tos b8 flags 2"},
	{"mpls in ip", Ethernet, eth(0x0800, ip4(137, a4, b4, cat(label(44, 1), ip4(17, c4, d4, nil)))), "44 ip4 192.0.2.1 > 198.51.100.2 proto 137 tos b8", "20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8"},
	{"ether in ip", Ethernet, eth(0x0800, ip4(97, a4, b4, cat(u16(0x3000), innerEth(0x0800, ip4(17, c4, d4, nil))))), "56 ip4 192.0.2.1 > 198.51.100.2 proto 97 tos b8", "inner 20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8"},
	{"gre", Ethernet, eth(0x0800, ip4(47, a4, b4, gre(0, 0x0800, ip4(17, c4, d4, udp(1, 2, nil))))), "52 ip4 192.0.2.1 > 198.51.100.2 proto 47 tos b8", "28 ip4 10.1.1.1:1 > 10.2.2.2:2 proto 17 tos b8"},
	{"gre with everything", Ethernet, eth(0x0800, ip4(47, a4, b4, gre(0xb000, 0x86dd, u32(0), u32(77), u32(1), ip6(17, a6, b6, udp(1, 2, nil))))), "84 ip4 192.0.2.1 > 198.51.100.2 proto 47 tos b8 tunnel 77", "48 ip6 [2001:db8::1]:1 > [2001:db8:1::2]:2 proto 17 tos b8 tunnel 77"},
	{"nvgre", Ethernet, eth(0x0800, ip4(47, a4, b4, gre(0x2000, 0x6558, u32(5001<<8|0x17), innerEth(0x0800, ip4(17, c4, d4, nil))))), "62 ip4 192.0.2.1 > 198.51.100.2 proto 47 tos b8 tunnel 5001", "inner 20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 5001"},
	{"erspan", Ethernet, eth(0x0800, ip4(47, a4, b4, gre(0x1000, 0x88be, u32(1), u32(1<<28), u32(0), innerEth(0x0800, ip4(17, c4, d4, nil))))), "70 ip4 192.0.2.1 > 198.51.100.2 proto 47 tos b8", "inner 20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8"},
	{"pptp", Ethernet, eth(0x0800, ip4(47, a4, b4, gre(0x3081, 0x880b, u16(30), u16(99), u32(1), u32(2), u16(0xff03), u16(0x21), ip4(17, c4, d4, nil)))), "60 ip4 192.0.2.1 > 198.51.100.2 proto 47 tos b8 tunnel 99", "20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 99"},
	{
		"vxlan", Ethernet, eth(0x8100, vlan(12, 0x0800, ip4(17, a4, b4, udp(55555, 4789, vxlan(7001, innerEth(0x8100, vlan(44, 0x0800, ip4(6, c4, d4, tcp(1, 2, 0x18, nil))))))))),
		"94 ip4 192.0.2.1:55555 > 198.51.100.2:4789 proto 17 tos b8 vlan 12 tunnel 7001", "inner 40 ip4 10.1.1.1:1 > 10.2.2.2:2 proto 6 tos b8 flags 18 vlan 44 tunnel 7001",
	},
	{"vxlan with arp", Ethernet, eth(0x0800, ip4(17, a4, b4, udp(55555, 4789, vxlan(7001, innerEth(0x0806, pad[:28]))))), "78 ip4 192.0.2.1:55555 > 198.51.100.2:4789 proto 17 tos b8 tunnel 7001", ""},
	{"vxlan cut in the inner address", Ethernet, eth(0x0800, ip4(17, a4, b4, udp(55555, 4789, vxlan(7001, innerEth(0x0800, ip4(17, c4, d4, nil))[:30])))), "66 ip4 192.0.2.1:55555 > 198.51.100.2:4789 proto 17 tos b8 tunnel 7001", ""},
	{"vxlan-gpe", Ethernet, eth(0x0800, ip4(17, a4, b4, udp(5, 4790, cat([]byte{0x0c, 0, 0, 1}, u32(8<<8), ip4(17, c4, d4, nil))))), "56 ip4 192.0.2.1:5 > 198.51.100.2:4790 proto 17 tos b8 tunnel 8", "20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 8"},
	{"geneve", Ethernet, eth(0x86dd, ip6(17, a6, b6, udp(5, 6081, geneve(9, 0x6558, pad[:8], innerEth(0x0800, ip4(17, c4, d4, nil)))))), "98 ip6 [2001:db8::1]:5 > [2001:db8:1::2]:6081 proto 17 tos b8 tunnel 9", "inner 20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 9"},
	{"gtp-u", Ethernet, eth(0x0800, ip4(17, a4, b4, udp(5, 2152, cat([]byte{0x34, 255}, u16(28), u32(0xdead), u16(1), []byte{0, 0x85}, []byte{1, 0, 0, 0}, ip4(17, c4, d4, nil))))), "64 ip4 192.0.2.1:5 > 198.51.100.2:2152 proto 17 tos b8 tunnel 57005", "20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 57005"},
	{"l2tp", Ethernet, eth(0x0800, ip4(17, a4, b4, udp(5, 1701, cat(u16(0x4002), u16(32), u16(3), u16(4), u16(0xff03), u16(0x21), ip4(17, c4, d4, nil))))), "60 ip4 192.0.2.1:5 > 198.51.100.2:1701 proto 17 tos b8 tunnel 196612", "20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 196612"},
	{"l2tpv3 with a cookie", Ethernet, eth(0x0800, ip4(115, a4, b4, cat(u32(12), pad[:4], innerEth(0x0800, ip4(17, c4, d4, nil))))), "62 ip4 192.0.2.1 > 198.51.100.2 proto 115 tos b8 tunnel 12", "inner 20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 12"},
	{"tunnel in a tunnel", Ethernet, eth(0x0800, ip4(4, a4, b4, ip4(17, a4, b4, udp(5, 4789, vxlan(3, innerEth(0x0800, ip4(17, c4, d4, nil))))))), "90 ip4 192.0.2.1 > 198.51.100.2 proto 4 tos b8", "inner 20 ip4 10.1.1.1 > 10.2.2.2 proto 17 tos b8 tunnel 3"},
}

func zeroLength(b []byte) []byte { b[2], b[3] = 0, 0; return b }

func TestFlows(t *testing.T) {
	for _, p := range packets {
		t.Run(p.name, func(t *testing.T) {
			check := func(inner bool, want string) {
				t.Helper()
				var rec flow.Record
				bytes, ok := p.read(&rec, p.frame, Options{Inner: inner})
				if got := describe(&rec, bytes); got != want {
					t.Errorf("inner %v\n got %s\nwant %s", inner, got, want)
				}
				if ok != rec.Has.Contains(flow.SourceAddress) {
					t.Errorf("ok = %v, record has %v", ok, rec.Has)
				}
			}
			check(false, p.outer)
			if p.inner == "" {
				p.inner = p.outer
			}
			check(true, p.inner)
		})
	}
}

// describe writes what a record has. It starts with "inner" if its link addresses are those of a tunnelled frame.
func describe(r *flow.Record, bytes uint64) string {
	var s strings.Builder
	if r.SrcMAC == 0x0a66778899aa {
		s.WriteString("inner ")
	}
	fmt.Fprint(&s, bytes)
	if r.Has.Contains(flow.SourceAddress) {
		src, dst := flow.Addr(r.SrcAddr), flow.Addr(r.DstAddr)
		fmt.Fprintf(&s, " ip%s ", map[uint16]string{0x0800: "4", 0x86dd: "6"}[r.EtherType])
		if r.Has.Contains(flow.SourcePort) {
			fmt.Fprintf(&s, "%s > %s", netip.AddrPortFrom(src, r.SrcPort), netip.AddrPortFrom(dst, r.DstPort))
		} else {
			fmt.Fprintf(&s, "%s > %s", src, dst)
		}
	} else if r.Has.Contains(flow.NetworkType) {
		fmt.Fprintf(&s, " type %x", r.EtherType)
	}
	for _, f := range []struct {
		d    flow.Dimension
		text string
	}{
		{flow.Transport, fmt.Sprintf(" proto %d", r.Transport)},
		{flow.DSCP, fmt.Sprintf(" tos %x", r.TOS)},
		{flow.TCPFlags, fmt.Sprintf(" flags %x", r.TCPFlags)},
		{flow.ICMPType, fmt.Sprintf(" icmp %d/%d", r.ICMPType, r.ICMPCode)},
		{flow.VLAN, fmt.Sprintf(" vlan %d", r.VLAN)},
		{flow.MPLSLabel, fmt.Sprintf(" label %d", r.MPLSLabel)},
		{flow.TunnelID, fmt.Sprintf(" tunnel %d", r.TunnelID)},
	} {
		if r.Has.Contains(f.d) {
			s.WriteString(f.text)
		}
	}
	return s.String()
}

// A frame without an IP length tells its IP bytes by its own: 18 for the Ethernet header and FCS, 4 for each tag.
func TestBytesOfFramesWithoutLength(t *testing.T) {
	for _, c := range []struct {
		frame  []byte
		length uint32
		want   uint64
	}{
		{eth(0x0806, pad[:46]), 64, 46},
		{eth(0x8100, vlan(5, 0x0806, pad[:10])), 68, 46},
		{eth(0x88a8, vlan(5, 0x8100, vlan(6, 0x0806, nil))), 72, 46},
		{eth(0x0800, zeroLength(ip4(6, a4, b4, nil))), 9018, 9000},
		{eth(0x0800, ip4(6, a4, b4, pad)), 1518, 120},
		{eth(0x0806, nil), 10, 0},
		{nil, 1518, 1500},
		{nil, 0, 0},
	} {
		var rec flow.Record
		if got, _ := Ethernet(&rec, c.frame, Options{FrameLength: c.length}); got != c.want {
			t.Errorf("%x of %d: %d bytes, want %d", c.frame, c.length, got, c.want)
		}
	}
}

// Cut anywhere, a packet shows no field that the whole one does not show, and none with another value.
func TestTruncation(t *testing.T) {
	for _, p := range packets {
		var whole flow.Record
		p.read(&whole, p.frame, Options{})
		for n := range p.frame {
			var rec flow.Record
			p.read(&rec, p.frame[:n:n], Options{})
			p.read(new(flow.Record), p.frame[:n:n], Options{Inner: true})
			if extra := rec.Has &^ whole.Has; extra != 0 {
				t.Errorf("%s cut at %d has %b more", p.name, n, extra)
			}
			if rec.Has.Contains(flow.SourceAddress) && (rec.SrcAddr != whole.SrcAddr || rec.DstAddr != whole.DstAddr) {
				t.Errorf("%s cut at %d has other addresses", p.name, n)
			}
			if rec.Has.Contains(flow.DestinationPort) && rec.DstPort != whole.DstPort {
				t.Errorf("%s cut at %d has another port", p.name, n)
			}
			if rec.Has.Contains(flow.Transport) && rec.Transport != whole.Transport {
				t.Errorf("%s cut at %d has another transport", p.name, n)
			}
		}
	}
}

func TestNoAllocations(t *testing.T) {
	var rec flow.Record
	for _, p := range packets {
		for _, inner := range []bool{false, true} {
			if n := testing.AllocsPerRun(20, func() { rec.Has = 0; p.read(&rec, p.frame, Options{Inner: inner}) }); n != 0 {
				t.Errorf("%s: %v allocations", p.name, n)
			}
		}
	}
}

func FuzzPacket(f *testing.F) {
	for _, p := range packets {
		f.Add(p.frame)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:len(b):len(b)]
		for _, read := range []func(*flow.Record, []byte, Options) (uint64, bool){Ethernet, IP, MPLS, PPP} {
			for _, inner := range []bool{false, true} {
				var rec flow.Record
				_, ok := read(&rec, b, Options{Inner: inner})
				if ok != rec.Has.Contains(flow.SourceAddress) || ok && rec.EtherType != etherIPv4 && rec.EtherType != etherIPv6 {
					t.Fatalf("ok %v with %+v", ok, rec)
				}
				if rec.VLAN > 4094 || rec.MPLSLabel >= 1<<20 {
					t.Fatalf("out of range: %+v", rec)
				}
			}
		}
	})
}

func BenchmarkEthernet(b *testing.B) {
	for _, name := range []string{"tcp", "ipv6 tcp", "vxlan"} {
		for _, p := range packets {
			if p.name != name {
				continue
			}
			for _, inner := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/inner=%v", name, inner), func(b *testing.B) {
					var rec flow.Record
					b.ReportAllocs()
					b.SetBytes(int64(len(p.frame)))
					for b.Loop() {
						rec.Has = 0
						Ethernet(&rec, p.frame, Options{Inner: inner})
					}
				})
			}
		}
	}
}
