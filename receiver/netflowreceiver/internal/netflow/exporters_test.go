package netflow

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/flow"
)

// A plain template and its record: who, whom, octets, packets.
var (
	plain       = []f{{8, 4, 0}, {12, 4, 0}, {1, 4, 0}, {2, 4, 0}}
	plainRecord = wire{}.ip("10.0.0.1", "10.0.0.2").u32(1500, 3)
)

func records(c *collected) (sum flow.Record) {
	for _, r := range c.records {
		sum.Bytes += r.Bytes
		sum.Packets += r.Packets
		sum.Flows += r.Flows
	}
	return sum
}

// ASA: a connection is reported when made, while it goes on, and when torn down. 231 and 232 are octets since the last
// report, each of its direction.
func TestASA(t *testing.T) {
	asa := []f{
		{148, 4, 0},
		{8, 4, 0},
		{7, 2, 0},
		{10, 2, 0},
		{12, 4, 0},
		{11, 2, 0},
		{14, 2, 0},
		{4, 1, 0},
		{233, 1, 0},
		{33002, 2, 0},
		{323, 8, 0},
		{152, 8, 0},
		{231, 4, 0},
		{232, 4, 0},
		{225, 4, 0},
		{226, 4, 0},
		{227, 2, 0},
		{228, 2, 0},
	}
	event := func(kind uint8, initiator, responder uint32) wire {
		return wire{}.u32(7).ip("10.0.0.1").u16(40000, 2).ip("192.0.2.9").u16(443, 3).u8(6, kind).u16(2000).
			u64(uint64(t0.UnixMilli()), uint64(t0.Add(-time.Hour).UnixMilli())).u32(initiator, responder).
			ip("198.51.100.1", "192.0.2.9").u16(50000, 443)
	}
	var c collected
	decode(&c, v9(v9Header{count: 1}, set(0, definition(265, asa...), true)),
		v9(v9Header{count: 5, seq: 1}, set(265, append(append(append(append(event(1, 0, 0), event(5, 100, 1000)...), event(5, 10, 0)...),
			event(2, 1, 2)...), event(3, 0, 0)...), true)))

	type direction struct {
		from         string
		bytes, flows uint64
		event        uint8
	}
	var got []direction
	for _, r := range c.records {
		got = append(got, direction{flow.Addr(r.SrcAddr).String(), r.Bytes, r.Flows, r.FirewallEvent})
	}
	assert.Equal(t, []direction{
		{"10.0.0.1", 0, 0, 1},
		{"10.0.0.1", 100, 0, 5},
		{"192.0.2.9", 1000, 0, 5},
		{"10.0.0.1", 10, 0, 5},
		{"10.0.0.1", 1, 1, 2},
		{"192.0.2.9", 2, 0, 2},
		{"10.0.0.1", 0, 1, 3},
	}, got)
	back := c.records[2]
	assert.Equal(t, uint16(443), back.SrcPort)
	assert.Equal(t, uint32(3), back.In)
	assert.Equal(t, uint32(2), back.Out)
	assert.Equal(t, "198.51.100.1", flow.Addr(back.NATDstAddr).String())
	assert.True(t, c.records[6].Dropped, "denied")
	assert.Equal(t, t0.UnixNano(), back.End)
	assert.Equal(t, t0.Add(-time.Hour).UnixNano(), back.Start)
}

// ASR 9000: records name a sampler whose rate comes in options data later, from whichever observation domain.
func TestSamplerAnnouncedAfterItsRecords(t *testing.T) {
	sampled := append([]f{{48, 2, 0}}, plain...)
	record := append(wire{}.u16(1), plainRecord...)
	data := v9(v9Header{count: 2, seq: 1, domain: 1}, set(256, append(append(wire{}, record...), record...), true))
	template := v9(v9Header{count: 1, domain: 1}, set(0, definition(256, sampled...), true))
	options := func(domain uint32) wire {
		return v9(v9Header{count: 2, domain: domain}, set(1, optionsV9(257, 1, f{1, 4, 0}, f{48, 2, 0}, f{50, 4, 0}, f{49, 1, 0}), true),
			set(257, wire{}.u32(0).u16(1).u32(2000).u8(2), true))
	}
	for _, domain := range []uint32{1, 0} {
		var c collected
		d := decode(&c, template, data)
		assert.Empty(t, c.records, "held")
		feed(d, router, options(domain))
		require.Len(t, c.records, 2)
		assert.Equal(t, flow.Scale{Num: 2000, Den: 1}, c.records[0].Scale)
		assert.Equal(t, flow.SamplingSampler, c.records[0].SamplingSource)
		assert.Equal(t, uint64(3_000_000), c.records[1].ScaledBytes())
		assert.Zero(t, d.HeldBytes())
	}
	t.Run("never", func(t *testing.T) {
		var c collected
		d := decode(&c, template, data)
		d.Tick(t0.Add(59 * time.Second))
		assert.Empty(t, c.records)
		d.Tick(t0.Add(61 * time.Second))
		require.Len(t, c.records, 2)
		assert.Equal(t, flow.Scale{Num: 1, Den: 1}, c.records[0].Scale)
		assert.Equal(t, flow.SamplingUnresolved, c.records[0].SamplingSource)
		assert.Equal(t, t0.Add(time.Millisecond), c.at[0], "at its receipt")
		d.Datagram(router, t0.Add(62*time.Second), data)
		assert.Len(t, c.records, 4, "not held again")
		assert.Equal(t, uint64(4), d.Counters().UnresolvedRecords)
	})
	t.Run("id 0 is no sampler", func(t *testing.T) {
		var c collected
		decode(&c, template, v9(v9Header{count: 1, seq: 1, domain: 1}, set(256, append(wire{}.u16(0), plainRecord...), true)))
		require.Len(t, c.records, 1)
		assert.Equal(t, flow.SamplingDefault, c.records[0].SamplingSource)
	})
}

// A v9 header's count is sometimes that of records, of sets, or nothing: lengths are trusted.
func TestV9CountIsNotTrusted(t *testing.T) {
	body := append(append(wire{}, plainRecord...), plainRecord...)
	for _, count := range []uint16{0, 1, 2, 3, 65535} {
		var c collected
		d := decode(&c, v9(v9Header{count: count}, set(0, definition(256, plain...), true), set(256, body, true)))
		assert.Len(t, c.records, 2)
		want := uint64(1)
		if count == 3 {
			want = 0
		}
		assert.Equal(t, want, d.Counters().CountMismatches, "count %d", count)
	}
}

// The mode of a v5 header's sampling interval is left at 0 by exporters that do sample.
func TestV5Sampling(t *testing.T) {
	for field, want := range map[uint16]uint64{0: 1, 100: 100, 0x4000 | 100: 100, 0x8000 | 1000: 1000, 0xc000: 1, 0x4001: 1} {
		var c collected
		decode(&c, v5(1, field, 0, 1))
		require.Len(t, c.records, 1)
		assert.Equal(t, want, c.records[0].Scale.Apply(1), "%#x", field)
		if want > 1 {
			assert.Equal(t, flow.SamplingHeader, c.records[0].SamplingSource)
		}
	}
}

// flowDirection 255 is nothing, and so is 0 beside an egress interface only.
func TestConstantDirection(t *testing.T) {
	for _, x := range []struct {
		direction uint8
		in, out   uint32
		want      flow.Direction
	}{
		{0, 1, 2, flow.Ingress},
		{1, 1, 2, flow.Egress},
		{255, 1, 2, flow.DirectionUnknown},
		{0, 0, 2, flow.DirectionUnknown},
		{0, 1, 0, flow.Ingress},
		{0, 0, 0, flow.Ingress},
		{2, 1, 2, flow.DirectionUnknown},
	} {
		var c collected
		decode(&c, v9(v9Header{count: 2}, set(0, definition(256, append([]f{{61, 1, 0}, {10, 4, 0}, {14, 4, 0}}, plain...)...), true),
			set(256, append(wire{}.u8(x.direction).u32(x.in, x.out), plainRecord...), true)))
		require.Len(t, c.records, 1)
		assert.Equal(t, x.want, c.records[0].Direction, "%+v", x)
	}
}

func TestV9OptionsTemplateWithoutScope(t *testing.T) {
	var c collected
	decode(&c, v9(v9Header{count: 2}, set(1, optionsV9(257, 0, f{34, 4, 0}, f{35, 1, 0}), true), set(257, wire{}.u32(512).u8(2), true)),
		v9(v9Header{count: 2}, set(0, definition(256, plain...), true), set(256, plainRecord, true)))
	require.Len(t, c.records, 1)
	assert.Equal(t, flow.Scale{Num: 512, Den: 1}, c.records[0].Scale)
	assert.Equal(t, flow.SamplingDomain, c.records[0].SamplingSource)
}

// A clock that cannot be right is replaced by the receipt time; what is relative to it keeps its distance.
func TestImplausibleClock(t *testing.T) {
	for name, clock := range map[string]time.Time{
		"1970": time.Unix(1000, 0), "an hour ahead": t0.Add(time.Hour), "years behind": t0.AddDate(-3, 0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			uptimes := append([]f{{22, 4, 0}, {21, 4, 0}}, plain...)
			var c collected
			d := decode(&c, v9(v9Header{count: 2, at: clock}, set(0, definition(256, uptimes...), true),
				set(256, append(wire{}.u32(uptime-30_000, uptime-10_000), plainRecord...), true)))
			require.Len(t, c.records, 1)
			assert.Equal(t, t0.Add(-30*time.Second).UnixNano(), c.records[0].Start)
			assert.Equal(t, t0.Add(-10*time.Second).UnixNano(), c.records[0].End)
			assert.Equal(t, uint64(1), d.Counters().ImplausibleClocks)

			absolute := append([]f{{152, 8, 0}, {153, 8, 0}}, plain...)
			c = collected{}
			decode(&c, ipfix(ipfixHeader{at: clock}, set(2, definition(256, absolute...), true),
				set(256, append(wire{}.u64(uint64(clock.UnixMilli()-30_000), uint64(clock.UnixMilli()-10_000)), plainRecord...), true)))
			require.Len(t, c.records, 1)
			assert.Equal(t, t0.Add(-30*time.Second).UnixNano(), c.records[0].Start)
			assert.Equal(t, t0.Add(-10*time.Second).UnixNano(), c.records[0].End)
		})
	}
	t.Run("of a record only", func(t *testing.T) {
		absolute := append([]f{{152, 8, 0}, {153, 8, 0}}, plain...)
		var c collected
		d := decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, absolute...), true),
			set(256, append(append(wire{}.u64(0, 5_000), plainRecord...), append(wire{}.u64(uint64(t0.UnixMilli())+3_599_000, uint64(t0.UnixMilli())+3_600_000), plainRecord...)...), true)))
		require.Len(t, c.records, 2)
		assert.Equal(t, t0.UnixNano(), c.records[0].End)
		assert.Equal(t, t0.UnixNano(), c.records[1].End)
		assert.Equal(t, t0.Add(-time.Second).UnixNano(), c.records[1].Start)
		assert.Equal(t, uint64(2), d.Counters().ImplausibleClocks)
	})
}

func TestTemplatesFromOnePortDataFromAnother(t *testing.T) {
	template := v9(v9Header{count: 1}, set(0, definition(256, plain...), true))
	data := v9(v9Header{count: 1}, set(256, plainRecord, true))
	other := netip.AddrPortFrom(router.Addr(), 40001)
	var c collected
	d := decode(&c, template)
	feed(d, other, data)
	assert.Len(t, c.records, 1)

	t.Run("data first", func(t *testing.T) {
		var c collected
		d := New(&c, Limits{})
		feed(d, other, data)
		feed(d, router, template)
		assert.Len(t, c.records, 1)
	})
	t.Run("another address", func(t *testing.T) {
		var c collected
		d := decode(&c, template)
		feed(d, netip.MustParseAddrPort("192.0.2.2:40000"), data)
		assert.Empty(t, c.records)
	})
	t.Run("another domain", func(t *testing.T) {
		var c collected
		d := decode(&c, template)
		feed(d, other, v9(v9Header{count: 1, domain: 1}, set(256, plainRecord, true)))
		assert.Empty(t, c.records)
	})
}

// Behind one NAT address exporters may use equal observation domains: each port keeps to its own definitions.
func TestEqualDomainsBehindOneAddress(t *testing.T) {
	reversed := []f{{2, 4, 0}, {1, 4, 0}, {12, 4, 0}, {8, 4, 0}}
	second := netip.AddrPortFrom(router.Addr(), 40001)
	third := netip.AddrPortFrom(router.Addr(), 40002)
	var c collected
	d := New(&c, Limits{})
	feed(d, router, v9(v9Header{count: 1}, set(0, definition(256, plain...), true)))
	feed(d, second, v9(v9Header{count: 1}, set(0, definition(256, reversed...), true)))
	feed(d, router, v9(v9Header{count: 1}, set(256, plainRecord, true)))
	feed(d, second, v9(v9Header{count: 1}, set(256, wire{}.u32(3, 1500).ip("10.0.0.2", "10.0.0.1"), true)))
	require.Len(t, c.records, 2)
	assert.Equal(t, c.records[0], c.records[1])
	feed(d, third, v9(v9Header{count: 1}, set(256, plainRecord, true)))
	assert.Len(t, c.records, 2, "which of the two it means cannot be told")
	feed(d, third, v9(v9Header{count: 1}, set(0, definition(256, plain...), true)))
	assert.Len(t, c.records, 3, "until it says so")
}

// Ten exporters behind one address, one sampler id, a rate each.
func TestSamplersBehindOneAddress(t *testing.T) {
	sampled := append([]f{{48, 1, 0}}, plain...)
	var c collected
	d := New(&c, Limits{})
	for i := range 10 {
		src := netip.AddrPortFrom(router.Addr(), uint16(40000+i))
		feed(d, src, v9(v9Header{count: 3}, set(0, definition(256, sampled...), true), set(1, optionsV9(257, 0, f{48, 1, 0}, f{50, 4, 0}), true),
			set(257, wire{}.u8(1).u32(uint32(100+i)), true)))
	}
	for i := range 10 {
		src := netip.AddrPortFrom(router.Addr(), uint16(40000+i))
		feed(d, src, v9(v9Header{count: 1, seq: 1}, set(256, append(wire{}.u8(1), plainRecord...), true)))
		assert.Equal(t, uint64(100+i), c.records[i].Scale.Num)
	}
}

// After a reboot an id comes back with another shape: data that does not fit the old one waits for the new.
func TestTemplateIDReusedAfterReboot(t *testing.T) {
	longer := append([]f{{10, 4, 0}}, plain...)
	var c collected
	d := decode(&c, v9(v9Header{count: 2}, set(0, definition(256, plain...), true), set(256, plainRecord, true)))
	later := t0.Add(time.Minute)
	record := append(wire{}.u32(17), plainRecord...)
	d.Datagram(router, later, v9(v9Header{count: 1, uptime: 5000, at: later}, set(256, record, false)))
	assert.Len(t, c.records, 1)
	d.Datagram(router, later, v9(v9Header{count: 1, uptime: 5001, at: later, seq: 1}, set(0, definition(256, longer...), true)))
	require.Len(t, c.records, 2)
	assert.Equal(t, uint32(17), c.records[1].In)
	assert.Equal(t, uint64(1500), c.records[1].Bytes)
	assert.Equal(t, uint64(1), d.Counters().Redefinitions)
}

// A template that changes shape mid-stream takes effect exactly between the two records.
func TestRedefinitionWithinOneMessage(t *testing.T) {
	longer := append([]f{{10, 4, 0}}, plain...)
	var c collected
	decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, plain...), true), set(256, plainRecord, true),
		set(2, definition(256, longer...), true), set(256, append(wire{}.u32(17), plainRecord...), true)))
	require.Len(t, c.records, 2)
	assert.Zero(t, c.records[0].In)
	assert.Equal(t, uint32(17), c.records[1].In)
	assert.Equal(t, uint64(3000), records(&c).Bytes)
}

func TestPadding(t *testing.T) {
	odd := append([]f{{4, 1, 0}}, plain...)
	record := append(wire{}.u8(6), plainRecord...)
	for _, padded := range []bool{true, false} {
		for n := 1; n <= 5; n++ {
			var body wire
			for range n {
				body = append(body, record...)
			}
			var c collected
			d := decode(&c, v9(v9Header{count: uint16(n + 1)}, set(0, definition(256, odd...), padded), set(256, body, padded)))
			assert.Len(t, c.records, n)
			assert.Zero(t, d.Counters().CountMismatches)
			assert.Zero(t, d.Counters().Errors)
		}
	}
}

// Counters, interfaces and more come in fewer octets than their type has (RFC 7011 §6.2).
func TestReducedSizes(t *testing.T) {
	for n := uint16(1); n <= 8; n++ {
		fields := []f{{8, 4, 0}, {12, 4, 0}, {1, n, 0}, {2, n, 0}, {10, min(n, 8), 0}, {16, min(n, 4), 0}, {7, min(n, 2), 0}}
		number := func(length uint16, v uint8) wire { return append(make(wire, length-1), v) }
		record := wire{}.ip("10.0.0.1", "10.0.0.2")
		for i, x := range fields[2:] {
			record = append(record, number(x.length, uint8(i+1))...)
		}
		var c collected
		decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, fields...), true), set(256, record, true)))
		require.Len(t, c.records, 1)
		r := c.records[0]
		assert.Equal(t, []uint64{1, 2, 3, 4, 5}, []uint64{r.Bytes, r.Packets, uint64(r.In), uint64(r.SrcAS), uint64(r.SrcPort)}, "%d octets", n)
	}
}

func TestLongDatagram(t *testing.T) {
	var body wire
	for range 560 {
		body = append(body, plainRecord...)
	}
	b := v9(v9Header{count: 561}, set(0, definition(256, plain...), true), set(256, body, true))
	require.Greater(t, len(b), 8900)
	var c collected
	decode(&c, b)
	assert.Len(t, c.records, 560)
}
