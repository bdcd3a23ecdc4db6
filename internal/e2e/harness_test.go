//go:build e2e && linux

package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// A test that compares with nothing, or does not hear complaints, would pass whatever netcol does. These hold the
// harness itself to what the others rely on.

func TestHarnessTotalsStreams(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.json")
	at := func(s int64) pcommon.Timestamp { return pcommon.NewTimestampFromTime(time.Unix(s, 0)) }
	write := func(stream string, start, now, value int64) {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr("service.instance.id", stream)
		m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		m.SetName("network.flow.io")
		m.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		dp := m.Sum().DataPoints().AppendEmpty()
		dp.SetIntValue(value)
		dp.SetStartTimestamp(at(start))
		dp.SetTimestamp(at(now))
		line, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	write("a", 10, 20, 5)
	write("a", 10, 30, 7)  // the same life of the stream: replaces
	write("a", 40, 50, 2)  // a new life: adds
	write("b", 10, 20, 11) // another stream: adds
	ps := readPoints(t, path)
	if got := ps.of("network.flow.io", nil, nil).total(); got != 7+2+11 {
		t.Errorf("total %d", got)
	}
	if got := ps.of("network.flow.io", labels{"service.instance.id": "a"}, nil).total(); got != 9 {
		t.Errorf("total of a %d", got)
	}
	missing, surplus := difference(ps, ps[1:])
	if len(missing) != 1 || len(surplus) != 0 {
		t.Errorf("difference: missing %q, surplus %q", missing, surplus)
	}
}

func TestHarnessHearsTheBrowserComplain(t *testing.T) {
	t.Parallel()
	const page = `<h1>page</h1><script>
console.error("said by console");
fetch("/not-there");
setTimeout(() => { throw new Error("thrown") }, 10);
</script>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, page)
	}))
	defer server.Close()
	b := openBrowser(t, 800, 600)
	b.open(t, server.URL)
	eventually(t, 20*time.Second, "three complaints", func() (string, bool) {
		all := strings.Join(b.complaints(), "\n")
		return all, containsAll(all, []string{"said by console", "404 from " + server.URL + "/not-there", "thrown"})
	})
}
