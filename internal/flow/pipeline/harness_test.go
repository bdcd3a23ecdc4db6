package pipeline

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/inventory"
)

var componentType = component.MustNewType("netflow")

// sink is the next consumer: it keeps what it is sent.
type sink struct {
	mu      sync.Mutex
	metrics []pmetric.Metrics
	logs    []plog.Logs
	err     error
	hold    chan struct{} // not nil: consuming waits for it to close
}

func (s *sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (s *sink) wait(ctx context.Context) error {
	s.mu.Lock()
	hold, err := s.hold, s.err
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func (s *sink) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metrics = append(s.metrics, md)
	return nil
}

func (s *sink) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs = append(s.logs, ld)
	return nil
}

// take returns what came since the last take, one line a point:
// device metric{attributes} = value @time-start, times in seconds since the test began.
func (s *sink) take(t *testing.T, began time.Time) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, md := range s.metrics {
		seen := map[string]bool{}
		for _, rm := range md.ResourceMetrics().All() {
			id := deviceOf(rm.Resource())
			require.False(t, seen[id], "two resources for %s in one delivery", id)
			seen[id] = true
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					require.True(t, m.Sum().IsMonotonic())
					for _, p := range m.Sum().DataPoints().All() {
						lines = append(lines, line(id, m, p, began))
					}
				}
			}
		}
	}
	s.metrics = nil
	return lines
}

func deviceOf(r pcommon.Resource) string {
	if id, ok := r.Attributes().Get("service.instance.id"); ok {
		return id.AsString()
	}
	return "?"
}

func line(id string, m pmetric.Metric, p pmetric.NumberDataPoint, began time.Time) string {
	attrs := p.Attributes().AsRaw()
	var as []string
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		as = append(as, fmt.Sprintf("%s=%v", k, attrs[k]))
	}
	value := fmt.Sprint(p.IntValue())
	if p.Flags().NoRecordedValue() {
		value = "gone"
	}
	sec := func(ts pcommon.Timestamp) float64 { return ts.AsTime().Sub(began).Round(time.Millisecond).Seconds() }
	return fmt.Sprintf("%s %s{%s} = %s @%v-%v", id, m.Name(), strings.Join(as, " "), value, sec(p.StartTimestamp()), sec(p.Timestamp()))
}

// only returns the lines that hold every part.
func only(lines []string, parts ...string) []string {
	var out []string
	for _, l := range lines {
		if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(l, p) }) {
			out = append(out, l)
		}
	}
	return out
}

func settings(t testing.TB, s *sink, reg *inventory.Registry, workers int) Settings {
	rs := receivertest.NewNopSettings(componentType)
	m, err := deliver.NewMetrics(s, rs, "udp", "netflow")
	require.NoError(t, err)
	return Settings{Telemetry: componenttest.NewNopTelemetrySettings(), Scope: "scope", Version: "v", Registry: reg, Metrics: m, Workers: workers}
}

func withLogs(t testing.TB, set Settings, s *sink) Settings {
	rs := receivertest.NewNopSettings(componentType)
	l, err := deliver.NewLogs(s, rs, "udp", "netflow")
	require.NoError(t, err)
	set.Logs = l
	return set
}

func start(t testing.TB, cfg Config, set Settings) *Pipeline {
	p, err := New(cfg, set)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx)
	})
	return p
}

// idle returns a pipeline whose flusher has no goroutine, for tests that close windows themselves.
func idle(t testing.TB, cfg Config, set Settings) *Pipeline {
	p, err := New(cfg, set)
	require.NoError(t, err)
	p.flusher.begin(time.Now())
	t.Cleanup(p.release)
	return p
}

func stop(t testing.TB, p *Pipeline) {
	require.NoError(t, p.Shutdown(context.Background()))
}

func off(names ...string) map[string]View {
	no := false
	m := map[string]View{}
	for _, n := range names {
		m[n] = View{Enabled: &no}
	}
	return m
}

// alone is a configuration with one view.
func alone(name string, v View) Config {
	cfg := DefaultConfig()
	cfg.Views = off("interfaces", "egress", "conversations")
	cfg.Views[name] = v
	return cfg
}

var router = netip.MustParseAddr("192.0.2.1")

// tcp is a flow from 10.0.0.<host>:40000 to 198.51.100.1:443 through interfaces 1 and 2.
func tcp(host byte, bytes uint64) *flow.Record {
	r := &flow.Record{Bytes: bytes, Packets: 2, Flows: 1, In: 1, Out: 2, SrcPort: 40000, DstPort: 443, Transport: 6}
	flow.MapV4(&r.SrcAddr, []byte{10, 0, 0, host})
	flow.MapV4(&r.DstAddr, []byte{198, 51, 100, 1})
	for _, d := range []flow.Dimension{flow.SourceAddress, flow.DestinationAddress, flow.SourcePort, flow.DestinationPort, flow.Transport, flow.IngressIndex, flow.EgressIndex} {
		r.Has.Set(d)
	}
	return r
}

func add(p *Pipeline, worker int, addr netip.Addr, domain uint32, rs ...*flow.Record) {
	w := p.Worker(worker)
	w.Lock()
	defer w.Unlock()
	for _, r := range rs {
		if e := w.Exporter(addr, domain); e != nil {
			w.Add(e, time.Now(), r)
		}
	}
}
