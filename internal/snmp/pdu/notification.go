package pdu

import "encoding/binary"

// Notification is a Trap-PDU of v1 (RFC 1157 §4.1.6), which has a shape of its own.
type Notification struct {
	Community  []byte
	Enterprise OID
	Agent      [4]byte // agent-addr; all zero: not told
	Generic    int64   // generic-trap: 0 to 5 are well known, 6 is the enterprise's own
	Specific   int64   // specific-trap, where Generic is 6
	Uptime     uint32  // time-stamp: sysUpTime in hundredths of a second
	Reply      Reply   // its varbinds
}

// PeekKind tells the kind of PDU in a v1 or v2c message.
func PeekKind(b []byte) (Kind, bool) {
	body, _, ok := field(b, 0x30)
	if !ok {
		return 0, false
	}
	if _, body, ok = integer(body); !ok {
		return 0, false
	}
	if _, body, ok = field(body, byte(OctetString)); !ok || len(body) == 0 {
		return 0, false
	}
	return Kind(body[0]), true
}

// ParseTrapV1 reads a v1 message that holds a Trap-PDU.
func ParseTrapV1(b []byte) (n Notification, err error) {
	body, _, ok := field(b, 0x30)
	if !ok {
		return n, ErrMalformed
	}
	v, body, ok := integer(body)
	if !ok || Version(v) != V1 {
		return n, ErrMalformed
	}
	if n.Community, body, ok = field(body, byte(OctetString)); !ok {
		return n, ErrMalformed
	}
	if body, _, ok = field(body, byte(TrapV1)); !ok || !n.parse(body) {
		return n, ErrMalformed
	}
	return n, nil
}

func (n *Notification) parse(b []byte) bool {
	enterprise, b, ok1 := field(b, byte(ObjectIdentifier))
	agent, b, ok2 := field(b, byte(IPAddress))
	var ok3, ok4 bool
	n.Generic, b, ok3 = integer(b)
	n.Specific, b, ok4 = integer(b)
	uptime, b, ok5 := field(b, byte(TimeTicks))
	list, _, ok6 := field(b, 0x30)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || len(agent) != 4 || !OID(enterprise).Valid() {
		return false
	}
	ticks, ok := Varbind{Type: TimeTicks, Value: uptime}.Uint()
	n.Enterprise, n.Uptime, n.Reply = OID(enterprise), uint32(ticks), Reply{Kind: TrapV1, list: list}
	copy(n.Agent[:], agent)
	return ok && n.Generic >= 0 && n.Generic <= 6 && n.Specific >= 0
}

// AppendVarbind appends one varbind of at most 127 bytes with an unsigned value, as reports have it.
func AppendVarbind(dst []byte, name OID, t Type, v uint32) []byte {
	var value [5]byte
	binary.BigEndian.PutUint32(value[1:], v)
	n := UintWidth(uint64(v))
	dst = append(dst, 0x30, byte(len(name)+n+4), byte(ObjectIdentifier), byte(len(name)))
	dst = append(dst, name...)
	dst = append(dst, byte(t), byte(n))
	return append(dst, value[5-n:]...)
}
