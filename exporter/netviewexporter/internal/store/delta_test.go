package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDeltaBecomesCumulative(t *testing.T) {
	s := open(t)
	appendAll(t, s, delta(point(0, 10*time.Second, 100)))
	appendAll(t, s, delta(point(10*time.Second, 20*time.Second, 50)))
	appendAll(t, s, delta(point(20*time.Second, 30*time.Second, 7)))
	r, err := s.Query(t.Context(), `test_io_bytes_total[1m]`, epoch.Add(30*time.Second), QueryOptions{})
	require.NoError(t, err)
	require.Len(t, r.Series, 1)
	var got []float64
	for _, p := range r.Series[0].Points {
		got = append(got, p.V)
	}
	assert.Equal(t, []float64{0, 100, 150, 157}, got, "the sum was 0 at the start of the first window")
}

func TestLateDeltaIsCountedOnceAndNeverLowersTheSum(t *testing.T) {
	s := open(t)
	appendAll(t, s, delta(point(0, 30*time.Second, 100)))
	appendAll(t, s, delta(point(0, 20*time.Second, 10)))
	appendAll(t, s, delta(point(30*time.Second, 40*time.Second, 1)))
	got := vector(t, s, `sum(test_io_bytes_total)`, epoch.Add(40*time.Second))
	assert.Equal(t, map[string]float64{"{}": 111}, got)
	assert.Equal(t, map[string]float64{"{}": 0}, vector(t, s, `sum(resets(test_io_bytes_total[1m]))`, epoch.Add(40*time.Second)))
}

func TestRetriedDeltaCountsOnce(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Append(ctx, delta(point(0, 10*time.Second, 100)))
	require.ErrorIs(t, err, context.Canceled)
	appendAll(t, s, delta(point(0, 10*time.Second, 100)))
	assert.Equal(t, map[string]float64{"{}": 100}, vector(t, s, `sum(test_io_bytes_total)`, epoch.Add(10*time.Second)))
}

func TestIdleDeltasAreForgotten(t *testing.T) {
	now := epoch.Add(24 * time.Hour)
	s := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	appendAll(t, s, delta(point(0, 10*time.Second, 100)))
	require.Len(t, s.guard.deltas.sums, 1)
	now = now.Add(2 * time.Hour)
	appendAll(t, s, cumulative())
	assert.Empty(t, s.guard.deltas.sums)
}
