// Package deliver is what lies between a receiver and its next consumer: one instance per configuration, obsreport,
// bounded retry.
package deliver

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
)

// Instances keeps one component per configuration: the Collector calls a factory once per signal, but one
// configuration means one socket group, one storage client and one poll.
type Instances[C comparable, T component.Component] struct {
	mu  sync.Mutex
	all map[C]*Instance[T]
}

// Get returns the instance for cfg, made by create on the first call. It leaves the map when its last user shuts down.
func (s *Instances[C, T]) Get(cfg C, create func() (T, error)) (*Instance[T], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.all[cfg]; ok {
		return i, nil
	}
	c, err := create()
	if err != nil {
		return nil, err
	}
	i := &Instance[T]{component: c}
	i.forget = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.all[cfg] == i {
			delete(s.all, cfg)
		}
	}
	if s.all == nil {
		s.all = map[C]*Instance[T]{}
	}
	s.all[cfg] = i
	return i, nil
}

// Instance is a component shared by the signals of one configuration: it starts with the first Start and ends with
// the first Shutdown, as the Collector starts and stops all signals of one receiver together.
type Instance[T component.Component] struct {
	component   T
	forget      func()
	start, stop sync.Once
	startErr    error
	stopErr     error
}

// Unwrap returns the shared component.
func (i *Instance[T]) Unwrap() T { return i.component }

// Start starts the component once.
func (i *Instance[T]) Start(ctx context.Context, host component.Host) error {
	i.start.Do(func() { i.startErr = i.component.Start(ctx, host) })
	return i.startErr
}

// Shutdown stops the component once and forgets it, so that a reload makes a new one.
func (i *Instance[T]) Shutdown(ctx context.Context) error {
	i.stop.Do(func() {
		i.forget()
		i.stopErr = i.component.Shutdown(ctx)
	})
	return i.stopErr
}
