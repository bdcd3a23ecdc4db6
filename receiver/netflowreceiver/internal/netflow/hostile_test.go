package netflow

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is wrong with a datagram is said and counted; what is right in it is decoded.
func TestMalformed(t *testing.T) {
	good := set(256, plainRecord, true)
	template := set(0, definition(256, plain...), true)
	for _, x := range []struct {
		name    string
		b       wire
		why     Reason
		records int
	}{
		{"empty", wire{}, TooShort, 0},
		{"one octet", wire{0}, TooShort, 0},
		{"sFlow", wire{}.u32(5, 1, 0x7f000001), UnknownVersion, 0},
		{"v8", wire{}.u16(8, 1).u64(0, 0, 0), UnknownVersion, 0},
		{"v9 header cut", v9(v9Header{})[:19], TooShort, 0},
		{"v5 header cut", v5(1, 0, 0, 1)[:23], TooShort, 0},
		{"v5 count past the datagram", v5(55582, 0, 0, 30), CountBeyondDatagram, 0},
		{"v5 with a tail", append(v5(1, 0, 0, 1), 1, 2, 3), TrailingBytes, 1},
		{"set longer than the datagram", append(v9(v9Header{}, template, good), wire{}.u16(256, 400).u32(1)...), SetTruncated, 1},
		{"set shorter than its header", append(v9(v9Header{}, template, good), wire{}.u16(256, 3).u32(1)...), SetLength, 1},
		{"reserved set", v9(v9Header{}, template, set(100, plainRecord, true), good), ReservedSet, 1},
		{"template past its set", v9(v9Header{}, set(0, wire{}.u16(257, 9, 8, 4), true), template, good), TemplateTruncated, 1},
		{"template id", v9(v9Header{}, set(0, append(definition(255, plain...), definition(256, plain...)...), true), good), TemplateID, 1},
		{"template without fields", v9(v9Header{}, set(0, append(wire{}.u16(257, 0), definition(256, plain...)...), true), good), TemplateEmpty, 1},
		{"template of zero length fields", v9(v9Header{}, set(0, append(definition(257, f{8, 0, 0}, f{1, 0, 0}), definition(256, plain...)...), true),
			set(257, plainRecord, true), good), TemplateEmpty, 1},
		{"v9 options scope", v9(v9Header{}, set(1, wire{}.u16(257, 3, 4, 1, 4, 34, 4), true), template, good), OptionsScope, 1},
		{"IPFIX options scope", ipfix(ipfixHeader{}, set(3, wire{}.u16(257, 1, 2, 149, 4), true)), OptionsScope, 0},
		{"IPFIX longer than the datagram", func() wire {
			b := ipfix(ipfixHeader{}, set(2, definition(256, plain...), true), good)
			be.PutUint16(b[2:], 9000)
			return b
		}(), MessageLength, 1},
		{"IPFIX shorter than its header", func() wire { b := ipfix(ipfixHeader{}); be.PutUint16(b[2:], 8); return b }(), MessageLength, 0},
		{"IPFIX with a tail", append(ipfix(ipfixHeader{}, set(2, definition(256, plain...), true), good), 0, 0), TrailingBytes, 1},
		{"variable length past the set", ipfix(ipfixHeader{}, set(2, definition(256, append(plain, f{371, variable, 0})...), true),
			set(256, append(append(append(wire{}, plainRecord...), 1, 'x'), append(append(wire{}, plainRecord...), 200, 'x')...), true)), RecordTruncated, 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			var c collected
			d := New(&c, Limits{})
			assert.Equal(t, x.why, d.Datagram(router, t0, x.b), x.why.Text())
			assert.Len(t, c.records, x.records)
			assert.Equal(t, uint64(1), d.Counters().Errors[x.why])
			assert.NotEmpty(t, x.why.Text())
		})
	}
}

func TestTwoIPFIXMessagesInOneDatagram(t *testing.T) {
	var c collected
	d := decode(&c, append(ipfix(ipfixHeader{}, set(2, definition(256, plain...), true)), ipfix(ipfixHeader{}, set(256, plainRecord, true))...))
	assert.Len(t, c.records, 1)
	assert.Zero(t, d.Counters().Errors)
}

func TestWithdrawalsDoNotCountOverUDP(t *testing.T) {
	for _, id := range []uint16{256, 2} {
		var c collected
		d := decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, plain...), true)), ipfix(ipfixHeader{}, set(2, wire{}.u16(id, 0), true)),
			ipfix(ipfixHeader{}, set(256, plainRecord, true)))
		assert.Len(t, c.records, 1)
		assert.Equal(t, uint64(1), d.Counters().Withdrawals)
	}
}

func TestEarlyDataIsReplayed(t *testing.T) {
	var c collected
	d := decode(&c, v9(v9Header{count: 1}, set(256, plainRecord, true)), v9(v9Header{count: 1, seq: 1}, set(256, plainRecord, true)))
	assert.Empty(t, c.records)
	assert.Equal(t, uint64(2), d.Counters().HeldSets)
	n, since := streamOf(d).Missing()
	assert.Equal(t, 1, n)
	assert.Equal(t, t0, since.UTC())
	feed(d, router, v9(v9Header{count: 1, seq: 2}, set(0, definition(256, plain...), true)))
	require.Len(t, c.records, 2)
	assert.Equal(t, t0, c.at[0], "as of its receipt")
	assert.Equal(t, uint64(2), d.Counters().ReplayedRecords)
	assert.Zero(t, d.HeldBytes())
	n, _ = streamOf(d).Missing()
	assert.Zero(t, n)
}

func TestEarlyDataIsBounded(t *testing.T) {
	var c collected
	d := New(&c, Limits{HeldBytes: 10_000, AllHeldBytes: 15_000})
	for range 1000 {
		feed(d, router, v9(v9Header{count: 1}, set(256, plainRecord, true)))
	}
	assert.LessOrEqual(t, d.HeldBytes(), 10_000)
	assert.Equal(t, uint64(1000), d.Counters().HeldSets+d.Counters().DroppedSets)
	for i := range 1000 {
		feed(d, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), v9(v9Header{count: 1}, set(256, plainRecord, true)))
	}
	assert.LessOrEqual(t, d.HeldBytes(), 15_000)
	d.Tick(t0.Add(11 * time.Minute))
	assert.Zero(t, d.HeldBytes())
	assert.Equal(t, uint64(2000), d.Counters().DroppedSets)
}

// A million forged source ids, addresses or template ids leave the memory flat, and a real exporter's state alone.
func TestFloods(t *testing.T) {
	if testing.Short() {
		t.Skip("a million datagrams")
	}
	data := v9(v9Header{count: 1}, set(256, plainRecord, true))
	floods := map[string]func(d *Decoder, i uint32){
		"source ids": func(d *Decoder, i uint32) {
			feed(d, netip.AddrPortFrom(router.Addr(), 666), v9(v9Header{domain: i + 1}, set(0, definition(256, plain...), true), set(300, plainRecord, true)))
		},
		"addresses": func(d *Decoder, i uint32) {
			src := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 666)
			feed(d, src, v9(v9Header{}, set(0, definition(256, plain...), true), set(300, plainRecord, true)))
		},
		"addresses and ports": func(d *Decoder, i uint32) {
			src := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), uint16(i>>16))
			feed(d, src, v5(1, 0, 0, 1), v9(v9Header{}, set(0, definition(256, plain...), true)))
		},
		"templates": func(d *Decoder, i uint32) {
			fields := append([]f{{uint16(1000 + i%30000), 4, 0}}, plain...)
			feed(d, netip.AddrPortFrom(router.Addr(), 666), v9(v9Header{domain: 9}, set(0, definition(uint16(256+i%60000), fields...), true)))
		},
	}
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			var sink discard
			d := New(&sink, Limits{})
			feed(d, router, v9(v9Header{count: 1}, set(0, definition(256, plain...), true)))
			heap := func() uint64 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			var early uint64
			const n = 100_000
			for i := range uint32(n) {
				flood(d, i)
				if i%100 == 0 {
					feed(d, router, data)
				}
				if i == n/3 {
					early = heap()
				}
			}
			assert.Less(t, heap(), early+16<<20)
			assert.LessOrEqual(t, d.streams, 8192)
			forged := d.Counters().Records[V5]
			assert.Equal(t, uint64(n/100), sink.records-forged, "the real exporter kept its template")
			runtime.KeepAlive(d)
		})
	}
}

func TestRefusedExporter(t *testing.T) {
	c := collected{refuse: true}
	d := New(&c, Limits{})
	assert.Equal(t, TooManyExporters, d.Datagram(router, t0, v5(1, 0, 0, 1)))
	assert.Empty(t, c.records)
	assert.Empty(t, d.exporters)
}

// A sink without room gets some from who fell silent.
func TestSilentStreamsMakeRoom(t *testing.T) {
	sink := &small{room: 3}
	d := New(sink, Limits{})
	from := func(i byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, i}), 1) }
	for i := range byte(3) {
		assert.Equal(t, None, d.Datagram(from(i), t0, v5(1, 0, 0, 1)))
	}
	assert.Equal(t, TooManyExporters, d.Datagram(from(3), t0.Add(time.Second), v5(1, 0, 0, 1)))
	d.Datagram(from(0), t0.Add(2*time.Minute), v5(1, 0, 1, 1))
	assert.Equal(t, None, d.Datagram(from(3), t0.Add(2*time.Minute), v5(1, 0, 0, 1)))
	assert.Contains(t, d.exporters, from(0).Addr())
	assert.NotContains(t, d.exporters, from(1).Addr())
}

// Whoever spoke lately keeps its place and its templates, however many others come: a newcomer is refused, and counted,
// unless somebody fell silent.
func TestNewcomersDoNotPushOutWhoSpeaks(t *testing.T) {
	from := func(i byte, port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, i}), port)
	}
	template := v9(v9Header{count: 1}, set(0, definition(256, plain...), true))
	for _, x := range []struct {
		name     string
		limits   Limits
		newcomer func(n int) netip.AddrPort
		why      Reason
		evicted  func(*Counters) uint64
	}{
		{
			"exporters",
			Limits{Exporters: 3},
			func(n int) netip.AddrPort { return from(byte(10+n), 1) }, TooManyExporters,
			func(c *Counters) uint64 { return c.EvictedExporters },
		},
		{
			"streams",
			Limits{AllStreams: 3},
			func(n int) netip.AddrPort { return from(byte(10+n), 1) }, TooManyExporters,
			func(c *Counters) uint64 { return c.EvictedStreams },
		},
		{
			"streams of an address",
			Limits{Streams: 1},
			func(n int) netip.AddrPort { return from(1, uint16(10+n)) }, TooManyStreams,
			func(c *Counters) uint64 { return c.EvictedStreams },
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			var c collected
			d := New(&c, x.limits)
			for i := range byte(3) {
				require.Equal(t, None, d.Datagram(from(i, 1), t0, template))
			}
			for n := range 200 {
				assert.Equal(t, x.why, d.Datagram(x.newcomer(n), t0.Add(time.Minute), template))
			}
			assert.Equal(t, uint64(200), d.Counters().Errors[x.why])
			assert.Zero(t, d.Counters().EvictedExporters+d.Counters().EvictedStreams)
			assert.Equal(t, c.opened, c.closed+3)
			data := v9(v9Header{count: 1, seq: 1}, set(256, plainRecord, true))
			for _, i := range []byte{0, 2} {
				d.Datagram(from(i, 1), t0.Add(time.Minute), data)
			}
			assert.Len(t, c.records, 2, "the templates are there")

			assert.Equal(t, None, d.Datagram(x.newcomer(0), t0.Add(61*time.Second), template), "one fell silent")
			assert.Equal(t, uint64(1), x.evicted(d.Counters()))
			for _, i := range []byte{0, 2} {
				d.Datagram(from(i, 1), t0.Add(62*time.Second), data)
			}
			assert.Len(t, c.records, 4)
			assert.Equal(t, c.opened, c.closed+3)
		})
	}
}

// A sink without room costs nobody that spoke lately its place.
func TestTheSinkIsAskedBeforeAnybodyIsPushedOut(t *testing.T) {
	sink := &small{room: 2}
	d := New(sink, Limits{Exporters: 3})
	from := func(i byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, i}), 1) }
	d.Datagram(from(0), t0, v5(1, 0, 0, 1))
	d.Datagram(from(1), t0, v5(1, 0, 0, 1))
	assert.Equal(t, TooManyExporters, d.Datagram(from(2), t0.Add(time.Minute), v5(1, 0, 0, 1)))
	assert.Len(t, d.exporters, 2)
	assert.Zero(t, d.Counters().EvictedExporters+d.Counters().EvictedStreams)
}

// Templates beyond the memory for all of them are refused while those who sent the others speak.
func TestTemplateMemoryIsNotTakenFromWhoSpeaks(t *testing.T) {
	var c collected
	d := New(&c, Limits{StateBytes: 3000})
	template := v9(v9Header{count: 1}, set(0, definition(256, plain...), true))
	var took int
	why := None
	for i := byte(0); i < 250 && why == None; i++ {
		why = d.Datagram(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, i}), 1), t0, template)
		took++
	}
	assert.Equal(t, TooManyTemplates, why)
	assert.Zero(t, d.Counters().EvictedExporters)
	assert.LessOrEqual(t, d.templateBytes, 3000)
	assert.Equal(t, None, d.Datagram(router, t0.Add(2*time.Minute), template))
	assert.Equal(t, uint64(1), d.Counters().EvictedExporters)
	assert.Greater(t, took, 1)
}

// Names are bounded over all exporters: what is beyond is counted, and there is room again once they are forgotten.
func TestNamesOfAllExportersAreBounded(t *testing.T) {
	const limit = 10_000
	var c collected
	d := New(&c, Limits{NameBytes: limit})
	options := v9(v9Header{count: 1}, set(1, optionsV9(257, 0, f{10, 4, 0}, f{82, 64, 0}), true))
	name := func(index uint32, first byte) wire {
		return v9(v9Header{count: 1}, set(257, append(wire{}.u32(index), append(wire{first}, bytes.Repeat([]byte{'x'}, 63)...)...), true))
	}
	for i := range 100 {
		src := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 10)}), 1)
		feed(d, src, options, name(uint32(i), 'a'), name(uint32(i), 'a'))
		require.LessOrEqual(t, d.nameBytes, limit)
	}
	kept := limit / (64 + nameOverhead)
	assert.Equal(t, uint64(2*(100-kept)), d.Counters().NamesRefused)
	feed(d, netip.MustParseAddrPort("10.0.0.0:1"), name(0, 'b'))
	assert.Equal(t, uint64(2*(100-kept)), d.Counters().NamesRefused, "a name may change, at no cost")

	d.Tick(t0.Add(3 * time.Hour))
	assert.Zero(t, d.nameBytes)
}

// Names that were saved find a place as those that are announced do.
func TestSavedNamesAreBounded(t *testing.T) {
	saved := &Saved{VRFs: []SavedName{{Version: V5, ID: 1, Name: "red"}, {Version: V5, ID: 2, Name: "blue"}}}
	for limit, refused := range map[int]uint64{2*nameOverhead + 7: 0, 2*nameOverhead + 6: 2} {
		var c collected
		d := New(&c, Limits{NameBytes: limit})
		d.Restore(func(netip.Addr) *Saved { return saved })
		feed(d, router, v5(1, 0, 0, 1))
		assert.Equal(t, refused, d.Counters().NamesRefused)
		assert.LessOrEqual(t, d.nameBytes, limit)
	}
}

// small is a Sink with room for so many streams.
type small struct {
	discard
	room int
}

func (s *small) Open(*Stream) bool {
	if s.room == 0 {
		return false
	}
	s.room--
	return true
}
func (s *small) Close(*Stream) { s.room++ }

func TestIdleStreamsAreForgotten(t *testing.T) {
	var c collected
	d := decode(&c, v5(1, 0, 0, 1))
	d.Tick(t0.Add(3 * time.Hour))
	assert.Equal(t, c.opened, c.closed)
	assert.Empty(t, d.exporters)
}

func TestTemplateOf65535Fields(t *testing.T) {
	var fields []f
	for range 16000 {
		fields = append(fields, f{8, 4, 0})
	}
	var c collected
	d := New(&c, Limits{})
	assert.Equal(t, TemplateTooLarge, d.Datagram(router, t0, v9(v9Header{}, set(0, definition(256, fields...), false))))
	assert.Equal(t, TemplateTruncated, d.Datagram(router, t0, v9(v9Header{}, set(0, wire{}.u16(256, 65535, 8, 4), false))))
}

// Whatever octets change on their way, nothing panics and nothing is invented: no more records than fit.
func TestDamagedDatagrams(t *testing.T) {
	var originals []wire
	for _, c := range steady {
		originals = append(originals, c.templates, c.data)
	}
	r := rand.New(rand.NewPCG(3, 4))
	var sink discard
	d := New(&sink, Limits{})
	for range 50_000 {
		b := append(wire(nil), originals[r.IntN(len(originals))]...)
		for range 1 + r.IntN(4) {
			if len(b) > 0 {
				b[r.IntN(len(b))] = byte(r.Uint32())
			}
		}
		b = b[:len(b)-r.IntN(1+len(b)/4)]
		before := sink.records
		d.Datagram(router, t0, b)
		if got := sink.records - before; got > 100_000 {
			t.Fatal(got)
		}
	}
}
