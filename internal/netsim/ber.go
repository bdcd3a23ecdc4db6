package netsim

import (
	"errors"
	"math"
)

// BER tags that SNMP uses (RFC 3416 §3, RFC 2578 §7.1).
const (
	tagInteger        = 0x02
	tagOctets         = 0x04
	tagNull           = 0x05
	tagOID            = 0x06
	tagSequence       = 0x30
	tagIPAddress      = 0x40
	tagCounter32      = 0x41
	tagGauge32        = 0x42
	tagTimeTicks      = 0x43
	tagCounter64      = 0x46
	tagNoSuchObject   = 0x80
	tagNoSuchInstance = 0x81
	tagEndOfMIB       = 0x82
)

// PDU types.
const (
	pduGet      = 0xa0
	pduGetNext  = 0xa1
	pduResponse = 0xa2
	pduSet      = 0xa3
	pduGetBulk  = 0xa5
)

// maxOID is how many sub-identifiers an OBJECT IDENTIFIER may have (RFC 2578 §3.5).
const maxOID = 128

// errMalformed is all that an agent says of a message that is not BER: it drops it.
var errMalformed = errors.New("malformed message")

// oid is an OBJECT IDENTIFIER.
type oid []uint32

// request is an SNMPv1 or v2c request.
type request struct {
	version    int64 // 0: v1, 1: v2c
	community  []byte
	pdu        byte
	id         int64
	nonRepeat  int64 // error-status in other PDUs than GetBulk
	maxRepeats int64 // error-index in other PDUs than GetBulk
	names      []oid
}

// parseRequest reads a message. Varbind values are skipped: requests carry none that matter.
func parseRequest(b []byte) (r request, err error) {
	m := reader{b}
	msg := m.enter(tagSequence)
	r.version = msg.integer()
	r.community = msg.element(tagOctets)
	pdu := msg.any(&r.pdu)
	r.id, r.nonRepeat, r.maxRepeats = pdu.integer(), pdu.integer(), pdu.integer()
	list := pdu.enter(tagSequence)
	for len(list.b) > 0 {
		bind := list.enter(tagSequence)
		name := bind.oid()
		var tag byte
		bind.any(&tag)
		if name == nil || bind.b == nil {
			return r, errMalformed
		}
		r.names = append(r.names, name)
	}
	if list.b == nil || r.community == nil {
		return r, errMalformed
	}
	return r, nil
}

// reader walks BER elements. After an error its rest is nil and stays so, and what it returns is empty; an element
// that is rightly empty is never nil.
type reader struct{ b []byte }

// any takes the next element, whatever its tag.
func (r *reader) any(tag *byte) reader {
	if len(r.b) < 2 {
		r.b = nil
		return reader{}
	}
	*tag = r.b[0]
	n, rest := int(r.b[1]), r.b[2:]
	if n >= 0x80 {
		octets := n & 0x7f
		if octets == 0 || octets > 4 || octets > len(rest) {
			r.b = nil
			return reader{}
		}
		n = 0
		for _, o := range rest[:octets] {
			n = n<<8 | int(o)
		}
		rest = rest[octets:]
	}
	if n < 0 || n > len(rest) {
		r.b = nil
		return reader{}
	}
	r.b = rest[n:]
	return reader{rest[:n]}
}

// enter takes the next element if it has the tag.
func (r *reader) enter(want byte) reader {
	var tag byte
	e := r.any(&tag)
	if tag != want {
		r.b = nil
		return reader{}
	}
	return e
}

func (r *reader) element(want byte) []byte { return r.enter(want).b }

func (r *reader) integer() int64 {
	e := r.element(tagInteger)
	if len(e) == 0 || len(e) > 8 {
		r.b = nil
		return 0
	}
	v := int64(int8(e[0]))
	for _, o := range e[1:] {
		v = v<<8 | int64(o)
	}
	return v
}

// oid returns nil on an error.
func (r *reader) oid() oid {
	e := r.element(tagOID)
	if len(e) == 0 || e[len(e)-1]&0x80 != 0 {
		return nil
	}
	var o oid
	var v uint64
	for _, c := range e {
		v = v<<7 | uint64(c&0x7f)
		switch {
		case v > math.MaxUint32 || len(o) > maxOID:
			return nil
		case c&0x80 != 0:
			continue
		case o == nil: // the first two share one: X·40 + Y, where X is at most 2
			x := min(v/40, 2)
			o = append(o, uint32(x), uint32(v-40*x))
		default:
			o = append(o, uint32(v))
		}
		v = 0
	}
	return o
}

// value is what a varbind holds: an integer of whichever tag, octets, or a name.
type value struct {
	tag    byte
	number uint64 // two's complement for tagInteger
	octets []byte
	name   oid
}

func integer(v int64) value     { return value{tag: tagInteger, number: uint64(v)} }
func text(s string) value       { return value{tag: tagOctets, octets: []byte(s)} }
func octets(b []byte) value     { return value{tag: tagOctets, octets: b} }
func name(o oid) value          { return value{tag: tagOID, name: o} }
func counter32(v uint64) value  { return value{tag: tagCounter32, number: v & math.MaxUint32} }
func counter64(v uint64) value  { return value{tag: tagCounter64, number: v} }
func gauge32(v uint64) value    { return value{tag: tagGauge32, number: min(v, math.MaxUint32)} }
func timeTicks(v uint64) value  { return value{tag: tagTimeTicks, number: v & math.MaxUint32} }
func ipAddress(a [4]byte) value { return value{tag: tagIPAddress, octets: a[:]} }

// appendVarbind appends SEQUENCE {name, value}.
func appendVarbind(b []byte, o oid, v value) []byte {
	inner := appendElement(nil, tagOID, appendOID(nil, o))
	inner = appendElement(inner, v.tag, v.content())
	return appendElement(b, tagSequence, inner)
}

func (v value) content() []byte {
	switch v.tag {
	case tagInteger:
		return appendInteger(nil, int64(v.number))
	case tagCounter32, tagGauge32, tagTimeTicks, tagCounter64:
		return appendUnsigned(nil, v.number)
	case tagOID:
		return appendOID(nil, v.name)
	default:
		return v.octets
	}
}

func appendElement(b []byte, tag byte, content []byte) []byte {
	b = append(b, tag)
	switch n := len(content); {
	case n < 0x80:
		b = append(b, byte(n))
	case n <= 0xff:
		b = append(b, 0x81, byte(n))
	default:
		b = append(b, 0x82, byte(n>>8), byte(n)) // no message of ours reaches 64 KiB
	}
	return append(b, content...)
}

// appendInteger appends the shortest two's complement of v.
func appendInteger(b []byte, v int64) []byte {
	n := 1
	for n < 8 && (v < -(1<<(8*n-1)) || v >= 1<<(8*n-1)) {
		n++
	}
	for n--; n >= 0; n-- {
		b = append(b, byte(v>>(8*n)))
	}
	return b
}

// appendUnsigned appends the shortest positive two's complement of v, 9 bytes for those from 2⁶³ up.
func appendUnsigned(b []byte, v uint64) []byte {
	if v > math.MaxInt64 {
		b = append(b, 0)
		for n := 7; n >= 0; n-- {
			b = append(b, byte(v>>(8*n)))
		}
		return b
	}
	return appendInteger(b, int64(v))
}

func appendOID(b []byte, o oid) []byte {
	if len(o) < 2 {
		return append(b, 0)
	}
	b = appendSubidentifier(b, uint64(o[0])*40+uint64(o[1]))
	for _, s := range o[2:] {
		b = appendSubidentifier(b, uint64(s))
	}
	return b
}

func appendSubidentifier(b []byte, v uint64) []byte {
	for shift := 28 + 7; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			b = append(b, byte(v>>shift)|0x80)
		}
	}
	return append(b, byte(v)&0x7f)
}
