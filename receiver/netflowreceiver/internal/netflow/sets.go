package netflow

import (
	"net/netip"

	"github.com/netcol-io/netcol/internal/flow"
)

const (
	headerV9    = 20
	headerIPFIX = 16
	setHeader   = 4
	firstDataID = 256
)

// datagramV9 decodes a NetFlow v9 export packet (RFC 3954 §5.1).
func (d *Decoder) datagramV9(m *message, src netip.AddrPort, b []byte) {
	if len(b) < headerV9 {
		d.wrong(TooShort)
		return
	}
	m.uptime, m.hasUptime = be.Uint32(b[4:]), true
	s := d.stream(m, src, be.Uint32(b[16:]))
	if s == nil {
		return
	}
	d.clock(m, int64(be.Uint32(b[8:]))*1e9)
	if s.rebooted(m) {
		s.seq.restart()
		s.distrust()
	}
	records, data, ok := d.sets(m, b[headerV9:], 0, 1)
	if ok && records != int(be.Uint16(b[2:])) {
		d.counters.CountMismatches++
	}
	s.seq.packet(be.Uint32(b[12:]), uint32(data), uint32(be.Uint16(b[2:])), ok, m.now)
}

// datagramIPFIX decodes the IPFIX message (RFC 7011 §3.1) of a datagram; should there be several, all of them.
func (d *Decoder) datagramIPFIX(m *message, src netip.AddrPort, b []byte) {
	for {
		if len(b) < headerIPFIX {
			d.wrong(TooShort)
			return
		}
		length := int(be.Uint16(b[2:]))
		if length < headerIPFIX {
			d.wrong(MessageLength)
			return
		}
		if length > len(b) {
			d.wrong(MessageLength) // its whole sets are salvaged
			length = len(b)
		}
		if !d.messageIPFIX(m, src, b[:length]) {
			return
		}
		if b = b[length:]; len(b) == 0 {
			return
		}
		if len(b) < 2 || be.Uint16(b) != 10 {
			d.wrong(TrailingBytes)
			return
		}
	}
}

func (d *Decoder) messageIPFIX(m *message, src netip.AddrPort, b []byte) bool {
	s := d.stream(m, src, be.Uint32(b[12:]))
	if s == nil {
		return false
	}
	m.offset = 0
	d.clock(m, int64(be.Uint32(b[4:]))*1e9)
	m.seq = be.Uint32(b[8:])
	damage, misses := d.damage, d.counters.TemplateMisses
	_, data, ok := d.sets(m, b[headerIPFIX:], 2, 3)
	if ok {
		s.seq.advance(m.seq, uint32(data), m.now)
		return true
	}
	waiting := s.heldOf(m)
	epoch := s.seq.wait(m.seq, uint32(data), len(waiting), d.damage != damage || uint64(len(waiting)) != d.counters.TemplateMisses-misses)
	for i := range waiting {
		waiting[i].message.epoch = epoch
	}
	return true
}

// sets decodes the sets of a message, each by itself. It returns how many records there were and how many of them
// were data; ok is false if some could not be counted, for want of a template or because of damage.
func (d *Decoder) sets(m *message, b []byte, templateSet, optionsSet uint16) (records, data int, ok bool) {
	ok = true
	for len(b) >= setHeader {
		id, length := be.Uint16(b), int(be.Uint16(b[2:]))
		if length < setHeader {
			if id == 0 && length == 0 {
				return records, data, ok // padding of the datagram
			}
			d.wrong(SetLength)
			return records, data, false
		}
		if length > len(b) {
			d.wrong(SetTruncated)
			return records, data, false
		}
		body := b[setHeader:length]
		switch {
		case id >= firstDataID:
			n, decided := d.dataSet(m, id, body)
			records, data, ok = records+n, data+n, ok && decided
		case id == templateSet:
			records += d.templateSet(m, body, false)
		case id == optionsSet:
			records += d.templateSet(m, body, true)
		default:
			d.wrong(ReservedSet)
			ok = false
		}
		b = b[length:]
	}
	return records, data, ok
}

// dataSet decodes the records of a data set; undecided if its template is not known.
func (d *Decoder) dataSet(m *message, id uint16, b []byte) (records int, decided bool) {
	t := d.template(m.stream, id)
	if t != nil && t.provisional && !t.fits(len(b)) {
		d.counters.ProvisionalRefused++
		t = nil
	}
	if t == nil {
		d.hold(m, id, b)
		return 0, false
	}
	t.used = m.now
	switch {
	case t.options:
		return d.optionsRecords(m, t, b), true
	case t.variable:
		return d.variableRecords(m, t, b)
	}
	for len(b) >= t.length {
		r, f := d.begin(m, t)
		run(t.segments[0].ops, b, r, f)
		d.finish(m, t, r, f)
		b = b[t.length:]
		records++
	}
	return records, true
}

func (d *Decoder) variableRecords(m *message, t *template, b []byte) (records int, decided bool) {
	for len(b) >= t.length {
		r, f := d.begin(m, t)
		n := walk(t.segments, b, r, f)
		if n < 0 {
			d.wrong(RecordTruncated)
			return records, false
		}
		d.finish(m, t, r, f)
		b = b[n:]
		records++
	}
	return records, true
}

// walk executes the segments of a record with variable length fields and returns its length, negative if it reaches
// past the end of b.
func walk(segments []segment, b []byte, r *flow.Record, f *fields) int {
	at := 0
	for i := range segments {
		g := &segments[i]
		if len(b)-at < g.length {
			return -1
		}
		run(g.ops, b[at:], r, f)
		at += g.length
		if !g.isTail {
			continue
		}
		value, n := variableField(b[at:])
		if n < 0 {
			return -1
		}
		if g.tail != skip {
			store(g.tail, value, r, f)
		}
		at += n
	}
	return at
}

// variableField returns the value of the variable length field that b starts with and the octets it takes, its
// length included (RFC 7011 §7); negative if it reaches past the end.
func variableField(b []byte) (value []byte, n int) {
	if len(b) == 0 {
		return nil, -1
	}
	head, length := 1, int(b[0])
	if length == 255 {
		if len(b) < 3 {
			return nil, -1
		}
		head, length = 3, int(be.Uint16(b[1:]))
	}
	if len(b)-head < length {
		return nil, -1
	}
	return b[head : head+length], head + length
}
