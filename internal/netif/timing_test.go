package netif

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// switch48 is the usual device: 48 ports, 15 columns.
func switch48() []Sample {
	samples := make([]Sample, 48)
	for i := range samples {
		samples[i] = Sample{
			Index: uint32(i + 1), Name: fmt.Sprint("GigabitEthernet1/0/", i+1), Alias: "desk",
			ReceiveSpeed: gigabit, TransmitSpeed: gigabit, OperStatus: 1, AdminStatus: 1,
		}
	}
	return samples
}

func advance(samples []Sample, up *Uptime, n uint64) {
	up.At = up.At.Add(time.Minute)
	up.Ticks += 6000
	for i := range samples {
		s := &samples[i]
		s.At = up.At
		s.Octets, s.Unicast, s.Multicast, s.Broadcast = hc(n*1000, n*900), hc(n, n), hc(n, n), hc(n, n)
		s.Errors, s.Discards = low(n, n), low(n, n)
	}
}

func TestObserveAllocatesNothing(t *testing.T) {
	tr, samples := NewTracker(time.Minute), switch48()
	up := Uptime{Ticks: 1000, Unit: 10 * time.Millisecond, At: noon}
	n := uint64(0)
	observe := func() {
		n++
		advance(samples, &up, n)
		tr.Observe(up, samples)
	}
	observe()
	assert.Zero(t, testing.AllocsPerRun(100, observe))
}

func BenchmarkObserve48(b *testing.B) {
	tr, samples := NewTracker(time.Minute), switch48()
	up := Uptime{Ticks: 1000, Unit: 10 * time.Millisecond, At: noon}
	b.ReportAllocs()
	n := uint64(0)
	for b.Loop() {
		n++
		advance(samples, &up, n)
		tr.Observe(up, samples)
	}
}

func BenchmarkAppend48(b *testing.B) {
	tr, samples := NewTracker(time.Minute), switch48()
	up := Uptime{Ticks: 1000, Unit: 10 * time.Millisecond, At: noon}
	for n := range uint64(2) {
		advance(samples, &up, n)
		tr.Observe(up, samples)
	}
	b.ReportAllocs()
	points := 0
	for b.Loop() {
		out := pmetric.NewMetrics()
		tr.Append(out.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics())
		points = out.DataPointCount()
	}
	b.ReportMetric(float64(points), "points/op")
}
