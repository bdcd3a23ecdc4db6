// Package agenttest is a model SNMP agent for tests: a MIB in memory that answers requests as RFC 3416 says, or, by its
// Quirks, as agents in the field do.
package agenttest

import (
	"slices"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Value is one instance's value as BER has it.
type Value struct {
	Type pdu.Type
	Raw  []byte
}

// Uint makes a value of an unsigned type in its shortest encoding.
func Uint(t pdu.Type, v uint64) Value {
	raw := make([]byte, pdu.UintWidth(v))
	for i := len(raw) - 1; i >= 0; i-- {
		raw[i] = byte(v)
		v >>= 8
	}
	return Value{t, raw}
}

// Text makes an OCTET STRING.
func Text(s string) Value { return Value{pdu.OctetString, []byte(s)} }

// Quirks are what agents do that they should not.
type Quirks struct {
	MaxVarbinds  int     // replies are cut after so many
	MaxBytes     int     // replies are cut before so many bytes of varbinds; 0: 1,400
	TooBigAbove  int     // requests for more varbinds are answered tooBig
	SilentAbove  int     // requests for more varbinds are not answered
	SilentUnder  pdu.OID // requests for what is under it are not answered
	Loop         pdu.OID // the successor of LoopAt
	LoopAt       pdu.OID //
	GenErrAt     pdu.OID // genErr when this instance is in the answer
	Surplus      int     // varbinds more than asked
	Empty        bool    // answers hold nothing
	V1           bool    // noSuchName instead of exceptions, no Counter64
	RoundTrip    time.Duration
	DamagedAfter int // after so many varbinds comes rubbish
}

// Agent is a model agent. Set and Delete between requests.
type Agent struct {
	Quirks
	names  []pdu.OID
	values []Value

	Requests []pdu.Request // as they came, names copied
	Sizes    []int         // bytes of varbinds of each reply
	clock    time.Time
}

// Set gives an instance a value.
func (a *Agent) Set(name pdu.OID, v Value) {
	i, found := a.at(name)
	if found {
		a.values[i] = v
		return
	}
	a.names = slices.Insert(a.names, i, name)
	a.values = slices.Insert(a.values, i, v)
}

// Delete takes an instance away.
func (a *Agent) Delete(name pdu.OID) {
	if i, found := a.at(name); found {
		a.names = slices.Delete(a.names, i, i+1)
		a.values = slices.Delete(a.values, i, i+1)
	}
}

func (a *Agent) at(name pdu.OID) (int, bool) {
	return slices.BinarySearchFunc(a.names, name, func(x, y pdu.OID) int { return pdu.Compare(x, y) })
}

// Get returns what is at an instance.
func (a *Agent) Get(name pdu.OID) (Value, bool) {
	i, found := a.at(name)
	if !found || a.V1 && a.values[i].Type == pdu.Counter64 {
		return Value{pdu.NoSuchInstance, nil}, false
	}
	return a.values[i], true
}

// Next returns the instance behind name.
func (a *Agent) Next(name pdu.OID) (pdu.OID, Value) {
	if len(a.LoopAt) > 0 && string(name) == string(a.LoopAt) {
		v, _ := a.Get(a.Loop)
		return a.Loop, v
	}
	i, found := a.at(name)
	if found {
		i++
	}
	for i < len(a.names) && a.V1 && a.values[i].Type == pdu.Counter64 {
		i++
	}
	if i == len(a.names) {
		return name, Value{pdu.EndOfMIBView, nil}
	}
	return a.names[i], a.values[i]
}

// Bind is one varbind of an answer.
type Bind struct {
	Name pdu.OID
	Value
}

// Answer is what the agent says to a request. ok is false when it stays silent.
func (a *Agent) Answer(r *pdu.Request) (binds []Bind, status pdu.Status, index int, ok bool) {
	asked := len(r.Names)
	if r.Kind == pdu.GetBulk {
		asked = r.NonRepeaters + (len(r.Names)-r.NonRepeaters)*r.MaxRepetitions
	}
	switch {
	case len(a.SilentUnder) > 0 && slices.ContainsFunc(r.Names, func(n pdu.OID) bool { return n.HasPrefix(a.SilentUnder) }):
		return nil, 0, 0, false
	case a.SilentAbove > 0 && asked > a.SilentAbove:
		return nil, 0, 0, false
	case a.TooBigAbove > 0 && asked > a.TooBigAbove:
		return nil, pdu.TooBig, 0, true
	case a.Empty:
		return nil, 0, 0, true
	}
	binds, status, index = a.binds(r)
	return a.cut(binds), status, index, true
}

func (a *Agent) binds(r *pdu.Request) (out []Bind, status pdu.Status, index int) {
	for i, name := range r.Names {
		if r.Kind == pdu.GetBulk && i >= r.NonRepeaters {
			break
		}
		b := Bind{Name: name}
		if r.Kind == pdu.Get {
			b.Value, _ = a.Get(name)
		} else {
			b.Name, b.Value = a.Next(name)
		}
		if a.V1 && b.Type.Exception() {
			return nil, pdu.NoSuchName, i + 1
		}
		if len(a.GenErrAt) > 0 && string(b.Name) == string(a.GenErrAt) {
			return nil, pdu.GenErr, i + 1
		}
		out = append(out, b)
	}
	if r.Kind != pdu.GetBulk {
		return out, 0, 0
	}
	cursors := slices.Clone(r.Names[r.NonRepeaters:])
	for range r.MaxRepetitions {
		for c := range cursors {
			b := Bind{}
			b.Name, b.Value = a.Next(cursors[c])
			if len(a.GenErrAt) > 0 && string(b.Name) == string(a.GenErrAt) {
				return nil, pdu.GenErr, r.NonRepeaters + c + 1
			}
			cursors[c] = b.Name
			out = append(out, b)
		}
	}
	for range a.Surplus {
		out = append(out, out[len(out)-1])
	}
	return out, 0, 0
}

func (a *Agent) cut(binds []Bind) []Bind {
	if a.MaxVarbinds > 0 && len(binds) > a.MaxVarbinds {
		binds = binds[:a.MaxVarbinds]
	}
	limit := a.MaxBytes
	if limit == 0 {
		limit = 1 << 16
	}
	n := 0
	for i, b := range binds {
		if n += len(appendBind(nil, b)); n > limit {
			return binds[:i]
		}
	}
	return binds
}
