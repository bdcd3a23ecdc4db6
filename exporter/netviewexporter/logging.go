package netviewexporter

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
)

// refusalEvery is the least time between two lines about the same reason.
const refusalEvery = time.Minute

var refusalAdvice = map[store.Reason]string{
	store.ReasonSeriesLimit: "raise max_series, or send fewer series",
	store.ReasonTooOld:      "raise out_of_order_window, or check the sender's clock",
	store.ReasonFuture:      "check the sender's clock",
	store.ReasonDuplicate:   "two senders may share one identity; give each its own service.instance.id",
}

// refusalLog says that samples are refused, each reason at most once a minute.
type refusalLog struct {
	mu    sync.Mutex
	next  map[store.Reason]time.Time
	count map[store.Reason]int
}

func (l *refusalLog) note(logger *zap.Logger, r store.Reason, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next, l.count = map[store.Reason]time.Time{}, map[store.Reason]int{}
	}
	l.count[r] += n
	now := time.Now()
	if now.Before(l.next[r]) {
		return
	}
	l.next[r] = now.Add(refusalEvery)
	fields := []zap.Field{zap.String("reason", r.String()), zap.Int("samples", l.count[r])}
	if advice := refusalAdvice[r]; advice != "" {
		fields = append(fields, zap.String("advice", advice))
	}
	logger.Warn("Samples refused", fields...)
	l.count[r] = 0
}

// logHandler hands the TSDB's warnings and errors to the Collector's log; what it says on every start is left out.
type logHandler struct{ logger *zap.Logger }

func newLogHandler(l *zap.Logger) slog.Handler { return logHandler{l.Named("store")} }

func (h logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || h.logger.Core().Enabled(zapcore.DebugLevel)
}

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	level := zapcore.DebugLevel
	switch {
	case r.Level >= slog.LevelError:
		level = zapcore.ErrorLevel
	case r.Level >= slog.LevelWarn:
		level = zapcore.WarnLevel
	}
	fields := make([]zap.Field, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		fields = append(fields, attrField(a))
		return true
	})
	h.logger.Log(level, r.Message, fields...)
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	fields := make([]zap.Field, len(attrs))
	for i, a := range attrs {
		fields[i] = attrField(a)
	}
	return logHandler{h.logger.With(fields...)}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.logger.With(zap.Namespace(name))}
}

func attrField(a slog.Attr) zap.Field { return zap.Any(a.Key, a.Value.Resolve().Any()) }
