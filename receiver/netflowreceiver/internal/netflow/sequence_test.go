package netflow

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// streamOf returns the decoder's only stream.
func streamOf(d *Decoder) (s *Stream) {
	d.Streams(func(x *Stream) { s = x })
	return s
}

// datagramsOf makes n datagrams of a version, with three records in each, numbered as the version does.
func datagramsOf(v Version, n int, first uint32) (all []wire) {
	body := append(append(append(wire{}, plainRecord...), plainRecord...), plainRecord...)
	for i := range n {
		switch v {
		case V5:
			all = append(all, v5(3, 0, first+uint32(3*i), 3))
		case V9:
			all = append(all, v9(v9Header{count: 4, seq: first + uint32(i)}, set(0, definition(256, plain...), true), set(256, body, true)))
		default:
			all = append(all, ipfix(ipfixHeader{seq: first + uint32(3*i)}, set(2, definition(256, plain...), true), set(256, body, true)))
		}
	}
	return all
}

// Of M datagrams N are dropped: v5 and IPFIX tell the flows, v9 the packets, exactly, wherever the sequence wraps and
// in whatever order what is left comes.
func TestLossIsExact(t *testing.T) {
	for _, v := range []Version{V5, V9, V10} {
		t.Run(v.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				const m = 60
				first := rapid.Uint32().Draw(t, "first")
				all := datagramsOf(v, m, first)
				dropped := rapid.SliceOfNDistinct(rapid.IntRange(1, m-2), 0, 12, rapid.ID).Draw(t, "dropped")
				drop := map[int]bool{}
				for _, i := range dropped {
					drop[i] = true
				}
				var left []wire
				for i, b := range all {
					if !drop[i] {
						left = append(left, b)
					}
				}
				if rapid.Bool().Draw(t, "reorder") { // neighbours change places, the first and last do not
					for i := 1; i+2 < len(left); i += 3 {
						left[i], left[i+1] = left[i+1], left[i]
					}
				}
				var sink discard
				d := New(&sink, Limits{})
				feed(d, router, left...)
				d.Tick(t0.Add(10 * time.Minute))
				want := uint64(3 * len(dropped))
				if v == V9 {
					want = uint64(len(dropped))
				}
				l := streamOf(d).Losses()
				if l.Lost != want || l.LostFlows != uint64(3*len(dropped)) || l.Restarts != 0 || l.Repeated != 0 {
					t.Fatalf("%+v, want %d lost", l, want)
				}
			})
		})
	}
}

func TestGapIsNoLossUntilReorderingHadTime(t *testing.T) {
	all := datagramsOf(V5, 3, 100)
	var c collected
	d := decode(&c, all[0], all[2])
	d.Tick(t0.Add(time.Second))
	assert.Zero(t, streamOf(d).Losses())
	feed(d, router, all[1])
	d.Tick(t0.Add(time.Minute))
	assert.Equal(t, Losses{Reordered: 1}, streamOf(d).Losses())
}

func TestDuplicatesLoseNothing(t *testing.T) {
	for _, v := range []Version{V5, V9, V10} {
		all := datagramsOf(v, 5, 7)
		var c collected
		d := decode(&c, all[0], all[1], all[1], all[2], all[1], all[3], all[4])
		d.Finish()
		assert.Equal(t, Losses{Repeated: 2}, streamOf(d).Losses(), v)
	}
}

// A restart begins anew: the uptime tells it at once (v5, v9), else the numbers that go on from where they fell back to.
func TestRestart(t *testing.T) {
	for _, v := range []Version{V5, V9, V10} {
		t.Run(v.String(), func(t *testing.T) {
			before, after := datagramsOf(v, 5, 1_000_000), datagramsOf(v, 8, 0)
			var c collected
			d := decode(&c, before...)
			for i, b := range after {
				if v != V10 {
					be.PutUint32(b[4:], uint32(5000+i))
				}
				feed(d, router, b)
			}
			d.Finish()
			l := streamOf(d).Losses()
			assert.Equal(t, uint64(1), l.Restarts)
			assert.Zero(t, l.Lost)
			assert.Zero(t, l.Repeated)
		})
	}
	t.Run("the wrap of the uptime is none", func(t *testing.T) {
		all := datagramsOf(V9, 2, 0)
		be.PutUint32(all[0][4:], 1<<32-500)
		be.PutUint32(all[1][4:], 500)
		var c collected
		d := New(&c, Limits{})
		d.Datagram(router, t0, all[0])
		d.Datagram(router, t0.Add(time.Second), all[1])
		assert.Zero(t, streamOf(d).Losses())
	})
}

// While a set waits for its template, how many records an IPFIX message has is not known.
func TestSequenceUndecidedWithoutTemplate(t *testing.T) {
	body := append(append(wire{}, plainRecord...), plainRecord...)
	var c collected
	d := decode(&c, ipfix(ipfixHeader{seq: 0}, set(256, body, true)), ipfix(ipfixHeader{seq: 2}, set(256, body, true)),
		ipfix(ipfixHeader{seq: 4}, set(2, definition(256, plain...), true), set(256, body, true)),
		ipfix(ipfixHeader{seq: 6}, set(256, body, true)), ipfix(ipfixHeader{seq: 10}, set(256, body, true)))
	d.Finish()
	assert.Equal(t, uint64(2), streamOf(d).Losses().Lost)
	assert.Len(t, c.records, 10)
}

// How many records of an IPFIX stream were lost while some of its sets waited for their template is known, and counted
// once, when the template comes; whatever the order, whatever is lost.
func TestLossWhileTemplatesAreMissing(t *testing.T) {
	body := func(n int) (b wire) {
		for range n {
			b = append(b, plainRecord...)
		}
		return b
	}
	rapid.Check(t, func(t *rapid.T) {
		const first = 1<<32 - 7
		sizes := rapid.SliceOfN(rapid.IntRange(1, 5), 4, 14).Draw(t, "records")
		drop := rapid.SliceOfN(rapid.Bool(), len(sizes), len(sizes)).Draw(t, "drop")
		known := rapid.SliceOfN(rapid.Bool(), len(sizes), len(sizes)).Draw(t, "known")
		defined := rapid.IntRange(1, len(sizes)-1).Draw(t, "template 257 comes with message")
		drop[0], drop[defined], drop[len(drop)-1] = false, false, false
		var sink discard
		d := New(&sink, Limits{})
		feed(d, router, ipfix(ipfixHeader{seq: first}, set(2, definition(256, plain...), true)))
		seq, lost, sent := uint32(first), uint64(0), uint64(0)
		for i, n := range sizes {
			id := uint16(257)
			if known[i] {
				id = 256
			}
			sets := []wire{set(id, body(n), true)}
			if i == defined {
				sets = append([]wire{set(2, definition(257, plain...), true)}, sets...)
			}
			b := ipfix(ipfixHeader{seq: seq}, sets...)
			seq += uint32(n)
			if drop[i] {
				lost += uint64(n)
				continue
			}
			sent += uint64(n)
			feed(d, router, b)
		}
		d.Tick(t0.Add(time.Minute))
		l := streamOf(d).Losses()
		if l.Lost != lost || l.Repeated != 0 || l.Restarts != 0 || d.Counters().Records[V10] != sent {
			t.Fatalf("%+v, %d records; want %d lost and %d", l, d.Counters().Records[V10], lost, sent)
		}
	})
}

// What is lost beside a set that is never decoded cannot be known, and is not made up.
func TestLossIsUnknownWithoutTemplate(t *testing.T) {
	var c collected
	all := datagramsOf(V10, 6, 0)
	d := decode(&c, all[0], ipfix(ipfixHeader{seq: 3}, set(300, plainRecord, true)), all[2], all[4])
	d.Tick(t0.Add(time.Hour)) // the set is dropped
	assert.Zero(t, streamOf(d).Losses())
	feed(d, router, all[5], ipfix(ipfixHeader{seq: 20}, set(256, plainRecord, true)))
	d.Finish()
	assert.Equal(t, uint64(2), streamOf(d).Losses().Lost, "and then it is counted again")
}

// Some exporters number v9 packets by flows, or by all records. That is recognised, is no loss, and what is lost then
// is counted in flows.
func TestV9CountedOtherwise(t *testing.T) {
	const n = 40
	body := func(i int) (b wire) {
		for range 2 + i%3 {
			b = append(b, plainRecord...)
		}
		return b
	}
	for unit, templates := range map[string]uint32{"flow": 0, "record": 1} {
		t.Run(unit, func(t *testing.T) {
			var c collected
			d := New(&c, Limits{})
			seq, lost := uint32(1<<32-20), uint64(0)
			for i := range n {
				records := uint32(2 + i%3)
				b := v9(v9Header{count: uint16(records + 1), seq: seq}, set(0, definition(256, plain...), true), set(256, body(i), true))
				seq += records + templates
				if i == 20 || i == 31 {
					lost += uint64(records + templates)
					continue
				}
				feed(d, router, b)
			}
			d.Tick(t0.Add(10 * time.Minute))
			s := streamOf(d)
			assert.Equal(t, unit, s.Unit())
			assert.Equal(t, lost, s.Losses().Lost)
			assert.Equal(t, lost, s.Losses().LostFlows)
			assert.Zero(t, s.Losses().Repeated)
			assert.Zero(t, s.Losses().Restarts)
		})
	}
	t.Run("chance proves nothing", func(t *testing.T) { // each gap is as if flows were counted
		var c collected
		d := New(&c, Limits{})
		lost := uint64(0)
		for i, seq := 0, uint32(0); i < n; i++ {
			feed(d, router, v9(v9Header{count: 4, seq: seq}, set(0, definition(256, plain...), true), set(256, body(1), true)))
			if seq++; i%3 == 0 && i < n-1 {
				seq += 2
				lost += 2
			}
		}
		d.Tick(t0.Add(10 * time.Minute))
		assert.Equal(t, "packet", streamOf(d).Unit())
		assert.Equal(t, lost, streamOf(d).Losses().Lost)
	})
}

// The tracker stays honest whatever comes.
func TestSequenceNeverPanics(t *testing.T) {
	var q sequence
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200_000 {
		q.advance(r.Uint32()>>(r.Uint32()%32), r.Uint32()>>(16+r.Uint32()%16), int64(i))
		if i%97 == 0 {
			q.confirm(int64(i - 50))
		}
		if q.open < 0 || q.open > len(q.holes) {
			t.Fatal(q.open)
		}
	}
}
