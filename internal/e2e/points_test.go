//go:build e2e && linux

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// labels are attributes by name, values in their text form.
type labels map[string]string

func labelsOf(m pcommon.Map) labels {
	l := labels{}
	for k, v := range m.All() {
		l[k] = v.AsString()
	}
	return l
}

// String is canonical: it identifies the set.
func (l labels) String() string {
	pairs := make([]string, 0, len(l))
	for k, v := range l {
		pairs = append(pairs, k+"="+v)
	}
	sort.Strings(pairs)
	return strings.Join(pairs, ",")
}

// has tells whether every one of want is in l.
func (l labels) has(want labels) bool {
	for k, v := range want {
		if l[k] != v {
			return false
		}
	}
	return true
}

// point is one data point of one stream.
type point struct {
	resource, attributes labels
	metric, unit, scope  string
	start, time          time.Time
	value                float64 // every number the tests send is below 2^53
	integer              bool
	sum, monotonic       bool
	cumulative           bool
}

// stream identifies what p is a point of.
func (p point) stream() string {
	return p.resource.String() + "|" + p.metric + "|" + p.attributes.String()
}

func (p point) String() string {
	return fmt.Sprintf("%s{%s} of {%s} = %v from %s at %s", p.metric, p.attributes, p.resource, p.value,
		p.start.Format(time.RFC3339Nano), p.time.Format(time.RFC3339Nano))
}

type points []point

// readPoints reads what a file exporter wrote; the last line may still be in the making.
func readPoints(t *testing.T, path string) points {
	t.Helper()
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	if end := bytes.LastIndexByte(raw, '\n'); end >= 0 {
		raw = raw[:end+1]
	} else {
		raw = nil
	}
	var all points
	var decode pmetric.JSONUnmarshaler
	for line := range bytes.Lines(raw) {
		md, err := decode.UnmarshalMetrics(line)
		if err != nil {
			t.Fatalf("%s: %v\n%.200s", path, err, line)
		}
		all = appendMetrics(all, md)
	}
	return all
}

func appendMetrics(all points, md pmetric.Metrics) points {
	for _, rm := range md.ResourceMetrics().All() {
		resource := labelsOf(rm.Resource().Attributes())
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				p := point{resource: resource, metric: m.Name(), unit: m.Unit(), scope: sm.Scope().Name()}
				var dps pmetric.NumberDataPointSlice
				switch m.Type() {
				case pmetric.MetricTypeSum:
					dps = m.Sum().DataPoints()
					p.sum, p.monotonic = true, m.Sum().IsMonotonic()
					p.cumulative = m.Sum().AggregationTemporality() == pmetric.AggregationTemporalityCumulative
				case pmetric.MetricTypeGauge:
					dps = m.Gauge().DataPoints()
				default:
					continue
				}
				all = appendNumbers(all, p, dps)
			}
		}
	}
	return all
}

func appendNumbers(all points, p point, dps pmetric.NumberDataPointSlice) points {
	for _, dp := range dps.All() {
		if dp.Flags().NoRecordedValue() {
			continue
		}
		q := p
		q.attributes = labelsOf(dp.Attributes())
		q.start, q.time = dp.StartTimestamp().AsTime(), dp.Timestamp().AsTime()
		q.integer = dp.ValueType() == pmetric.NumberDataPointValueTypeInt
		if q.integer {
			q.value = float64(dp.IntValue())
		} else {
			q.value = dp.DoubleValue()
		}
		all = append(all, q)
	}
	return all
}

// of returns the points of one metric of the resources and with the attributes given.
func (ps points) of(metric string, resource, attributes labels) points {
	var found points
	for _, p := range ps {
		if p.metric == metric && p.resource.has(resource) && p.attributes.has(attributes) {
			found = append(found, p)
		}
	}
	return found
}

// between returns the points whose time is in [from, to].
func (ps points) between(from, to time.Time) points {
	return slices.DeleteFunc(slices.Clone(ps), func(p point) bool { return p.time.Before(from) || p.time.After(to) })
}

// last returns the youngest point.
func (ps points) last() (point, bool) {
	if len(ps) == 0 {
		return point{}, false
	}
	return slices.MaxFunc(ps, func(a, b point) int { return a.time.Compare(b.time) }), true
}

// total is what the cumulative streams of ps have counted: the last value of every stream since each of its starts.
func (ps points) total() int64 {
	type life struct {
		stream string
		start  time.Time
	}
	last := map[life]point{}
	for _, p := range ps {
		k := life{p.stream(), p.start}
		if q, ok := last[k]; !ok || p.time.After(q.time) {
			last[k] = p
		}
	}
	sum := int64(0)
	for _, p := range last {
		sum += int64(p.value)
	}
	return sum
}

// values returns the sorted distinct values of one attribute.
func (ps points) values(attribute string) []string {
	var found []string
	for _, p := range ps {
		if v, ok := p.attributes[attribute]; ok {
			found = append(found, v)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// instances returns the sorted distinct service.instance.id.
func (ps points) instances() []string {
	var found []string
	for _, p := range ps {
		found = append(found, p.resource["service.instance.id"])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// names returns the sorted distinct metric names.
func (ps points) names() []string {
	var found []string
	for _, p := range ps {
		found = append(found, p.metric)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
