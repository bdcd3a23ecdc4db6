package store

import (
	"context"
	"errors"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// maxLabelBytes bounds one series' labels: far above any device's, far below what would hurt.
const maxLabelBytes = 16 << 10

// guardedAppender stands between the converter and the TSDB: it refuses single samples where the TSDB's own appender
// would fail the batch, bounds what a batch may create, and turns delta sums into cumulative ones.
// It is used by one goroutine at a time, under Store.mu.
type guardedAppender struct {
	store  *Store
	deltas deltas

	// per batch
	app     storage.AppenderV2
	horizon int64 // newest acceptable timestamp, ms
	outcome Outcome
	fatal   error
}

func newGuardedAppender(s *Store) *guardedAppender {
	return &guardedAppender{store: s, deltas: newDeltas(s.opts.MaxSeries)}
}

func (g *guardedAppender) begin(ctx context.Context) {
	now := g.store.opts.Now()
	g.app = g.store.db.AppenderV2(ctx)
	g.horizon = now.Add(futureTolerance).UnixMilli()
	g.outcome, g.fatal = Outcome{}, nil
	g.deltas.begin(now.UnixMilli())
}

func (g *guardedAppender) commit() error {
	if err := g.app.Commit(); err != nil {
		g.deltas.rollback()
		return err
	}
	return nil
}

func (g *guardedAppender) rollback() {
	_ = g.app.Rollback()
	g.deltas.rollback()
}

// Append implements storage.AppenderV2. It returns an error only where going on makes no sense.
func (g *guardedAppender) Append(_ storage.SeriesRef, ls labels.Labels, st, t int64, v float64,
	h *histogram.Histogram, fh *histogram.FloatHistogram, opts storage.AOptions,
) (storage.SeriesRef, error) {
	switch {
	case t == 0:
		return g.refuse(ReasonNoTime)
	case t > g.horizon:
		return g.refuse(ReasonFuture)
	case ls.ByteSize() > maxLabelBytes:
		return g.refuse(ReasonOversized)
	}
	ref, exists := g.lookup(ls)
	if !exists && g.store.db.Head().NumSeries() >= uint64(g.store.opts.MaxSeries) {
		return g.refuse(ReasonSeriesLimit)
	}
	g.store.families.note(opts.MetricFamilyName, opts.Metadata)
	opts.Exemplars = nil // not stored
	// The converter calls the type of a delta metric unknown, and only that.
	if opts.Metadata.Type == model.MetricTypeUnknown {
		return g.appendDelta(ref, ls, st, t, v, h, fh, opts)
	}
	return g.forward(ref, ls, st, t, v, h, fh, opts)
}

// lookup finds the series in the head. Handing its reference on spares the TSDB the same look-up, and its own labels
// spare it a copy.
func (g *guardedAppender) lookup(ls labels.Labels) (storage.SeriesRef, bool) {
	getter, ok := g.app.(storage.GetRef)
	if !ok {
		return 0, false
	}
	ref, _ := getter.GetRef(ls, ls.Hash())
	return ref, ref != 0
}

func (g *guardedAppender) appendDelta(ref storage.SeriesRef, ls labels.Labels, st, t int64, v float64,
	h *histogram.Histogram, fh *histogram.FloatHistogram, opts storage.AOptions,
) (storage.SeriesRef, error) {
	if h != nil || fh != nil {
		return g.refuse(ReasonUnsupported)
	}
	sum, state := g.deltas.add(ls, t, v)
	switch state {
	case deltaRefused:
		return g.refuse(ReasonSeriesLimit)
	case deltaLate:
		// Part of the sum from here on; a sample of its own would lie before one that is smaller.
		g.outcome.Accepted++
		return ref, nil
	}
	if state == deltaFirst && st > 0 && st < t {
		// rate() needs a sample before the first increment; a delta point says that the sum was 0 at its start.
		if _, err := g.app.Append(ref, ls, 0, st, 0, nil, nil, opts); err != nil && !refusable(err) {
			return g.fail(err)
		}
	}
	return g.forward(ref, ls, st, t, sum, nil, nil, opts)
}

func (g *guardedAppender) forward(ref storage.SeriesRef, ls labels.Labels, st, t int64, v float64,
	h *histogram.Histogram, fh *histogram.FloatHistogram, opts storage.AOptions,
) (storage.SeriesRef, error) {
	ref, err := g.app.Append(ref, ls, st, t, v, h, fh, opts)
	switch {
	case err == nil:
		g.outcome.Accepted++
		return ref, nil
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		return g.refuse(ReasonDuplicate)
	case refusable(err):
		return g.refuse(ReasonTooOld)
	case h != nil || fh != nil, errors.Is(err, tsdb.ErrInvalidSample):
		return g.refuse(ReasonUnsupported)
	}
	return g.fail(err)
}

func (g *guardedAppender) refuse(r Reason) (storage.SeriesRef, error) {
	g.outcome.Refused[r]++
	return 0, nil
}

func (g *guardedAppender) fail(err error) (storage.SeriesRef, error) {
	g.fatal = err
	return 0, err
}

// Commit and Rollback complete storage.AppenderV2; the converter calls neither.
func (g *guardedAppender) Commit() error { return g.commit() }

// Rollback drops the batch.
func (g *guardedAppender) Rollback() error { g.rollback(); return nil }

func refusable(err error) bool {
	return errors.Is(err, storage.ErrOutOfOrderSample) || errors.Is(err, storage.ErrTooOldSample) ||
		errors.Is(err, storage.ErrOutOfBounds) || errors.Is(err, storage.ErrDuplicateSampleForTimestamp)
}
