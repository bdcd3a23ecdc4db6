// Package event keeps the latest events (traps, changes of entities) for the page.
package event

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/netcol-io/netcol/internal/semconv"
)

// maxText bounds one attribute's or body's text in bytes.
const maxText = 1 << 10

// maxAttributes bounds the attributes kept of one event.
const maxAttributes = 64

// Event is one log record that says that something happened.
type Event struct {
	Time       time.Time         `json:"time"`
	Name       string            `json:"name"`
	Severity   string            `json:"severity,omitempty"`
	Instance   string            `json:"instance"`
	Host       string            `json:"host,omitempty"`
	Body       string            `json:"body,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Log is a bounded log of events. All methods may be called concurrently.
type Log struct {
	mu   sync.Mutex
	ring []Event
	next int // where the next event goes, once the ring is full
	max  int
}

// NewLog returns a log that keeps the newest events, up to limit.
func NewLog(limit int) *Log { return &Log{max: limit} }

// Add keeps the events of ld and returns how many. Flow records are none: one exporter sends thousands a second.
func (l *Log) Add(ld plog.Logs) int {
	kept := 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, r := range sl.LogRecords().All() {
				if r.EventName() != semconv.EventFlow && l.max > 0 {
					l.push(newEvent(rl.Resource().Attributes(), r))
					kept++
				}
			}
		}
	}
	return kept
}

func (l *Log) push(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < l.max {
		l.ring = append(l.ring, e)
		return
	}
	l.ring[l.next] = e
	l.next = (l.next + 1) % l.max
}

// Latest returns up to n events, newest first.
func (l *Log) Latest(n int) []Event {
	l.mu.Lock()
	out := slices.Clone(l.ring)
	l.mu.Unlock()
	slices.SortStableFunc(out, func(a, b Event) int { return b.Time.Compare(a.Time) })
	return out[:min(n, len(out))]
}

func newEvent(resource pcommon.Map, r plog.LogRecord) Event {
	e := Event{
		Time: r.Timestamp().AsTime(), Name: r.EventName(), Severity: r.SeverityText(),
		Instance: str(resource, semconv.ServiceInstanceID), Host: str(resource, semconv.HostName),
		Body: clip(r.Body().AsString()), Attributes: make(map[string]string, min(r.Attributes().Len(), maxAttributes)),
	}
	if r.Timestamp() == 0 {
		e.Time = r.ObservedTimestamp().AsTime()
	}
	if e.Severity == "" && r.SeverityNumber() != plog.SeverityNumberUnspecified {
		e.Severity = r.SeverityNumber().String()
	}
	for k, v := range r.Attributes().All() {
		if len(e.Attributes) == maxAttributes {
			break
		}
		e.Attributes[k] = clip(v.AsString())
	}
	return e
}

func str(m pcommon.Map, key string) string {
	if v, ok := m.Get(key); ok {
		return clip(v.AsString())
	}
	return ""
}

func clip(s string) string {
	if len(s) > maxText {
		return s[:maxText]
	}
	return s
}
