package netif

import "time"

// maxRows bounds the interfaces of one device; those not seen for a day are forgotten.
const (
	maxRows   = 200_000
	forgotten = int64(24 * time.Hour)
)

// Tracker holds the counter state of one device's interfaces. Not safe for concurrent use.
type Tracker struct {
	interval time.Duration
	alias    bool
	onNote   func(Note)
	clockNow func() time.Time
	noted    map[Note]struct{}

	clock      clock
	begun      int64  // when it first observed something, Unix nanoseconds; 0: not yet
	boot       int64  // when the counters were zero, Unix nanoseconds; 0 unknown
	suspect    bool   // the uptime fell, the counters are yet to be asked
	generation uint32 // of the counters: a restart of the device begins another
	restored   bool
	remembered map[string]RowState
	changes    uint64

	polls   uint64
	rows    map[string]*row
	current []*row // of the last Observe, silent ones left out
	counts  Counts
}

// NewTracker returns a tracker for a device that is read every interval.
func NewTracker(interval time.Duration) *Tracker { return New(Options{Interval: interval}) }

// New returns a tracker.
func New(o Options) *Tracker {
	if o.Interval <= 0 {
		o.Interval = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Tracker{interval: o.Interval, alias: !o.NoAlias, onNote: o.OnNote, clockNow: o.Now, rows: map[string]*row{}}
}

// SetInterval says how often the device is read from now on.
func (t *Tracker) SetInterval(d time.Duration) {
	if d > 0 {
		t.interval = d
	}
}

// Counts returns what was noticed so far.
func (t *Tracker) Counts() Counts { return t.counts }

// Observe takes one reading of the device. samples may be part of its interfaces. Rows are matched by Name.
func (t *Tracker) Observe(up Uptime, samples []Sample) {
	t.polls++
	t.current = t.current[:0]
	t.open(up, samples)
	t.judgeUptime(up, samples)
	for i := range samples {
		t.observe(up, &samples[i])
	}
	if t.polls%256 == 0 {
		t.prune(up.At.UnixNano() - forgotten)
	}
	if t.polls > 1024 {
		t.remembered = nil // what did not come back by now is gone
	}
}

// open notes when the first samples were read: what is true of an interface, rather than counted, is told since then.
func (t *Tracker) open(up Uptime, samples []Sample) {
	if t.begun != 0 || len(samples) == 0 {
		return
	}
	t.begun = samples[0].at(up)
	for i := range samples {
		t.begun = min(t.begun, samples[i].at(up))
	}
}

// observe takes one sample.
func (t *Tracker) observe(up Uptime, s *Sample) {
	r := t.row(up, s)
	if r == nil {
		return
	}
	at := s.at(up)
	t.judgeRow(up, r, s)
	takeover := r.silent && !s.Silent && r.at != 0
	elapsed := at - r.at
	var before [2]uint64
	for d := range before {
		before[d] = r.counters[d].wide
	}
	for i := range r.counters {
		c := &r.counters[i]
		if takeover && c.has(known) {
			t.rebase(r, i, c.wide, int64(c.at)*int64(time.Second))
		}
		c.clear(fresh | moved)
		if hc, low := s.readings(i); hc.Bits != 0 || low.Bits != 0 {
			t.read(r, i, hc, low, s.speed(i), at)
		}
		if !c.has(fresh) {
			c.set(missed)
		}
	}
	for d := range r.rate {
		r.rate[d] = -1
		if r.counters[d].has(moved) && elapsed > 0 {
			r.rate[d] = float64(r.counters[d].wide-before[d]) / (float64(elapsed) / 1e9)
		}
	}
	r.alias, r.at, r.silent = s.Alias, at, s.Silent
	r.speed = [2]uint64{s.ReceiveSpeed, s.TransmitSpeed}
	r.oper, r.admin = uint8(min(s.OperStatus, 255)), uint8(min(s.AdminStatus, 255))
	if !s.Silent {
		t.current = append(t.current, r)
	}
}

// row finds or makes the state of the interface a sample is about.
func (t *Tracker) row(up Uptime, s *Sample) *row {
	r := t.rows[s.Name]
	if r == nil {
		if len(t.rows) >= maxRows {
			t.prune(up.At.UnixNano() - 3*int64(t.interval))
		}
		if len(t.rows) >= maxRows {
			t.counts.Overflow++
			t.note(Note{Kind: TooManyInterfaces})
			return nil
		}
		r = &row{name: s.Name, disc: s.Discontinuity, generation: t.generation, agents: t.clock.agents}
		r.start = t.rowStart(up, s)
		t.recall(r, s)
		t.rows[s.Name] = r
	}
	if r.poll == t.polls {
		t.counts.Duplicates++
		return nil
	}
	r.poll = t.polls
	return r
}

// rowStart is when the counters of an interface were zero: at its last discontinuity, else when the device started.
func (t *Tracker) rowStart(up Uptime, s *Sample) int64 {
	start := t.boot
	if s.Discontinuity != 0 && start != 0 {
		start = max(start, up.when(s.Discontinuity))
	}
	return min(start, s.at(up))
}

// restart is the new start of an interface whose counters were zeroed: after its last reading, or a backend would
// take the new series for the old one.
func (t *Tracker) restart(up Uptime, r *row, s *Sample) int64 {
	start := t.rowStart(up, s)
	if start == 0 {
		return 0
	}
	return min(max(start, r.at+1), s.at(up))
}

// judgeRow restarts an interface whose device restarted or whose counters had a discontinuity of their own.
func (t *Tracker) judgeRow(up Uptime, r *row, s *Sample) {
	if r.generation != t.generation {
		r.generation, r.agents, r.disc, r.odd, r.discMoves = t.generation, t.clock.agents, s.Discontinuity, nil, 0
		r.start = t.restart(up, r, s)
		for i := range r.counters {
			r.counters[i].bits, r.counters[i].marks, r.counters[i].held = 0, 0, 0
		}
		return
	}
	if t.suspect {
		return
	}
	if moved := s.Discontinuity != r.disc; r.agents != t.clock.agents || !moved {
		// Told in the ticks of another agent, a time says nothing of the counters.
		r.agents, r.disc = t.clock.agents, s.Discontinuity
		return
	}
	r.disc = s.Discontinuity
	t.changes++
	if s.Discontinuity == 0 || up.Unit <= 0 || r.discMoves >= disbelieved {
		return
	}
	if r.anyLower(s) {
		r.discMoves = 0
	} else if r.discMoves++; r.discMoves >= disbelieved {
		t.note(Note{Kind: BadDiscontinuity, Interface: r.name})
		return
	}
	t.counts.Resets++
	t.note(Note{Kind: InterfaceReset, Interface: r.name})
	r.start = t.restart(up, r, s)
	for i := range r.counters {
		if c := &r.counters[i]; c.has(known) {
			c.set(again)
		}
	}
}

func (r *row) anyLower(s *Sample) bool {
	for i := range r.counters {
		c := &r.counters[i]
		reading, ok := c.chosen(s.readings(i))
		if !ok || !c.has(known) {
			continue
		}
		if delta, lower := c.step(reading.Value); lower && !c.wrapped(delta) {
			return true
		}
	}
	return false
}

func (t *Tracker) prune(before int64) {
	for name, r := range t.rows {
		if r.at < before && r.poll != t.polls {
			delete(t.rows, name)
		}
	}
}

// note tells something once.
func (t *Tracker) note(n Note) {
	if _, told := t.noted[n]; told || len(t.noted) > 1000 {
		return
	}
	if t.noted == nil {
		t.noted = map[Note]struct{}{}
	}
	t.noted[n] = struct{}{}
	if t.onNote != nil {
		t.onNote(n)
	}
}

// noteAgain tells what is news every time.
func (t *Tracker) noteAgain(k NoteKind) {
	if t.onNote != nil {
		t.onNote(Note{Kind: k})
	}
}
