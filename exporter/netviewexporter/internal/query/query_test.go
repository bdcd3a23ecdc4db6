package query

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/specimen"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
	"github.com/netcol-io/netcol/internal/semconv"
)

// epoch is 1,700,000,000 s: round enough to read times off.
var epoch = time.Unix(1_700_000_000, 0)

func newStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Now: func() time.Time { return epoch.Add(24 * time.Hour) }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// counters stores test_total{port="a"} = 10, 20, 30 … and port b the double, every 10 s, 7 times from the epoch.
func counters(t *testing.T) http.Handler {
	t.Helper()
	s := newStore(t)
	for i := range 7 {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr(semconv.ServiceInstanceID, "10.0.0.1")
		m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		m.SetName("test")
		m.SetDescription("Counts.")
		m.SetEmptySum().SetIsMonotonic(true)
		m.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		for f, port := range []string{"a", "b"} {
			p := m.Sum().DataPoints().AppendEmpty()
			p.SetTimestamp(pcommon.NewTimestampFromTime(epoch.Add(time.Duration(i) * 10 * time.Second)))
			p.SetIntValue(int64((i + 1) * 10 * (f + 1)))
			p.Attributes().PutStr("port", port)
		}
		_, err := s.Append(t.Context(), md)
		require.NoError(t, err)
	}
	return NewHandler(s, Options{Timeout: 10 * time.Second, MaxConcurrent: 2, Version: "1.2.3"})
}

func get(t *testing.T, h http.Handler, target string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	return w.Code, w.Body.String()
}

func post(t *testing.T, h http.Handler, target string, form url.Values) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

const (
	metricA = `{"__name__":"test_total","instance":"10.0.0.1","port":"a"}`
	metricB = `{"__name__":"test_total","instance":"10.0.0.1","port":"b"}`
)

// Each case is a request and the answer that the API's documentation gives for it.
func TestAnswers(t *testing.T) {
	h := counters(t)
	tests := []struct {
		name, path string
		form       url.Values
		want       string // content of data
	}{
		{
			"instant vector", "query",
			url.Values{"query": {`test_total`}, "time": {"1700000065"}},
			`{"resultType":"vector","result":[{"metric":` + metricA + `,"value":[1700000065,"70"]},{"metric":` + metricB + `,"value":[1700000065,"140"]}]}`,
		},
		{"scalar", "query", url.Values{"query": {`1/4`}, "time": {"1700000000.5"}}, `{"resultType":"scalar","result":[1700000000.500,"0.25"]}`},
		{"string", "query", url.Values{"query": {`"<a \"b\">"`}, "time": {"1700000000"}}, `{"resultType":"string","result":[1700000000,"<a \"b\">"]}`},
		{"not a number", "query", url.Values{"query": {`0/0`}, "time": {"2023-11-14T22:13:20Z"}}, `{"resultType":"scalar","result":[1700000000,"NaN"]}`},
		{"infinity", "query", url.Values{"query": {`1/0`}, "time": {"2023-11-14T22:13:20.250Z"}}, `{"resultType":"scalar","result":[1700000000.250,"+Inf"]}`},
		{
			"range vector", "query",
			url.Values{"query": {`test_total{port="a"}[15s]`}, "time": {"1700000020"}},
			`{"resultType":"matrix","result":[{"metric":` + metricA + `,"values":[[1700000010,"20"],[1700000020,"30"]]}]}`,
		},
		{"nothing", "query", url.Values{"query": {`nothing`}}, `{"resultType":"vector","result":[]}`},
		{
			"limit", "query",
			url.Values{"query": {`test_total`}, "time": {"1700000065"}, "limit": {"1"}},
			`{"resultType":"vector","result":[{"metric":` + metricA + `,"value":[1700000065,"70"]}]}`,
		},
		{
			"range", "query_range",
			url.Values{"query": {`rate(test_total{port="a"}[20s])`}, "start": {"1700000020"}, "end": {"1700000040"}, "step": {"10s"}},
			`{"resultType":"matrix","result":[{"metric":{"instance":"10.0.0.1","port":"a"},"values":[[1700000020,"1"],[1700000030,"1"],[1700000040,"1"]]}]}`,
		},
		{
			"range of a scalar", "query_range",
			url.Values{"query": {`2`}, "start": {"1700000000"}, "end": {"1700000001"}, "step": {"0.5"}},
			`{"resultType":"matrix","result":[{"metric":{},"values":[[1700000000,"2"],[1700000000.500,"2"],[1700000001,"2"]]}]}`,
		},
		{"series", "series", url.Values{"match[]": {`test_total`, `other`}}, `[` + metricA + `,` + metricB + `]`},
		{"series before there were any", "series", url.Values{"match[]": {`test_total`}, "end": {"1600000000"}}, `[]`},
		{"labels", "labels", nil, `["__name__","instance","port"]`},
		{"labels of a selection", "labels", url.Values{"match[]": {`nothing`}}, `[]`},
		{"label values", "label/port/values", nil, `["a","b"]`},
		{"label values of a selection", "label/port/values", url.Values{"match[]": {`test_total{port!="a"}`}}, `["b"]`},
		{"names", "label/__name__/values", nil, `["test_total"]`},
		{"values of no label", "label/none/values", nil, `[]`},
		{"metadata", "metadata", nil, `{"test_total":[{"type":"counter","help":"Counts.","unit":""}]}`},
		{"metadata of another", "metadata", url.Values{"metric": {"other"}}, `{}`},
		{"format", "format_query", url.Values{"query": {`sum by(port)(test_total)`}}, `"sum by (port) (test_total)"`},
		{"rules", "rules", nil, `{"groups":[]}`},
		{"alerts", "alerts", nil, `{"alerts":[]}`},
		{"exemplars", "query_exemplars", url.Values{"query": {"test_total"}}, `[]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, body := get(t, h, "/api/v1/"+tt.path+"?"+tt.form.Encode())
			require.Equal(t, http.StatusOK, code, body)
			var got struct {
				Status string
				Data   json.RawMessage
			}
			require.NoError(t, json.Unmarshal([]byte(body), &got))
			assert.Equal(t, "success", got.Status)
			assert.JSONEq(t, tt.want, string(got.Data))
		})
	}
}

func TestPostIsGet(t *testing.T) {
	h := counters(t)
	for path, form := range map[string]url.Values{
		"query":       {"query": {`test_total`}, "time": {"1700000065"}},
		"query_range": {"query": {`test_total`}, "start": {"1700000020"}, "end": {"1700000040"}, "step": {"10"}},
		"series":      {"match[]": {`test_total`}},
		"labels":      {"match[]": {`test_total`}},
	} {
		_, want := get(t, h, "/api/v1/"+path+"?"+form.Encode())
		code, got := post(t, h, "/api/v1/"+path, form)
		assert.Equal(t, http.StatusOK, code)
		assert.Equal(t, want, got)
	}
}

func TestErrors(t *testing.T) {
	h := counters(t)
	tests := []struct {
		name, path string
		form       url.Values
		code       int
		kind, says string
	}{
		{"syntax", "query", url.Values{"query": {`sum(`}}, 400, "bad_data", `invalid parameter "query": 1:5: parse error`},
		{"no query", "query", nil, 400, "bad_data", `invalid parameter "query"`},
		{"time", "query", url.Values{"query": {"1"}, "time": {"noon"}}, 400, "bad_data", `invalid parameter "time": cannot parse "noon" to a valid timestamp`},
		{"endless time", "query", url.Values{"query": {"1"}, "time": {"1e300"}}, 400, "bad_data", `invalid parameter "time"`},
		{"timeout", "query", url.Values{"query": {"1"}, "timeout": {"soon"}}, 400, "bad_data", `invalid parameter "timeout": cannot parse "soon" to a valid duration`},
		{"no time left", "query", url.Values{"query": {"test_total"}, "timeout": {"0.000000001"}}, 503, "timeout", ``},
		{"limit", "query", url.Values{"query": {"1"}, "limit": {"-1"}}, 400, "bad_data", `limit must be non-negative`},
		{"no start", "query_range", url.Values{"query": {"1"}, "end": {"1"}, "step": {"1"}}, 400, "bad_data", `invalid parameter "start"`},
		{"end before start", "query_range", url.Values{"query": {"1"}, "start": {"2"}, "end": {"1"}, "step": {"1"}}, 400, "bad_data", `end timestamp must not be before start`},
		{"no step", "query_range", url.Values{"query": {"1"}, "start": {"1"}, "end": {"1"}}, 400, "bad_data", `invalid parameter "step"`},
		{"step of zero", "query_range", url.Values{"query": {"1"}, "start": {"1"}, "end": {"1"}, "step": {"0"}}, 400, "bad_data", `zero or negative query resolution`},
		{"step of nothing", "query_range", url.Values{"query": {"1"}, "start": {"1"}, "end": {"1"}, "step": {"NaN"}}, 400, "bad_data", `invalid parameter "step"`},
		{"too fine", "query_range", url.Values{"query": {"1"}, "start": {"0"}, "end": {"1700000000"}, "step": {"1"}}, 400, "bad_data", `exceeded maximum resolution of 11,000 points`},
		{"range of a matrix", "query_range", url.Values{"query": {"test_total[1m]"}, "start": {"1"}, "end": {"1"}, "step": {"1"}}, 400, "bad_data", `invalid expression type "range vector"`},
		{"execution", "query", url.Values{"query": {`test_total + on(instance) test_total`}, "time": {"1700000065"}}, 422, "execution", `many-to-many`},
		{"series of nothing", "series", nil, 400, "bad_data", `no match[] parameter provided`},
		{"bad selector", "labels", url.Values{"match[]": {`{`}}, 400, "bad_data", `invalid parameter "match[]"`},
		{"unknown endpoint", "nonsense", nil, 404, "not_found", `GET /api/v1/nonsense`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, body := get(t, h, "/api/v1/"+tt.path+"?"+tt.form.Encode())
			assert.Equal(t, tt.code, code, body)
			var got struct{ Status, ErrorType, Error string }
			require.NoError(t, json.Unmarshal([]byte(body), &got))
			assert.Equal(t, "error", got.Status)
			assert.Equal(t, tt.kind, got.ErrorType)
			assert.Contains(t, got.Error, tt.says)
		})
	}
}

func TestTruncationIsAWarning(t *testing.T) {
	_, body := get(t, counters(t), "/api/v1/query?limit=1&time=1700000065&query=test_total")
	assert.Contains(t, body, `"warnings":["results truncated due to limit"]`)
}

func TestWaitsForASlotNoLongerThanItsTimeout(t *testing.T) {
	h := NewHandler(newStore(t), Options{Timeout: time.Minute, MaxConcurrent: 1}).(*handler)
	h.slots <- struct{}{}
	code, body := get(t, h, "/api/v1/query?query=1&timeout=1ms")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Contains(t, body, "waiting for other queries")
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	s := newStore(t)
	_, err := s.Append(t.Context(), specimen.Office().At(epoch, time.Minute))
	require.NoError(t, err)
	h := NewHandler(s, Options{Timeout: time.Minute, MaxConcurrent: 1})
	target := "/api/v1/query?query=system_network_io_bytes_total&time=1700000060"
	_, plain := get(t, h, target)
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	assert.Less(t, w.Body.Len(), len(plain)/4)
	z, err := gzip.NewReader(w.Body)
	require.NoError(t, err)
	got, err := io.ReadAll(z)
	require.NoError(t, err)
	assert.Equal(t, plain, string(got))
}

func TestBuildInfoNamesTheEngine(t *testing.T) {
	_, body := get(t, counters(t), "/api/v1/status/buildinfo")
	assert.Contains(t, body, `"version":"`+store.EngineVersion+`"`)
	assert.Contains(t, body, `"application":"netcol"`)
}

func TestTSDBStatusTellsTheNewestSample(t *testing.T) {
	_, body := get(t, counters(t), "/api/v1/status/tsdb")
	assert.Contains(t, body, `"maxTime":1700000060000`)
	assert.Contains(t, body, `"numSeries":2`)
}

func TestHealth(t *testing.T) {
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		w := httptest.NewRecorder()
		counters(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, http.StatusOK, w.Code)
	}
}

func BenchmarkRangeAnswer(b *testing.B) {
	points := make([]store.Point, 180)
	for i := range points {
		points[i] = store.Point{T: 1700000000000 + int64(i)*5000, V: 123456.789 * float64(i)}
	}
	res := &store.Result{Type: store.TypeMatrix}
	for i := range 100 {
		res.Series = append(res.Series, store.Series{Labels: []store.Label{{Name: "instance", Value: fmt.Sprint(i)}}, Points: points})
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = appendResult(buf[:0], res)
	}
	b.SetBytes(int64(len(buf)))
}
