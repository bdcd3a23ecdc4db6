package netflow

// stretch is a piece of an IPFIX stream in which the records of some sets are not counted yet, for want of their
// templates. How many records were lost in it is known once the last of those sets is decoded: what the sequence
// numbers cover less what came. Reordering within it does not matter.
type stretch struct {
	epoch   uint32 // tells it from those before
	waiting int    // sets
	broken  bool   // some set will never be counted
	first   uint32 // sequence number it begins with
	seen    uint64 // records
	last    uint32 // sequence number of the message that is furthest on
	lastN   uint32 // its records
}

// wait accounts for a message of n records and sets yet to be counted. It returns the epoch to resolve them with.
// broken says that besides these some of the message cannot be counted ever.
func (q *sequence) wait(seq, n uint32, sets int, broken bool) (epoch uint32) {
	if sets == 0 {
		q.advance(seq, n, 0)
		q.undecided()
		return 0
	}
	w := &q.stretch
	if w.waiting == 0 {
		*w = stretch{epoch: w.epoch + 1, first: seq, last: seq}
		if q.state == following && int32(seq-q.next) > 0 {
			w.first = q.next // what is missing before the first message is decided with the rest
		}
	}
	w.waiting += sets
	w.broken = w.broken || broken
	q.received += uint64(n)
	q.within(seq, n)
	return w.epoch
}

// within accounts for a message while sets wait.
func (q *sequence) within(seq, n uint32) {
	w := &q.stretch
	if int32(seq-w.first) < 0 {
		if q.fill(seq, n) {
			q.reordered++
		} else {
			q.past(seq, n)
		}
		return
	}
	w.seen += uint64(n)
	if int32(seq-w.last) >= 0 {
		w.last, w.lastN = seq, n
	}
}

// resolve says that a set of the message at seq turned out to have n records. counted is false if it was dropped or
// damaged.
func (q *sequence) resolve(epoch, seq, n uint32, counted bool) {
	w := &q.stretch
	if w.waiting == 0 || epoch != w.epoch {
		return
	}
	w.waiting--
	w.broken = w.broken || !counted
	w.seen += uint64(n)
	q.received += uint64(n)
	if seq == w.last {
		w.lastN += n
	}
	if w.waiting > 0 {
		return
	}
	if w.broken {
		q.undecided()
		return
	}
	end := w.last + w.lastN
	if covered := uint64(end - w.first); covered > w.seen {
		q.lost += covered - w.seen
	}
	q.follow(end)
}
