package netif

import "time"

// passage is what an uptime says of the time since the one before it.
type passage uint8

const (
	unknown passage = iota // the device did not say
	first
	wentOn
	fell // less passed for the device than for us: it, or its agent, may have restarted
)

// wrapTicks is the span of a 32-bit tick counter: 497 days of sysUpTime, 49.7 days of sFlow's uptime.
const wrapTicks = 1 << 32

// clock follows a device's uptime.
type clock struct {
	last   Uptime
	seen   bool
	agents uint32 // how often the agent's own uptime fell: its ticks, and times told in them, began anew
}

// advance takes the next uptime.
func (c *clock) advance(up Uptime) passage {
	if up.Unit <= 0 && up.Box <= 0 {
		return unknown
	}
	before, seen := c.last, c.seen
	c.last, c.seen = up, true
	if !seen {
		return first
	}
	elapsed := up.At.Sub(before.At)
	if elapsed < 0 {
		return wentOn // a reply that was overtaken
	}
	agent := wentOn
	if up.Unit > 0 && before.Unit == up.Unit {
		agent = passed(time.Duration(before.Ticks)*up.Unit, time.Duration(up.Ticks)*up.Unit, elapsed, wrapTicks*up.Unit)
	}
	if agent == fell {
		c.agents++
	}
	if up.Box > 0 && before.Box > 0 {
		return passed(before.Box, up.Box, elapsed, wrapTicks*10*time.Millisecond)
	}
	return agent
}

// passed judges the progress of an uptime that wraps at span. Clocks drift and replies wait in queues: less than 5 s
// plus half a percent is no sign.
func passed(before, now, elapsed, span time.Duration) passage {
	slack := 5*time.Second + elapsed/200
	switch progress := now - before; {
	case progress >= 0 && progress+slack >= elapsed:
		return wentOn
	case progress < 0 && abs((elapsed%span)-(progress+span)) <= slack:
		return wentOn // wrapped
	case progress >= 0 && elapsed > span-slack && abs(elapsed%span-progress) <= slack:
		return wentOn // wrapped while nobody looked
	}
	return fell
}

func abs(d time.Duration) time.Duration { return max(d, -d) }

// boot is when the device started, in Unix nanoseconds, or 0 if it does not say.
func (u Uptime) boot() int64 {
	switch {
	case u.Box > 0:
		return u.At.Add(-u.Box).UnixNano()
	case u.Unit > 0:
		return u.At.Add(-time.Duration(u.Ticks) * u.Unit).UnixNano()
	}
	return 0
}

// when is the moment at which sysUpTime was ticks, in Unix nanoseconds.
func (u Uptime) when(ticks uint32) int64 {
	if u.Unit <= 0 {
		return 0
	}
	return u.At.Add(-time.Duration(u.Ticks-ticks) * u.Unit).UnixNano()
}
