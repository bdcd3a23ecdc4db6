package aggregate

// maxEgress bounds what forged interface indexes may cost.
const maxEgress = 1 << 16

// egressSet is the interfaces that were metered at egress, by owner.
type egressSet struct {
	seen map[uint64]struct{}
	last uint64 // most records repeat the interface of the one before
}

func (s *egressSet) add(owner, index uint32) {
	k := uint64(owner)<<32 | uint64(index)
	if k == s.last {
		return
	}
	s.last = k
	if len(s.seen) >= maxEgress {
		return
	}
	if s.seen == nil {
		s.seen = map[uint64]struct{}{}
	}
	s.seen[k] = struct{}{}
}

func (s *egressSet) reset() {
	clear(s.seen)
	s.last = 0
}
