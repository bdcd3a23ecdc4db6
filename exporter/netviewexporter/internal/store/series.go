package store

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// Selection names series by any of several selectors (`up`, `{job="x"}`) within a time range. No selector means all
// series where that is allowed. Limit 0 means no limit.
type Selection struct {
	Selectors  []string
	Start, End time.Time
	Limit      int
}

// SeriesSets returns the label sets of the selected series, sorted. At least one selector is needed.
func (s *Store) SeriesSets(ctx context.Context, sel Selection) (sets [][]Label, warnings []string, err error) {
	matchers, q, err := s.open(sel)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = q.Close() }()
	hints := &storage.SelectHints{Start: sel.Start.UnixMilli(), End: sel.End.UnixMilli(), Func: "series", Limit: sel.Limit}
	selected := make([]storage.SeriesSet, 0, len(matchers))
	for _, m := range matchers {
		selected = append(selected, q.Select(ctx, true, hints, m...))
	}
	set := storage.NewMergeSeriesSet(selected, sel.Limit, storage.ChainedSeriesMerge)
	for set.Next() {
		if err := ctx.Err(); err != nil {
			return nil, nil, classify(err)
		}
		sets = append(sets, newLabels(set.At().Labels()))
		if sel.Limit > 0 && len(sets) == sel.Limit {
			break
		}
	}
	if set.Err() != nil {
		return nil, nil, classify(set.Err())
	}
	sortLabelSets(sets)
	return sets, texts(set.Warnings()), nil
}

// LabelNames returns the label names of the selected series, sorted.
func (s *Store) LabelNames(ctx context.Context, sel Selection) ([]string, []string, error) {
	return s.names(ctx, sel, func(q storage.Querier, h *storage.LabelHints, m []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return q.LabelNames(ctx, h, m...)
	})
}

// LabelValues returns the values one label has in the selected series, sorted.
func (s *Store) LabelValues(ctx context.Context, name string, sel Selection) ([]string, []string, error) {
	return s.names(ctx, sel, func(q storage.Querier, h *storage.LabelHints, m []*labels.Matcher) ([]string, annotations.Annotations, error) {
		return q.LabelValues(ctx, name, h, m...)
	})
}

type namesOf func(storage.Querier, *storage.LabelHints, []*labels.Matcher) ([]string, annotations.Annotations, error)

func (s *Store) names(_ context.Context, sel Selection, of namesOf) ([]string, []string, error) {
	matchers, q, err := s.open(sel)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = q.Close() }()
	if len(matchers) == 0 {
		matchers = [][]*labels.Matcher{nil}
	}
	var (
		out      []string
		warnings annotations.Annotations
	)
	for _, m := range matchers {
		names, w, err := of(q, &storage.LabelHints{Limit: sel.Limit}, m)
		if err != nil {
			return nil, nil, classify(err)
		}
		warnings.Merge(w)
		out = append(out, names...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:limited(len(out), sel.Limit)], texts(warnings), nil
}

func (s *Store) open(sel Selection) ([][]*labels.Matcher, storage.Querier, error) {
	matchers, err := s.parser.ParseMetricSelectors(sel.Selectors)
	if err != nil {
		return nil, nil, badData(err)
	}
	q, err := s.db.Querier(sel.Start.UnixMilli(), sel.End.UnixMilli())
	if err != nil {
		return nil, nil, classify(err)
	}
	return matchers, q, nil
}

func texts(a annotations.Annotations) []string {
	warnings, _ := a.AsStrings("", 10, 0)
	return warnings
}
