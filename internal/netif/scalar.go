package netif

import "time"

// Clock follows the uptime of a device whose Scalars are read. The zero value is ready.
type Clock struct {
	clock    clock
	boot     int64 // when the counters were zero as far as the device tells, Unix nanoseconds; 0 unknown
	restarts uint32
}

// Observe takes the uptime that came with readings. An uptime that fell is a restart of the agent; whether it was one
// of the counters, too, is for the counters to say.
func (c *Clock) Observe(up Uptime) {
	switch c.clock.advance(up) {
	case first:
		c.boot = up.boot()
	case fell:
		c.restarts++
		c.boot = up.boot()
	}
}

// Scalars are counters that belong together and to no interface: what one record of a device holds. They are widened,
// held and restarted as an interface's are. The zero value is ready.
type Scalars struct {
	counters []scalar
	restarts uint32
}

type scalar struct {
	wide      uint64
	start, at int64 // since when it counts, when it was last believed; Unix nanoseconds
	held      uint8 // readings in a row that were lower
	known     bool
	fresh     bool // the last Observe had a reading
}

// Observe takes one reading of each counter, in an order that stays the same; Bits 0 is one that the device does not
// keep. clock has seen the uptime that came with them.
func (s *Scalars) Observe(clock *Clock, readings []Reading, at time.Time) {
	for len(s.counters) < len(readings) {
		s.counters = append(s.counters, scalar{})
	}
	now := at.UnixNano()
	restarted := s.restarts != clock.restarts && s.anyLower(readings)
	s.restarts = clock.restarts
	for i := range s.counters {
		c := &s.counters[i]
		if c.fresh = i < len(readings) && readings[i].Bits != 0; !c.fresh {
			continue
		}
		switch {
		case !c.known:
			c.begin(readings[i].Value, clock.boot, now)
		case restarted:
			c.begin(readings[i].Value, max(clock.boot, c.at+1), now)
		default:
			c.advance(readings[i], now)
		}
	}
}

// anyLower says that some counter is lower than it was: after a fallen uptime, that they all were zeroed.
func (s *Scalars) anyLower(readings []Reading) bool {
	for i := range min(len(s.counters), len(readings)) {
		if c, r := &s.counters[i], readings[i]; c.known && r.Bits != 0 && r.Value < c.last(r.Bits) {
			return true
		}
	}
	return false
}

// last is the last reading of that width.
func (c *scalar) last(width uint8) uint64 {
	if width == 32 {
		return uint64(uint32(c.wide))
	}
	return c.wide
}

func (c *scalar) begin(value uint64, start, now int64) {
	if start == 0 || start > now {
		start = now
	}
	*c = scalar{wide: value, start: start, at: now, known: true, fresh: true}
}

// advance takes the next reading. A 32-bit counter that is lower wrapped if that is the shorter way; any other lower
// reading is held for a while, as agents hand out stale values, and is a reset if it stays.
func (c *scalar) advance(r Reading, now int64) {
	last := c.last(r.Bits)
	delta := r.Value - last
	if r.Bits == 32 {
		delta = uint64(uint32(r.Value) - uint32(last))
	}
	if r.Value < last && (r.Bits != 32 || delta >= 1<<31) {
		if c.held++; c.held > maxHeld {
			c.begin(r.Value, c.at+1, now)
		}
		return
	}
	c.wide += delta
	c.at, c.held = now, 0
}

// Value returns counter i as of the last Observe and since when it counts; false if that had no reading of it, or one
// that int64 cannot hold.
func (s *Scalars) Value(i int) (value int64, start time.Time, ok bool) {
	if i >= len(s.counters) || !s.counters[i].fresh || tooLarge(s.counters[i].wide) {
		return 0, time.Time{}, false
	}
	return int64(s.counters[i].wide), time.Unix(0, s.counters[i].start), true //nolint:gosec // tooLarge was asked
}
