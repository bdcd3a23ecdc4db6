package mib

import (
	"strings"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Syntax says how octets are written, where their type does not.
type Syntax uint8

// The syntaxes.
const (
	Plain    Syntax = iota // as the value's type says; octets as text if they are text
	Text                   // DisplayString, SnmpAdminString
	Physical               // PhysAddress, MacAddress
	Enum                   // INTEGER with names
)

// Node is what is known of an identifier.
type Node struct {
	Name   string // MODULE::descriptor
	Syntax Syntax
	Enum   []string // by value, from 0 on; "" has no name
	Index  []Part   // of a column: what its row is found by
}

// Part is one object of a table's INDEX.
type Part struct {
	Name    string // MODULE::descriptor
	Address bool   // an IpAddress of four sub-identifiers; else an integer
}

// Label names an enumerated value.
func (n *Node) Label(v int64) (string, bool) {
	if v < 0 || v >= int64(len(n.Enum)) || n.Enum[v] == "" {
		return "", false
	}
	return n.Enum[v], true
}

// Name finds the object that an instance belongs to, and the rest of the identifier: "0" of a scalar, a row's index of
// a column.
func Name(oid pdu.OID) (*Node, pdu.Index, bool) {
	for end := len(oid); end > 0; end = parent(oid, end) {
		if n, ok := nodes[string(oid[:end])]; ok {
			return n, pdu.Index(oid[end:]), true
		}
	}
	return nil, nil, false
}

// Notification names a trap. MIBs of v1 times define notifications without the 0 that RFC 3584 §3.1 puts before the
// specific-trap: both are known.
func Notification(oid pdu.OID) (string, bool) {
	if n, ok := nodes[string(oid)]; ok {
		return n.Name, true
	}
	last := parent(oid, len(oid))
	if last > 1 && oid[last-1] == 0 {
		if n, ok := nodes[string(oid[:last-1])+string(oid[last:])]; ok {
			return n.Name, true
		}
	}
	return "", false
}

// parent is where the last sub-identifier of oid[:end] begins.
func parent(oid pdu.OID, end int) int {
	for end--; end > 0 && oid[end-1] >= 0x80; end-- {
	}
	return max(end, 0)
}

// nodes by identifier, as BER writes it.
var nodes = compile()

func compile() map[string]*Node {
	out := map[string]*Node{}
	add := func(name, oid string, n Node) {
		n.Name = name
		key := pdu.MustOID(oid)
		for table, index := range indexes {
			if key.HasPrefix(pdu.MustOID(table)) {
				n.Index = index
			}
		}
		out[string(key)] = &n
	}
	for name, e := range objects {
		n := Node{}
		switch e.bytes {
		case text:
			n.Syntax = Text
		case mac:
			n.Syntax = Physical
		}
		add(name, e.oid, n)
	}
	for _, module := range modules {
		for _, d := range module.nodes {
			n := Node{Syntax: d.syntax}
			if d.enum != "" {
				n.Syntax, n.Enum = Enum, strings.Split(strings.ReplaceAll(d.enum, "-", ""), " ")
			}
			add(module.name+"::"+d.name, module.root+"."+d.oid, n)
		}
	}
	return out
}
