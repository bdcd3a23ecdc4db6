package sflowreceiver

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// dropped makes datagrams of packets that an agent dropped on their way from port 7 to 8, one for each destination.
func dropped(reason uint32, targets ...netip.AddrPort) []byte {
	var samples [][]byte
	for i, to := range targets {
		samples = append(samples, sflowtest.DiscardSample{
			Sequence: uint32(i + 1), Source: sflowtest.Source{Index: 7}, In: 7, Out: 8, Reason: reason,
			Records: [][]byte{sflowtest.Header(1, 1018, 4, sflowtest.UDPFrame(client, to, 1000))},
		}.Bytes())
	}
	return sflowtest.Datagram{Agent: switch1, Sequence: 1, Uptime: 1000, Samples: samples}.Bytes()
}

// A dropped packet is counted by why and what it was, logged as an event of its own, and no traffic.
func TestDiscardedPackets(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	r.send(t, dropped(258, server, server), dropped(12345, server))
	r.send(t, sflowtest.Datagram{Agent: switch1, Sequence: 2, Samples: [][]byte{
		sflowtest.DiscardSample{Sequence: 9, Source: sflowtest.Source{Index: 9}, In: 9, Reason: 1}.Bytes(), // without a packet
	}}.Bytes())
	r.stop()

	assert.Equal(t, map[string]int64{"acl": 2, "12345": 1, "host_unreachable": 1}, r.sums(semconv.MetricFlowPacketDropped, semconv.FlowDropReason))
	assert.Empty(t, r.sums(semconv.MetricFlowIO, ""), "no traffic")
	var zeros, acl int
	r.points(semconv.MetricFlowPacketDropped, func(res pcommon.Resource, p pmetric.NumberDataPoint) {
		id, _ := res.Attributes().Get(semconv.ServiceInstanceID)
		assert.Equal(t, "10.0.0.1", id.Str())
		if p.IntValue() == 0 {
			zeros++
			assert.Equal(t, p.StartTimestamp(), p.Timestamp())
		}
		if reason, _ := p.Attributes().Get(semconv.FlowDropReason); reason.Str() == "acl" {
			acl++
			assert.Equal(t, map[string]any{
				"network.flow.drop.reason": "acl", "network.flow.ingress.interface.name": "if7", "network.flow.egress.interface.name": "if8",
				"network.type": "ipv4", "network.transport": "udp",
				"source.address": "192.0.2.10", "destination.address": "192.0.2.20", "destination.port": int64(443),
			}, p.Attributes().AsRaw())
		}
	})
	assert.Equal(t, 3, zeros, "each stream begins with 0")
	assert.Equal(t, 2, acl)

	require.Equal(t, 4, r.logs.LogRecordCount())
	lr := r.logs.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	assert.Equal(t, semconv.EventFlowDrop, lr.EventName())
	for key, want := range map[string]string{
		semconv.FlowDropReason: "acl", semconv.SourceAddress: "192.0.2.10", semconv.FlowIngressInterface: "if7", semconv.FlowType: "sflow_5",
	} {
		v, _ := lr.Attributes().Get(key)
		assert.Equal(t, want, v.AsString(), key)
	}
}

// However many kinds of packets are dropped, points and overflow together are what was reported.
func TestDiscardsOverflowKeepsTotals(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	const kinds = maxAgentDiscards + 300
	for port := 1; port <= kinds; port += 10 {
		var targets []netip.AddrPort
		for i := range 10 {
			targets = append(targets, netip.AddrPortFrom(server.Addr(), uint16(port+i)))
		}
		r.send(t, dropped(256, targets...))
	}
	r.stop()
	sums := r.sums(semconv.MetricFlowPacketDropped, semconv.FlowDropReason)
	assert.Equal(t, map[string]int64{"unknown": maxAgentDiscards, "overflow": 300}, sums)
}

// A stream grows over windows from one start, ends when nothing was dropped for long, and begins anew after that.
func TestDropStreams(t *testing.T) {
	s := newDrops(inventory.NewRegistry(inventory.Options{}), nil, scope{})
	at := time.Unix(1_700_000_000, 0)
	key := discardKey{reason: 258}
	step := func(n uint64, length time.Duration) []string {
		w := window{at, at.Add(length)}
		at = w.end
		if n > 0 {
			s.add(switch1, &discards{keys: map[discardKey]uint64{key: n}}, w)
		}
		var points []string
		for _, own := range s.devices {
			md := pmetric.NewMetrics()
			s.append(md, own, w)
			for _, p := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().All() {
				text := strconv.FormatInt(p.IntValue(), 10)
				if p.Flags().NoRecordedValue() {
					text = "end"
				}
				points = append(points, text+" since "+strconv.FormatInt(p.StartTimestamp().AsTime().Unix()-1_700_000_000, 10))
			}
		}
		return points
	}
	assert.Equal(t, []string{"0 since 0", "3 since 0"}, step(3, time.Minute))
	assert.Equal(t, []string{"3 since 0"}, step(0, time.Minute))
	assert.Equal(t, []string{"5 since 0"}, step(2, time.Minute))
	assert.Equal(t, []string{"end since 0"}, step(0, dropIdle))
	assert.Empty(t, step(0, time.Minute))
	assert.Equal(t, []string{"0 since 540", "1 since 540"}, step(1, time.Minute))
	assert.Equal(t, 1, s.streams)
}

// What forgers may make a device's streams hold is bounded, over windows, too.
func TestDropStreamsAreBounded(t *testing.T) {
	s := newDrops(inventory.NewRegistry(inventory.Options{}), nil, scope{})
	w := window{time.Unix(0, 0), time.Unix(60, 0)}
	for i := range uint32(2 * maxDeviceDrops) {
		s.add(switch1, &discards{keys: map[discardKey]uint64{{reason: sflow.DropReason(1000 + i)}: 1}}, w)
	}
	for _, own := range s.devices {
		assert.Len(t, own.streams, maxDeviceDrops)
		assert.EqualValues(t, maxDeviceDrops, own.overflow.value)
	}
}
