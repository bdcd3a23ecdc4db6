package session

import "time"

// The bounds of how long an answer is waited for. A device that is far away or slow moves the wait by its round-trip
// times (RFC 6298); the first request knows nothing and starts at initialWait.
const (
	initialWait = time.Second
	minWait     = 250 * time.Millisecond
	maxWait     = 5 * time.Second
	// attempts of one request: a lost datagram is repeated, each time waiting twice as long.
	attempts = 3
)

// timing learns round-trip times.
type timing struct {
	smoothed, deviation time.Duration
	backoff             uint8 // doublings that last until a reply to an unrepeated request (Karn)
}

func (t *timing) wait(attempt int, first time.Duration) time.Duration {
	w := first
	if w == 0 {
		w = initialWait
	}
	if t.smoothed > 0 {
		w = max(t.smoothed+4*t.deviation, minWait)
	}
	return min(w<<(int(t.backoff)+attempt), maxWait)
}

// answered takes the round-trip time of a request that was answered at its given attempt.
func (t *timing) answered(rtt time.Duration, attempt int) {
	if attempt > 0 {
		// Which attempt was answered is not known: learn nothing but that it takes longer.
		t.backoff = uint8(min(attempt, 2))
		return
	}
	t.backoff = 0
	if t.smoothed == 0 {
		t.smoothed, t.deviation = rtt, rtt/2
		return
	}
	t.deviation += ((t.smoothed - rtt).Abs() - t.deviation) / 4
	t.smoothed += (rtt - t.smoothed) / 8
}
