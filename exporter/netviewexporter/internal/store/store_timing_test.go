package store

import (
	"testing"
	"time"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/specimen"
)

// BenchmarkAppend stores one poll of 50 devices of 48 ports, again and again.
func BenchmarkAppend(b *testing.B) {
	n := specimen.Network{Devices: 50, Ports: 48, Conversations: 500}
	s, err := Open(Options{Directory: b.TempDir(), Now: func() time.Time { return epoch.Add(1e6 * time.Hour) }})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b.ReportAllocs()
	samples := 0
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		md := n.At(epoch, time.Duration(i)*5*time.Second)
		b.StartTimer()
		o, err := s.Append(b.Context(), md)
		if err != nil || o.RefusedTotal() > 0 {
			b.Fatal(err, o)
		}
		samples += o.Accepted
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
	b.ReportMetric(float64(samples)/float64(b.N), "samples/op")
}
