package aggregate

import (
	"math/rand/v2"
	"testing"

	"github.com/netcol-io/netcol/internal/flow"
)

func records(n int) []flow.Record {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := make([]flow.Record, n)
	for i := range out {
		r := &out[i]
		for _, d := range []flow.Dimension{flow.SourceAddress, flow.DestinationAddress, flow.SourcePort, flow.DestinationPort, flow.Transport, flow.DSCP, flow.TCPFlags, flow.IngressIndex, flow.EgressIndex, flow.SourceAS, flow.DestinationAS, flow.SourceCIDR, flow.DestinationCIDR, flow.NextHop} {
			r.Has.Set(d)
		}
		flow.MapV4(&r.SrcAddr, []byte{10, byte(rnd.Uint32()), byte(rnd.Uint32()), byte(rnd.Uint32())})
		flow.MapV4(&r.DstAddr, []byte{198, 18 + byte(rnd.Uint32()&1), byte(rnd.Uint32()), byte(rnd.Uint32())})
		r.SrcPort, r.DstPort = uint16(1024+rnd.IntN(64000)), 443
		r.Transport = 6
		r.In, r.Out = uint32(1+rnd.IntN(48)), uint32(1+rnd.IntN(48))
		r.Bytes, r.Packets, r.Flows = uint64(rnd.IntN(100000)), 10, 1
	}
	return out
}

func benchmarkAdd(b *testing.B, keys int) {
	w := NewPlan(defaultViews).NewWindow(NewBudget(1<<20, nil))
	w.Grow(8)
	rs := records(keys)
	order := make([]int32, 1<<20)
	for i := range order {
		order[i] = rand.Int32N(int32(keys))
	}
	if keys <= 1024 {
		for i := range order {
			order[i] = int32(i % keys)
		}
	}
	for i := range rs {
		w.Add(uint32(i%8), &rs[i])
	}
	r := rs[0]
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		// as a decoder does: one record is filled over and over, key parts from this flow
		s := &rs[order[i&(1<<20-1)]]
		r.SrcAddr, r.DstAddr, r.In, r.Out, r.SrcPort = s.SrcAddr, s.DstAddr, s.In, s.Out, s.SrcPort
		w.Add(uint32(order[i&(1<<20-1)]%8), &r)
	}
	b.ReportMetric(float64(w.Keys()), "keys")
}

func BenchmarkAddHot(b *testing.B)  { benchmarkAdd(b, 1000) }
func BenchmarkAdd100k(b *testing.B) { benchmarkAdd(b, 100_000) }
func BenchmarkAdd400k(b *testing.B) { benchmarkAdd(b, 400_000) }

// Adding allocates nothing once the keys are known, whatever templates alternate.
func TestAddAllocatesNothing(t *testing.T) {
	w := NewPlan(defaultViews).NewWindow(NewBudget(1<<20, nil))
	w.Grow(2)
	rs := records(1000)
	for i := range rs {
		rs[i].Has ^= flow.Fields(i%3) << flow.IngressIndex
	}
	add := func() {
		for i := range rs {
			w.Add(uint32(i%2), &rs[i])
		}
	}
	add()
	if n := testing.AllocsPerRun(10, add); n != 0 {
		t.Errorf("%v allocations per 1000 records", n)
	}
}
