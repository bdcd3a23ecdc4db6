package netif

import "time"

// maxHeld is for how many polls a lower reading is taken for a glitch.
const maxHeld = 3

// read takes both forms of counter i as a sample has them.
func (t *Tracker) read(r *row, i int, hc, low Reading, speed uint64, at int64) {
	c := &r.counters[i]
	t.chooseWidth(r, i, hc, low, speed, at)
	reading, ok := c.chosen(hc, low)
	if !ok {
		return
	}
	if c.narrow() && columnOf(i) == octets && canWrap(speed, 2*int64(t.interval)) {
		t.refuse(r, i)
		return
	}
	raw := reading.Value
	if c.narrow() {
		raw = uint64(uint32(raw))
	}
	switch {
	case !c.has(known):
		t.begin(r, i, raw, at)
	case c.has(again):
		t.resume(r, i, raw, speed, at)
	default:
		t.advance(r, i, raw, speed, at)
	}
	c.set(fresh)
	c.clear(missed | again)
}

// chooseWidth pins which column a counter is read from: the 64-bit one where there is one, unless it stays 0 while
// the 32-bit one has counted.
func (t *Tracker) chooseWidth(r *row, i int, hc, low Reading, speed uint64, at int64) {
	c := &r.counters[i]
	dead := hc.Bits == 64 && hc.Value == 0 && low.Bits == 32 && low.Value > 0
	switch {
	case c.bits == 0 && hc.Bits == 0:
		c.bits = low.Bits
	case c.bits == 0 && !dead:
		c.bits = hc.Bits
	case c.bits == 32 && hc.Bits == 64 && hc.Value > 0 && columnOf(i) == octets && canWrap(speed, 2*int64(t.interval)):
		seen := c.has(known)
		t.switchTo(r, i, 64)
		c.clear(narrowed)
		if seen {
			t.rebase(r, i, hc.Value, at) // how often the other had wrapped before nobody knows
		}
	case c.bits != 32 && dead && c.wide == 0:
		if c.has(doubted) {
			t.switchTo(r, i, 32)
			c.set(narrowed)
			t.note(Note{DeadHC, r.name, columnNames[columnOf(i)]})
		}
		c.set(doubted)
	case hc.Value > 0:
		c.clear(doubted)
	}
}

func (t *Tracker) switchTo(r *row, i int, bits uint8) {
	r.counters[i].bits = bits
	r.counters[i].clear(known)
	r.ordinary(i)
	t.counts.WidthSwitches++
	t.changes++
}

// refuse leaves out a 32-bit octet counter that may wrap unseen.
func (t *Tracker) refuse(r *row, i int) {
	t.counts.Unsafe++
	c := &r.counters[i]
	c.clear(known)
	if !c.has(unsafe32) {
		c.set(unsafe32)
		t.note(Note{UnsafeWidth, r.name, columnNames[octets]})
	}
}

// begin takes the first reading of a counter. One whose start nobody knows, which was left out for a while, or which
// int64 cannot hold counts from here.
func (t *Tracker) begin(r *row, i int, raw uint64, at int64) {
	c := &r.counters[i]
	lost := c.narrow() && columnOf(i) == octets && (t.restored && r.generation == 0 || c.has(unsafe32))
	c.wide = raw
	if e := t.epoch(r, i); c.narrow() && !lost {
		c.wide |= e << 32
	}
	c.at, c.held = uint32(at/int64(time.Second)), 0
	c.set(known)
	c.clear(unsafe32)
	var offset uint64
	start := r.start
	if r.odd != nil {
		offset, start = r.odd[i].offset, max(start, r.odd[i].start)
	}
	if lost || start == 0 || c.wide < offset || tooLarge(c.wide-offset) {
		t.except(r, i, c.wide, at)
	}
}

// resume takes the first reading after a discontinuity. A counter that was zeroed then counts from it. One that
// cannot have counted so much since was not: it goes on from the last reading, or from here if that is no better.
func (t *Tracker) resume(r *row, i int, raw, speed uint64, at int64) {
	c := &r.counters[i]
	last, lastAt := c.wide, int64(c.at)*int64(time.Second)
	delta, lower := c.step(raw)
	c.held = 0
	c.at = uint32(at / int64(time.Second))
	r.ordinary(i)
	zero := plausible(columnOf(i), raw, speed, at-r.start)
	switch {
	case lower && zero, !lower && zero && r.start >= lastAt-int64(time.Second):
		c.wide = raw
	case !lower && plausible(columnOf(i), delta, speed, at-lastAt):
		c.wide += delta
		t.except(r, i, last, lastAt)
	default:
		c.wide = raw
		t.except(r, i, raw, at)
	}
}

// advance takes the next reading of a counter.
func (t *Tracker) advance(r *row, i int, raw, speed uint64, at int64) {
	c := &r.counters[i]
	delta, lower := c.step(raw)
	elapsed := at - int64(c.at)*int64(time.Second)
	long := c.held == 0 && elapsed > 5*int64(t.interval)/2
	switch {
	case c.narrow() && long && columnOf(i) == octets && canWrap(speed, elapsed):
		c.wide = raw // how often it wrapped meanwhile nobody knows
		t.counts.Resets++
		t.rebase(r, i, raw, at)
	case lower && (!c.wrapped(delta) || !plausible(columnOf(i), delta, speed, elapsed)):
		t.fallen(r, i, raw, speed, at, long && !c.nearly(raw))
		return
	case lower:
		t.counts.Wraps++
		t.changes++
		fallthrough
	default:
		t.forward(r, i, delta)
	}
	c.held = 0
	c.at = uint32(at / int64(time.Second))
}

// forward adds what a counter counted. Past int64 it starts anew where it last was, so that nothing is lost.
func (t *Tracker) forward(r *row, i int, delta uint64) {
	c := &r.counters[i]
	last := c.wide
	c.wide += delta
	if !c.has(missed) && c.held == 0 {
		c.set(moved)
	}
	var offset uint64
	if r.odd != nil {
		offset = r.odd[i].offset
	}
	if tooLarge(c.wide - offset) {
		t.rebase(r, i, last, int64(c.at)*int64(time.Second))
	}
}

// fallen takes a reading that is lower than the one before. It is held for a while: agents hand out stale values.
// What stays lower is a reset of this counter, at once if nobody looked for a while.
func (t *Tracker) fallen(r *row, i int, raw, speed uint64, at int64, atOnce bool) {
	c := &r.counters[i]
	e := r.exception(i)
	if c.held == 0 {
		e.low, e.since = raw, int64(c.at)*int64(time.Second)
	}
	c.held++
	if c.held <= maxHeld && !atOnce {
		t.counts.Glitches++
		return
	}
	t.counts.Resets++
	t.note(Note{CounterWentLower, r.name, columnNames[columnOf(i)]})
	low, since := e.low, e.since
	c.wide, c.held, c.at = raw, 0, uint32(at/int64(time.Second))
	if plausible(columnOf(i), raw, speed, at-since) {
		t.rebase(r, i, 0, since)
		return
	}
	t.rebase(r, i, min(low, raw), since)
}

// rebase makes counter i, which had points since another start, count from offset, which it was at start.
func (t *Tracker) rebase(r *row, i int, offset uint64, start int64) {
	if before := r.startOf(i); start <= before {
		start = before + 1 // another start, or it would be the same series
	}
	t.except(r, i, offset, start)
}

// except makes counter i count from offset, which it was at start.
func (t *Tracker) except(r *row, i int, offset uint64, start int64) {
	*r.exception(i) = exception{start: start, offset: offset}
	t.changes++
}
