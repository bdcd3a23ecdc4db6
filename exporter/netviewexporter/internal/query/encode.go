package query

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/notation"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
)

// Answers of range queries are megabytes of numbers: they are written by hand into reused buffers; all else goes
// through encoding/json.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled keeps one huge answer from staying in memory for good.
const maxPooled = 4 << 20

func writeAnswer(w http.ResponseWriter, r *http.Request, a answer) {
	buf := buffers.Get().(*[]byte)
	b := append((*buf)[:0], `{"status":"success","data":`...)
	b = appendData(b, a.data)
	b = appendTexts(b, `,"warnings":`, a.warnings)
	b = appendTexts(b, `,"infos":`, a.infos)
	b = append(b, '}')
	write(w, r, http.StatusOK, b)
	if cap(b) <= maxPooled {
		*buf = b
		buffers.Put(buf)
	}
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	e := toAPIError(err)
	b, _ := json.Marshal(map[string]string{"status": "error", "errorType": e.kind, "error": e.Error()})
	write(w, r, e.status, b)
}

// gzipFrom is the size from which compressing pays.
const gzipFrom = 4 << 10

func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if len(body) < gzipFrom || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, _ = w.Write(body)
		return
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(w)
	_, _ = z.Write(body)
	_ = z.Close()
}

var compressors = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return z
}}

func appendTexts(b []byte, key string, texts []string) []byte {
	if len(texts) == 0 {
		return b
	}
	return notation.AppendJSON(append(b, key...), texts)
}

// labelSets are the data of the series endpoint.
type labelSets [][]store.Label

func appendData(b []byte, data any) []byte {
	switch d := data.(type) {
	case *store.Result:
		return appendResult(b, d)
	case labelSets:
		b = append(b, '[')
		for i, set := range d {
			b = appendLabels(comma(b, i), set)
		}
		return append(b, ']')
	}
	return notation.AppendJSON(b, data)
}

func appendResult(b []byte, r *store.Result) []byte {
	b = append(b, `{"resultType":"`...)
	b = append(b, r.Type...)
	b = append(b, `","result":`...)
	switch r.Type {
	case store.TypeScalar:
		b = appendPoint(b, r.Scalar)
	case store.TypeString:
		b = append(notation.AppendTime(append(b, '['), r.Scalar.T), ',')
		b = append(notation.AppendString(b, r.Text), ']')
	default:
		b = append(b, '[')
		for i, s := range r.Series {
			b = appendSeries(comma(b, i), s, r.Type)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendSeries(b []byte, s store.Series, t store.ResultType) []byte {
	b = appendLabels(append(b, `{"metric":`...), s.Labels)
	if t == store.TypeVector {
		key := `,"value":`
		if s.Points[0].Histogram != nil {
			key = `,"histogram":`
		}
		return append(appendPoint(append(b, key...), s.Points[0]), '}')
	}
	b = appendPoints(b, `,"values":[`, s.Points, false)
	b = appendPoints(b, `,"histograms":[`, s.Points, true)
	return append(b, '}')
}

// appendPoints writes the points of one kind, and nothing if there are none.
func appendPoints(b []byte, key string, points []store.Point, histograms bool) []byte {
	n := 0
	for _, p := range points {
		if (p.Histogram != nil) != histograms {
			continue
		}
		if n == 0 {
			b = append(b, key...)
		}
		b = appendPoint(comma(b, n), p)
		n++
	}
	if n > 0 {
		b = append(b, ']')
	}
	return b
}

func appendLabels(b []byte, ls []store.Label) []byte {
	b = append(b, '{')
	for i, l := range ls {
		b = append(notation.AppendString(comma(b, i), l.Name), ':')
		b = notation.AppendString(b, l.Value)
	}
	return append(b, '}')
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

func appendPoint(b []byte, p store.Point) []byte {
	b = append(notation.AppendTime(append(b, '['), p.T), ',')
	if p.Histogram != nil {
		b = appendHistogram(b, p.Histogram)
	} else {
		b = notation.AppendFloat(b, p.V)
	}
	return append(b, ']')
}

func appendHistogram(b []byte, h *store.Histogram) []byte {
	b = notation.AppendFloat(append(b, `{"count":`...), h.Count)
	b = notation.AppendFloat(append(b, `,"sum":`...), h.Sum)
	for i, u := range h.Buckets {
		if i == 0 {
			b = append(b, `,"buckets":[`...)
		}
		b = append(comma(b, i), '[', '0'+boundaryRule(u), ',')
		b = append(notation.AppendFloat(b, u.Lower), ',')
		b = append(notation.AppendFloat(b, u.Upper), ',')
		b = append(notation.AppendFloat(b, u.Count), ']')
	}
	if len(h.Buckets) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

// boundaryRule is 0 for an interval open on the left, 1 open on the right, 2 open, 3 closed.
func boundaryRule(u store.Bucket) byte {
	switch {
	case u.LowerInclusive && u.UpperInclusive:
		return 3
	case u.LowerInclusive:
		return 1
	case u.UpperInclusive:
		return 0
	}
	return 2
}
