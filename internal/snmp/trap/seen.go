package trap

import (
	"encoding/binary"
	"hash/maphash"
	"time"
)

// How many notifications that may come again are remembered, and for how long: senders repeat an inform after seconds,
// a few times; a replay is in the time window for 150 s on either side of our clock.
const (
	maxSeen  = 16384
	seenTime = 6 * time.Minute
)

type state uint8

const (
	unseen state = iota
	pending
	delivered
)

type sighting struct {
	state state
	at    time.Time
}

// seen remembers notifications by a keyed hash of what makes them the same one, which nobody outside can aim at.
type seen struct {
	seed maphash.Seed
	all  map[uint64]sighting
	ring []uint64 // keys in the order they came
	next int
}

func newSeen() seen { return seen{seed: maphash.MakeSeed(), all: map[uint64]sighting{}} }

// key is never 0.
func (s *seen) key(who, where []byte, id int32, varbinds []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	var n [12]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(who)))
	binary.BigEndian.PutUint32(n[4:], uint32(len(where)))
	binary.BigEndian.PutUint32(n[8:], uint32(id))
	_, _ = h.Write(n[:])
	_, _ = h.Write(who)
	_, _ = h.Write(where)
	_, _ = h.Write(varbinds)
	return max(h.Sum64(), 1)
}

func (s *seen) state(key uint64, now time.Time) state {
	found, ok := s.all[key]
	if !ok || found.state == delivered && now.Sub(found.at) > seenTime {
		return unseen
	}
	return found.state
}

// put remembers a key in place of the oldest.
func (s *seen) put(key uint64, st state, now time.Time) {
	_, known := s.all[key]
	s.all[key] = sighting{st, now}
	switch {
	case known:
	case len(s.ring) < maxSeen:
		s.ring = append(s.ring, key)
	default:
		delete(s.all, s.ring[s.next])
		s.ring[s.next] = key
		s.next = (s.next + 1) % maxSeen
	}
}

// remove forgets a key. Its place in the ring is used when its turn comes.
func (s *seen) remove(key uint64) {
	if _, ok := s.all[key]; ok {
		s.all[key] = sighting{}
	}
}
