//go:build unix

package pipeline

import (
	"context"
	"encoding/binary"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow"
)

// drain is a next consumer that costs nothing.
type drain struct{ points int }

func (*drain) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (d *drain) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	d.points += md.DataPointCount()
	return nil
}

func cpu() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u) //nolint:errcheck // cannot fail for the process itself
	return u.Utime.Nano() + u.Stime.Nano()
}

func timed(b *testing.B, cfg Config, workers int) (*Pipeline, *drain) {
	d := &drain{}
	m, err := deliver.NewMetrics(d, receivertest.NewNopSettings(componentType), "udp", "netflow")
	if err != nil {
		b.Fatal(err)
	}
	set := settings(b, &sink{}, nil, workers)
	set.Metrics = m
	return idle(b, cfg, set), d
}

func many(n int) []flow.Record {
	rs := make([]flow.Record, n)
	for i := range rs {
		rs[i] = *tcp(1, uint64(i%5000))
		binary.BigEndian.PutUint32(rs[i].SrcAddr[12:], uint32(i)*2654435761)
		rs[i].In, rs[i].Out = uint32(i%48+1), uint32(i/7%48+1)
	}
	return rs
}

// fill adds every record once, in batches as sockets bring them.
func fill(w *Worker, rs []flow.Record, domain uint32) {
	now := time.Now()
	for len(rs) > 0 {
		n := min(400, len(rs))
		w.Lock()
		e := w.Exporter(router, domain)
		for i := range rs[:n] {
			w.Add(e, now, &rs[i])
		}
		w.Unlock()
		rs = rs[n:]
	}
}

// benchmarkFlush closes windows of 100,000 conversations.
func benchmarkFlush(b *testing.B, top int) {
	cfg := DefaultConfig()
	cfg.Views = map[string]View{"conversations": {Top: top}}
	p, d := timed(b, cfg, 1)
	rs := many(100_000)
	var used int64
	b.ReportAllocs()
	for b.Loop() {
		fill(p.Worker(0), rs, 0)
		before := cpu()
		p.flusher.close(0, time.Now())
		used += cpu() - before
	}
	b.ReportMetric(float64(used)/float64(b.N)/1e6, "cpu-ms/flush")
	b.ReportMetric(float64(d.points)/float64(b.N), "points/flush")
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "heap-MiB")
}

func BenchmarkFlushTop1000(b *testing.B) { benchmarkFlush(b, 1000) }
func BenchmarkFlushAll(b *testing.B)     { benchmarkFlush(b, 100_000) }

// benchmarkWorkers has workers add 100,000 conversations of their own exporters at the same time.
func benchmarkWorkers(b *testing.B, workers int) {
	p, _ := timed(b, DefaultConfig(), workers)
	rs := many(100_000)
	b.ReportAllocs()
	for b.Loop() {
		var wg sync.WaitGroup
		for i := range workers {
			wg.Go(func() { fill(p.Worker(i), rs, uint32(i)) })
		}
		wg.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*workers*len(rs)), "ns/flow")
}

func BenchmarkOneWorker(b *testing.B)  { benchmarkWorkers(b, 1) }
func BenchmarkTwoWorkers(b *testing.B) { benchmarkWorkers(b, 2) }
