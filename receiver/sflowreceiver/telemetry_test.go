package sflowreceiver

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// told is what the receiver told of itself: values by metric and attributes.
type told map[string]map[attribute.Set]float64

func (x told) of(metric string, attributes ...attribute.KeyValue) float64 {
	return x["otelcol_"+metric][attribute.NewSet(attributes...)]
}

func collect(t *testing.T, tel *componenttest.Telemetry) told {
	t.Helper()
	var rm metricdata.ResourceMetrics
	require.NoError(t, tel.Reader.Collect(t.Context(), &rm))
	out := told{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			points := map[attribute.Set]float64{}
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					points[p.Attributes] = float64(p.Value)
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					points[p.Attributes] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					points[p.Attributes] = p.Value
				}
			}
			out[m.Name] = points
		}
	}
	return out
}

// Whatever is lost, refused, dropped or not understood is told, with the identity that the agent's data has.
func TestSelfTelemetry(t *testing.T) {
	tel := componenttest.NewTelemetry()
	set, _ := settings()
	set.TelemetrySettings = tel.NewTelemetrySettings()
	cfg := testConfig()
	cfg.Agents = []AgentConfig{{Match: Match{Address: switch1}, Name: "leaf1"}}
	r := start(t, cfg, set, componenttest.NewNopHost())

	sent := traffic(switch1, 40, 2, 1000)
	r.send(t, append(sent[:20:20], sent[23:]...)...) // three datagrams, six samples lost
	r.send(t, counters(switch1, 41, sflowtest.Interface{Index: 7}))
	bad := traffic(switch2, 1, 1, 64)[0]
	r.send(t, bad, bad, sflowtest.Datagram{Version: 2}.Bytes(), []byte("hello"))
	discard := sflowtest.DiscardSample{Sequence: 1, Source: sflowtest.Source{Index: 7}, In: 7, Reason: 258}
	r.send(t, sflowtest.Datagram{Agent: switch1, Sequence: 42, Samples: [][]byte{
		discard.Bytes(), sflowtest.Opaque(77<<12|3, nil), sflowtest.FlowSample{
			Sequence: 81, Source: sflowtest.Source{Index: 7}, Rate: 1000, Drops: 9, Records: [][]byte{sflowtest.Opaque(2209, make([]byte, 48))},
		}.Bytes(),
	}}.Bytes())
	r.handlers[0].sweep(time.Now().Add(10 * time.Second)) // what did not come by then is lost

	x := collect(t, tel)
	str, num := attribute.String, attribute.Int
	leaf := []attribute.KeyValue{str("service.instance.id", "leaf1"), str("sflow.agent.address", "10.0.0.1"), num("sflow.agent.sub_agent", 0)}
	other := []attribute.KeyValue{str("service.instance.id", "2001:db8::2"), str("sflow.agent.address", "2001:db8::2"), num("sflow.agent.sub_agent", 0)}
	with := func(id []attribute.KeyValue, more ...attribute.KeyValue) []attribute.KeyValue {
		return append(append([]attribute.KeyValue{}, id...), more...)
	}
	assert.EqualValues(t, 43, x.of("sflow_datagrams"))
	assert.EqualValues(t, 37*2+2+1, x.of("sflow_samples", str("sflow.sample.type", "flow")))
	assert.EqualValues(t, 1, x.of("sflow_samples", str("sflow.sample.type", "counter")))
	assert.EqualValues(t, 1, x.of("sflow_samples", str("sflow.sample.type", "discard")))
	assert.EqualValues(t, 1, x.of("sflow_samples_without_packet"))
	assert.EqualValues(t, 1, x.of("sflow_decode_errors", str("reason", "version")))
	assert.EqualValues(t, 1, x.of("sflow_decode_errors", str("reason", "truncated")))
	assert.EqualValues(t, 1, x.of("sflow_versions_refused", str("version", "2")))
	assert.EqualValues(t, 1, x.of("sflow_unknown", str("sflow.kind", "sample"), num("sflow.enterprise", 77), num("sflow.format", 3)))
	assert.EqualValues(t, 1, x.of("sflow_skipped", str("sflow.record", "tcp_info")))
	assert.EqualValues(t, 1, x.of("sflow_discarded_packets", str("reason", "acl")))
	assert.EqualValues(t, 2, x.of("sflow_agents"))
	assert.EqualValues(t, 3, x.of("sflow_sequence_lost", with(leaf, str("unit", "datagram"))...))
	assert.EqualValues(t, 6, x.of("sflow_sequence_lost", with(leaf, str("unit", "flow"))...))
	assert.EqualValues(t, 0, x.of("sflow_sequence_lost", with(leaf, str("unit", "counter"))...))
	assert.EqualValues(t, 9, x.of("sflow_agent_drops", leaf...))
	assert.EqualValues(t, 1000, x.of("sflow_agent_sampling_rate", with(leaf, str("network.flow.sampling_source", "record"))...))
	assert.EqualValues(t, 64, x.of("sflow_agent_sampling_rate", with(other, str("network.flow.sampling_source", "record"))...))
	assert.EqualValues(t, 1, x.of("sflow_sequence_repeated", other...))
	assert.Contains(t, x["otelcol_sflow_agent_silence"], attribute.NewSet(leaf...))
	assert.Less(t, x.of("sflow_agent_silence", leaf...), 60.0)
	assert.Positive(t, x.of("sflow_bytes"))
	for _, metric := range []string{
		"sflow_refused", "sflow_kernel_drops", "sflow_receive_buffer", "sflow_overflowed_keys", "sflow_overflowed_records",
		"sflow_exporters_refused", "sflow_names_refused", "sflow_windows_deferred", "sflow_logs_dropped", "sflow_unknown_direction", "sflow_interface_readings",
		"sflow_agent_contradictions", "sflow_agent_restarts", "sflow_samples_untracked",
	} {
		assert.Contains(t, x, "otelcol_"+metric)
	}
	r.stop()
	assert.EqualValues(t, 1, r.readings.emitted.Load())
	assert.Empty(t, collect(t, tel)["otelcol_sflow_agents"], "nothing is observed of a receiver that ended")
	require.NoError(t, tel.Shutdown(t.Context()))
}

func TestRefusedSourcesAreCounted(t *testing.T) {
	tel := componenttest.NewTelemetry()
	set, _ := settings()
	set.TelemetrySettings = tel.NewTelemetrySettings()
	cfg := load(t, "sflow/all")
	cfg.Sockets.Endpoint, cfg.Inventory, cfg.Storage = "127.0.0.1:0", nil, nil
	r := start(t, cfg, set, componenttest.NewNopHost())
	_, err := r.conn.Write(traffic(switch1, 1, 1, 1)[0])
	require.NoError(t, err)
	require.Eventually(t, func() bool { return collect(t, tel).of("sflow_refused") == 1 }, 5*time.Second, time.Millisecond)
	assert.Zero(t, collect(t, tel).of("sflow_agents"))
	r.stop()
	require.NoError(t, tel.Shutdown(t.Context()))
}

// What happens to samples between the decoder and the next consumer is told as well.
func TestPipelineTelemetry(t *testing.T) {
	tel := componenttest.NewTelemetry()
	set, _ := settings()
	set.TelemetrySettings = tel.NewTelemetrySettings()
	cfg := testConfig()
	cfg.Aggregation.Interval, cfg.Aggregation.MaxExporters = time.Second, 3
	_, err := NewFactory().CreateMetrics(t.Context(), set, cfg, consumertest.NewErr(consumererror.NewPermanent(errors.New("no"))))
	require.NoError(t, err)
	shared, err := instance(set, cfg)
	require.NoError(t, err)
	r := &rig{sflowReceiver: shared.Unwrap()}
	require.NoError(t, shared.Start(t.Context(), componenttest.NewNopHost()))
	r.conn, err = net.Dial("udp", r.group.Addr().String())
	require.NoError(t, err)

	// Of port 8 both sides are metered: what port 7 says leaves by it is not told twice.
	packet := sflowtest.Header(1, 1018, 4, sflowtest.UDPFrame(client, server, 1000))
	sample := sflowtest.FlowSample{Sequence: 1, Source: sflowtest.Source{Index: 8}, Rate: 10, In: sflowtest.Port{Value: 7}, Out: sflowtest.Port{Value: 8}, Records: [][]byte{packet}}
	egress := sample.Bytes()
	sample.Source.Index = 7
	r.send(t, sflowtest.Datagram{Agent: switch1, Sequence: 1, Samples: [][]byte{egress, sample.Bytes()}}.Bytes())
	h, w := r.handlers[0], r.pipeline.Worker(0)
	w.Lock()
	h.mu.Lock()
	w.Forget(h.exporters[switch1].Exporter) // as after a silence, in which others took its place
	for _, other := range []string{"10.0.0.101", "10.0.0.102", "10.0.0.103", "10.0.0.104"} {
		w.Exporter(netip.MustParseAddr(other), 0)
	}
	h.mu.Unlock()
	w.Unlock()
	r.send(t, sflowtest.Datagram{Agent: switch1, Sequence: 2, Samples: [][]byte{egress, sample.Bytes()}}.Bytes())

	view := attribute.String("view", "egress")
	require.Eventually(t, func() bool {
		x := collect(t, tel)
		return x.of("sflow_send_errors") > 0 && x.of("sflow_records_refused") == 2 && x.of("sflow_suppressed_bytes", view) == 10_000
	}, 10*time.Second, 10*time.Millisecond)
	assert.Positive(t, collect(t, tel).of("sflow_exporters_refused"))
	r.conn.Close()
	_ = shared.Shutdown(t.Context()) // the last window is refused too
	require.NoError(t, tel.Shutdown(t.Context()))
}
