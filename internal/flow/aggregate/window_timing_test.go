//go:build unix

package aggregate

import (
	"math/rand/v2"
	"syscall"
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

// cpu returns the processor time that the process used, which says more than the clock where others run too.
func cpu() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u) //nolint:errcheck // cannot fail for the process itself
	return u.Utime.Nano() + u.Stime.Nano()
}

// tuple is what differs between the flows of a benchmark, small enough that reading it costs little beside Add.
type tuple struct {
	src, dst [16]byte
	in, out  uint32
	port     uint16
}

func benchmarkAdd(b *testing.B, keys int) {
	w := NewPlan(defaultViews).NewWindow(NewBudget(1<<20, nil))
	w.Grow(8)
	rs := records(keys)
	stream := make([]tuple, 1<<20)
	for i := range stream {
		r := &rs[rand.IntN(keys)]
		stream[i] = tuple{r.SrcAddr, r.DstAddr, r.In, r.Out, r.SrcPort}
	}
	for i := range rs {
		w.Add(rs[i].In%8, &rs[i])
	}
	r := rs[0]
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for i := range b.N {
		s := &stream[i&(1<<20-1)] // as a decoder does, fill one record over and over
		r.SrcAddr, r.DstAddr, r.In, r.Out, r.SrcPort = s.src, s.dst, s.in, s.out, s.port
		w.Add(s.in%8, &r)
	}
	w.Drain()
	b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/flow")
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
