package pdu

// Type is the BER tag of a value (RFC 2578, RFC 3416).
type Type byte

// The types of values, and the three exceptions that stand in a value's place.
const (
	Integer          Type = 0x02
	OctetString      Type = 0x04
	Null             Type = 0x05
	ObjectIdentifier Type = 0x06
	IPAddress        Type = 0x40
	Counter32        Type = 0x41
	Gauge32          Type = 0x42
	TimeTicks        Type = 0x43
	Opaque           Type = 0x44
	Counter64        Type = 0x46
	Unsigned32       Type = 0x47
	NoSuchObject     Type = 0x80
	NoSuchInstance   Type = 0x81
	EndOfMIBView     Type = 0x82
)

// Exception reports whether t says that there is no value.
func (t Type) Exception() bool { return t >= NoSuchObject && t <= EndOfMIBView || t == Null }

// Numeric reports whether values of type t are integers.
func (t Type) Numeric() bool {
	switch t {
	case Integer, Counter32, Gauge32, TimeTicks, Counter64, Unsigned32:
		return true
	}
	return false
}

// Varbind is one name and value of a reply. It refers to the reply's buffer.
type Varbind struct {
	OID   OID
	Type  Type
	Value []byte
}

// Uint reads an unsigned value. Agents are forgiven what is unambiguous: a Counter64 in nine bytes, or one whose sign
// bit was left in front, and a 32-bit value that was sign-extended.
func (v Varbind) Uint() (uint64, bool) {
	b := v.Value
	if len(b) == 0 || len(b) > 9 || len(b) == 9 && b[0] != 0 || !v.Type.Numeric() {
		return 0, false
	}
	var x uint64
	for _, c := range b {
		x = x<<8 | uint64(c)
	}
	if v.Type == Counter64 || x <= 1<<32-1 {
		return x, true
	}
	if ones := uint64(1)<<(8*len(b)-32) - 1; len(b) <= 8 && x>>32 == ones {
		return x & (1<<32 - 1), true
	}
	return 0, false
}

// Int reads a signed value (INTEGER, Integer32) of at most eight bytes.
func (v Varbind) Int() (int64, bool) { return signed(v.Value) }

func signed(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	x := int64(int8(b[0]))
	for _, c := range b[1:] {
		x = x<<8 | int64(c)
	}
	return x, true
}

// UintWidth is how many bytes v takes as the contents of a BER integer, 1 to 9.
func UintWidth(v uint64) int {
	n := 1
	for v >= 0x80 {
		v >>= 8
		n++
	}
	return n
}

// tlv splits the first element off b. Lengths are definite and of at most four bytes.
func tlv(b []byte) (tag byte, value, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	n, at := int(b[1]), 2
	if n >= 0x80 {
		k := n & 0x7f
		if k == 0 || k > 4 || len(b) < 2+k {
			return 0, nil, nil, false
		}
		n = 0
		for _, c := range b[2 : 2+k] {
			n = n<<8 | int(c)
		}
		at += k
	}
	if n < 0 || n > len(b)-at {
		return 0, nil, nil, false
	}
	return b[0], b[at : at+n], b[at+n:], true
}

// field splits off an element that must have the given tag.
func field(b []byte, tag byte) (value, rest []byte, ok bool) {
	t, value, rest, ok := tlv(b)
	return value, rest, ok && t == tag
}

// integer splits off an INTEGER that fits 32 bits, signed or not.
func integer(b []byte) (v int64, rest []byte, ok bool) {
	raw, rest, ok := field(b, byte(Integer))
	if !ok {
		return 0, nil, false
	}
	v, ok = signed(raw)
	return v, rest, ok && v >= -1<<31 && v < 1<<32
}
