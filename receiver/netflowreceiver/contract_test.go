package netflowreceiver

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadata"
)

// What the next consumer refuses is sent again unless the error is permanent, and nothing is lost or sent twice.
func TestConsumeContract(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	endpoint := c.LocalAddr().String()
	require.NoError(t, c.Close())
	cfg := testConfig()
	cfg.Sockets.Endpoint = endpoint
	receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
		T: t, Factory: numbered(), Signal: pipeline.SignalLogs, Config: cfg, GenerateCount: 200,
		Generator: &flows{t: t, endpoint: endpoint},
	})
}

// numbered is the receiver's factory with the records' octets, which are unique, as the id that the contract wants.
func numbered() receiver.Factory {
	f := NewFactory()
	return receiver.NewFactory(metadata.Type, f.CreateDefaultConfig,
		receiver.WithLogs(func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
			number, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
				for _, rl := range ld.ResourceLogs().All() {
					for _, sl := range rl.ScopeLogs().All() {
						for _, r := range sl.LogRecords().All() {
							v, _ := r.Attributes().Get(semconv.FlowBytes)
							r.Attributes().PutStr(receivertest.UniqueIDAttrName, v.AsString())
						}
					}
				}
				return next.ConsumeLogs(ctx, ld)
			}, consumer.WithCapabilities(consumer.Capabilities{MutatesData: true}))
			if err != nil {
				return nil, err
			}
			return f.CreateLogs(ctx, set, cfg, number)
		}, metadata.LogsStability))
}

// flows sends datagrams of one flow each.
type flows struct {
	t        *testing.T
	endpoint string
	conn     net.Conn
	n        atomic.Uint32
}

func (g *flows) Start() {
	c, err := net.Dial("udp", g.endpoint)
	require.NoError(g.t, err)
	g.conn = c
	_, err = c.Write(v9Template(0))
	require.NoError(g.t, err)
}

func (g *flows) Stop() { require.NoError(g.t, g.conn.Close()) }

func (g *flows) Generate() []receivertest.UniqueIDAttrVal {
	n := g.n.Add(1)
	_, err := g.conn.Write(v9Data(n, 1, n))
	require.NoError(g.t, err)
	return []receivertest.UniqueIDAttrVal{receivertest.UniqueIDAttrVal(fmt.Sprint(n))}
}
