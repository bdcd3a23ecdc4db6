package sflowreceiver

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// Several switches at once, from addresses of their own, over two sockets, while somebody reads the telemetry and
// readings are sent on: totals are exact, nothing is counted lost.
func TestSwitchesOverSeveralSockets(t *testing.T) {
	const switches, datagrams, samples, rate = 8, 60, 4, 100
	tel := componenttest.NewTelemetry()
	set, _ := settings()
	set.TelemetrySettings = tel.NewTelemetrySettings()
	cfg := testConfig()
	cfg.Sockets.Sockets = 2
	r := start(t, cfg, set, componenttest.NewNopHost())

	var senders sync.WaitGroup
	for i := range switches {
		senders.Go(func() {
			from := netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)})
			conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), net.UDPAddrFromAddrPort(r.group.Addr()))
			if !assert.NoError(t, err) {
				return
			}
			defer func() { assert.NoError(t, conn.Close()) }()
			for n, b := range traffic(from, datagrams, samples, rate) {
				_, err := conn.Write(b)
				assert.NoError(t, err)
				assert.Eventually(t, func() bool { return r.heard(from) == uint64(n+1) }, 10*time.Second, 100*time.Microsecond)
			}
			sample := sflowtest.CounterSample{Sequence: 1, Source: sflowtest.Source{Index: 7}, Records: [][]byte{sflowtest.Interface{Index: 7, InOctets: 7}.Bytes()}}
			_, err = conn.Write(sflowtest.Datagram{Agent: from, Sequence: datagrams + 1, Uptime: datagrams, Samples: [][]byte{sample.Bytes()}}.Bytes())
			assert.NoError(t, err)
			assert.Eventually(t, func() bool { return r.heard(from) == datagrams+1 }, 10*time.Second, 100*time.Microsecond)
		})
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for range 20 {
			collect(t, tel)
			for _, h := range r.handlers {
				h.sweep(time.Now())
			}
		}
	}()
	senders.Wait()
	<-watched
	x := collect(t, tel)
	r.stop()

	total := int64(switches * datagrams * samples * rate)
	assert.Equal(t, map[string]int64{"ingress": total * 1000}, r.sums(semconv.MetricFlowIO, semconv.InterfaceDirection))
	assert.Equal(t, map[string]int64{"receive": switches * 7}, onlyPositive(r.sums(semconv.MetricNetworkIO, semconv.IODirection)))
	assert.EqualValues(t, switches*(datagrams+1), x.of("sflow_datagrams"))
	for attributes, lost := range x["otelcol_sflow_sequence_lost"] {
		assert.Zero(t, lost, attributes.ToSlice())
	}
	require.NoError(t, tel.Shutdown(t.Context()))
}

// heard is how many datagrams of an agent have come.
func (r *rig) heard(agent netip.Addr) (n uint64) {
	for _, h := range r.handlers {
		h.mu.Lock()
		h.decoder.Agents(func(a *sflow.Agent) {
			if a.Address == agent {
				n += a.Datagrams
			}
		})
		h.mu.Unlock()
	}
	return n
}
