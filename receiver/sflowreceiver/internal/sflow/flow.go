package sflow

import (
	"encoding/binary"

	"github.com/netcol-io/netcol/internal/flow"
)

// flowSample decodes a flow sample, compact or expanded.
func (d *Decoder) flowSample(a *Agent, c *cursor, expanded bool) {
	h, ok := readFlowHeader(c, expanded)
	if !ok {
		d.fail(SampleShort)
		return
	}
	d.stats.FlowSamples++
	a.FlowSamples++
	d.newRecord(a)
	r := &d.record
	d.resolveSampling(a, &h)
	h.in.setIn(r)
	h.out.setOut(r)
	r.Direction = direction(h.class, h.index, h.in, h.out)
	if d.packetRecords(c, h.records) {
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

// flowHeader is what a flow sample says before its records.
type flowHeader struct {
	sequence, class, index uint32
	rate, pool, drops      uint32
	in, out                port
	records                uint32
}

// Lengths of flow samples' headers.
const (
	flowHeaderLength     = 8 * 4
	expandedHeaderLength = 11 * 4
)

// readFlowHeader reads with one look at the length: there is one of these for each sample.
func readFlowHeader(c *cursor, expanded bool) (h flowHeader, ok bool) {
	u32 := binary.BigEndian.Uint32
	if expanded {
		b, ok := c.fixed(expandedHeaderLength)
		if !ok {
			return h, false
		}
		return flowHeader{
			sequence: u32(b), class: u32(b[4:]), index: u32(b[8:]), rate: u32(b[12:]), pool: u32(b[16:]), drops: u32(b[20:]),
			in: port{u32(b[24:]), u32(b[28:])}, out: port{u32(b[32:]), u32(b[36:])}, records: u32(b[40:]),
		}, true
	}
	b, ok := c.fixed(flowHeaderLength)
	if !ok {
		return h, false
	}
	source := u32(b[4:])
	return flowHeader{
		sequence: u32(b), class: source >> 24, index: source & 0xffffff, rate: u32(b[8:]), pool: u32(b[12:]), drops: u32(b[16:]),
		in: compactPort(u32(b[20:])), out: compactPort(u32(b[24:])), records: u32(b[28:]),
	}, true
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
func (d *Decoder) resolveSampling(a *Agent, h *flowHeader) {
	r, at := &d.record, a.Heard
	rate := h.rate
	r.SamplerID, r.SamplingSource = h.index, flow.SamplingRecord
	if a.OverrideRate > 0 {
		rate, r.SamplingSource = a.OverrideRate, flow.SamplingOverride
	}
	a.SamplingRate = rate
	s := d.source(a, newSourceKey(flowSource, h.class, h.index), at)
	if s == nil {
		r.Scale = (&window{}).scale(rate)
		return
	}
	if !a.stale {
		d.account(a, s, h)
	}
	r.Scale = s.scale(rate)
}

// account takes a sample's header into its data source's.
func (d *Decoder) account(a *Agent, s *source, h *flowHeader) {
	v := s.sample(a, h.sequence, a.Heard)
	if v == anew {
		s.begin(h.sequence, h.pool, a.Heard)
		s.drops = h.drops
	} else if s.roll(h.sequence, h.pool, h.rate, a.Heard, d.options.LossWindow) {
		a.Contradictions++
	}
	if v != duplicate {
		s.count(h.sequence, h.pool)
	}
	if more := h.drops - s.drops; more < 1<<31 && v == fresh {
		a.Drops += uint64(more)
		s.drops = h.drops
	}
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
