package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/storage/remote/otlptranslator/prometheusremotewrite"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/semconv"
)

// Reason says why a sample was not stored.
type Reason uint8

// Reasons for refusing a sample.
const (
	ReasonSeriesLimit Reason = iota // a new series beyond Options.MaxSeries
	ReasonTooOld                    // older than the out-of-order window
	ReasonFuture                    // more than ten minutes ahead of the clock
	ReasonDuplicate                 // another value for the same series and time
	ReasonNoTime                    // no timestamp
	ReasonOversized                 // labels beyond 16 KiB
	ReasonUnsupported               // no temporality, an unnamed metric, an invalid or delta native histogram
	reasonCount
)

var reasonNames = [reasonCount]string{
	"series_limit", "too_old", "future", "duplicate", "no_timestamp", "oversized", "unsupported",
}

// String returns the reason as a metric attribute spells it.
func (r Reason) String() string { return reasonNames[r] }

// Outcome is what became of one batch.
type Outcome struct {
	Accepted int
	Refused  [reasonCount]int
}

// RefusedTotal is the number of samples that were not stored.
func (o Outcome) RefusedTotal() (n int) {
	for _, c := range o.Refused {
		n += c
	}
	return n
}

// EachRefused calls f for every reason that occurred.
func (o Outcome) EachRefused(f func(Reason, int)) {
	for r, n := range o.Refused {
		if n > 0 {
			f(Reason(r), n)
		}
	}
}

// settings translate names as OpenTelemetry's Prometheus compatibility specification does: units and _total as
// suffixes, job and instance from service.name and service.instance.id. Every other resource attribute becomes a label
// too, because it is part of a device's identity: two devices' Gi1/0/1 must be two series. host.id is not: it
// is learned some time after the first sample, and would split each series in two; target_info carries it.
var settings = prometheusremotewrite.Settings{
	AddMetricSuffixes:         true,
	AllowDeltaTemporality:     true, // accumulated in guardedAppender
	PromoteResourceAttributes: promoteAllBut(semconv.HostID, semconv.ServiceName, semconv.ServiceInstanceID, "service.namespace"),
}

// Append stores every sample of md that can be stored and counts the others. An error means that nothing of md was
// stored and that trying again may help (the disk is full, ctx ended).
func (s *Store) Append(ctx context.Context, md pmetric.Metrics) (Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Outcome{}, ErrClosed
	}
	g := s.guard
	g.begin(ctx)
	_, convErr := s.converter.FromMetrics(ctx, md, settings)
	if err := errors.Join(g.fatal, ctx.Err()); err != nil {
		g.rollback()
		return Outcome{}, fmt.Errorf("samples not stored: %w", err)
	}
	g.outcome.Refused[ReasonUnsupported] += countErrors(convErr)
	if err := g.commit(); err != nil {
		return Outcome{}, fmt.Errorf("samples not stored: %w", err)
	}
	s.accepted += uint64(g.outcome.Accepted)
	for r, n := range g.outcome.Refused {
		s.refused[r] += uint64(n)
	}
	return g.outcome, nil
}

// countErrors counts the leaves of what errors.Join built: the converter reports one error for each metric it skips.
// A metric without points is none: nothing is lost with it.
func countErrors(err error) int {
	if err == nil {
		return 0
	}
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case ok:
	case strings.HasPrefix(err.Error(), "empty data points"):
		return 0
	default:
		return 1
	}
	n := 0
	for _, e := range joined.Unwrap() {
		n += countErrors(e)
	}
	return n
}
