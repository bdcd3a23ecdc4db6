package snmpreceiver

import (
	"container/heap"
	"context"
	"hash/fnv"
	"sync"
	"time"
)

// inFlight bounds the polls, and so the sockets, at one time. A device that answers slowly holds one of them for
// seconds: there are enough for hundreds of those beside all others.
const inFlight = 512

// Starts are spread: the first polls over no more than a few seconds, so that data comes soon, and all later ones
// over the interval, each device at a time of its own that stays the same over restarts.
const (
	firstSpread   = 2 * time.Second
	perDevice     = 2 * time.Millisecond
	longestSpread = 20 * time.Second
)

// job is a device in the schedule.
type job struct {
	key      string
	interval time.Duration
	poll     func(ctx context.Context, due time.Time)

	due     time.Time
	running bool // guarded by the schedule's mu
	first   bool
}

// schedule polls each job every interval, one poll of a job at a time. What is due while the poll before is under way
// is left out and counted, never queued.
type schedule struct {
	onSkip func(*job)
	onLate func(time.Duration)

	kicks chan *job // to be polled out of turn

	mu    sync.Mutex
	queue queue
	slots chan struct{}
	polls sync.WaitGroup
}

func newSchedule(slots int, onSkip func(*job), onLate func(time.Duration)) *schedule {
	return &schedule{slots: make(chan struct{}, slots), kicks: make(chan *job, maxKicks), onSkip: onSkip, onLate: onLate}
}

// maxKicks is how many jobs may wait to be polled out of turn; more are left to their turn.
const maxKicks = 256

// kick polls a job now, beside its turns, unless a poll of it is under way.
func (s *schedule) kick(j *job) {
	select {
	case s.kicks <- j:
	default:
	}
}

// run polls until ctx ends, and returns when the last poll did.
func (s *schedule) run(ctx context.Context, jobs []*job) {
	s.start(time.Now(), jobs)
	defer s.polls.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-timer.C:
			s.launch(ctx, now)
		case j := <-s.kicks:
			s.begin(ctx, j, time.Now())
		}
		timer.Reset(max(time.Until(s.queue[0].due), 0))
	}
}

func (s *schedule) start(now time.Time, jobs []*job) {
	spread := min(max(firstSpread, perDevice*time.Duration(len(jobs))), longestSpread)
	for i, j := range jobs {
		j.first = true
		j.due = now.Add(min(spread, j.interval) * time.Duration(i) / time.Duration(len(jobs)))
		s.queue = append(s.queue, j)
	}
	heap.Init(&s.queue)
}

// launch starts every poll that is due.
func (s *schedule) launch(ctx context.Context, now time.Time) {
	for !s.queue[0].due.After(now) && ctx.Err() == nil {
		j := s.queue[0]
		due := j.due
		s.advance(j, now)
		heap.Fix(&s.queue, 0)
		if !s.begin(ctx, j, due) {
			s.onSkip(j)
		}
	}
}

// begin starts a poll. It returns false if one of this job is under way.
func (s *schedule) begin(ctx context.Context, j *job, due time.Time) bool {
	s.mu.Lock()
	busy := j.running
	j.running = true
	s.mu.Unlock()
	if busy {
		return false
	}
	select {
	case s.slots <- struct{}{}:
		s.polls.Go(func() { s.poll(ctx, j, due) })
	case <-ctx.Done():
	}
	return true
}

func (s *schedule) poll(ctx context.Context, j *job, due time.Time) {
	s.onLate(time.Since(due))
	j.poll(ctx, due)
	<-s.slots
	s.mu.Lock()
	j.running = false
	s.mu.Unlock()
}

// advance sets when a job is due next: after the first poll its own place in the interval, then one interval on.
// Whole intervals that are over already are not made up for.
func (s *schedule) advance(j *job, now time.Time) {
	if j.first {
		j.first = false
		since := now.UnixNano() % int64(j.interval)
		wait := time.Duration((phase(j.key, j.interval) - since + int64(j.interval)) % int64(j.interval))
		if wait < j.interval/10 {
			wait += j.interval
		}
		j.due = now.Add(wait)
		return
	}
	j.due = j.due.Add(j.interval)
	for now.Sub(j.due) >= j.interval {
		j.due = j.due.Add(j.interval)
		s.onSkip(j)
	}
}

// phase is a device's place in its interval, in nanoseconds.
func phase(key string, interval time.Duration) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return int64(h.Sum64() % uint64(interval))
}

// queue is a heap by due time.
type queue []*job

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, k int) bool { return q[i].due.Before(q[k].due) }
func (q queue) Swap(i, k int)      { q[i], q[k] = q[k], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*job)) }
func (q *queue) Pop() any          { j := (*q)[len(*q)-1]; *q = (*q)[:len(*q)-1]; return j }
