package sflowreceiver

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// worker is a handler as a socket drives it, default views and all.
func worker(tb testing.TB) *handler {
	set, _ := settings()
	metrics, err := deliver.NewMetrics(consumertest.NewNop(), set, transport, format)
	require.NoError(tb, err)
	p, err := pipeline.New(pipeline.DefaultConfig(), pipeline.Settings{
		Telemetry: set.TelemetrySettings, Metrics: metrics, Workers: 1,
		Registry: inventory.NewRegistry(inventory.Options{}),
	})
	require.NoError(tb, err)
	return newHandler(p.Worker(0), sflow.Options{}, nil, true, zap.NewNop())
}

func batch(datagrams [][]byte) (out []udp.Datagram) {
	for _, b := range datagrams {
		out = append(out, udp.Datagram{Source: netip.AddrPortFrom(switch1, 6343), Payload: b, At: time.Now()})
	}
	return out
}

// From datagram to the views' tables, a sample costs no allocation, and neither does a counter sample.
func TestNoAllocationsPerSample(t *testing.T) {
	h := worker(t)
	b := batch(append(traffic(switch1, 20, 7, 1000), counters(switch1, 1, sflowtest.Interface{Index: 7}, sflowtest.Interface{Index: 8})))
	h.Datagrams(b)
	if n := testing.AllocsPerRun(100, func() { h.Datagrams(b) }); n != 0 {
		t.Errorf("%v allocations a batch of %d samples", n, 20*7)
	}
}

func BenchmarkDatagrams(b *testing.B) {
	h := worker(b)
	in := batch(traffic(switch1, 64, 7, 1000))
	bytes := 0
	for _, d := range in {
		bytes += len(d.Payload)
	}
	b.ReportAllocs()
	b.SetBytes(int64(bytes))
	for b.Loop() {
		h.Datagrams(in)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*64*7), "ns/sample")
}
