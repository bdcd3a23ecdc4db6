package netflow

// sequence accounts for one stream's sequence numbers: of flows (v5, v7), export packets (v9) or data records (IPFIX),
// all modulo 2³². A gap becomes a loss only when reordered datagrams had time to fill it.
type sequence struct {
	next    uint32
	state   sequenceState
	holes   [16]hole
	open    int
	late    int    // datagrams in a row that came from the past and continue each other
	lateEnd uint32 // where the last of them ended

	received  uint64
	lost      uint64 // confirmed
	reordered uint64 // datagrams that came late and filled a gap
	repeated  uint64 // datagrams from the past that filled none
	restarts  uint64

	stretch stretch
	counts  counts // v9 only
}

type sequenceState uint8

const (
	unstarted sequenceState = iota
	following
	resync // how far the last message went is not known
)

// hole is a gap not yet filled: [start, end), seen at a time.
type hole struct {
	start, end uint32
	at         int64
}

// never is the time by which every gap is old enough.
const never = 1<<63 - 1

// restartAfter datagrams in a row from the past that continue each other, the exporter has started anew.
const restartAfter = 3

// advance accounts for n units that start at seq.
func (q *sequence) advance(seq, n uint32, now int64) {
	q.received += uint64(n)
	if q.stretch.waiting > 0 {
		q.within(seq, n)
		return
	}
	if q.state != following {
		q.follow(seq + n)
		return
	}
	switch ahead := int32(seq - q.next); {
	case ahead >= 0:
		q.late = 0
		if ahead > 0 {
			q.gap(hole{q.next, seq, now})
		}
		q.next = seq + n
	case q.fill(seq, n):
		q.reordered++
	default:
		q.past(seq, n)
	}
}

// undecided says that the last message held units that could not be counted.
func (q *sequence) undecided() { q.state = resync }

// restart says that the exporter began anew.
func (q *sequence) restart() {
	q.restarts++
	q.stretch.waiting = 0
	q.confirm(never)
	q.state = unstarted
}

func (q *sequence) follow(next uint32) { q.next, q.state, q.late = next, following, 0 }

func (q *sequence) gap(h hole) {
	if q.open == len(q.holes) {
		q.lost += uint64(q.holes[0].end - q.holes[0].start)
		q.remove(0)
	}
	q.holes[q.open] = h
	q.open++
}

func (q *sequence) remove(i int) {
	copy(q.holes[i:q.open], q.holes[i+1:q.open])
	q.open--
}

// fill takes [seq, seq+n) out of the hole that has it.
func (q *sequence) fill(seq, n uint32) bool {
	for i := range q.open {
		h := &q.holes[i]
		from, size := seq-h.start, h.end-h.start
		if from > size || n > size-from || n == 0 && size == 0 {
			continue
		}
		tail := hole{seq + n, h.end, h.at}
		h.end = seq
		switch {
		case h.end == h.start && tail.start == tail.end:
			q.remove(i)
		case h.end == h.start:
			*h = tail
		case tail.start != tail.end:
			q.gap(tail)
		}
		return true
	}
	return false
}

// past takes a datagram from the past that fills no gap: a duplicate, or the exporter started anew.
func (q *sequence) past(seq, n uint32) {
	if q.late > 0 && seq == q.lateEnd {
		q.late++
	} else {
		q.late = 1
	}
	q.lateEnd = seq + n
	q.repeated++
	if q.late >= restartAfter {
		q.repeated -= restartAfter
		q.restart()
		q.follow(seq + n)
	}
}

// confirm makes losses of the gaps that are older than due.
func (q *sequence) confirm(due int64) {
	if q.counts.doubtful() && due != never {
		due -= suspicion
	}
	for i := 0; i < q.open; {
		if h := q.holes[i]; h.at <= due {
			q.lost += uint64(h.end - h.start)
			q.remove(i)
		} else {
			i++
		}
	}
}
