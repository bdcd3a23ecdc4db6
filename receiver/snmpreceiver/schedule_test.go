package snmpreceiver

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// recorder counts the polls of jobs.
type recorder struct {
	mu    sync.Mutex
	polls map[string][]time.Time
	skips int
	worst time.Duration
}

func (r *recorder) job(key string, interval, takes time.Duration) *job {
	return &job{key: key, interval: interval, poll: func(ctx context.Context, _ time.Time) {
		r.mu.Lock()
		r.polls[key] = append(r.polls[key], time.Now())
		r.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(takes):
		}
	}}
}

func (r *recorder) run(slots int, d time.Duration, jobs ...*job) {
	r.polls = map[string][]time.Time{}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	newSchedule(slots, func(*job) {
		r.mu.Lock()
		r.skips++
		r.mu.Unlock()
	}, func(late time.Duration) {
		r.mu.Lock()
		r.worst = max(r.worst, late)
		r.mu.Unlock()
	}).run(ctx, jobs)
}

func TestEveryDeviceIsPolledSoonAndThenEveryInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		start := time.Now()
		var jobs []*job
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			jobs = append(jobs, r.job(key, time.Minute, 10*time.Millisecond))
		}
		r.run(4, 10*time.Minute, jobs...)
		for key, at := range r.polls {
			assert.Less(t, at[0].Sub(start), firstSpread, key)
			assert.LessOrEqual(t, at[1].Sub(at[0]), time.Minute+time.Minute/10, key)
			for i := 2; i < len(at); i++ {
				assert.Equal(t, time.Minute, at[i].Sub(at[i-1]), key)
			}
			assert.GreaterOrEqual(t, len(at), 10)
		}
		assert.Zero(t, r.skips)
	})
}

func TestALatePollIsSkippedNotQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		r.run(4, 10*time.Minute, r.job("slow", 10*time.Second, 25*time.Second), r.job("other", 10*time.Second, 0))
		for i := 1; i < len(r.polls["slow"]); i++ {
			assert.GreaterOrEqual(t, r.polls["slow"][i].Sub(r.polls["slow"][i-1]), 25*time.Second, "one poll at a time")
		}
		assert.Greater(t, r.skips, 30)
		assert.GreaterOrEqual(t, len(r.polls["other"]), 59, "others are not held up")
	})
}

func TestSlotsBoundWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		busy, most := 0, 0
		var jobs []*job
		for i := range 50 {
			jobs = append(jobs, &job{key: string(rune('a' + i)), interval: time.Minute, poll: func(context.Context, time.Time) {
				mu.Lock()
				busy++
				most = max(most, busy)
				mu.Unlock()
				time.Sleep(5 * time.Second)
				mu.Lock()
				busy--
				mu.Unlock()
			}})
		}
		var r recorder
		r.run(7, 5*time.Minute, jobs...)
		assert.Equal(t, 7, most)
	})
}

func TestTheEndWaitsForPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		ended := false
		j := &job{key: "x", interval: time.Minute, poll: func(ctx context.Context, _ time.Time) {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended = true
		}}
		r.run(1, 30*time.Second, j)
		assert.True(t, ended)
	})
}

// A kicked job is polled at once and keeps its turns; while a poll of it is under way there is none beside it.
func TestKickPollsOutOfTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls := make(chan time.Time, 16)
		j := &job{key: "a", interval: time.Hour, poll: func(context.Context, time.Time) {
			polls <- time.Now()
			time.Sleep(2 * time.Second)
		}}
		s := newSchedule(1, func(*job) { t.Error("no turn was missed") }, func(time.Duration) {})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.run(ctx, []*job{j}) }()
		<-polls
		time.Sleep(time.Minute)
		kicked := time.Now()
		due := j.due
		s.kick(j)
		synctest.Wait()
		assert.Equal(t, kicked, <-polls)
		s.kick(j) // under way
		time.Sleep(time.Minute)
		assert.Empty(t, polls)
		assert.Equal(t, due, <-polls, "its turn is where it was")
		cancel()
		<-done
		for range 2 * maxKicks { // nobody listens any more
			s.kick(j)
		}
	})
}
