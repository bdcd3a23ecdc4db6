package netif

// judgeUptime decides whether the device restarted. That takes a fallen uptime and lower counters, which may come
// in a later poll than the uptime did.
func (t *Tracker) judgeUptime(up Uptime, samples []Sample) {
	agents := t.clock.agents
	switch t.clock.advance(up) {
	case first:
		t.boot = up.boot()
		t.changes++
	case fell:
		t.suspect = true
	default:
		if t.clock.agents != agents && !t.suspect {
			t.changes++
			t.noteAgain(AgentRestarted)
		}
	}
	if !t.suspect {
		return
	}
	switch t.verdict(up, samples) {
	case zeroed:
		t.suspect = false
		t.generation++
		t.boot = up.boot()
		clear(t.remembered)
		t.changes++
		t.counts.Resets++
		t.noteAgain(DeviceReset)
	case wentOnCounting:
		t.suspect = false
		t.changes++
		t.noteAgain(AgentRestarted)
	}
}

type verdict uint8

const (
	unheard verdict = iota // no counter to compare with
	zeroed
	wentOnCounting
)

// verdict asks the counters of the table whether they were zeroed. 64-bit counters never wrap in practice, so they
// are asked first; of 32-bit ones some may have wrapped, so half of them have to be lower.
func (t *Tracker) verdict(up Uptime, samples []Sample) verdict {
	var lower, all [2]int // 32 bits, 64 bits
	for s := range samples {
		r := t.rows[samples[s].Name]
		if r == nil || r.generation != t.generation {
			continue
		}
		for i := range r.counters {
			c := &r.counters[i]
			reading, ok := c.chosen(samples[s].readings(i))
			if !ok || !c.has(known) || c.wide == 0 {
				continue
			}
			wide := 1
			if c.narrow() {
				wide = 0
			}
			all[wide]++
			if !c.nearly(reading.Value) {
				lower[wide]++
			}
		}
	}
	switch {
	case all[1] > 0 && lower[1]*4 >= all[1], all[1] == 0 && all[0] > 0 && lower[0]*2 >= all[0]:
		return zeroed
	case all[0]+all[1] > 0:
		return wentOnCounting
	case t.restored:
		return t.afterRestart(up, samples)
	}
	return unheard
}

// afterRestart judges without earlier readings, as after a restart of our own: counters that a link cannot have
// reached since the new uptime began were not zeroed then.
func (t *Tracker) afterRestart(up Uptime, samples []Sample) verdict {
	asked := false
	for s := range samples {
		for i := range 2 {
			hc, low := samples[s].readings(i)
			if hc.Bits == 0 {
				hc = low
			}
			asked = asked || hc.Bits != 0
			if !plausible(octets, hc.Value, samples[s].speed(i), up.At.UnixNano()-up.boot()) {
				return wentOnCounting
			}
		}
	}
	if asked {
		return zeroed
	}
	return unheard
}
