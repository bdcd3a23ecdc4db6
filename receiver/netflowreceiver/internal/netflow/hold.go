package netflow

import (
	"bytes"
	"math"
)

// heldSet is a data set whose template has not come yet, with the context of its message.
type heldSet struct {
	message message
	id      uint16
	body    []byte
}

// missing is a template that data waits for: since its first set, until its last.
type missing struct{ first, last int64 }

// maxMissing bounds the template ids that one stream is said to miss.
const maxMissing = 256

// heldCost is what a held set occupies beside its octets.
const heldCost = 160

// reserve takes n octets (gives back, if negative) of what may be held for x and for all; false: there are not as many.
func (d *Decoder) reserve(x *exporter, n int) bool {
	if n > 0 && (x.heldBytes+n > d.limits.HeldBytes || d.heldBytes+n > d.limits.AllHeldBytes) {
		return false
	}
	x.heldBytes += n
	d.heldBytes += n
	return true
}

// hold keeps a data set until its template comes.
func (d *Decoder) hold(m *message, id uint16, b []byte) {
	s := m.stream
	d.counters.TemplateMisses++
	if since, ok := s.missing[id]; ok || len(s.missing) < maxMissing {
		if s.missing == nil {
			s.missing = map[uint16]missing{}
		}
		if !ok {
			since.first = m.now
		}
		since.last = m.now
		s.missing[id] = since
	}
	if !d.reserve(s.exporter, len(b)+heldCost) {
		d.counters.DroppedSets++
		return
	}
	d.counters.HeldSets++
	s.held = append(s.held, heldSet{message: *m, id: id, body: bytes.Clone(b)})
}

// heldOf returns the sets that were held last, of the message m.
func (s *Stream) heldOf(m *message) []heldSet {
	i := len(s.held)
	for i > 0 && s.held[i-1].message.epoch == 0 && s.held[i-1].message.seq == m.seq {
		i--
	}
	return s.held[i:]
}

// replay decodes what ports of an observation domain hold for id, which one of them defined.
func (d *Decoder) replay(o *domain, id uint16) {
	for _, s := range o.streams {
		if _, ok := s.missing[id]; ok || len(s.missing) == maxMissing && len(s.held) != 0 {
			d.replayStream(s, id)
		}
	}
}

func (d *Decoder) replayStream(s *Stream, id uint16) {
	t := d.template(s, id)
	if t == nil {
		return
	}
	if !t.provisional {
		delete(s.missing, id)
	}
	held := s.held
	s.held = nil // what is held anew meanwhile goes to a new list
	for i := range held {
		h := &held[i]
		if h.id != id || t.provisional && !t.fits(len(h.body)) {
			s.held = append(s.held, *h)
			continue
		}
		d.reserve(s.exporter, -len(h.body)-heldCost)
		n, counted := d.dataSet(&h.message, h.id, h.body)
		s.seq.resolve(h.message.epoch, h.message.seq, uint32(n), counted)
		d.counters.ReplayedSets++
		d.counters.ReplayedRecords += uint64(n)
	}
}

// expireSets drops what has waited too long for its template.
func (d *Decoder) expireSets(s *Stream, now int64) {
	due := now - int64(d.limits.HoldSets)
	n := 0
	for n < len(s.held) && s.held[n].message.now <= due {
		n++
	}
	d.dropSets(s, n)
	for id, m := range s.missing {
		if m.last <= due {
			delete(s.missing, id)
		}
	}
}

func (d *Decoder) dropHeld(s *Stream) { d.dropSets(s, math.MaxInt) }

// dropSets drops the n oldest held sets.
func (d *Decoder) dropSets(s *Stream, n int) {
	n = min(n, len(s.held))
	for i := range n {
		d.reserve(s.exporter, -len(s.held[i].body)-heldCost)
		s.seq.resolve(s.held[i].message.epoch, s.held[i].message.seq, 0, false)
		s.held[i] = heldSet{}
	}
	d.counters.DroppedSets += uint64(n)
	if s.held = s.held[n:]; len(s.held) == 0 {
		s.held = nil
	}
}
