package store

import (
	"context"
	"errors"

	"github.com/prometheus/prometheus/promql"
)

// Kind classes a failed evaluation as the Prometheus API does.
type Kind string

// Kinds of failure, spelled as the API's errorType.
const (
	KindBadData   Kind = "bad_data"  // the caller's expression or parameters
	KindExecution Kind = "execution" // the expression cannot be evaluated, or takes too many samples
	KindTimeout   Kind = "timeout"
	KindCanceled  Kind = "canceled"
	KindInternal  Kind = "internal"
)

// Error is a failed evaluation.
type Error struct {
	Kind Kind
	Err  error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives access to the cause.
func (e *Error) Unwrap() error { return e.Err }

func badData(err error) error { return &Error{Kind: KindBadData, Err: err} }

// classify gives an evaluation error its kind.
func classify(err error) error {
	var (
		timeout  promql.ErrQueryTimeout
		canceled promql.ErrQueryCanceled
		storage  promql.ErrStorage
	)
	kind := KindExecution
	switch {
	case errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded):
		kind = KindTimeout
	case errors.As(err, &canceled), errors.Is(err, context.Canceled):
		kind = KindCanceled
	case errors.As(err, &storage):
		kind = KindInternal
	}
	return &Error{Kind: kind, Err: err}
}
