package sflow

import "github.com/netcol-io/netcol/internal/flow"

// flowSample decodes a flow sample, compact or expanded.
func (d *Decoder) flowSample(a *Agent, c *cursor, expanded bool) {
	n := c.u32()
	class, index := sourceID(c, expanded)
	rate, pool, drops := c.u32(), c.u32(), c.u32()
	in, out := ports(c, expanded)
	records := c.u32()
	if c.short {
		d.fail(SampleShort)
		return
	}
	d.stats.FlowSamples++
	a.FlowSamples++
	d.newRecord(a)
	r := &d.record
	d.resolveSampling(a, newSourceKey(flowSource, class, index), n, rate, pool, drops)
	in.setIn(r)
	out.setOut(r)
	r.Direction = direction(class, index, in, out)
	if d.packetRecords(c, records) {
		d.sink.Flow(a, r)
	} else {
		d.stats.WithoutPacket++
	}
}

// sourceID reads a data source: class in the top 8 bits, index below, or each by itself.
func sourceID(c *cursor, expanded bool) (class, index uint32) {
	if expanded {
		return c.u32(), c.u32()
	}
	v := c.u32()
	return v >> 24, v & 0xffffff
}

func ports(c *cursor, expanded bool) (in, out port) {
	if expanded {
		return port{c.u32(), c.u32()}, port{c.u32(), c.u32()}
	}
	return compactPort(c.u32()), compactPort(c.u32())
}

// newRecord clears the decoder's record and fills in what every record has.
func (d *Decoder) newRecord(a *Agent) {
	d.record = flow.Record{
		Packets: 1, Flows: 1, Scale: flow.Scale{Num: 1, Den: 1},
		Start: a.Heard, End: a.Heard,
		ObservationDomain: a.SubAgent,
		Protocol:          flow.SFlow5,
	}
	d.record.Has.Set(flow.ObservationDomain)
}

// resolveSampling follows a data source and scales the record by its rate and loss.
func (d *Decoder) resolveSampling(a *Agent, k sourceKey, n, rate, pool, drops uint32) {
	r, at := &d.record, a.Heard
	r.SamplerID, r.SamplingSource = uint32(k), flow.SamplingRecord
	effective := rate
	if a.OverrideRate > 0 {
		effective, r.SamplingSource = a.OverrideRate, flow.SamplingOverride
	}
	a.SamplingRate = effective
	r.Scale = (&window{}).scale(effective)
	s := d.source(a, k, at)
	if s == nil {
		return
	}
	if a.stale {
		r.Scale = s.scale(effective)
		return
	}
	v := s.sample(a, n, at)
	if v == anew {
		s.begin(n, pool, at)
		s.drops = drops
	} else if s.roll(n, pool, rate, at, d.options.LossWindow) {
		a.Contradictions++
	}
	if v != duplicate {
		s.count(n, pool)
	}
	if more := drops - s.drops; more < 1<<31 && v != duplicate && v != late {
		a.Drops += uint64(more)
		s.drops = drops
	}
	r.Scale = s.scale(effective)
}

// sample takes a sample's sequence number into account. A source that has not been heard since its agent restarted
// starts anew, too.
func (s *source) sample(a *Agent, n uint32, at int64) verdict {
	if s.epoch != a.epoch {
		s.epoch = a.epoch
		if s.begun {
			s.restart(n)
			return anew
		}
	}
	return s.arrive(n, at)
}

// discardSample decodes a discarded packet: every one that the device's rate limit let through, unsampled.
func (d *Decoder) discardSample(a *Agent, c *cursor) {
	n, class, index, drops := c.u32(), c.u32(), c.u32(), c.u32()
	in, out := port{portSingle, c.u32()}, port{portSingle, c.u32()}
	reason, records := DropReason(c.u32()), c.u32()
	if c.short {
		d.fail(SampleShort)
		return
	}
	d.stats.Discards++
	d.stats.DiscardReasons[reason.Ordinal()]++
	d.newRecord(a)
	r := &d.record
	if s := d.source(a, newSourceKey(discardSource, class, index), a.Heard); s != nil && !a.stale {
		if s.sample(a, n, a.Heard) == anew {
			s.drops = drops
		} else if more := drops - s.drops; more < 1<<31 {
			a.Drops += uint64(more)
			s.drops = drops
		}
	}
	in.setIn(r)
	out.setOut(r)
	r.Direction = direction(class, index, in, out)
	setDropped(r, reason)
	d.packetRecords(c, records)
	d.sink.Discard(a, reason, r)
}
