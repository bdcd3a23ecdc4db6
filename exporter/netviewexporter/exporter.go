package netviewexporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/event"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/metadata"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/query"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/web"
)

// instances keeps one view per configuration: the metrics and the logs of one exporter share a store and a socket.
type instances struct {
	mu  sync.Mutex
	all map[*Config]*view
}

func (i *instances) get(c *Config, set exporter.Settings) (*view, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if v, ok := i.all[c]; ok {
		return v, nil
	}
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	v := &view{config: c, set: set, logger: set.Logger, telemetry: telemetry, events: event.NewLog(c.MaxEvents)}
	v.forget = func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.all, c)
	}
	if i.all == nil {
		i.all = map[*Config]*view{}
	}
	i.all[c] = v
	return v, nil
}

// view is the running exporter: the store, and the server that shows it. It starts with its first signal and ends with
// its last, so that a signal that is still draining its queue finds it open.
type view struct {
	config    *Config
	set       exporter.Settings
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	events    *event.Log
	forget    func()
	onListen  func(url string) // for tests; may be nil

	mu       sync.Mutex // guards users
	users    int
	store    *store.Store
	server   *http.Server
	serving  sync.WaitGroup
	refusals refusalLog
}

// Start opens the port and the store.
func (v *view) Start(ctx context.Context, host component.Host) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.users++; v.users > 1 {
		return nil
	}
	if err := v.start(ctx, host); err != nil {
		v.users--
		return fmt.Errorf("netview: %w", err)
	}
	return nil
}

func (v *view) start(ctx context.Context, host component.Host) error {
	// The port first: another netcol in the same folder holds both, and "port in use" is the one that people know.
	listener, err := v.listen(ctx)
	if err != nil {
		return err
	}
	if err := v.openStore(); err != nil {
		_ = listener.Close()
		return err
	}
	v.server, err = v.config.HTTP.ToServer(ctx, host.GetExtensions(), v.set.TelemetrySettings, v.handler())
	if err != nil {
		return errors.Join(err, listener.Close(), v.store.Close())
	}
	v.warnIfOpen(listener.Addr())
	url := v.url(listener.Addr())
	v.logger.Info("The page is at " + url)
	if v.onListen != nil {
		v.onListen(url)
	}
	v.serving.Go(func() {
		if err := v.server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("netview: %w", err)))
		}
	})
	return nil
}

func (v *view) listen(ctx context.Context) (net.Listener, error) {
	l, err := v.config.HTTP.ToListener(ctx)
	if portInUse(err) {
		return nil, fmt.Errorf("%s is in use by another program, perhaps another netcol; end that one or choose another endpoint",
			v.config.HTTP.NetAddr.Endpoint)
	}
	return l, err
}

// portInUse also knows Windows' number (WSAEADDRINUSE), which syscall.EADDRINUSE is not.
func portInUse(err error) bool {
	var number syscall.Errno
	return errors.Is(err, syscall.EADDRINUSE) || runtime.GOOS == "windows" && errors.As(err, &number) && number == 10048
}

func (v *view) openStore() error {
	c := v.config
	s, err := store.Open(store.Options{
		Directory:        c.Directory,
		Retention:        time.Duration(c.Retention),
		RetentionBytes:   int64(c.RetentionSize),
		OutOfOrderWindow: c.OutOfOrderWindow,
		MaxSeries:        c.MaxSeries,
		QueryTimeout:     c.Query.Timeout,
		QueryMaxSamples:  c.Query.MaxSamples,
		Logger:           slog.New(newLogHandler(v.logger)),
	})
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("%w, perhaps another netcol; end that one or choose another directory", err)
	}
	if err != nil {
		return err
	}
	v.store = s
	return errors.Join(
		v.telemetry.RegisterNetviewSeriesCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(s.Stats().Series))
			return nil
		}),
		v.telemetry.RegisterNetviewStoreSizeCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(s.Stats().Bytes)
			return nil
		}))
}

func (v *view) handler() http.Handler {
	info := v.set.BuildInfo
	mux := http.NewServeMux()
	api := query.NewHandler(v.store, query.Options{
		Timeout: v.config.Query.Timeout, MaxConcurrent: v.config.Query.MaxConcurrent, Version: info.Version,
	})
	for _, pattern := range query.Patterns {
		mux.Handle(pattern, api)
	}
	mux.Handle("/", web.NewHandler(web.Sources{Stats: v.store.Stats, Events: v.events, Version: info.Version}))
	return mux
}

func (v *view) url(addr net.Addr) string {
	if addr.Network() == "unix" {
		return "unix socket " + addr.String()
	}
	scheme := "http"
	if v.config.HTTP.TLS.HasValue() {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/"
}

// warnIfOpen tells who listens to the whole network that anybody there may read it.
func (v *view) warnIfOpen(addr net.Addr) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() || v.config.HTTP.Auth.HasValue() {
		return
	}
	v.logger.Warn("The page and its API are open to anybody who can reach this address; set auth, or bind to 127.0.0.1",
		zap.Stringer("endpoint", addr))
}

// Shutdown ends the server, then the store, with the last signal that uses them.
func (v *view) Shutdown(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.users > 0 {
		v.users--
	}
	if v.users > 0 {
		return nil
	}
	v.forget()
	v.telemetry.Shutdown() // no more asking a store that is about to close
	if v.store == nil {
		return nil
	}
	// The store stays in place: a signal that drains its queue after this gets an error, not a crash.
	return errors.Join(v.stopServing(ctx), v.store.Close())
}

// serverGrace is how long requests in flight may take to end.
const serverGrace = 5 * time.Second

func (v *view) stopServing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, serverGrace)
	defer cancel()
	if v.server == nil {
		return nil
	}
	err := v.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = v.server.Close()
	}
	v.serving.Wait()
	return err
}

func (v *view) consumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	outcome, err := v.store.Append(ctx, md)
	if err != nil {
		return err
	}
	v.telemetry.NetviewSamples.Add(ctx, int64(outcome.Accepted))
	outcome.EachRefused(func(r store.Reason, n int) {
		v.telemetry.NetviewSamplesRefused.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", r.String())))
		v.refusals.note(v.logger, r, n)
	})
	return nil
}

func (v *view) consumeLogs(ctx context.Context, ld plog.Logs) error {
	v.telemetry.NetviewEvents.Add(ctx, int64(v.events.Add(ld)))
	return nil
}
