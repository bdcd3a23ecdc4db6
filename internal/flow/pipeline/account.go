package pipeline

import "github.com/netcol-io/netcol/internal/flow/aggregate"

// learnEgress notes which interfaces the closed window saw metered at egress.
func (f *flusher) learnEgress(window *aggregate.Window, owners []*Exporter, w span) {
	window.EachEgress(func(owner, index uint32) {
		d := f.device(f.resolver.of(owners[owner]))
		if d.metered == nil {
			d.metered = map[uint32]int64{}
		}
		d.metered[index] = w.end
	})
}

// take adds a closed window's sums to the devices' streams, or to scratch where a top has to be found first.
func (f *flusher) take(i int, window *aggregate.Window, owners []*Exporter, w span) {
	g := f.p.groups[i]
	type speaker struct {
		e *Exporter
		b *binding
		d *device
	}
	speakers := make([]speaker, len(owners))
	who := func(owner uint32) *speaker {
		s := &speakers[owner]
		if s.e == nil {
			s.e = owners[owner]
			s.b = f.resolver.of(s.e)
			s.d = f.device(s.b)
		}
		return s
	}
	window.Each(func(view int, row *aggregate.Row, c aggregate.Cell) {
		f.breathe()
		if c.Zero() {
			return // a place kept for a stream that was idle
		}
		s := who(row.Owner)
		f.resolver.resolve(s.e, s.b, row)
		row.Owner = s.d.slot
		f.account(i, view, s.d, row, c, w)
	})
	for v := range g.views {
		for owner := range owners {
			if c := window.Overflow(v, owner); !c.Zero() {
				f.streams(who(uint32(owner)).d, i, v).spill(c, w)
			}
		}
		g.views[v].counts.overflowedRecords.Add(window.Refused(v))
	}
	if i == 0 {
		f.p.counts.records.Add(window.Records)
		f.p.counts.unknownDirection.Add(window.UnknownDirection)
	}
}

// retain empties a closed window but for the keys of live streams. These keep their places, so that no flood of new keys
// can push a stream into overflow: in this window, which is the next but one, and, if their stream is new, in the one
// that is open by now.
func (f *flusher) retain(i int, worker *Worker, closed *aggregate.Window, owners []*Exporter) {
	g := f.p.groups[i]
	var fresh []aggregate.Kept
	inject := func() {
		worker.seed(i, fresh)
		fresh = fresh[:0]
	}
	closed.Retain(func(view int, row *aggregate.Row) bool {
		f.breathe()
		e := owners[row.Owner]
		if e == nil || g.views[view].delta {
			return false
		}
		raw := *row
		b := f.resolver.of(e)
		d := f.devices[b.device.ID]
		if d == nil || d.views[i][view] == nil {
			return false
		}
		f.resolver.resolve(e, b, row)
		row.Owner = d.slot
		s := d.views[i][view]
		r, ok := s.sums.Find(row)
		if !ok || at(s, r).leaving {
			return false
		}
		if !at(s, r).shown {
			fresh = append(fresh, aggregate.Keep(view, &raw))
			if len(fresh) >= 64 {
				inject()
			}
		}
		return true
	})
	inject()
}

// account adds one sum to its device's stream.
func (f *flusher) account(i, view int, d *device, row *aggregate.Row, c aggregate.Cell, w span) {
	s := f.streams(d, i, view)
	v := s.view
	if v.Kind == aggregate.Forwarded && d.meteredAtEgress(row.Index, w.end) {
		v.counts.suppressedRows.Add(1)
		v.counts.suppressedBytes.Add(c.Bytes)
		return
	}
	if r, ok := s.sums.Find(row); ok && !at(s, r).leaving {
		s.touch(r, c, w)
		return
	}
	if v.top > 0 {
		f.scratch[i][view].Add(row, c, nil)
		return
	}
	if s.len() >= v.Limit || !s.admit(row, c, w) {
		v.counts.overflowedKeys.Add(1)
		s.spill(c, w)
	}
}

// meteredAtEgress tells whether the interface has flows of its own on the way out.
func (d *device) meteredAtEgress(index uint32, now int64) bool {
	last, ok := d.metered[index]
	return ok && now-last < int64(egressIdle)
}
