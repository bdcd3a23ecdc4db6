package web

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/event"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
)

func handler() http.Handler {
	return NewHandler(Sources{Stats: func() store.Stats {
		return store.Stats{Series: 7, MaxTime: time.UnixMilli(2000), MinTime: time.UnixMilli(1000), Refused: map[string]uint64{"future": 3}}
	}, Events: event.NewLog(1), Version: "1.2.3"})
}

func get(t *testing.T, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler().ServeHTTP(w, r)
	return w
}

// everyFile lists the page's files by name.
func everyFile(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, fs.WalkDir(embedded, "page", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := fs.ReadFile(embedded, path)
			out[strings.TrimPrefix(path, "page/")] = string(b)
		}
		return err
	}))
	return out
}

func TestServesEveryFileWithItsTypeAndPolicy(t *testing.T) {
	for name, content := range everyFile(t) {
		w := get(t, "/"+name)
		assert.Equal(t, http.StatusOK, w.Code, name)
		assert.Equal(t, content, w.Body.String(), name)
		assert.Equal(t, contentSecurityPolicy, w.Header().Get("Content-Security-Policy"))
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		assert.NotEmpty(t, w.Header().Get("Content-Type"))
	}
	assert.Equal(t, "text/javascript; charset=utf-8", get(t, "/main.js").Header().Get("Content-Type"))
	assert.Equal(t, get(t, "/index.html").Body.String(), get(t, "/").Body.String())
}

func TestRevalidatesByContent(t *testing.T) {
	tag := get(t, "/main.js").Header().Get("ETag")
	require.NotEmpty(t, tag)
	assert.Equal(t, http.StatusNotModified, get(t, "/main.js", "If-None-Match", tag).Code)
	assert.Equal(t, http.StatusOK, get(t, "/main.js", "If-None-Match", `"other"`).Code)
}

func TestNothingElseIsServed(t *testing.T) {
	for _, path := range []string{"/nothing", "/page/index.html", "/vendor/", "/../handler.go"} {
		w := get(t, path)
		assert.NotEqual(t, http.StatusOK, w.Code, path)
		assert.Equal(t, contentSecurityPolicy, w.Header().Get("Content-Security-Policy"))
	}
}

func TestPolicyAllowsOwnFilesOnly(t *testing.T) {
	assert.Contains(t, contentSecurityPolicy, "default-src 'none'")
	for _, forbidden := range []string{"unsafe", "*", "http", "data:", "blob:"} {
		assert.NotContains(t, contentSecurityPolicy, forbidden)
	}
}

// Text from devices must not reach a parser of markup, and nothing may be fetched from elsewhere.
func TestPageHasNoWayToRunOrFetchForeignThings(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc|\bon[a-z]+=|style="|https?://`)
	for name, content := range everyFile(t) {
		if strings.HasPrefix(name, "vendor/") || name == "icon.svg" {
			continue
		}
		assert.Empty(t, forbidden.FindAllString(content, -1), name)
	}
	assert.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(`, everyFile(t)["vendor/uplot.js"])
}

func TestVendoredLibraryHasItsLicence(t *testing.T) {
	assert.Contains(t, everyFile(t)["vendor/uplot.LICENSE"], "MIT")
}

// Every file that a page's file names is there.
func TestReferencesResolve(t *testing.T) {
	files := everyFile(t)
	for name, content := range files {
		if strings.HasPrefix(name, "vendor/") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="/([^"#]+)"|from "\./([^"]+)"`).FindAllStringSubmatch(content, -1) {
			assert.Contains(t, files, m[1]+m[2], "in %s", name)
		}
	}
}

func TestStatus(t *testing.T) {
	var got map[string]any
	require.NoError(t, json.Unmarshal(get(t, "/api/netview/v1/status").Body.Bytes(), &got))
	assert.Equal(t, "1.2.3", got["version"])
	assert.Equal(t, 2000.0, got["newest"])
	assert.Equal(t, 1000.0, got["oldest"])
	assert.Equal(t, map[string]any{"future": 3.0}, got["refused"])
	assert.InDelta(t, float64(time.Now().UnixMilli()), got["now"], 60_000)
}

func TestEventsWithoutAny(t *testing.T) {
	assert.JSONEq(t, `{"events":[]}`, get(t, "/api/netview/v1/events?limit=5").Body.String())
}

// The page's arithmetic, tried where a JavaScript engine is at hand.
func TestFormatting(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node installed: the page's formatting is not tried")
	}
	out, err := exec.CommandContext(t.Context(), node, "--no-warnings", "testdata/format_test.mjs").CombinedOutput()
	require.NoError(t, err, string(out))
}
