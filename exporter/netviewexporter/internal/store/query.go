package store

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// QueryOptions are the optional parameters of an evaluation.
type QueryOptions struct {
	Limit    int           // series in the result; 0 means all
	Lookback time.Duration // overrides Options.LookbackDelta; 0 means that
}

func (o QueryOptions) engine() promql.QueryOpts {
	return promql.NewPrometheusQueryOpts(false, o.Lookback)
}

// Query evaluates expr at one instant.
func (s *Store) Query(ctx context.Context, expr string, at time.Time, o QueryOptions) (*Result, error) {
	q, err := s.engine.NewInstantQuery(ctx, s.db, o.engine(), expr, at)
	if err != nil {
		return nil, badData(err)
	}
	return run(ctx, q, expr, o)
}

// QueryRange evaluates expr at start, start+step, … up to and including end. Step must be positive.
func (s *Store) QueryRange(ctx context.Context, expr string, start, end time.Time, step time.Duration, o QueryOptions) (*Result, error) {
	q, err := s.engine.NewRangeQuery(ctx, s.db, o.engine(), expr, start, end, step)
	if err != nil {
		return nil, badData(err)
	}
	return run(ctx, q, expr, o)
}

// run evaluates q and copies the result, whose points go back to the engine's pool on Close.
func run(ctx context.Context, q promql.Query, expr string, o QueryOptions) (*Result, error) {
	defer q.Close()
	r := q.Exec(ctx)
	if r.Err != nil {
		return nil, classify(r.Err)
	}
	return newResult(r, expr, o.Limit)
}

// ParseExpr checks an expression and returns it in canonical form.
func (s *Store) ParseExpr(expr string) (string, error) {
	e, err := s.parser.ParseExpr(expr)
	if err != nil {
		return "", badData(err)
	}
	return e.Pretty(0), nil
}

// EngineVersion is the Prometheus release whose PromQL this is (module v0.314.0 is Prometheus 3.14.0).
const EngineVersion = "3.14.0"
