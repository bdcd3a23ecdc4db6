package store

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// deltaIdle is how long (ms) a delta series may pause before its sum is forgotten; it then starts again from 0,
// which rate() takes for a counter reset.
const deltaIdle = int64(3600_000)

// deltas accumulates delta sums into cumulative ones, one running sum a series.
type deltas struct {
	limit int
	sums  map[string]*runningSum
	undo  []undo // what the current batch changed, so that a batch that is retried does not count twice
	key   []byte
	now   int64
	swept int64
}

type runningSum struct {
	sum  float64
	last int64 // time of the newest point, ms
	seen int64 // when it was last added to, ms
}

type undo struct {
	key    string
	was    runningSum
	absent bool
}

func newDeltas(limit int) deltas {
	return deltas{limit: limit, sums: map[string]*runningSum{}}
}

func (d *deltas) begin(now int64) {
	d.undo, d.now = d.undo[:0], now
	if now-d.swept > deltaIdle/4 {
		d.swept = now
		d.sweep()
	}
}

func (d *deltas) sweep() {
	for k, r := range d.sums {
		if d.now-r.seen > deltaIdle {
			delete(d.sums, k)
		}
	}
}

// deltaState says what a point was to its running sum.
type deltaState uint8

const (
	deltaNext    deltaState = iota // the newest of several
	deltaFirst                     // the sum began with it
	deltaLate                      // added, but older than one before it
	deltaRefused                   // there are as many sums as may be
)

// add returns the series' sum up to and including this point.
func (d *deltas) add(ls labels.Labels, t int64, v float64) (float64, deltaState) {
	d.key = ls.Bytes(d.key)
	state := deltaNext
	r := d.sums[string(d.key)]
	if r == nil {
		if len(d.sums) >= d.limit {
			return 0, deltaRefused
		}
		state, r = deltaFirst, &runningSum{}
		key := string(d.key)
		d.sums[key] = r
		d.undo = append(d.undo, undo{key: key, absent: true})
	} else {
		d.undo = append(d.undo, undo{key: string(d.key), was: *r})
		if t <= r.last {
			state = deltaLate
		}
	}
	r.seen = d.now
	if value.IsStaleNaN(v) {
		return v, deltaNext // "no recorded value" passes through and leaves the sum alone
	}
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		r.sum += v
	}
	r.last = max(r.last, t)
	return r.sum, state
}

// rollback undoes the batch, newest change first.
func (d *deltas) rollback() {
	for i := len(d.undo) - 1; i >= 0; i-- {
		u := d.undo[i]
		if u.absent {
			delete(d.sums, u.key)
			continue
		}
		*d.sums[u.key] = u.was
	}
	d.undo = d.undo[:0]
}
