package netflow

import (
	"net/netip"
	"testing"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
)

var v9Fields = []f{
	{8, 4, 0},
	{12, 4, 0},
	{7, 2, 0},
	{11, 2, 0},
	{4, 1, 0},
	{5, 1, 0},
	{6, 1, 0},
	{10, 4, 0},
	{14, 4, 0},
	{1, 4, 0},
	{2, 4, 0},
	{22, 4, 0},
	{21, 4, 0},
	{16, 4, 0},
	{17, 4, 0},
	{9, 1, 0},
	{13, 1, 0},
	{15, 4, 0},
	{61, 1, 0},
	{34, 4, 0},
}

var ipfixFields = []f{
	{8, 4, 0},
	{12, 4, 0},
	{7, 2, 0},
	{11, 2, 0},
	{4, 1, 0},
	{5, 1, 0},
	{6, 1, 0},
	{10, 4, 0},
	{14, 4, 0},
	{1, 8, 0},
	{2, 8, 0},
	{152, 8, 0},
	{153, 8, 0},
	{16, 4, 0},
	{17, 4, 0},
	{9, 1, 0},
	{13, 1, 0},
	{15, 4, 0},
	{61, 1, 0},
	{136, 1, 0},
}

func recordOf(fields []f, i int) (w wire) {
	for _, x := range fields {
		switch {
		case x.id == 22 || x.id == 21:
			w = w.u32(uptime - 1000)
		case x.id == 152 || x.id == 153:
			w = w.u64(uint64(t0.UnixMilli() - 1000))
		case x.length == 1:
			w = w.u8(6)
		case x.length == 2:
			w = w.u16(uint16(1000 + i))
		case x.length == 4:
			w = w.u32(uint32(0x0a000001 + i))
		default:
			w = w.u64(uint64(1000 + i))
		}
	}
	return w
}

func recordsOf(fields []f, n int) (w wire) {
	for i := range n {
		w = append(w, recordOf(fields, i)...)
	}
	return w
}

func v5(count, sampling uint16, seq uint32, records int) wire {
	w := wire{}.u16(5, count).u32(uptime, uint32(t0.Unix()), 0, seq).u8(1, 2).u16(sampling)
	for i := range records {
		w = w.u32(0x0a000001+uint32(i), 0x0a000002, 0).u16(3, 4).u32(10, 1500, uptime-2000, uptime-1000).
			u16(1234, 443).u8(0, 0x1b, 6, 0).u16(65001, 65002).u8(24, 16).u16(0)
	}
	return w
}

// discard is a Sink that counts.
type discard struct{ records, bytes uint64 }

func (*discard) Open(*Stream) bool { return true }
func (*discard) Close(*Stream)     {}
func (c *discard) Record(_ *Stream, _ time.Time, r *flow.Record) {
	c.records++
	c.bytes += r.ScaledBytes()
}
func (*discard) Interface(*Stream, uint32, string, string) {}
func (*discard) Application(*Stream, uint64, string)       {}
func (*discard) VRF(*Stream, uint32, string)               {}
func (*discard) Address(*Stream, netip.Addr)               {}

var steady = map[string]struct {
	templates, data wire
	flows           int
}{
	"v5": {nil, v5(30, 1000, 0, 30), 30},
	"v9": {
		v9(v9Header{count: 1}, set(0, definition(256, v9Fields...), true)),
		v9(v9Header{count: 24}, set(256, recordsOf(v9Fields, 24), true)), 24,
	},
	"ipfix": {
		ipfix(ipfixHeader{}, set(2, definition(256, ipfixFields...), true)),
		ipfix(ipfixHeader{}, set(256, recordsOf(ipfixFields, 18), true)), 18,
	},
	"ipfix_variable": {
		ipfix(ipfixHeader{}, set(2, definition(256, append(ipfixFields, f{371, 65535, 0}, f{2, 65535, 9})...), true)),
		ipfix(ipfixHeader{}, set(256, variableRecords(18), true)), 18,
	},
	"ipfix_biflow": {
		ipfix(ipfixHeader{}, set(2, definition(256, append(ipfixFields, f{1, 8, reversePEN}, f{2, 8, reversePEN})...), true)),
		ipfix(ipfixHeader{}, set(256, biflowRecords(18), true)), 36,
	},
}

func variableRecords(n int) (w wire) {
	for i := range n {
		w = append(append(w, recordOf(ipfixFields, i)...), wire{}.u8(5).str("alice", 5).u8(255).u16(300).str("x", 300)...)
	}
	return w
}

func biflowRecords(n int) (w wire) {
	for i := range n {
		w = append(append(w, recordOf(ipfixFields, i)...), wire{}.u64(100, 2)...)
	}
	return w
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"v5", "v9", "ipfix", "ipfix_variable", "ipfix_biflow"} {
		c := steady[name]
		b.Run(name, func(b *testing.B) {
			var sink discard
			d := New(&sink, Limits{})
			if c.templates != nil {
				d.Datagram(router, t0, c.templates)
			}
			b.SetBytes(int64(len(c.data)))
			b.ReportAllocs()
			for b.Loop() {
				d.Datagram(router, t0, c.data)
			}
			if sink.records != uint64(b.N)*uint64(c.flows) {
				b.Fatal(sink.records, b.N)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sink.records), "ns/flow")
		})
	}
}

// Steady state costs no allocation, whatever the protocol.
func TestDecodeAllocatesNothing(t *testing.T) {
	for name, c := range steady {
		t.Run(name, func(t *testing.T) {
			var sink discard
			d := New(&sink, Limits{})
			if c.templates != nil {
				d.Datagram(router, t0, c.templates)
			}
			if n := testing.AllocsPerRun(100, func() { d.Datagram(router, t0, c.data) }); n != 0 {
				t.Errorf("%v allocations per datagram", n)
			}
			if want := uint64(101 * c.flows); sink.records != want {
				t.Errorf("%d flows, want %d", sink.records, want)
			}
		})
	}
}
