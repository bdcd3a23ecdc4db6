package sflow

const (
	reorderWindow = 64      // sequence numbers back that are remembered one by one
	reorderLimit  = 1024    // a number farther back is a counter that started anew
	jumpLimit     = 1 << 24 // a number farther ahead is one, too
	settleAfter   = 5 * second
)

// sequence follows a sequence number: what it skipped, and does not make good within settleAfter, is lost.
type sequence struct {
	lost    uint64 // given up; only grows
	pending uint64 // skipped, perhaps only late
	seen    uint64 // bit i: next − 1 − i has arrived
	gapAt   int64  // when the newest gap was noticed
	next    uint32
	begun   bool
}

// verdict is what a sequence number was.
type verdict uint8

const (
	fresh     verdict = iota // the next one, or one ahead of it
	late                     // one that had been skipped
	duplicate                // seen before
	anew                     // the counter started anew
)

func (s *sequence) arrive(n uint32, at int64) verdict {
	if !s.begun {
		s.restart(n)
		return anew
	}
	s.settle(at)
	if ahead := n - s.next; ahead < 1<<31 {
		return s.advance(n, ahead, at)
	}
	back := s.next - 1 - n
	switch {
	case back < reorderWindow:
		if s.seen&(1<<back) != 0 {
			return duplicate
		}
		s.seen |= 1 << back
	case back >= reorderLimit:
		s.restart(n)
		return anew
	}
	if s.pending > 0 {
		s.pending--
	}
	return late
}

func (s *sequence) advance(n, ahead uint32, at int64) verdict {
	if ahead >= jumpLimit {
		s.restart(n)
		return anew
	}
	if ahead > 0 {
		s.pending += uint64(ahead)
		s.gapAt = at
	}
	s.seen = s.seen<<(ahead+1) | 1 // a shift by 64 or more clears
	s.next = n + 1
	return fresh
}

// restart begins anew at n. A gap that was still open then may be no loss but the distance between two senders that
// share a name, each with a count of its own: it is forgotten.
func (s *sequence) restart(n uint32) {
	s.pending, s.seen, s.next, s.begun = 0, 1, n+1, true
}

// settle gives up what is overdue.
func (s *sequence) settle(at int64) {
	if s.pending > 0 && at-s.gapAt >= settleAfter {
		s.lost += s.pending
		s.pending = 0
	}
}
