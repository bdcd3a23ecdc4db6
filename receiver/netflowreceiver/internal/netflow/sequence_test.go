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
				d.Tick(t0.Add(time.Minute))
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
