package pdu

import (
	"fmt"
	"strconv"
	"strings"
)

// OID is an object identifier as BER writes it, without tag and length (X.690 §8.19). It is comparable by bytes for
// equality and for prefixes; Compare gives the order of a MIB walk.
type OID []byte

// maxSubBytes is how many bytes a 32-bit sub-identifier (RFC 2578 §3.5) can take.
const maxSubBytes = 5

// ParseOID reads dotted decimal notation, with or without a leading dot.
func ParseOID(s string) (OID, error) {
	parts := strings.Split(strings.TrimPrefix(s, "."), ".")
	if len(parts) < 2 || len(parts) > 128 {
		return nil, fmt.Errorf("object identifier %q: want 2 to 128 numbers with dots between them, as 1.3.6.1.2.1.1.3.0", s)
	}
	subs := make([]uint32, len(parts))
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("object identifier %q: %q is not a number from 0 to 4294967295", s, p)
		}
		subs[i] = uint32(v)
	}
	if subs[0] > 2 || subs[0] < 2 && subs[1] > 39 || subs[1] > 4294967295-80 {
		return nil, fmt.Errorf("object identifier %q: no such arc %d.%d", s, subs[0], subs[1])
	}
	out := AppendSub(make([]byte, 0, len(parts)+8), subs[0]*40+subs[1])
	for _, v := range subs[2:] {
		out = AppendSub(out, v)
	}
	return out, nil
}

// MustOID is ParseOID for identifiers that the source spells out; it panics on a mistake.
func MustOID(s string) OID {
	o, err := ParseOID(s)
	if err != nil {
		panic(err)
	}
	return o
}

// AppendSub appends one sub-identifier.
func AppendSub(dst []byte, v uint32) []byte {
	switch {
	case v < 1<<7:
		return append(dst, byte(v))
	case v < 1<<14:
		return append(dst, byte(v>>7)|0x80, byte(v&0x7f))
	}
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			dst = append(dst, byte(v>>shift)|0x80)
		}
	}
	return append(dst, byte(v&0x7f))
}

// Sub reads the first sub-identifier of b and how many bytes it took; 0 bytes means b is empty or not minimal BER.
func Sub(b []byte) (v uint32, n int) {
	if len(b) == 0 || b[0] == 0x80 {
		return 0, 0
	}
	var x uint64
	for i, c := range b {
		if i == maxSubBytes {
			return 0, 0
		}
		x = x<<7 | uint64(c&0x7f)
		if c < 0x80 {
			if x > 1<<32-1 {
				return 0, 0
			}
			return uint32(x), i + 1
		}
	}
	return 0, 0
}

// Valid reports whether o is minimal BER of 32-bit sub-identifiers, which Compare relies on.
func (o OID) Valid() bool {
	if len(o) == 0 || o[len(o)-1] >= 0x80 {
		return false
	}
	run := 0
	for _, c := range o {
		switch {
		case c < 0x80:
			run = 0
		case c == 0x80 && run == 0, run == maxSubBytes-1:
			return false
		default:
			run++
		}
	}
	return true
}

// HasPrefix reports whether o lies under prefix (or is it).
func (o OID) HasPrefix(prefix OID) bool {
	return len(o) >= len(prefix) && string(o[:len(prefix)]) == string(prefix)
}

// Compare orders valid identifiers (or index suffixes) as a MIB walk meets them.
func Compare(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for i < n && a[i] == b[i] {
		i++
	}
	if i == n {
		return len(a) - len(b)
	}
	// Back to where the differing sub-identifier starts: a longer one is a greater one.
	for i > 0 && a[i-1] >= 0x80 {
		i--
	}
	la, lb := subLen(a[i:]), subLen(b[i:])
	if la != lb {
		return la - lb
	}
	for k := i; ; k++ {
		if a[k] != b[k] {
			return int(a[k]) - int(b[k])
		}
	}
}

func subLen(b []byte) int {
	for i, c := range b {
		if c < 0x80 {
			return i + 1
		}
	}
	return len(b)
}

// Subs decodes o into its numbers. It returns false for what is not valid.
func (o OID) Subs() ([]uint32, bool) {
	first, n := Sub(o)
	if n == 0 {
		return nil, false
	}
	top := min(first/40, 2)
	out := []uint32{top, first - 40*top}
	rest, ok := Index(o[n:]).Subs()
	return append(out, rest...), ok
}

// String gives dotted decimal notation without a leading dot.
func (o OID) String() string {
	subs, ok := o.Subs()
	if !ok {
		return fmt.Sprintf("invalid(%x)", []byte(o))
	}
	return dotted(subs)
}

// Index is the part of an instance's identifier behind its column: which row it belongs to.
type Index []byte

// Subs decodes the index into its numbers. It returns false for what is not valid.
func (x Index) Subs() ([]uint32, bool) {
	var out []uint32
	for len(x) > 0 {
		v, n := Sub(x)
		if n == 0 {
			return out, false
		}
		out, x = append(out, v), x[n:]
	}
	return out, true
}

// Uint32 is the value of an index of exactly one number, such as ifIndex.
func (x Index) Uint32() (uint32, bool) {
	v, n := Sub(x)
	return v, n > 0 && n == len(x)
}

// String gives dotted decimal notation.
func (x Index) String() string {
	subs, _ := x.Subs()
	return dotted(subs)
}

func dotted(subs []uint32) string {
	out := make([]byte, 0, 4*len(subs))
	for i, v := range subs {
		if i > 0 {
			out = append(out, '.')
		}
		out = strconv.AppendUint(out, uint64(v), 10)
	}
	return string(out)
}
