package deliver

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
)

// counted is a component that knows how often it was started and shut down.
type counted struct {
	mu                sync.Mutex
	started, stopped  int
	startErr, stopErr error
}

func (c *counted) Start(context.Context, component.Host) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started++
	return c.startErr
}

func (c *counted) Shutdown(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped++
	return c.stopErr
}

type config struct{ endpoint string }

func never(t *testing.T) func() (*counted, error) {
	return func() (*counted, error) {
		t.Error("made a second component for one configuration")
		return &counted{}, nil
	}
}

func making(c *counted) func() (*counted, error) { return func() (*counted, error) { return c, nil } }

func TestMetricsAndLogsOfOneConfigurationShareOneComponent(t *testing.T) {
	var all Instances[*config, *counted]
	cfg, c := &config{"a"}, &counted{}
	metrics, err := all.Get(cfg, making(c))
	require.NoError(t, err)
	logs, err := all.Get(cfg, never(t))
	require.NoError(t, err)
	assert.Same(t, metrics, logs)
	assert.Same(t, c, logs.Unwrap())

	ctx, host := t.Context(), componenttest.NewNopHost()
	require.NoError(t, metrics.Start(ctx, host))
	require.NoError(t, logs.Start(ctx, host))
	assert.Equal(t, 1, c.started)
	require.NoError(t, metrics.Shutdown(ctx))
	require.NoError(t, logs.Shutdown(ctx))
	assert.Equal(t, 1, c.stopped)
}

func TestEqualConfigurationsOfTwoReceiversAreTwoComponents(t *testing.T) {
	var all Instances[*config, *counted]
	a, err := all.Get(&config{"same"}, making(&counted{}))
	require.NoError(t, err)
	b, err := all.Get(&config{"same"}, making(&counted{}))
	require.NoError(t, err)
	assert.NotSame(t, a.Unwrap(), b.Unwrap())
}

func TestShutdownForgets(t *testing.T) {
	var all Instances[*config, *counted]
	cfg, before, after := &config{"a"}, &counted{}, &counted{}
	old, err := all.Get(cfg, making(before))
	require.NoError(t, err)
	require.NoError(t, old.Shutdown(t.Context()), "a component that never started may be shut down")

	reloaded, err := all.Get(cfg, making(after))
	require.NoError(t, err)
	assert.Same(t, after, reloaded.Unwrap())
	require.NoError(t, old.Shutdown(t.Context()))
	again, err := all.Get(cfg, never(t))
	require.NoError(t, err, "the old instance's second shutdown must not forget the new one")
	assert.Same(t, reloaded, again)
}

func TestAFailedStartFailsForEverySignal(t *testing.T) {
	var all Instances[*config, *counted]
	c := &counted{startErr: errors.New("port in use"), stopErr: errors.New("was not open")}
	i, err := all.Get(&config{}, making(c))
	require.NoError(t, err)
	for range 2 {
		require.ErrorIs(t, i.Start(t.Context(), componenttest.NewNopHost()), c.startErr)
		require.ErrorIs(t, i.Shutdown(t.Context()), c.stopErr)
	}
	assert.Equal(t, 1, c.started)
	assert.Equal(t, 1, c.stopped)
}

func TestAFailedCreationIsTriedAgain(t *testing.T) {
	var all Instances[*config, *counted]
	cfg, bad := &config{}, errors.New("no such view")
	_, err := all.Get(cfg, func() (*counted, error) { return nil, bad })
	require.ErrorIs(t, err, bad)
	i, err := all.Get(cfg, making(&counted{}))
	require.NoError(t, err)
	assert.NotNil(t, i.Unwrap())
}

func TestSignalsMayStartAndStopAtOnce(t *testing.T) {
	var all Instances[*config, *counted]
	cfg, c := &config{}, &counted{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			i, err := all.Get(cfg, making(c))
			assert.NoError(t, err)
			assert.NoError(t, i.Start(context.Background(), componenttest.NewNopHost()))
		})
	}
	wg.Wait()
	assert.Equal(t, 1, c.started)
}
