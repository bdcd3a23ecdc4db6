package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Label is one name and its value.
type Label struct{ Name, Value string }

// Point is a value at a time (ms since the epoch). Histogram is set instead of V where a histogram was recorded.
type Point struct {
	T         int64
	V         float64
	Histogram *Histogram
}

// Histogram is a native histogram's content.
type Histogram struct {
	Count, Sum float64
	Buckets    []Bucket
}

// Bucket is a bucket that is not empty.
type Bucket struct {
	Lower, Upper                   float64
	LowerInclusive, UpperInclusive bool
	Count                          float64
}

// Series is a label set and its points: one in a vector, several in a matrix.
type Series struct {
	Labels []Label
	Points []Point
}

// ResultType says which form a Result has.
type ResultType string

// Result types, spelled as the API's resultType.
const (
	TypeScalar ResultType = "scalar"
	TypeString ResultType = "string"
	TypeVector ResultType = "vector"
	TypeMatrix ResultType = "matrix"
)

// Result is what an expression evaluated to. A scalar and a string are in Scalar and Text, with their time in Scalar.T.
type Result struct {
	Type     ResultType
	Series   []Series
	Scalar   Point
	Text     string
	Warnings []string
	Infos    []string
}

func newResult(r *promql.Result, expr string, limit int) (*Result, error) {
	out := &Result{Type: ResultType(r.Value.Type())}
	out.Warnings, out.Infos = r.Warnings.AsStrings(expr, 10, 10)
	switch v := r.Value.(type) {
	case promql.Scalar:
		out.Scalar = Point{T: v.T, V: v.V}
	case promql.String:
		out.Scalar.T, out.Text = v.T, v.V
	case promql.Vector:
		out.Series = vectorSeries(v, limit)
	case promql.Matrix:
		out.Series = matrixSeries(v, limit)
	default:
		return nil, fmt.Errorf("unexpected result type %s", parser.DocumentedType(r.Value.Type()))
	}
	if n := resultLen(r.Value); limit > 0 && n > limit {
		out.Warnings = append(out.Warnings, "results truncated due to limit")
	}
	return out, nil
}

func resultLen(v parser.Value) int {
	switch v := v.(type) {
	case promql.Vector:
		return len(v)
	case promql.Matrix:
		return len(v)
	}
	return 0
}

func limited(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}

func vectorSeries(v promql.Vector, limit int) []Series {
	out := make([]Series, limited(len(v), limit))
	points := make([]Point, len(out))
	for i := range out {
		points[i] = Point{T: v[i].T, V: v[i].F, Histogram: newHistogram(v[i].H)}
		out[i] = Series{Labels: newLabels(v[i].Metric), Points: points[i : i+1 : i+1]}
	}
	return out
}

func matrixSeries(m promql.Matrix, limit int) []Series {
	out := make([]Series, limited(len(m), limit))
	for i := range out {
		points := make([]Point, 0, len(m[i].Floats)+len(m[i].Histograms))
		for _, p := range m[i].Floats {
			points = append(points, Point{T: p.T, V: p.F})
		}
		for _, p := range m[i].Histograms {
			points = append(points, Point{T: p.T, Histogram: newHistogram(p.H)})
		}
		out[i] = Series{Labels: newLabels(m[i].Metric), Points: points}
	}
	return out
}

func newLabels(ls labels.Labels) []Label {
	out := make([]Label, 0, 12)
	ls.Range(func(l labels.Label) { out = append(out, Label{l.Name, l.Value}) })
	return out
}

func newHistogram(h *histogram.FloatHistogram) *Histogram {
	if h == nil {
		return nil
	}
	out := &Histogram{Count: h.Count, Sum: h.Sum}
	for it := h.AllBucketIterator(); it.Next(); {
		if b := it.At(); b.Count != 0 {
			out.Buckets = append(out.Buckets, Bucket{b.Lower, b.Upper, b.LowerInclusive, b.UpperInclusive, b.Count})
		}
	}
	return out
}

// sortLabelSets orders series for stable answers.
func sortLabelSets(sets [][]Label) {
	slices.SortFunc(sets, func(a, b []Label) int {
		return slices.CompareFunc(a, b, func(x, y Label) int {
			if c := strings.Compare(x.Name, y.Name); c != 0 {
				return c
			}
			return strings.Compare(x.Value, y.Value)
		})
	})
}
