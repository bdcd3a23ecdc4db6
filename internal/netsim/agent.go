package netsim

import (
	"slices"
	"time"
)

// DefaultMaxReply is the UDP payload of an IPv4 packet on Ethernet: no agent here answers with more.
const DefaultMaxReply = 1472

// SNMP error-status values.
const (
	errTooBig      = 1
	errNoSuchName  = 2
	errNotWritable = 17
)

const (
	version1  = 0
	version2c = 1
)

// entry is one object instance of an agent.
type entry struct {
	name  oid
	value func(now time.Time) value
}

// agent answers SNMPv1 and v2c requests from a sorted list of instances. It is pure: its caller holds whatever lock
// the values need.
type agent struct {
	community string
	maxReply  int
	entries   []entry // sorted by name
}

func newAgent(community string, maxReply int, entries []entry) *agent {
	slices.SortFunc(entries, func(a, b entry) int { return slices.Compare(a.name, b.name) })
	return &agent{community: community, maxReply: maxReply, entries: entries}
}

// answer returns the reply to a request, nil if an agent would stay silent: what is malformed, in another version or
// with another community.
func (a *agent) answer(message []byte, now time.Time) []byte {
	r, err := parseRequest(message)
	if err != nil || r.version != version1 && r.version != version2c || string(r.community) != a.community {
		return nil
	}
	switch {
	case r.pdu == pduGet:
		return a.each(r, now, a.get)
	case r.pdu == pduGetNext:
		return a.each(r, now, a.next)
	case r.pdu == pduGetBulk && r.version == version2c:
		return a.bulk(r, now)
	case r.pdu == pduSet && r.version == version1:
		return a.fail(r, errNoSuchName, 1)
	case r.pdu == pduSet:
		return a.fail(r, errNotWritable, 1)
	}
	return nil
}

// get returns the instance with that name, next the one after it; both an exception value if there is none. v1 has no
// Counter64: GetNext passes over it (RFC 3584 §4.2.2.1).
func (a *agent) get(r request, o oid, now time.Time) (oid, value) {
	i, ok := a.find(o)
	if !ok {
		return o, value{tag: a.missing(o, i)}
	}
	v := a.entries[i].value(now)
	if r.version == version1 && v.tag == tagCounter64 {
		return o, value{tag: tagNoSuchInstance}
	}
	return o, v
}

func (a *agent) next(r request, o oid, now time.Time) (oid, value) {
	i, ok := a.find(o)
	if ok {
		i++
	}
	for ; i < len(a.entries); i++ {
		v := a.entries[i].value(now)
		if r.version != version1 || v.tag != tagCounter64 {
			return a.entries[i].name, v
		}
	}
	return o, value{tag: tagEndOfMIB}
}

func (a *agent) find(o oid) (int, bool) {
	return slices.BinarySearchFunc(a.entries, o, func(e entry, o oid) int { return slices.Compare(e.name, o) })
}

// missing tells an instance that does not exist of an object that does from an object that does not: does a
// neighbour of where o would stand share all but its last sub-identifier?
func (a *agent) missing(o oid, at int) byte {
	if len(o) > 1 {
		column := o[:len(o)-1]
		for _, i := range []int{at - 1, at} {
			if i >= 0 && i < len(a.entries) && len(a.entries[i].name) >= len(column) && slices.Equal(a.entries[i].name[:len(column)], column) {
				return tagNoSuchInstance
			}
		}
	}
	return tagNoSuchObject
}

// each answers a Get or GetNext: every name has its varbind, or the whole request fails.
func (a *agent) each(r request, now time.Time, one func(request, oid, time.Time) (oid, value)) []byte {
	var binds []byte
	for i, o := range r.names {
		name, v := one(r, o, now)
		if r.version == version1 && isException(v.tag) {
			return a.fail(r, errNoSuchName, i+1)
		}
		binds = appendVarbind(binds, name, v)
	}
	reply := encodeResponse(r, 0, 0, binds)
	if len(reply) > a.maxReply {
		return encodeResponse(r, errTooBig, 0, nil)
	}
	return reply
}

// bulk answers a GetBulk with as many varbinds as fit (RFC 3416 §4.2.3).
func (a *agent) bulk(r request, now time.Time) []byte {
	nonRepeat := int(min(max(r.nonRepeat, 0), int64(len(r.names))))
	room := a.maxReply - len(encodeResponse(r, 0, 0, nil)) - 6 // three lengths may grow from one octet to three
	var binds []byte
	add := func(o oid, v value) bool {
		b := appendVarbind(binds, o, v)
		if len(b) > room {
			return false
		}
		binds = b
		return true
	}
	for _, o := range r.names[:nonRepeat] {
		if !add(a.next(r, o, now)) {
			return encodeResponse(r, 0, 0, binds)
		}
	}
	row := slices.Clone(r.names[nonRepeat:])
	for range r.maxRepeats {
		ended := 0
		for i, o := range row {
			name, v := a.next(r, o, now)
			if !add(name, v) {
				return encodeResponse(r, 0, 0, binds)
			}
			row[i] = name
			if v.tag == tagEndOfMIB {
				ended++
			}
		}
		if ended == len(row) {
			break
		}
	}
	return encodeResponse(r, 0, 0, binds)
}

func isException(tag byte) bool {
	return tag == tagNoSuchObject || tag == tagNoSuchInstance || tag == tagEndOfMIB
}

// fail answers with an error and the request's own names.
func (a *agent) fail(r request, status, index int) []byte {
	var binds []byte
	for _, o := range r.names {
		binds = appendVarbind(binds, o, value{tag: tagNull})
	}
	reply := encodeResponse(r, status, index, binds)
	if len(reply) > a.maxReply {
		return encodeResponse(r, errTooBig, 0, nil)
	}
	return reply
}

func encodeResponse(r request, status, index int, binds []byte) []byte {
	var pdu []byte
	for _, v := range []int64{r.id, int64(status), int64(index)} {
		pdu = appendElement(pdu, tagInteger, appendInteger(nil, v))
	}
	pdu = appendElement(pdu, tagSequence, binds)
	msg := appendElement(nil, tagInteger, appendInteger(nil, r.version))
	msg = appendElement(msg, tagOctets, r.community)
	msg = appendElement(msg, pduResponse, pdu)
	return appendElement(nil, tagSequence, msg)
}
