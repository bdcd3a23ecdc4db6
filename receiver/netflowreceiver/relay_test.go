package netflowreceiver

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadata"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadatatest"
)

// collector is another collector.
func collector(t *testing.T) *net.UDPConn {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func receive(t *testing.T, c *net.UDPConn) (string, netip.AddrPort) {
	b := make([]byte, 65536)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(5*time.Second)))
	n, from, err := c.ReadFromUDPAddrPort(b)
	require.NoError(t, err)
	return string(b[:n]), netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}

// Every datagram, malformed ones too, goes to the other collectors as it is, and counts here all the same.
func TestRelay(t *testing.T) {
	for name, preserve := range map[string]bool{"from here": false, "from the exporter": true} {
		t.Run(name, func(t *testing.T) {
			other := collector(t)
			cfg := testConfig()
			cfg.Sockets.Sockets = 1
			cfg.Relay = []RelayConfig{{Endpoint: other.LocalAddr().String(), PreserveSource: preserve}}
			if preserve {
				if raw, err := openRaw(netip.MustParseAddrPort(cfg.Relay[0].Endpoint)); err != nil {
					require.ErrorContains(t, err, "CAP_NET_RAW")
					t.Skip(err)
				} else {
					require.NoError(t, raw.Close())
				}
			}
			r := start(t, cfg, componenttest.NewNopHost())
			all := [][]byte{v9Template(0), v9Data(1, 3, 100), {0, 9, 1}, []byte("hello"), make([]byte, 9000), {7}}
			r.send("127.0.12.1", all...)
			for _, sent := range all {
				got, from := receive(t, other)
				assert.Equal(t, string(sent), got)
				assert.Equal(t, preserve, from.Addr() == netip.MustParseAddr("127.0.12.1"))
			}
			to := attribute.String("endpoint", cfg.Relay[0].Endpoint)
			require.Eventually(t, func() bool { return r.relays[0].sent.Load() == uint64(len(all)) }, 5*time.Second, time.Millisecond)
			metadatatest.AssertEqualNetflowRelayDatagrams(t, r.own, []metricdata.DataPoint[int64]{
				{Value: int64(len(all)), Attributes: attribute.NewSet(to)},
			}, metricdatatest.IgnoreTimestamp())
			metadatatest.AssertEqualNetflowRelayDrops(t, r.own, []metricdata.DataPoint[int64]{
				{Value: 0, Attributes: attribute.NewSet(to, attribute.String("reason", "queue_full"))},
				{Value: 0, Attributes: attribute.NewSet(to, attribute.String("reason", "send_failed"))},
			}, metricdatatest.IgnoreTimestamp())
			r.shutdown()
			assert.Equal(t, 3, r.logs.LogRecordCount())
		})
	}
}

// stuck is a collector that takes nothing until it is told to.
type stuck struct{ release chan struct{} }

func (s stuck) send(netip.AddrPort, []byte) error { <-s.release; return nil }
func (s stuck) Close() error                      { return nil }

// What waits for a slow collector is bounded in number and in octets; the rest is dropped and counted, and nobody waits.
func TestRelayIsBounded(t *testing.T) {
	for _, size := range []int{1, 60_000} {
		r := &relay{queue: make(chan relayed, relayQueue), conn: stuck{make(chan struct{})}}
		r.done.Go(r.run)
		const n = 3 * relayQueue
		d := udp.Datagram{Payload: make([]byte, size)}
		for range n {
			r.put(&d)
		}
		assert.LessOrEqual(t, r.waiting.Load(), int64(relayBytes))
		assert.LessOrEqual(t, len(r.queue), relayQueue)
		assert.Positive(t, r.full.Load())
		close(r.conn.(stuck).release)
		require.NoError(t, r.close())
		assert.EqualValues(t, n, r.sent.Load()+r.full.Load(), "nothing is lost uncounted")
		assert.Zero(t, r.waiting.Load())
	}
}

func TestRelayConfigErrors(t *testing.T) {
	for want, endpoint := range map[string]string{
		`relay::0: endpoint: "2055" is not a host and port`: "2055", `relay::0: endpoint: port "0" of`: "10.0.0.1:0",
	} {
		cfg := testConfig()
		cfg.Relay = []RelayConfig{{Endpoint: endpoint}}
		err := confmap.Validate(cfg)
		require.Error(t, err)
		assert.True(t, strings.HasPrefix(err.Error(), want), err)
	}
}

// A relay to oneself would never end.
func TestRelayToItself(t *testing.T) {
	free := collector(t)
	cfg := testConfig()
	cfg.Sockets.Endpoint = free.LocalAddr().String()
	require.NoError(t, free.Close())
	cfg.Relay = []RelayConfig{{Endpoint: cfg.Sockets.Endpoint}}
	c, err := NewFactory().CreateMetrics(t.Context(), receivertest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, c.Start(t.Context(), componenttest.NewNopHost()), "relay::0: endpoint: "+`"`+cfg.Sockets.Endpoint+`" is where this receiver itself listens`)
	require.NoError(t, c.Shutdown(context.Background()))

	at := netip.MustParseAddrPort
	assert.True(t, isSelf(at("127.0.0.1:2055"), at("0.0.0.0:2055")))
	assert.True(t, isSelf(at("[::1]:2055"), at("[::]:2055")))
	assert.False(t, isSelf(at("127.0.0.1:2056"), at("0.0.0.0:2055")))
	assert.False(t, isSelf(at("192.0.2.1:2055"), at("0.0.0.0:2055")))
	assert.False(t, isSelf(at("127.0.0.2:2055"), at("127.0.0.1:2055")))
}
