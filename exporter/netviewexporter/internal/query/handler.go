package query

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/notation"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
)

// Patterns are the http.ServeMux patterns that a Handler answers.
var Patterns = []string{"/api/v1/", "/-/healthy", "/-/ready"}

// Options limit and describe a Handler.
type Options struct {
	Timeout       time.Duration // longest evaluation; a request's timeout parameter may only shorten it
	MaxConcurrent int           // evaluations at once; others wait
	Version       string        // of netcol, for status/buildinfo
}

type handler struct {
	store *store.Store
	opts  Options
	slots chan struct{}
	mux   *http.ServeMux
}

// answer is what an endpoint returns: the content of "data", and remarks on it.
type answer struct {
	data            any
	warnings, infos []string
}

// endpoint answers one request, whose form is parsed.
type endpoint func(h *handler, r *http.Request) (answer, error)

// NewHandler returns the API over s.
func NewHandler(s *store.Store, o Options) http.Handler {
	h := &handler{store: s, opts: o, slots: make(chan struct{}, max(1, o.MaxConcurrent)), mux: http.NewServeMux()}
	both := func(path string, e endpoint) {
		h.mux.HandleFunc("GET "+path, h.serve(e))
		h.mux.HandleFunc("POST "+path, h.serve(e))
	}
	get := func(path string, e endpoint) { h.mux.HandleFunc("GET "+path, h.serve(e)) }

	both("/api/v1/query", (*handler).query)
	both("/api/v1/query_range", (*handler).queryRange)
	both("/api/v1/format_query", (*handler).formatQuery)
	both("/api/v1/series", (*handler).series)
	both("/api/v1/labels", (*handler).labelNames)
	get("/api/v1/label/{name}/values", (*handler).labelValues)
	get("/api/v1/metadata", (*handler).metadata)
	get("/api/v1/status/buildinfo", (*handler).buildInfo)
	get("/api/v1/status/tsdb", (*handler).tsdbStatus)
	// What netcol has none of, and Grafana asks for nevertheless.
	both("/api/v1/query_exemplars", constant([]any{}))
	get("/api/v1/rules", constant(map[string]any{"groups": []any{}}))
	get("/api/v1/alerts", constant(map[string]any{"alerts": []any{}}))

	h.mux.HandleFunc("/api/v1/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, r, &apiError{http.StatusNotFound, "not_found", fmt.Errorf("%s %s is not part of this API", r.Method, r.URL.Path)})
	})
	h.mux.HandleFunc("GET /-/healthy", alive("netcol is healthy.\n"))
	h.mux.HandleFunc("GET /-/ready", alive("netcol is ready.\n"))
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

func alive(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(text))
	}
}

func constant(data any) endpoint {
	return func(*handler, *http.Request) (answer, error) { return answer{data: data}, nil }
}

// serve runs an endpoint within the limits.
func (h *handler) serve(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := h.limited(e, r)
		if err != nil {
			writeError(w, r, err)
			return
		}
		writeAnswer(w, r, a)
	}
}

func (h *handler) limited(e endpoint, r *http.Request) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badData(fmt.Errorf("error parsing form values: %w", err))
	}
	timeout, err := h.timeout(r)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return answer{}, fmt.Errorf("waiting for other queries: %w", ctx.Err())
	}
	return e(h, r.WithContext(ctx))
}

func (h *handler) timeout(r *http.Request) (time.Duration, error) {
	asked := r.FormValue("timeout")
	if asked == "" {
		return h.opts.Timeout, nil
	}
	d, err := notation.ParseDuration(asked)
	if err != nil {
		return 0, invalid("timeout", err)
	}
	return min(d, h.opts.Timeout), nil
}

func (h *handler) buildInfo(*http.Request) (answer, error) {
	return answer{data: map[string]string{
		// Clients choose their dialect by this: it is the engine's version, not netcol's.
		"version": store.EngineVersion, "application": "netcol", "revision": h.opts.Version,
		"branch": "", "buildUser": "", "buildDate": "", "goVersion": runtime.Version(),
	}}, nil
}

func (h *handler) tsdbStatus(*http.Request) (answer, error) {
	st := h.store.Stats()
	head := map[string]int64{"numSeries": int64(st.Series)}
	if !st.MaxTime.IsZero() {
		head["minTime"], head["maxTime"] = st.MinTime.UnixMilli(), st.MaxTime.UnixMilli()
	}
	return answer{data: map[string]any{
		"headStats": head, "seriesCountByMetricName": []any{}, "labelValueCountByLabelName": []any{},
		"memoryInBytesByLabelName": []any{}, "seriesCountByLabelValuePair": []any{},
	}}, nil
}

// apiError is an error with its place in the API.
type apiError struct {
	status int
	kind   string
	err    error
}

func (e *apiError) Error() string { return e.err.Error() }
func (e *apiError) Unwrap() error { return e.err }

func badData(err error) error { return &apiError{http.StatusBadRequest, "bad_data", err} }

func invalid(parameter string, err error) error {
	return badData(fmt.Errorf("invalid parameter %q: %w", parameter, err))
}

// statusClientClosedRequest is nginx's; nobody is left to read it.
const statusClientClosedRequest = 499

var statusOfKind = map[store.Kind]int{
	store.KindBadData:   http.StatusBadRequest,
	store.KindExecution: http.StatusUnprocessableEntity,
	store.KindTimeout:   http.StatusServiceUnavailable,
	store.KindCanceled:  statusClientClosedRequest,
	store.KindInternal:  http.StatusInternalServerError,
}

func toAPIError(err error) *apiError {
	var api *apiError
	if errors.As(err, &api) {
		return api
	}
	var s *store.Error
	switch {
	case errors.As(err, &s):
		return &apiError{statusOfKind[s.Kind], string(s.Kind), err}
	case errors.Is(err, context.DeadlineExceeded):
		return &apiError{http.StatusServiceUnavailable, string(store.KindTimeout), err}
	case errors.Is(err, context.Canceled):
		return &apiError{statusClientClosedRequest, string(store.KindCanceled), err}
	}
	return &apiError{http.StatusInternalServerError, string(store.KindInternal), err}
}
