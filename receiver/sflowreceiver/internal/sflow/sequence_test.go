package sflow

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// However datagrams are lost, doubled and put out of order within the window, exactly what never came is lost.
func TestLossIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint32().Draw(t, "first")
		n := rapid.IntRange(2, 2000).Draw(t, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var order []int
		missing := uint64(0)
		for i := range n {
			switch {
			case i > 0 && i < n-1 && rng.IntN(10) == 0:
				missing++
				continue
			case rng.IntN(20) == 0:
				order = append(order, i)
			}
			order = append(order, i)
		}
		for i := 1; i+20 < len(order); i += 20 { // the first and the last stay: they say where the run begins and ends
			rng.Shuffle(19, func(a, b int) { order[i+a], order[i+b] = order[i+b], order[i+a] })
		}
		var s sequence
		for _, i := range order {
			s.arrive(first+uint32(i), start)
		}
		s.settle(start + settleAfter)
		if s.lost != missing {
			t.Fatalf("%d lost, want %d", s.lost, missing)
		}
	})
}

func TestSequenceVerdicts(t *testing.T) {
	for _, c := range []struct {
		name    string
		numbers []uint32
		want    []verdict
		lost    uint64
	}{
		{"in order, across the wrap", []uint32{1<<32 - 2, 1<<32 - 1, 0, 1}, []verdict{anew, fresh, fresh, fresh}, 0},
		{"a gap", []uint32{10, 14}, []verdict{anew, fresh}, 3},
		{"made good", []uint32{10, 12, 11}, []verdict{anew, fresh, late}, 0},
		{"twice", []uint32{10, 11, 11, 10}, []verdict{anew, fresh, duplicate, duplicate}, 0},
		{"that stands still", []uint32{0, 0, 0}, []verdict{anew, duplicate, duplicate}, 0},
		{"from before the first", []uint32{10, 9}, []verdict{anew, late}, 0},
		{"started over", []uint32{500_000, 500_001, 1, 2}, []verdict{anew, fresh, anew, fresh}, 0},
		{"far ahead", []uint32{10, 1 << 25, 1<<25 + 1}, []verdict{anew, anew, fresh}, 0},
		{"of two senders", []uint32{100, 5000, 101, 5001, 102}, []verdict{anew, fresh, anew, fresh, anew}, 0},
		{"a gap wider than the window", []uint32{10, 200, 150}, []verdict{anew, fresh, late}, 188},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s sequence
			for i, n := range c.numbers {
				if v := s.arrive(n, start); v != c.want[i] {
					t.Errorf("%d (%d): verdict %d, want %d", i, n, v, c.want[i])
				}
			}
			s.settle(start + settleAfter)
			if s.lost != c.lost {
				t.Errorf("%d lost, want %d", s.lost, c.lost)
			}
		})
	}
}

// A lost datagram takes its samples with it: both are told, exactly.
func TestLostDatagramsAndSamples(t *testing.T) {
	d := NewDecoder(Options{}, quiet{})
	port := &switchPort{agent: agent1, rate: 100}
	for i := range 100 {
		if b := port.next(3); i%10 != 5 {
			d.Decode(b, peer, start)
		}
	}
	d.Sweep(start + settleAfter)
	a := only(t, d)
	flows, counters, discards := a.LostSamples()
	if a.LostDatagrams() != 10 || flows != 30 || counters != 0 || discards != 0 {
		t.Errorf("lost %d datagrams, %d, %d, %d samples", a.LostDatagrams(), flows, counters, discards)
	}
	d.Sweep(start + 16*60*second) // what was lost is not forgotten with its data source
}

// A restart begins at 1 again and loses nothing, with an uptime of any size and stragglers from before.
func TestRestart(t *testing.T) {
	for _, uptime := range []uint32{60_000, 1 << 30, 1<<31 + 5, 1<<32 - 10_000} {
		d := NewDecoder(Options{}, quiet{})
		old := &switchPort{agent: agent1, rate: 10, uptime: uptime, datagram: 70_000, sample: 90_000}
		d.Decode(old.next(5), peer, start)
		straggler := old.next(5)
		d.Decode(old.next(5), peer, start)
		anew := &switchPort{agent: agent1, rate: 10, uptime: 900}
		d.Decode(anew.next(5), peer, start+30*second)
		d.Decode(straggler, peer, start+30*second)
		d.Decode(anew.next(5), peer, start+31*second)
		d.Sweep(start + 60*second)
		a := only(t, d)
		flows, _, _ := a.LostSamples()
		if a.Restarts != 1 || a.LostDatagrams() > 1 || flows > 5 {
			t.Errorf("uptime %d: %d restarts, %d datagrams and %d samples lost", uptime, a.Restarts, a.LostDatagrams(), flows)
		}
	}
}

// The wrap of the uptime after 49.7 days is no restart, and neither is a datagram that comes late.
func TestUptimeWrapIsNoRestart(t *testing.T) {
	d := NewDecoder(Options{}, quiet{})
	port := &switchPort{agent: agent1, rate: 10, uptime: 1<<32 - 30_000}
	at := start
	for range 10 {
		d.Decode(port.next(1), peer, at)
		port.uptime += 10_000
		at += 10 * second
	}
	early := port.next(1)
	port.uptime += 2000
	d.Decode(port.next(1), peer, at)
	d.Decode(early, peer, at)
	d.Sweep(at + settleAfter)
	a := only(t, d)
	if flows, _, _ := a.LostSamples(); a.Restarts != 0 || a.LostDatagrams() != 0 || flows != 0 {
		t.Errorf("%d restarts, %d datagrams and %d samples lost", a.Restarts, a.LostDatagrams(), flows)
	}
}

// A steady loss is made up for, from the second window on, by exactly the factor of the window before.
func TestLossFactor(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{LossWindow: 10 * second}, s)
	port := &switchPort{agent: agent1, rate: 100}
	at := start
	var sums [4]uint64
	for i := range 400 { // ten datagrams a second, every fourth lost
		if b := port.next(1); i%4 != 3 {
			s.flows = s.flows[:0]
			d.Decode(b, peer, at)
			sums[i/100] += s.flows[0].ScaledPackets()
		}
		at += second / 10
	}
	for w, sum := range sums {
		want := uint64(100 * 100)
		if w == 0 {
			want = 75 * 100 // no window came before
		}
		if sum < want-want/50 || sum > want+want/50 {
			t.Errorf("window %d: %d packets, want %d", w, sum, want)
		}
	}
	if sc := s.flows[0].Scale; sc != (flow.Scale{Num: 100 * 100, Den: 75}) {
		t.Errorf("scale %v", sc)
	}
}

// Without loss nothing is added, whatever the order; and silence is not loss.
func TestNoLossNoFactor(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{LossWindow: second}, s)
	port := &switchPort{agent: agent1, rate: 100}
	at := start
	for range 200 {
		one, two := port.next(2), port.next(2)
		d.Decode(two, peer, at)
		d.Decode(one, peer, at)
		at += second / 4
	}
	port.sample += 5000 // an outage of three windows
	port.datagram += 100
	at += 3 * second
	d.Decode(port.next(1), peer, at)
	for i, r := range s.flows {
		if r.Scale != (flow.Scale{Num: 100, Den: 1}) {
			t.Fatalf("sample %d: scale %v", i, r.Scale)
		}
	}
}

// The pool tells when the rate that samples state is not the one they were taken at.
func TestPoolContradictsRate(t *testing.T) {
	for _, c := range []struct {
		name           string
		perSample      uint32
		contradictions uint64
	}{{"as stated", 100, 0}, {"nearly", 150, 0}, {"ten times", 1000, 1}, {"a tenth", 10, 1}, {"not kept", 0, 0}} {
		t.Run(c.name, func(t *testing.T) {
			d := NewDecoder(Options{LossWindow: 10 * second}, quiet{})
			port := &switchPort{agent: agent1, rate: c.perSample, pool: 1<<32 - 5000}
			at := start
			for range 210 {
				b := port.next(1)
				setRate(b, 100)
				d.Decode(b, peer, at)
				at += second / 20
			}
			if got := only(t, d).Contradictions; got != c.contradictions {
				t.Errorf("%d contradictions, want %d", got, c.contradictions)
			}
		})
	}
}

// setRate writes the sampling rate of a datagram's first, compact, flow sample.
func setRate(b []byte, rate uint32) { copy(b[28+8+8:], sflowtest.Words(rate)) }

// Drops are what the agent says it dropped since it was first heard, across the wrap; they scale nothing.
func TestAgentDrops(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	port := &switchPort{agent: agent1, rate: 10, drops: 1<<32 - 3}
	d.Decode(port.next(1), peer, start)
	port.drops += 5
	d.Decode(port.next(2), peer, start)
	if got := only(t, d).Drops; got != 5 {
		t.Errorf("%d drops, want 5", got)
	}
	if sc := s.flows[2].Scale; sc != (flow.Scale{Num: 10, Den: 1}) {
		t.Errorf("scale %v", sc)
	}
}
