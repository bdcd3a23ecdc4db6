package sflowreceiver

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	flows "github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/metadata"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// Whatever the next consumer answers, everything is delivered once, or dropped when it said so for good. sFlow has no
// field for the contract's identifier, so a consumer in between copies one that it has: the source address of a
// record, the name of an interface.
func TestConsumeContract(t *testing.T) {
	for signal, key := range map[pipeline.Signal]string{pipeline.SignalLogs: semconv.SourceAddress, pipeline.SignalMetrics: semconv.InterfaceName} {
		t.Run(signal.String(), func(t *testing.T) {
			cfg := testConfig()
			cfg.Sockets.Endpoint = freePort(t)
			cfg.Aggregation.Interval = time.Second
			off := false
			cfg.Aggregation.Views = map[string]flows.View{"interfaces": {Enabled: &off}, "egress": {Enabled: &off}, "conversations": {Enabled: &off}}
			receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
				T: t, Factory: tagging(key), Signal: signal, Config: cfg, GenerateCount: 300,
				Generator: &generator{t: t, to: cfg.Sockets.Endpoint, signal: signal},
			})
		})
	}
}

func freePort(t *testing.T) string {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, c.Close())
	return c.LocalAddr().String()
}

// tagging is the receiver with the contract's identifier on all it emits.
func tagging(key string) receiver.Factory {
	tag := func(a pcommon.Map) {
		v, _ := a.Get(key)
		a.PutStr(receivertest.UniqueIDAttrName, v.AsString())
	}
	ours := NewFactory()
	return receiver.NewFactory(metadata.Type, ours.CreateDefaultConfig,
		receiver.WithLogs(func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
			between, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
				for _, rl := range ld.ResourceLogs().All() {
					for _, sl := range rl.ScopeLogs().All() {
						for _, r := range sl.LogRecords().All() {
							tag(r.Attributes())
						}
					}
				}
				return twice(func() error { return next.ConsumeLogs(ctx, ld) })
			})
			if err != nil {
				return nil, err
			}
			return ours.CreateLogs(ctx, set, cfg, between)
		}, metadata.LogsStability),
		receiver.WithMetrics(func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
			between, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
				for _, rm := range md.ResourceMetrics().All() {
					for _, sm := range rm.ScopeMetrics().All() {
						for _, m := range sm.Metrics().All() {
							points := pmetric.NewNumberDataPointSlice()
							switch m.Type() {
							case pmetric.MetricTypeSum:
								points = m.Sum().DataPoints()
							case pmetric.MetricTypeGauge:
								points = m.Gauge().DataPoints()
							}
							for _, p := range points.All() {
								tag(p.Attributes())
							}
						}
					}
				}
				return twice(func() error { return next.ConsumeMetrics(ctx, md) })
			})
			if err != nil {
				return nil, err
			}
			return ours.CreateMetrics(ctx, set, cfg, between)
		}, metadata.MetricsStability))
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

// generator is an agent that sends one sample a datagram, each of another conversation or interface.
type generator struct {
	t      *testing.T
	to     string
	signal pipeline.Signal

	mu   sync.Mutex
	conn net.Conn
	n    uint32
}

func (g *generator) Start() {
	conn, err := net.Dial("udp", g.to)
	require.NoError(g.t, err)
	g.conn = conn
}

func (g *generator) Stop() { require.NoError(g.t, g.conn.Close()) }

func (g *generator) Generate() []receivertest.UniqueIDAttrVal {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
	source := netip.AddrFrom4([4]byte{10, 9, byte(g.n >> 8), byte(g.n)})
	sample, id := counterSample(g.n), "if"+itoa(g.n)
	if g.signal == pipeline.SignalLogs {
		sample, id = flowSample(g.n, source), source.String()
	}
	_, err := g.conn.Write(sflowtest.Datagram{Agent: switch1, Sequence: g.n, Uptime: g.n, Samples: [][]byte{sample}}.Bytes())
	require.NoError(g.t, err)
	return []receivertest.UniqueIDAttrVal{receivertest.UniqueIDAttrVal(id)}
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func counterSample(n uint32) []byte {
	return sflowtest.CounterSample{
		Sequence: n, Source: sflowtest.Source{Index: n},
		Records: [][]byte{sflowtest.Interface{Index: n, InOctets: uint64(n), OutOctets: 1}.Bytes()},
	}.Bytes()
}

func flowSample(n uint32, source netip.Addr) []byte {
	return sflowtest.FlowSample{
		Sequence: n, Source: sflowtest.Source{Index: 7}, Rate: 10, In: sflowtest.Port{Value: 7},
		Records: [][]byte{sflowtest.Header(1, 1018, 4, sflowtest.UDPFrame(netip.AddrPortFrom(source, 1), server, 1000))},
	}.Bytes()
}
