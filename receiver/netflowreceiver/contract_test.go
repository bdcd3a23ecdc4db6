package netflowreceiver

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	flows "github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadata"
)

// Whatever the next consumer answers, everything is delivered once, or dropped when it said so for good: in a metrics
// pipeline, in a logs pipeline, and in one of them while the receiver serves both.
func TestConsumeContract(t *testing.T) {
	for _, signal := range []pipeline.Signal{pipeline.SignalMetrics, pipeline.SignalLogs} {
		for name, both := range map[string]bool{signal.String(): false, signal.String() + " of both": true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel() // it mostly waits
				cfg := contractConfig(t)
				receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
					T: t, Factory: tagging(both), Signal: signal, Config: cfg, GenerateCount: 200,
					Generator: &generator{t: t, to: cfg.Sockets.Endpoint},
				})
			})
		}
	}
}

// contractConfig makes one delta point of one metric of each flow with a source address of its own: the contract
// counts what it gets again as delivered twice.
func contractConfig(t *testing.T) *Config {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, c.Close())
	cfg := testConfig()
	cfg.Sockets.Endpoint = c.LocalAddr().String()
	cfg.Aggregation.Interval = time.Second
	off := false
	cfg.Aggregation.Views = map[string]flows.View{
		"interfaces": {Enabled: &off}, "egress": {Enabled: &off}, "conversations": {Enabled: &off},
		"sources": {Metric: "sources", Dimensions: []string{semconv.SourceAddress}, Temporality: "delta"},
	}
	return cfg
}

// tagging is the receiver with the contract's identifier, the source address, on what it emits; with both, it is in a
// pipeline of the other signal as well, which starts and ends with it.
func tagging(both bool) receiver.Factory {
	ours := NewFactory()
	return receiver.NewFactory(metadata.Type, ours.CreateDefaultConfig,
		receiver.WithLogs(func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
			between, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
				tagLogs(ld)
				return twice(func() error { return next.ConsumeLogs(ctx, ld) })
			}, consumer.WithCapabilities(consumer.Capabilities{MutatesData: true}))
			if err != nil {
				return nil, err
			}
			if both {
				if _, err := ours.CreateMetrics(ctx, set, cfg, &consumertest.MetricsSink{}); err != nil {
					return nil, err
				}
			}
			return ours.CreateLogs(ctx, set, cfg, between)
		}, metadata.LogsStability),
		receiver.WithMetrics(func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
			between, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
				if tagMetrics(md); md.DataPointCount() == 0 {
					return nil
				}
				return twice(func() error { return next.ConsumeMetrics(ctx, md) })
			}, consumer.WithCapabilities(consumer.Capabilities{MutatesData: true}))
			if err != nil {
				return nil, err
			}
			if both {
				if _, err := ours.CreateLogs(ctx, set, cfg, &consumertest.LogsSink{}); err != nil {
					return nil, err
				}
			}
			return ours.CreateMetrics(ctx, set, cfg, between)
		}, metadata.MetricsStability))
}

func tagLogs(ld plog.Logs) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, r := range sl.LogRecords().All() {
				tag(r.Attributes())
			}
		}
	}
}

func tagMetrics(md pmetric.Metrics) {
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			sm.Metrics().RemoveIf(func(m pmetric.Metric) bool { return m.Name() != "sources.io" })
			for _, m := range sm.Metrics().All() {
				for _, p := range m.Sum().DataPoints().All() {
					tag(p.Attributes())
				}
			}
		}
	}
}

func tag(a pcommon.Map) {
	v, _ := a.Get(semconv.SourceAddress)
	a.PutStr(receivertest.UniqueIDAttrName, v.AsString())
}

// twice asks again at once: the contract refuses every second delivery, and now and then so many in a row that pauses
// between them, which double, take longer than it waits.
func twice(consume func() error) error {
	err := consume()
	if err != nil && !consumererror.IsPermanent(err) {
		err = consume()
	}
	return err
}

// generator is an exporter that sends datagrams of one flow each, all from different sources.
type generator struct {
	t  *testing.T
	to string

	mu   sync.Mutex
	conn net.Conn
	n    uint32
}

func (g *generator) Start() {
	c, err := net.Dial("udp", g.to)
	require.NoError(g.t, err)
	g.conn = c
	_, err = c.Write(v9Template(0))
	require.NoError(g.t, err)
}

func (g *generator) Stop() { require.NoError(g.t, g.conn.Close()) }

func (g *generator) Generate() []receivertest.UniqueIDAttrVal {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
	b := v9Data(g.n, 1, 100)
	from := netip.AddrFrom4([4]byte{10, 9, byte(g.n >> 8), byte(g.n)})
	copy(b[len(b)-21:], from.AsSlice()) // of 29 octets the ninth to the twelfth
	_, err := g.conn.Write(b)
	require.NoError(g.t, err)
	return []receivertest.UniqueIDAttrVal{receivertest.UniqueIDAttrVal(from.String())}
}
