package store

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/specimen"
	"github.com/netcol-io/netcol/internal/semconv"
)

var update = flag.Bool("update", false, "rewrite golden files")

// epoch is a round time to count from; the clock of the stores under test stands a day after it.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openAt(t *testing.T, dir string, change ...func(*Options)) *Store {
	t.Helper()
	o := Options{Directory: dir, Now: func() time.Time { return epoch.Add(24 * time.Hour) }}
	for _, c := range change {
		c(&o)
	}
	s, err := Open(o)
	require.NoError(t, err)
	return s
}

func open(t *testing.T, change ...func(*Options)) *Store {
	t.Helper()
	s := openAt(t, t.TempDir(), change...)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func appendAll(t *testing.T, s *Store, md pmetric.Metrics) Outcome {
	t.Helper()
	o, err := s.Append(t.Context(), md)
	require.NoError(t, err)
	return o
}

// vector evaluates expr and returns values by label set.
func vector(t *testing.T, s *Store, expr string, at time.Time) map[string]float64 {
	t.Helper()
	r, err := s.Query(t.Context(), expr, at, QueryOptions{})
	require.NoError(t, err)
	out := map[string]float64{}
	for _, ser := range r.Series {
		out[text(ser.Labels)] = ser.Points[0].V
	}
	return out
}

func text(ls []Label) string {
	parts := make([]string, len(ls))
	for i, l := range ls {
		parts[i] = fmt.Sprintf("%s=%q", l.Name, l.Value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// sums builds one sum metric of one device.
func sums(temporality pmetric.AggregationTemporality, points ...func(pmetric.NumberDataPoint)) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr(semconv.ServiceInstanceID, "10.0.0.1")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("test.io")
	m.SetUnit("By")
	m.SetEmptySum().SetIsMonotonic(true)
	m.Sum().SetAggregationTemporality(temporality)
	for _, p := range points {
		p(m.Sum().DataPoints().AppendEmpty())
	}
	return md
}

func point(start, at time.Duration, v int64) func(pmetric.NumberDataPoint) {
	return func(p pmetric.NumberDataPoint) {
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch.Add(start)))
		p.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(at)))
		p.SetIntValue(v)
	}
}

func cumulative(points ...func(pmetric.NumberDataPoint)) pmetric.Metrics {
	return sums(pmetric.AggregationTemporalityCumulative, points...)
}

func delta(points ...func(pmetric.NumberDataPoint)) pmetric.Metrics {
	return sums(pmetric.AggregationTemporalityDelta, points...)
}

// The names and labels are a contract: dashboards, alerts and the page are written in them.
func TestNamesAndLabels(t *testing.T) {
	s := open(t)
	appendAll(t, s, specimen.Network{Devices: 1, Ports: 1, Conversations: 1}.At(epoch, time.Minute))
	sets, _, err := s.SeriesSets(t.Context(), Selection{Selectors: []string{`{__name__=~".+"}`}, Start: epoch, End: epoch.Add(time.Hour)})
	require.NoError(t, err)
	lines := make([]string, len(sets))
	for i, set := range sets {
		lines[i] = text(set)
	}
	sort.Strings(lines)
	golden(t, "names.txt", strings.Join(lines, "\n")+"\n")

	var families []string
	for _, f := range s.Families("", 0) {
		families = append(families, fmt.Sprintf("%s type=%s unit=%q", f.Name, f.Type, f.Unit))
	}
	sort.Strings(families)
	golden(t, "families.txt", strings.Join(families, "\n")+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestSamePortOfTwoDevicesIsTwoSeries(t *testing.T) {
	s := open(t)
	appendAll(t, s, specimen.Network{Devices: 2, Ports: 1}.At(epoch, time.Minute))
	got := vector(t, s, `system_network_io_bytes_total{network_interface_name="Gi1/0/1",network_io_direction="receive"}`, epoch.Add(time.Minute))
	assert.Len(t, got, 2)
}

// host.id is learned after the first poll; the series must not split when it is.
func TestLearningTheHostIDKeepsTheSeries(t *testing.T) {
	s := open(t)
	appendAll(t, s, cumulative(point(0, time.Second, 1)))
	md := cumulative(point(0, 2*time.Second, 5))
	md.ResourceMetrics().At(0).Resource().Attributes().PutStr(semconv.HostID, "FOC1234")
	appendAll(t, s, md)
	assert.Len(t, vector(t, s, `count_over_time(test_io_bytes_total[1m]) == 2`, epoch.Add(3*time.Second)), 1)
	assert.Len(t, vector(t, s, `target_info{host_id="FOC1234"}`, epoch.Add(3*time.Second)), 1)
}

func TestNoRecordedValueEndsTheSeries(t *testing.T) {
	s := open(t)
	appendAll(t, s, cumulative(point(0, time.Second, 1)))
	require.Len(t, vector(t, s, `test_io_bytes_total`, epoch.Add(2*time.Second)), 1)
	appendAll(t, s, cumulative(point(0, 2*time.Second, 0), func(p pmetric.NumberDataPoint) {
		point(0, 3*time.Second, 0)(p)
		p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	}))
	assert.Empty(t, vector(t, s, `test_io_bytes_total`, epoch.Add(4*time.Second)))
}

func TestRefusals(t *testing.T) {
	day := 24 * time.Hour
	tests := []struct {
		name  string
		first pmetric.Metrics
		batch pmetric.Metrics
		want  Reason
	}{
		{"older than the window", cumulative(point(0, time.Hour, 1)), cumulative(point(0, time.Minute, 1)), ReasonTooOld},
		{"ahead of the clock", cumulative(), cumulative(point(0, day+time.Hour, 1)), ReasonFuture},
		{"another value at the same time", cumulative(point(0, time.Hour, 1)), cumulative(point(0, time.Hour, 2)), ReasonDuplicate},
		{"without a time", cumulative(), cumulative(func(p pmetric.NumberDataPoint) { p.SetIntValue(1) }), ReasonNoTime},
		{"without a temporality", cumulative(), sums(pmetric.AggregationTemporalityUnspecified, point(0, time.Hour, 1)), ReasonUnsupported},
		{"labels without end", cumulative(), cumulative(func(p pmetric.NumberDataPoint) {
			point(0, time.Hour, 1)(p)
			p.Attributes().PutStr("a", strings.Repeat("x", maxLabelBytes))
		}), ReasonOversized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			appendAll(t, s, tt.first)
			// The rest of the batch is unharmed.
			other := specimen.Network{Devices: 1, Ports: 1}.At(epoch, 2*time.Hour)
			want := appendAll(t, open(t), other).Accepted
			tt.batch.ResourceMetrics().At(0).CopyTo(other.ResourceMetrics().AppendEmpty())
			o := appendAll(t, s, other)
			assert.Equal(t, 1, o.Refused[tt.want], "%v", o.Refused)
			assert.Equal(t, want, o.Accepted)
			assert.Equal(t, uint64(1), s.Stats().Refused[tt.want.String()])
		})
	}
}

func TestSeriesLimitRefusesNewSeriesOnly(t *testing.T) {
	s := open(t, func(o *Options) { o.MaxSeries = 20 })
	small, large := specimen.Network{Devices: 1, Ports: 1}, specimen.Network{Devices: 1, Ports: 10}
	appendAll(t, s, small.At(epoch, time.Second))
	o := appendAll(t, s, large.At(epoch, 2*time.Second))
	assert.Positive(t, o.Refused[ReasonSeriesLimit])
	assert.LessOrEqual(t, s.Stats().Series, uint64(20))
	again := appendAll(t, s, small.At(epoch, 3*time.Second))
	assert.Zero(t, again.RefusedTotal(), "series that exist go on")
}

func TestErrorsHaveKinds(t *testing.T) {
	s := open(t, func(o *Options) { o.QueryMaxSamples = 3 })
	appendAll(t, s, specimen.Network{Devices: 1, Ports: 9}.At(epoch, time.Second))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		expr string
		want Kind
	}{
		{"syntax", t.Context(), `rate(`, KindBadData},
		{"too many samples", t.Context(), `{__name__=~".+"}`, KindExecution},
		{"canceled", canceled, `sum({__name__=~".+"})`, KindCanceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.Query(tt.ctx, tt.expr, epoch.Add(time.Second), QueryOptions{})
			var e *Error
			require.True(t, errors.As(err, &e), "%v", err)
			assert.Equal(t, tt.want, e.Kind, "%v", err)
		})
	}
}

func TestEveryFormOfResult(t *testing.T) {
	s := open(t)
	appendAll(t, s, cumulative(point(0, time.Second, 42)))
	at := epoch.Add(time.Second)
	for expr, want := range map[string]ResultType{
		`1 + 1`: TypeScalar, `"x"`: TypeString, `test_io_bytes_total`: TypeVector, `test_io_bytes_total[1m]`: TypeMatrix,
	} {
		r, err := s.Query(t.Context(), expr, at, QueryOptions{})
		require.NoError(t, err)
		assert.Equal(t, want, r.Type)
	}
	r, err := s.QueryRange(t.Context(), `test_io_bytes_total`, epoch, at, time.Second, QueryOptions{})
	require.NoError(t, err)
	assert.Equal(t, []Point{{T: at.UnixMilli(), V: 42}}, r.Series[0].Points)
	r, err = s.Query(t.Context(), `0/0`, at, QueryOptions{})
	require.NoError(t, err)
	assert.True(t, math.IsNaN(r.Scalar.V))
}

func TestExponentialHistogramIsANativeHistogram(t *testing.T) {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("test.duration")
	m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	p := m.ExponentialHistogram().DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(epoch))
	p.SetCount(3)
	p.SetSum(6)
	p.Positive().BucketCounts().FromRaw([]uint64{1, 2})
	s := open(t)
	o := appendAll(t, s, md)
	require.Equal(t, 1, o.Accepted, "%v", o.Refused)
	r, err := s.Query(t.Context(), `test_duration`, epoch, QueryOptions{})
	require.NoError(t, err)
	h := r.Series[0].Points[0].Histogram
	require.NotNil(t, h)
	assert.Equal(t, 3.0, h.Count)
	assert.Len(t, h.Buckets, 2)
}

func TestLimitsTruncate(t *testing.T) {
	s := open(t)
	appendAll(t, s, specimen.Network{Devices: 1, Ports: 9}.At(epoch, time.Second))
	r, err := s.Query(t.Context(), `system_network_io_bytes_total`, epoch.Add(time.Second), QueryOptions{Limit: 4})
	require.NoError(t, err)
	assert.Len(t, r.Series, 4)
	assert.Contains(t, strings.Join(r.Warnings, " "), "truncated")
	sel := Selection{Selectors: []string{`system_network_io_bytes_total`}, Start: epoch, End: epoch.Add(time.Hour), Limit: 4}
	sets, _, err := s.SeriesSets(t.Context(), sel)
	require.NoError(t, err)
	assert.Len(t, sets, 4)
	values, _, err := s.LabelValues(t.Context(), "network_interface_name", sel)
	require.NoError(t, err)
	assert.Len(t, values, 4)
}

// Totals are counted, not extrapolated: that is what a share of a total is made of.
func TestAnchoredIncreaseIsExact(t *testing.T) {
	s := open(t)
	for i, v := range []int64{0, 100, 250} {
		appendAll(t, s, cumulative(point(0, time.Duration(i+1)*10*time.Second, v)))
	}
	got := vector(t, s, `sum(increase(test_io_bytes_total[15m] anchored))`, epoch.Add(31*time.Second))
	assert.Equal(t, map[string]float64{"{}": 250}, got)
}
