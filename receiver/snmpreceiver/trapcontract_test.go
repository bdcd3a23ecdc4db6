package snmpreceiver

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/trap"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
)

// What the next consumer refuses is sent again unless the error is permanent, and nothing is lost or told twice.
func TestTrapsConsumeContract(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg := trapConfig()
	cfg.Traps.Get().Sockets.Endpoint = c.LocalAddr().String()
	require.NoError(t, c.Close())
	receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
		T: t, Factory: numbered(), Signal: pipeline.SignalLogs, Config: cfg, GenerateCount: 100,
		Generator: &senderOfTraps{t: t, endpoint: cfg.Traps.Get().Sockets.Endpoint},
	})
}

// numbered is the receiver's factory with ifIndex, which is unique, as the id that the contract wants.
func numbered() receiver.Factory {
	f := NewFactory()
	return receiver.NewFactory(metadata.Type, f.CreateDefaultConfig,
		receiver.WithLogs(func(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
			refusals := 0 // in a row; a receiver's workers are one here: all comes from one address
			number, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
				for _, rl := range ld.ResourceLogs().All() {
					for _, r := range rl.ScopeLogs().At(0).LogRecords().All() {
						v, _ := r.Attributes().Get("IF-MIB::ifIndex")
						r.Attributes().PutStr(receivertest.UniqueIDAttrName, v.AsString())
					}
				}
				return patient(ctx, next, ld, &refusals)
			}, consumer.WithCapabilities(consumer.Capabilities{MutatesData: true}))
			if err != nil {
				return nil, err
			}
			return f.CreateLogs(ctx, set, cfg, number)
		}, metadata.LogsStability))
}

// patient hands on at most three refusals in a row. The contract refuses at random, and waits for five seconds only:
// pauses that double would outlast it once in a while.
func patient(ctx context.Context, next consumer.Logs, ld plog.Logs, refusals *int) error {
	for {
		err := next.ConsumeLogs(ctx, ld)
		if err == nil || consumererror.IsPermanent(err) {
			*refusals = 0
			return err
		}
		if *refusals++; *refusals <= 3 {
			return err
		}
	}
}

type senderOfTraps struct {
	t        *testing.T
	endpoint string
	conn     net.Conn
	n        atomic.Uint32
}

func (g *senderOfTraps) Start() {
	c, err := net.Dial("udp", g.endpoint)
	require.NoError(g.t, err)
	g.conn = c
}

func (g *senderOfTraps) Stop() { require.NoError(g.t, g.conn.Close()) }

func (g *senderOfTraps) Generate() []receivertest.UniqueIDAttrVal {
	n := g.n.Add(1)
	_, err := g.conn.Write(notification(pdu.Trap, int32(n), "1.3.6.1.6.3.1.1.5.3", bind("1.3.6.1.2.1.2.2.1.1.1", pdu.Integer, byte(n>>8), byte(n))))
	require.NoError(g.t, err)
	return []receivertest.UniqueIDAttrVal{receivertest.UniqueIDAttrVal(strconv.Itoa(int(n)))}
}

// FuzzEvent tells notifications with any varbinds: each becomes one record of valid text, and no secret is in it.
func FuzzEvent(f *testing.F) {
	f.Add("1.3.6.1.6.3.1.1.5.3", join(bind("1.3.6.1.2.1.2.2.1.1.17", pdu.Integer, 17), bind("1.3.6.1.2.1.2.2.1.8.17", pdu.Integer, 2)))
	f.Add("1.3.6.1.2.1.15.0.2", bind("1.3.6.1.2.1.15.3.1.2.300.0.2.7", pdu.Integer, 1))
	f.Add("1.3.6.1.2.1.33.2.3", bind("1.3.6.1.2.1.33.1.6.2.1.2.3", pdu.ObjectIdentifier, 0x80))
	f.Add("1.3.6.1.4.1.9.9.41.2.0.1", join(bind("1.3.6.1.4.1.9.9.41.1.2.3.1.5.5", pdu.OctetString, 0xff, 0xfe), bind("1.3.6.1.2.1.1.3.0", pdu.Counter64)))
	users := trap.NewUsers([]*session.Credentials{{Name: "lab", Version: pdu.V2c, Community: "s3cret-word"}})
	r := &snmpReceiver{registry: inventory.NewRegistry(inventory.Options{})}
	from := netip.MustParseAddrPort("127.0.0.1:9")
	f.Fuzz(func(t *testing.T, oid string, varbinds []byte) {
		name, err := pdu.ParseOID(oid)
		if err != nil || len(name) > 100 {
			return
		}
		var e pdu.Encoder
		binds := append(bind("1.3.6.1.6.3.1.1.4.1.0", pdu.ObjectIdentifier, name...), varbinds...)
		msg := e.Community(pdu.V2c, "s3cret-word", &pdu.Request{Kind: pdu.Trap, Varbinds: binds}, 1)
		n := trap.NewWorker(trap.Engine{ID: "12345"}, users).Receive(msg, from, pcommon.Timestamp(1).AsTime()).Notification
		if n == nil {
			return
		}
		ld := plog.NewLogs()
		newEvents(r, ld, pcommon.Timestamp(1).AsTime()).add(n)
		require.Equal(t, 1, ld.LogRecordCount())
		lr := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		require.NotEmpty(t, lr.Body().Str())
		require.True(t, utf8.ValidString(lr.Body().Str()))
		for k, v := range lr.Attributes().All() {
			require.True(t, utf8.ValidString(k) && utf8.ValidString(v.AsString()), k)
			require.LessOrEqual(t, len(v.AsString()), maxText+2)
		}
	})
}
