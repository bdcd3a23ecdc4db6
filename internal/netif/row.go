package netif

import "math"

// row is the state of one interface.
type row struct {
	name, alias string
	start       int64 // Unix nanoseconds: when its counters last were zero; 0 unknown
	at          int64 // arrival of its last reply, Unix nanoseconds
	speed       [2]uint64
	rate        [2]float64 // byte/s since the last poll, negative: unknown
	odd         *[counters]exception
	poll        uint64 // number of the last Observe that had it
	generation  uint32 // of the device's counters
	agents      uint32 // of the agent in whose ticks disc is told
	disc        uint32
	oper, admin uint8
	silent      bool
	discMoves   uint8 // polls in a row in which disc moved and no counter fell
	counters    [counters]counter
}

const disbelieved = 3 // discMoves from which ifCounterDiscontinuityTime is not believed

// value is what is emitted for counter i.
func (r *row) value(i int) int64 {
	v := r.counters[i].wide
	if r.odd != nil {
		v -= r.odd[i].offset
	}
	if tooLarge(v) {
		return math.MaxInt64
	}
	return int64(v)
}

// startOf is since when counter i counts, Unix nanoseconds.
func (r *row) startOf(i int) int64 {
	s := r.start
	if r.odd != nil && r.odd[i].start != 0 {
		s = r.odd[i].start
	}
	return s
}

func (r *row) exception(i int) *exception {
	if r.odd == nil {
		r.odd = new([counters]exception)
	}
	return &r.odd[i]
}

func (r *row) ordinary(i int) {
	if r.odd != nil {
		r.odd[i] = exception{}
	}
}

// readings returns both forms of counter i of a sample.
func (s *Sample) readings(i int) (hc, low Reading) {
	c := s.column(columnOf(i))
	if i%2 == 0 {
		return c.HC.Receive.checked(), c.Low.Receive.checked()
	}
	return c.HC.Transmit.checked(), c.Low.Transmit.checked()
}

func (s *Sample) column(c column) *Counter {
	switch c {
	case octets:
		return &s.Octets
	case unicast:
		return &s.Unicast
	case multicast:
		return &s.Multicast
	case broadcast:
		return &s.Broadcast
	case nonUnicast:
		return &s.NonUnicast
	case errorCount:
		return &s.Errors
	default:
		return &s.Discards
	}
}

// checked takes a reading of a width that no counter has for absent.
func (r Reading) checked() Reading {
	if r.Bits != 32 && r.Bits != 64 {
		return Reading{}
	}
	return r
}

// at is the arrival of a sample, Unix nanoseconds; a sample without one came with the uptime.
func (s *Sample) at(up Uptime) int64 {
	if s.At.IsZero() {
		return up.At.UnixNano()
	}
	return s.At.UnixNano()
}

func (s *Sample) speed(i int) uint64 {
	if i%2 == 0 {
		return s.ReceiveSpeed
	}
	return s.TransmitSpeed
}

// chosen returns the reading that a counter with pinned width takes, if it is there.
func (c *counter) chosen(hc, low Reading) (Reading, bool) {
	switch {
	case c.bits == 0:
		return Reading{}, false
	case hc.Bits == c.bits && !c.has(narrowed):
		return hc, true
	case low.Bits == c.bits:
		return low, true
	}
	return Reading{}, false
}
