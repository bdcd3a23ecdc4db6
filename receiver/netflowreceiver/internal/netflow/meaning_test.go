package netflow

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/flow"
)

// one decodes a single IPFIX record of addresses and the given fields.
func one(t *testing.T, fields []f, values wire) flow.Record {
	t.Helper()
	all := append([]f{{8, 4, 0}, {12, 4, 0}}, fields...)
	var c collected
	decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, all...), true), set(256, append(wire{}.ip("10.0.0.1", "10.0.0.2"), values...), true)))
	require.Len(t, c.records, 1)
	return c.records[0]
}

// Of several counters of the same traffic one is taken.
func TestCountersAreNeverSummed(t *testing.T) {
	for _, x := range []struct {
		name   string
		fields []f
		want   uint64
	}{
		{"delta before total", []f{{85, 4, 0}, {1, 4, 0}}, 2},
		{"delta before post", []f{{23, 4, 0}, {1, 4, 0}}, 2},
		{"total before post", []f{{23, 4, 0}, {85, 4, 0}}, 2},
		{"post alone", []f{{23, 4, 0}, {2, 4, 0}}, 1},
		{"layer 2 last", []f{{352, 4, 0}, {1, 4, 0}}, 2},
		{"the first of two equal ones", []f{{1, 4, 0}, {1, 4, 0}}, 1},
		{"responder beside delta", []f{{1, 4, 0}, {232, 4, 0}}, 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := one(t, x.fields, wire{}.u32(1, 2))
			assert.Equal(t, x.want, r.Bytes)
		})
	}
}

func TestBiflow(t *testing.T) {
	fields := append([]f{{10, 4, 0}, {14, 4, 0}, {61, 1, 0}, {6, 1, 0}}, plain...)
	fields = append(fields, f{1, 4, reversePEN}, f{2, 4, reversePEN}, f{6, 1, reversePEN})
	record := func(octets uint32) wire {
		return append(wire{}.u32(1, 2).u8(0, 0x02), append(append(wire{}, plainRecord...), wire{}.u32(octets, octets/100).u8(0x12)...)...)
	}
	var c collected
	decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, fields...), true), set(256, append(record(9000), record(0)...), true)))
	require.Len(t, c.records, 3, "an empty reverse direction is none")
	a, b := c.records[0], c.records[1]
	assert.Equal(t, []uint64{1500, 3, 1}, []uint64{a.Bytes, a.Packets, a.Flows})
	assert.Equal(t, []uint64{9000, 90, 1}, []uint64{b.Bytes, b.Packets, b.Flows})
	assert.Equal(t, a.SrcAddr, b.DstAddr)
	assert.Equal(t, uint32(2), b.In)
	assert.Equal(t, flow.Ingress, a.Direction)
	assert.Equal(t, flow.Egress, b.Direction)
	assert.Equal(t, uint16(0x12), b.TCPFlags)
}

func TestTimes(t *testing.T) {
	start, end := t0.Add(-90*time.Second), t0.Add(-30*time.Second)
	ntp := func(at time.Time) uint64 {
		return uint64(at.Unix()+ntpEpoch)<<32 | uint64(at.Nanosecond())<<32/1e9
	}
	init := uint64(t0.Add(-60 * 24 * time.Hour).UnixMilli()) // 60 days: the uptime has wrapped
	up := func(at time.Time) uint32 { return uint32(uint64(at.UnixMilli()) - init) }
	for _, x := range []struct {
		name   string
		fields []f
		values wire
	}{
		{"seconds", []f{{150, 4, 0}, {151, 4, 0}}, wire{}.u32(uint32(start.Unix()), uint32(end.Unix()))},
		{"milliseconds", []f{{152, 8, 0}, {153, 8, 0}}, wire{}.u64(uint64(start.UnixMilli()), uint64(end.UnixMilli()))},
		{"microseconds are NTP", []f{{154, 8, 0}, {155, 8, 0}}, wire{}.u64(ntp(start), ntp(end))},
		{"nanoseconds are NTP", []f{{156, 8, 0}, {157, 8, 0}}, wire{}.u64(ntp(start), ntp(end))},
		{"delta", []f{{158, 4, 0}, {159, 4, 0}}, wire{}.u32(90e6, 30e6)},
		{"start and duration", []f{{152, 8, 0}, {161, 4, 0}}, wire{}.u64(uint64(start.UnixMilli())).u32(60_000)},
		{"end and duration", []f{{153, 8, 0}, {162, 4, 0}}, wire{}.u64(uint64(end.UnixMilli())).u32(60e6)},
		{"uptime and system init", []f{{22, 4, 0}, {21, 4, 0}, {160, 8, 0}}, wire{}.u32(up(start), up(end)).u64(init)},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := one(t, x.fields, x.values)
			assert.Equal(t, start, time.Unix(0, r.Start).UTC())
			assert.Equal(t, end, time.Unix(0, r.End).UTC())
		})
	}
	t.Run("none", func(t *testing.T) {
		r := one(t, plain[2:], wire{}.u32(1, 1))
		assert.Zero(t, r.Start)
		assert.Zero(t, r.End)
	})
	t.Run("uptime wraps between start and end", func(t *testing.T) {
		var c collected
		decode(&c, v9(v9Header{count: 2, uptime: 10_000}, set(0, definition(256, append([]f{{22, 4, 0}, {21, 4, 0}}, plain...)...), true),
			set(256, append(wire{}.u32(math.MaxUint32-9_999, 5_000), plainRecord...), true)))
		assert.Equal(t, t0.Add(-20*time.Second), time.Unix(0, c.records[0].Start).UTC())
		assert.Equal(t, t0.Add(-5*time.Second), time.Unix(0, c.records[0].End).UTC())
	})
}

func TestSamplingElements(t *testing.T) {
	float := func(p float64) wire { return wire{}.u64(math.Float64bits(p)) }
	for _, x := range []struct {
		name   string
		fields []f
		values wire
		want   flow.Scale
	}{
		{"samplingInterval", []f{{34, 4, 0}}, wire{}.u32(1000), flow.Scale{Num: 1000, Den: 1}},
		{"samplerRandomInterval", []f{{50, 2, 0}}, wire{}.u16(64), flow.Scale{Num: 64, Den: 1}},
		{"interval and space", []f{{305, 4, 0}, {306, 4, 0}}, wire{}.u32(1, 999), flow.Scale{Num: 1000, Den: 1}},
		{"interval of several", []f{{305, 4, 0}, {306, 4, 0}}, wire{}.u32(2, 5), flow.Scale{Num: 7, Den: 2}},
		{"n out of N", []f{{309, 4, 0}, {310, 4, 0}}, wire{}.u32(3, 10), flow.Scale{Num: 10, Den: 3}},
		{"probability", []f{{311, 8, 0}}, float(0.001), flow.Scale{Num: 1000, Den: 1}},
		{"probability in four octets", []f{{311, 4, 0}}, wire{}.u32(math.Float32bits(0.01)), flow.Scale{Num: 100, Den: 1}},
		{"probability of no whole number", []f{{311, 8, 0}}, float(0.75), flow.Scale{Num: 4, Den: 3}},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := one(t, x.fields, x.values)
			assert.Equal(t, flow.SamplingRecord, r.SamplingSource)
			assert.Equal(t, x.want, r.Scale)
		})
	}
	t.Run("0 says nothing", func(t *testing.T) {
		assert.Equal(t, flow.SamplingDefault, one(t, []f{{34, 4, 0}}, wire{}.u32(0)).SamplingSource)
	})
}

// Each source goes before the next: override, record, sampler, interface, domain, default.
func TestSamplingOrder(t *testing.T) {
	options := ipfix(ipfixHeader{},
		set(3, optionsIPFIX(300, 1, f{149, 4, 0}, f{305, 4, 0}, f{306, 4, 0}), true), set(300, wire{}.u32(0, 1, 9), true),
		set(3, optionsIPFIX(301, 1, f{10, 4, 0}, f{34, 4, 0}), true), set(301, wire{}.u32(7, 20), true),
		set(3, optionsIPFIX(302, 1, f{302, 8, 0}, f{309, 4, 0}, f{310, 4, 0}), true), set(302, wire{}.u64(5).u32(1, 30), true))
	fields := append([]f{{34, 4, 0}, {302, 8, 0}, {10, 4, 0}}, plain...)
	record := func(rate uint32, selector uint64, in uint32) wire {
		return append(wire{}.u32(rate).u64(selector).u32(in), plainRecord...)
	}
	var c collected
	d := decode(&c, options, ipfix(ipfixHeader{}, set(2, definition(256, fields...), true)))
	feed(d, router, ipfix(ipfixHeader{}, set(256, record(40, 5, 7), true), set(256, record(0, 5, 7), true),
		set(256, record(0, 0, 7), true), set(256, record(0, 0, 1), true)))
	var got []uint64
	var sources []string
	for _, r := range c.records {
		got, sources = append(got, r.Scale.Num), append(sources, r.SamplingSource.String())
	}
	assert.Equal(t, []uint64{40, 30, 20, 10}, got)
	assert.Equal(t, []string{"record", "sampler", "interface", "domain"}, sources)

	c = collected{override: flow.Scale{Num: 50, Den: 1}}
	decode(&c, options, ipfix(ipfixHeader{}, set(2, definition(256, fields...), true), set(256, record(40, 5, 7), true)))
	assert.Equal(t, uint64(50), c.records[0].Scale.Num)
	assert.Equal(t, flow.SamplingOverride, c.records[0].SamplingSource)
}

func TestNamesFromOptions(t *testing.T) {
	var c collected
	d := decode(&c, v9(v9Header{count: 2}, set(1, optionsV9(257, 1, f{2, 4, 0}, f{82, 16, 0}, f{83, 16, 0}), true),
		set(257, append(wire{}.u32(1).str("Te0/0/0", 16).str("uplink", 16), wire{}.u32(2).str("Te0/0/1", 16).str("", 16)...), true)),
		v9(v9Header{count: 2}, set(1, optionsV9(258, 1, f{1, 4, 0}, f{95, 4, 0}, f{96, 8, 0}, f{94, 8, 0}), true),
			set(258, wire{}.u32(0).u8(13, 0, 1, 2).str("webex", 8).str("WebEx", 8), true)),
		v9(v9Header{count: 2}, set(1, optionsV9(259, 1, f{1, 4, 0}, f{234, 4, 0}, f{236, 8, 0}), true),
			set(259, wire{}.u32(0, 3).str("mgmt", 8), true)),
		v9(v9Header{count: 2}, set(1, optionsV9(260, 1, f{1, 4, 0}, f{130, 4, 0}), true), set(260, wire{}.u32(0).ip("192.0.2.77"), true)))
	assert.Equal(t, map[uint32]string{1: "Te0/0/0", 2: "Te0/0/1"}, c.interfaces)
	assert.Equal(t, "uplink", c.descriptions[1])
	assert.Equal(t, map[uint64]string{13<<56 | 258: "webex"}, c.applications)
	assert.Equal(t, map[uint32]string{3: "mgmt"}, c.vrfs)
	assert.Equal(t, "192.0.2.77", c.addresses[0].String())
	assert.Zero(t, d.Counters().Errors)

	t.Run("a stream that comes later is told", func(t *testing.T) {
		c.interfaces = nil
		feed(d, mustPort(router, 50000), v9(v9Header{}))
		assert.Len(t, c.interfaces, 2)
	})
}

func TestICMP(t *testing.T) {
	for _, x := range []struct {
		name   string
		fields []f
		values wire
	}{
		{"in the destination port", []f{{4, 1, 0}, {7, 2, 0}, {11, 2, 0}}, wire{}.u8(1).u16(0, 0x0301)},
		{"in one field", []f{{4, 1, 0}, {11, 2, 0}, {32, 2, 0}}, wire{}.u8(1).u16(0, 0x0301)},
		{"in two fields", []f{{4, 1, 0}, {176, 1, 0}, {177, 1, 0}}, wire{}.u8(1, 3, 1)},
		{"of IPv6", []f{{4, 1, 0}, {178, 1, 0}, {179, 1, 0}}, wire{}.u8(58, 3, 1)},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := one(t, x.fields, x.values)
			assert.Equal(t, []uint8{3, 1}, []uint8{r.ICMPType, r.ICMPCode})
			assert.True(t, r.Has.Contains(flow.ICMPType))
			assert.False(t, r.Has.Contains(flow.DestinationPort))
		})
	}
	r := one(t, []f{{4, 1, 0}, {11, 2, 0}}, wire{}.u8(6).u16(443))
	assert.False(t, r.Has.Contains(flow.ICMPType))
	assert.Equal(t, uint16(443), r.DstPort)
}

// A template may have room for both families, of which a record uses one.
func TestDualStackTemplate(t *testing.T) {
	fields := []f{{27, 16, 0}, {28, 16, 0}, {8, 4, 0}, {12, 4, 0}, {1, 4, 0}}
	var c collected
	decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, fields...), true),
		set(256, append(wire{}.ip("2001:db8::1", "2001:db8::2", "0.0.0.0", "0.0.0.0").u32(1), wire{}.ip("::", "::", "10.0.0.1", "10.0.0.2").u32(1)...), true)))
	require.Len(t, c.records, 2)
	assert.Equal(t, "2001:db8::1", flow.Addr(c.records[0].SrcAddr).String())
	assert.Equal(t, uint16(0x86DD), c.records[0].EtherType)
	assert.Equal(t, "10.0.0.2", flow.Addr(c.records[1].DstAddr).String())
	assert.Equal(t, uint16(0x0800), c.records[1].EtherType)
}

// Some exporters send the head of a packet instead of fields (RFC 5477 §8.5).
func TestPacketSections(t *testing.T) {
	ip := wire{}.u8(0x45, 0).u16(1400).u32(0x00014000).u8(64, 17).u16(0).ip("10.0.0.1", "10.0.0.2").u16(53, 5353, 1380, 0)
	frame := append(wire{}.u8(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2).u16(0x0800), ip...)
	for name, x := range map[string]struct {
		field f
		value wire
	}{
		"frame of fixed length":    {f{315, uint16(len(frame)), 0}, frame},
		"frame of variable length": {f{315, variable, 0}, append(wire{}.u8(uint8(len(frame))), frame...)},
		"IP packet":                {f{313, uint16(len(ip)), 0}, ip},
	} {
		t.Run(name, func(t *testing.T) {
			var c collected
			decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, f{10, 4, 0}, x.field), true), set(256, append(wire{}.u32(9), x.value...), true)))
			require.Len(t, c.records, 1)
			r := c.records[0]
			assert.Equal(t, []uint64{1400, 1, 1}, []uint64{r.Bytes, r.Packets, r.Flows})
			assert.Equal(t, "10.0.0.1", flow.Addr(r.SrcAddr).String())
			assert.Equal(t, uint16(53), r.SrcPort)
			assert.Equal(t, uint32(9), r.In)
		})
	}
}
