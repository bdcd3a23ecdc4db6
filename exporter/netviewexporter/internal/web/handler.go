package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/event"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
)

//go:embed page
var embedded embed.FS

// contentSecurityPolicy allows what the page is made of and nothing else: a name that a device sends can never become
// a script, and nothing is loaded from anywhere else.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// Sources are what the page shows beside the Prometheus API.
type Sources struct {
	Stats   func() store.Stats
	Events  *event.Log
	Version string
}

// NewHandler serves the page on / and its documents on /api/netview/v1/.
func NewHandler(s Sources) http.Handler {
	mux := http.NewServeMux()
	files := pageFiles()
	for name, f := range files {
		mux.Handle("GET /"+name, f)
	}
	mux.Handle("GET /{$}", files["index.html"])
	mux.HandleFunc("GET /api/netview/v1/status", s.status)
	mux.HandleFunc("GET /api/netview/v1/events", s.events)
	return secured(mux)
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// file is one embedded file, revalidated by its content's hash: a new netcol must not meet an old page.
type file struct {
	content  []byte
	typ, tag string
	name     string
}

func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.typ)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.tag)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.content))
}

// contentTypes are fixed: what the operating system says of .js differs from machine to machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

func pageFiles() map[string]file {
	out := map[string]file{}
	page, err := fs.Sub(embedded, "page")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	_ = fs.WalkDir(page, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(page, name)
		sum := sha256.Sum256(content)
		out[name] = file{content: content, typ: contentType(name), tag: `"` + hex.EncodeToString(sum[:8]) + `"`, name: name}
		return err
	})
	return out
}

func contentType(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if t, ok := contentTypes[ext]; ok {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}

// status is what the page tells of the store.
type status struct {
	Version   string            `json:"version"`
	Now       int64             `json:"now"`    // ms, the clock that samples are compared with
	Newest    int64             `json:"newest"` // ms, 0 without samples
	Oldest    int64             `json:"oldest"` // ms, 0 without samples
	Series    uint64            `json:"series"`
	MaxSeries int               `json:"maxSeries"`
	Bytes     int64             `json:"bytes"`
	Accepted  uint64            `json:"accepted"`
	Refused   map[string]uint64 `json:"refused"`
	Retention float64           `json:"retention"` // seconds
	Directory string            `json:"directory"` // empty: temporary
}

func (s Sources) status(w http.ResponseWriter, _ *http.Request) {
	st := s.Stats()
	out := status{
		Version: s.Version, Now: time.Now().UnixMilli(), Series: st.Series, MaxSeries: st.MaxSeries, Bytes: st.Bytes,
		Accepted: st.Accepted, Refused: st.Refused, Retention: st.Retention.Seconds(), Directory: st.Directory,
	}
	if !st.MaxTime.IsZero() {
		out.Newest, out.Oldest = st.MaxTime.UnixMilli(), st.MinTime.UnixMilli()
	}
	writeJSON(w, out)
}

// maxEvents bounds one answer.
const maxEvents = 1000

func (s Sources) events(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil || n <= 0 || n > maxEvents {
		n = 100
	}
	list := s.Events.Latest(n)
	if list == nil {
		list = []event.Event{}
	}
	writeJSON(w, map[string]any{"events": list})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v)
}
