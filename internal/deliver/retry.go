package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/consumer/consumererror"
)

// How a refused delivery is tried again: after a pause that doubles from InitialInterval to MaxInterval, each half as
// long or half as much longer at random so that receivers do not come back in step, until MaxElapsedTime is over.
// A sending queue is where data waits longer; this bridges a memory limiter's pause or a queue that is full for a moment.
const (
	InitialInterval = 100 * time.Millisecond
	MaxInterval     = 5 * time.Second
	MaxElapsedTime  = 30 * time.Second
)

// payload is one delivery of whichever signal.
type payload[T any] struct {
	data    T
	mutates bool // the consumer may change data, even when it fails
	consume func(context.Context, T) error
	clone   func(T) T
	refused func(error) (T, bool) // the part that an error says was not consumed
}

// send consumes p once, and again as long as it is refused for a reason that may pass.
func send[T any](ctx context.Context, p payload[T]) error {
	pauses := &backoff.ExponentialBackOff{
		InitialInterval:     InitialInterval,
		RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier:          2,
		MaxInterval:         MaxInterval,
	}
	pauses.Reset()
	start := time.Now()
	for {
		err := p.try(ctx)
		if err == nil || consumererror.IsPermanent(err) {
			return err
		}
		if part, ok := p.refused(err); ok {
			p.data = part
		}
		pause := pauses.NextBackOff()
		if elapsed := time.Since(start); elapsed+pause > MaxElapsedTime {
			return fmt.Errorf("gave up after %s: %w", elapsed.Round(time.Millisecond), err)
		}
		if !wait(ctx, pause) {
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

// try consumes a copy where the consumer could spoil what may have to be sent again.
func (p *payload[T]) try(ctx context.Context) error {
	data := p.data
	if p.mutates {
		data = p.clone(data)
	}
	return p.consume(ctx, data)
}

// wait returns false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
