// Package pdu is SNMP on the wire: messages of v1, v2c and v3 (RFC 1157, 1901, 3412, 3414, 3416) from and to bytes,
// without copying. It knows neither sockets nor keys.
package pdu

import "errors"

// ErrMalformed is a message that is not BER, not SNMP, or cut short.
var ErrMalformed = errors.New("malformed SNMP message")

// Version is msgVersion.
type Version int

// The versions of SNMP.
const (
	V1  Version = 0
	V2c Version = 1
	V3  Version = 3
)

// Kind is the tag of a PDU.
type Kind byte

// The kinds of PDU that a manager sends or meets.
const (
	Get      Kind = 0xa0
	GetNext  Kind = 0xa1
	Response Kind = 0xa2
	TrapV1   Kind = 0xa4 // read by ParseTrapV1
	GetBulk  Kind = 0xa5
	Inform   Kind = 0xa6
	Trap     Kind = 0xa7
	Report   Kind = 0xa8
)

func (k Kind) known() bool { return k >= Get && k <= Response || k >= GetBulk && k <= Report }

// Status is an error-status (RFC 3416 §3).
type Status int

// The error statuses that a read can meet.
const (
	NoError             Status = 0
	TooBig              Status = 1
	NoSuchName          Status = 2
	GenErr              Status = 5
	NoAccess            Status = 6
	ResourceUnavailable Status = 13
	AuthorizationError  Status = 16
)

func (s Status) String() string {
	switch s {
	case NoError:
		return "noError"
	case TooBig:
		return "tooBig"
	case NoSuchName:
		return "noSuchName"
	case GenErr:
		return "genErr"
	case NoAccess:
		return "noAccess"
	case ResourceUnavailable:
		return "resourceUnavailable"
	case AuthorizationError:
		return "authorizationError"
	}
	return "another error status"
}

// Reply is a PDU that came in. Its varbinds refer to the buffer it was read from. Requests have the same shape: in a
// GetBulk, Status and ErrorIndex hold non-repeaters and max-repetitions.
type Reply struct {
	Kind       Kind
	RequestID  int32
	Status     Status
	ErrorIndex int // 1 is the first varbind; 0 none
	list       []byte
}

// Next takes the next varbind. At the end, and at the first one that is damaged, it returns false; Damaged tells which.
func (r *Reply) Next() (Varbind, bool) {
	one, rest, ok := field(r.list, 0x30)
	if !ok {
		return Varbind{}, false
	}
	name, value, ok := field(one, byte(ObjectIdentifier))
	if !ok || !OID(name).Valid() {
		return Varbind{}, false
	}
	tag, raw, tail, ok := tlv(value)
	if !ok || len(tail) != 0 {
		return Varbind{}, false
	}
	r.list = rest
	return Varbind{OID: name, Type: Type(tag), Value: raw}, true
}

// Varbinds returns the varbinds that Next has not taken, as BER.
func (r *Reply) Varbinds() []byte { return r.list }

// Damaged reports whether varbinds are left that Next could not read.
func (r *Reply) Damaged() bool { return len(r.list) > 0 }

// Community is a v1 or v2c message.
type Community struct {
	Version   Version
	Community []byte
	Reply     Reply
}

// PeekVersion tells the version of a message.
func PeekVersion(b []byte) (Version, bool) {
	body, _, ok := field(b, 0x30)
	if !ok {
		return 0, false
	}
	v, _, ok := integer(body)
	return Version(v), ok
}

// ParseCommunity reads a v1 or v2c message.
func ParseCommunity(b []byte) (m Community, err error) {
	body, _, ok := field(b, 0x30)
	if !ok {
		return m, ErrMalformed
	}
	v, body, ok := integer(body)
	if !ok || Version(v) != V1 && Version(v) != V2c {
		return m, ErrMalformed
	}
	m.Version = Version(v)
	if m.Community, body, ok = field(body, byte(OctetString)); !ok {
		return m, ErrMalformed
	}
	m.Reply, err = parseReply(body)
	return m, err
}

func parseReply(b []byte) (r Reply, err error) {
	tag, body, _, ok := tlv(b)
	if !ok || !Kind(tag).known() {
		return r, ErrMalformed
	}
	id, body, ok1 := integer(body)
	status, body, ok2 := integer(body)
	index, body, ok3 := integer(body)
	list, _, ok4 := field(body, 0x30)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return r, ErrMalformed
	}
	return Reply{Kind: Kind(tag), RequestID: int32(id), Status: Status(status), ErrorIndex: int(index), list: list}, nil
}

// Flags are the msgFlags of v3.
type Flags byte

// The bits of msgFlags.
const (
	FlagAuth       Flags = 1
	FlagPriv       Flags = 2
	FlagReportable Flags = 4
)

// Message3 is a v3 message with the parameters of the user-based security model, as it came: nothing is verified.
type Message3 struct {
	ID       int32
	MaxSize  int64
	Flags    Flags
	EngineID []byte
	Boots    uint32
	Time     uint32
	User     []byte
	Digest   []byte
	DigestAt int // offset of Digest in the message
	Salt     []byte
	Data     []byte // the scoped PDU: its contents, or ciphertext if Flags has FlagPriv
}

// usm is the msgSecurityModel of RFC 3414.
const usm = 3

// ParseMessage3 reads the outside of a v3 message.
func ParseMessage3(b []byte) (m Message3, err error) {
	body, _, ok := field(b, 0x30)
	if !ok {
		return m, ErrMalformed
	}
	v, body, ok := integer(body)
	if !ok || Version(v) != V3 {
		return m, ErrMalformed
	}
	global, body, ok := field(body, 0x30)
	if !ok || !m.parseGlobal(global) {
		return m, ErrMalformed
	}
	security, body, ok := field(body, byte(OctetString))
	if !ok || !m.parseSecurity(security) {
		return m, ErrMalformed
	}
	m.DigestAt = cap(b) - cap(m.Digest)
	tag := byte(0x30)
	if m.Flags&FlagPriv != 0 {
		tag = byte(OctetString)
	}
	if m.Data, _, ok = field(body, tag); !ok {
		return m, ErrMalformed
	}
	return m, nil
}

func (m *Message3) parseGlobal(b []byte) bool {
	id, b, ok1 := integer(b)
	size, b, ok2 := integer(b)
	flags, b, ok3 := field(b, byte(OctetString))
	model, _, ok4 := integer(b)
	if !ok1 || !ok2 || !ok3 || !ok4 || len(flags) != 1 || model != usm {
		return false
	}
	m.ID, m.MaxSize, m.Flags = int32(id), size, Flags(flags[0])
	return true
}

func (m *Message3) parseSecurity(b []byte) bool {
	b, _, ok := field(b, 0x30)
	if !ok {
		return false
	}
	var boots, clock int64
	var ok1, ok2, ok3, ok4, ok5, ok6 bool
	m.EngineID, b, ok1 = field(b, byte(OctetString))
	boots, b, ok2 = integer(b)
	clock, b, ok3 = integer(b)
	m.User, b, ok4 = field(b, byte(OctetString))
	m.Digest, b, ok5 = field(b, byte(OctetString))
	m.Salt, _, ok6 = field(b, byte(OctetString))
	m.Boots, m.Time = uint32(boots), uint32(clock)
	return ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && boots >= 0 && clock >= 0 && len(m.EngineID) <= 32
}

// Scoped is a scoped PDU (RFC 3412 §6).
type Scoped struct {
	ContextEngineID, ContextName []byte
	Reply                        Reply
}

// ParseScoped reads the contents of a scoped PDU.
func ParseScoped(b []byte) (s Scoped, err error) {
	var ok1, ok2 bool
	s.ContextEngineID, b, ok1 = field(b, byte(OctetString))
	s.ContextName, b, ok2 = field(b, byte(OctetString))
	if !ok1 || !ok2 {
		return s, ErrMalformed
	}
	s.Reply, err = parseReply(b)
	return s, err
}

// ParseScopedPlaintext reads a decrypted scoped PDU, header included; the cipher's padding may follow it.
func ParseScopedPlaintext(b []byte) (Scoped, error) {
	body, _, ok := field(b, 0x30)
	if !ok {
		return Scoped{}, ErrMalformed
	}
	return ParseScoped(body)
}
