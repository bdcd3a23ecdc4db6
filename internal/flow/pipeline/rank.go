package pipeline

import (
	"cmp"
	"slices"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
)

// candidate is a key of the closed window that is not, or no longer safely, among a device's streams.
type candidate struct {
	bytes uint64
	ref   aggregate.Ref
}

// rank admits, device by device, the candidates of a view that are among the window's top, and spills the others.
//
// All sums of the window are exact, so the top is too: a stream's own bytes in this window compete with the candidates'.
// A stream stays until it is idle; when there are more than liveStreams times the top, those with the fewest bytes are
// marked: idle ones go at once, the others at the next window unless they are among its top. So no sum is cut short.
func (f *flusher) rank(i, view int, w span) {
	scratch := f.scratch[i][view]
	all := make([][]candidate, len(f.bySlot))
	scratch.Refs(func(r aggregate.Ref) {
		slot := scratch.Owner(r)
		all[slot] = append(all[slot], candidate{scratch.Cell(r).Bytes, r})
	})
	for slot, candidates := range all {
		if len(candidates) == 0 {
			continue
		}
		s := f.streams(f.bySlot[slot], i, view)
		quota := s.divide(candidates)
		f.admit(s, scratch, candidates[:quota], w)
		for _, c := range candidates[quota:] {
			f.breathe()
			s.view.counts.overflowedKeys.Add(1)
			s.spill(scratch.Cell(c.ref), w)
		}
		s.makeRoom()
	}
	scratch.Reset()
}

// divide sorts candidates so that those among the window's top come first, and returns how many they are.
func (s *streams) divide(candidates []candidate) int {
	top := s.view.top
	slices.SortFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.bytes, a.bytes) })
	var held []uint64 // bytes of the streams that were in the window
	for n := range s.states {
		for _, st := range s.states[n] {
			if st.touched {
				held = append(held, st.recent)
			}
		}
	}
	slices.SortFunc(held, func(a, b uint64) int { return cmp.Compare(b, a) })
	admitted, h := 0, 0
	for admitted+h < top && admitted < len(candidates) {
		if h < len(held) && held[h] >= candidates[admitted].bytes { // a stream wins a tie: it is there already
			h++
		} else {
			admitted++
		}
	}
	return admitted
}

// admit makes streams of candidates.
func (f *flusher) admit(s *streams, from *aggregate.Sums, candidates []candidate, w span) {
	row := aggregate.Row{Record: &flow.Record{}}
	for _, c := range candidates {
		f.breathe()
		cell := from.Read(c.ref, &row)
		if r, ok := s.sums.Find(&row); ok { // it was to leave
			at(s, r).leaving = false
			s.touch(r, cell, w)
			continue
		}
		if !s.admit(&row, cell, w) {
			s.view.counts.overflowedKeys.Add(1)
			s.spill(cell, w)
		}
	}
}

// makeRoom marks the streams with the fewest bytes in this window when there are too many.
func (s *streams) makeRoom() {
	excess := s.len() - liveStreams*s.view.top
	if s.view.delta || excess <= 0 {
		return
	}
	var all []*stream
	for n := range s.states {
		for i := range s.states[n] {
			all = append(all, &s.states[n][i])
		}
	}
	slices.SortFunc(all, func(a, b *stream) int {
		return cmp.Or(cmp.Compare(a.recent, b.recent), cmp.Compare(a.last, b.last))
	})
	for _, st := range all[:excess] {
		st.leaving = true
	}
}
