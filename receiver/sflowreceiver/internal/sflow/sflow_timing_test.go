package sflow

import (
	"testing"

	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// datagrams are what an agent sends in steady state.
func datagrams() map[string]struct {
	b       []byte
	samples int
} {
	port := &switchPort{agent: agent1, rate: 1000}
	counters := func(n int) (all [][]byte) {
		for i := range n {
			all = append(all, sflowtest.CounterSample{Sequence: 1, Source: sflowtest.Source{Index: uint32(i + 1)}, Records: [][]byte{
				sflowtest.Interface{Index: uint32(i + 1)}.Bytes(), sflowtest.EthernetCounters([13]uint32{}), sflowtest.PortName("swp1"),
			}}.Bytes())
		}
		return all
	}
	var rich [][]byte
	for i := range 5 {
		rich = append(rich, sflowtest.FlowSample{
			Sequence: uint32(i + 1), Source: sflowtest.Source{Index: 7}, Rate: 1000, Expanded: true, In: sflowtest.Port{Value: 7},
			Records: [][]byte{
				udp4, sflowtest.Switch(1, 0, 2, 0), sflowtest.Router(hop4, 24, 24),
				sflowtest.Gateway(hop4, 1, 2, 3, []sflowtest.ASSegment{{Type: 2, AS: []uint32{4, 5, 6}}}, []uint32{7}, 100),
			},
		}.Bytes())
	}
	type entry = struct {
		b       []byte
		samples int
	}
	return map[string]entry{
		"header":   {port.next(7), 7},
		"routed":   {sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: rich}.Bytes(), 5},
		"counters": {sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: counters(7)}.Bytes(), 7},
	}
}

func TestNoAllocations(t *testing.T) {
	for name, d := range datagrams() {
		decoder := NewDecoder(Options{}, quiet{})
		decoder.Decode(d.b, peer, start)
		if n := testing.AllocsPerRun(100, func() { decoder.Decode(d.b, peer, start) }); n != 0 {
			t.Errorf("%s: %v allocations a datagram", name, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, d := range datagrams() {
		b.Run(name, func(b *testing.B) {
			decoder := NewDecoder(Options{}, quiet{})
			b.ReportAllocs()
			b.SetBytes(int64(len(d.b)))
			for b.Loop() {
				decoder.Decode(d.b, peer, start)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*d.samples), "ns/sample")
		})
	}
}
