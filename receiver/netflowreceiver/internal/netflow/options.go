package netflow

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/netcol-io/netcol/internal/flow"
)

// optionValues is one record of options data.
type optionValues struct {
	has     [targets]bool
	number  [targets]uint64
	text    [targets][]byte
	scope   target // the narrowest scope that means something to us, skip: the whole domain
	numbers fields
}

// optionsRecords decodes options data.
func (d *Decoder) optionsRecords(m *message, t *template, b []byte) (records int) {
	for len(b) >= t.length {
		n := d.readOptions(t, b)
		if n < 0 {
			d.wrong(RecordTruncated)
			return records
		}
		d.counters.OptionsRecords++
		d.applyOptions(m, &d.options)
		b = b[n:]
		records++
	}
	return records
}

// readOptions reads one record into d.options and returns its length, negative if it reaches past the end.
func (d *Decoder) readOptions(t *template, b []byte) int {
	o := &d.options
	*o = optionValues{}
	at := 0
	for _, s := range t.specs {
		var value []byte
		if s.length == variable {
			v, n := variableField(b[at:])
			if n < 0 {
				return -1
			}
			value, at = v, at+n
		} else {
			if len(b)-at < int(s.length) {
				return -1
			}
			value, at = b[at:at+int(s.length)], at+int(s.length)
		}
		o.take(s, value)
	}
	return at
}

func (o *optionValues) take(s spec, value []byte) {
	e, ok := lookup(s.id, uint16(min(len(value), variable-1)))
	if !ok || o.has[e.target] && !s.scope {
		return
	}
	o.has[e.target] = true
	o.text[e.target] = value
	if len(value) <= 8 {
		o.number[e.target] = unsigned(value)
	}
	switch e.target {
	case appID, samplingProbability:
		var r flow.Record
		store(e.target, value, &r, &o.numbers)
		if e.target == appID {
			o.number[appID] = r.AppID
		}
	case inInterface, outInterface, samplerID, selectorID:
		if s.scope {
			o.scope = e.target
		}
	}
}

func (d *Decoder) applyOptions(m *message, o *optionValues) {
	s := m.stream
	if o.has[systemInit] {
		s.init = o.number[systemInit]
	}
	d.applyNames(s, o)
	if o.has[exporterAddr4] {
		d.address(s, netip.AddrFrom4([4]byte(o.text[exporterAddr4])))
	}
	if o.has[exporterAddr6] {
		d.address(s, netip.AddrFrom16([16]byte(o.text[exporterAddr6])).Unmap())
	}
	c, ok := announced(o.number[samplingRate], o.number[samplingInterval], o.number[samplingSpace],
		o.number[samplingSize], o.number[samplingPopulation], o.numbers.probability)
	if ok && s.announce(o, c) {
		s.exporter.dirty = true
		s.exporter.generation++
		for _, other := range s.exporter.streams {
			d.release(other)
		}
	}
}

// announce takes a sampling rate for what the record is about and tells whether that is news.
func (s *Stream) announce(o *optionValues, c flow.Scale) bool {
	switch {
	case o.has[samplerID]:
		return put(&s.told.samplers, o.number[samplerID], c)
	case o.has[selectorID]:
		return put(&s.told.samplers, o.number[selectorID], c)
	case o.has[inInterface]:
		return put(&s.told.interfaces, uint32(o.number[inInterface]), c)
	case o.has[outInterface]:
		return put(&s.told.interfaces, uint32(o.number[outInterface]), c)
	case s.told.domain != c:
		s.told.domain = c
		return true
	}
	return false
}

// text cleans a name as exporters send it: padded with zeros or spaces, of fixed length, and cut anywhere.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	if len(b) > maxName {
		b = b[:maxName]
	}
	s := strings.TrimSpace(string(b))
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

// maxName bounds a name's octets.
const maxName = 256
