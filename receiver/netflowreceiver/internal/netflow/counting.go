package netflow

// counting is what an exporter's v9 sequence numbers count. RFC 3954 says export packets; some count flows as v5 did,
// or all records, templates included.
type counting uint8

const (
	countsPackets counting = iota
	countsFlows
	countsRecords
	countings
)

// switchAfter datagrams in a row whose numbers fit another way of counting and not the one in use, that one is.
const switchAfter = 3

// suspicion is for how much longer gaps wait while the way of counting is in doubt: small exporters send once a minute.
const suspicion = int64(switchAfter * 60 * 1e9)

// counts finds out which way an exporter counts.
type counts struct {
	by      counting
	started bool
	seq     uint32            // of the datagram before
	steps   [countings]uint32 // from it to the next, by each way of counting
	known   bool              // steps[countsFlows] is
	hits    [countings]uint8  // datagrams that fit this way and not the one in use
}

// learn takes a datagram's number and what it holds, and tells whether the way of counting changed.
func (c *counts) learn(seq, flows, records uint32, known bool) (changed bool) {
	if c.started {
		changed = c.compare(seq - c.seq)
	}
	c.started, c.seq, c.known = true, seq, known
	c.steps = [countings]uint32{1, flows, records}
	return changed
}

func (c *counts) compare(step uint32) (changed bool) {
	for by := range countings {
		switch {
		case c.steps[by] == c.steps[c.by] || by == countsFlows && !c.known:
			// tells nothing
		case step != c.steps[by]:
			c.hits[by] = 0
		default:
			if c.hits[by]++; c.hits[by] >= switchAfter {
				c.by, c.hits = by, [countings]uint8{}
				return true
			}
		}
	}
	return false
}

func (c *counts) doubtful() bool { return c.hits != [countings]uint8{} }

// packet accounts for a v9 export packet of so many flows and records. decided is false if flows is not all.
func (q *sequence) packet(seq, flows, records uint32, decided bool, now int64) {
	if q.counts.learn(seq, flows, records, decided) {
		q.open, q.state = 0, unstarted // what looked like gaps were none
	}
	switch q.counts.by {
	case countsFlows:
		q.advance(seq, flows, now)
		if !decided {
			q.undecided()
		}
	case countsRecords:
		q.advance(seq, records, now)
	default:
		q.advance(seq, 1, now)
	}
}
