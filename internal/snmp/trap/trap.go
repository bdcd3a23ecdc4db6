// Package trap takes traps and informs from the wire (RFC 1157, 3416, 3584): who sent them is checked before anything
// in them is believed, informs are answered once they were delivered, and what is sent twice is delivered once. For v3
// it is the authoritative engine of informs (RFC 3414 §3.2): it answers discovery, and keeps boots and time.
//
// It knows neither sockets nor clocks: datagrams and times go in, notifications and answers come out.
package trap

import (
	"net/netip"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Notification is a trap or an inform whose sender was checked. What it refers to lies in the datagram.
type Notification struct {
	Version     pdu.Version
	Inform      bool
	Credentials string         // name of what it was accepted by
	Source      netip.AddrPort // who sent the datagram: the device, or a relay

	OID        pdu.OID    // snmpTrapOID; of a v1 trap, translated by RFC 3584 §3.1
	Agent      netip.Addr // agent-addr of v1, or snmpTrapAddress.0, which relays add; zero: not told
	Enterprise pdu.OID    // enterprise of v1, or snmpTrapEnterprise.0; nil: not told
	Uptime     uint32     // sysUpTime in hundredths of a second
	HasUptime  bool
	EngineID   []byte // v3: the context's engine
	Context    []byte // v3: the context's name
	Varbinds   []pdu.Varbind
	Incomplete bool // varbinds were damaged, or more than maxVarbinds; the ones before are here

	ticket ticket
}

// maxVarbinds of one notification are kept. The longest known have a few dozen.
const maxVarbinds = 256

var (
	snmpTraps          = pdu.MustOID("1.3.6.1.6.3.1.1.5")
	sysUpTime          = pdu.MustOID("1.3.6.1.2.1.1.3.0")
	snmpTrapOID        = pdu.MustOID("1.3.6.1.6.3.1.1.4.1.0")
	snmpTrapEnterprise = pdu.MustOID("1.3.6.1.6.3.1.1.4.3.0")
	snmpTrapAddress    = pdu.MustOID("1.3.6.1.6.3.18.1.3.0")
	snmpTrapCommunity  = pdu.MustOID("1.3.6.1.6.3.18.1.4.0")
)

// enterpriseSpecific is the generic-trap that says: look at specific-trap.
const enterpriseSpecific = 6

// fromV1 translates a Trap-PDU (RFC 3584 §3.1).
func fromV1(p *pdu.Notification) *Notification {
	n := &Notification{Version: pdu.V1, Enterprise: p.Enterprise, Uptime: p.Uptime, HasUptime: true}
	if p.Agent != [4]byte{} {
		n.Agent = netip.AddrFrom4(p.Agent)
	}
	if p.Generic == enterpriseSpecific {
		n.OID = pdu.AppendSub(pdu.AppendSub(append([]byte(nil), p.Enterprise...), 0), uint32(p.Specific))
	} else {
		n.OID = pdu.AppendSub(append([]byte(nil), snmpTraps...), uint32(p.Generic)+1)
	}
	n.take(p.Reply)
	return n
}

// fromV2 reads an SNMPv2-Trap-PDU or InformRequest-PDU. It returns nil if it does not say which trap it is.
func fromV2(v pdu.Version, r pdu.Reply) *Notification {
	n := &Notification{Version: v, Inform: r.Kind == pdu.Inform}
	n.take(r)
	if n.OID == nil {
		return nil
	}
	return n
}

// take reads varbinds: those that say what the notification is, and the rest as they are. A community that a relay
// put among them is a secret and goes no further.
func (n *Notification) take(r pdu.Reply) {
	for {
		v, ok := r.Next()
		if !ok {
			n.Incomplete = r.Damaged()
			return
		}
		if len(n.Varbinds) == maxVarbinds {
			n.Incomplete = true
			return
		}
		if !n.header(v) {
			n.Varbinds = append(n.Varbinds, v)
		}
	}
}

func (n *Notification) header(v pdu.Varbind) bool {
	switch {
	case string(v.OID) == string(sysUpTime) && v.Type == pdu.TimeTicks:
		ticks, ok := v.Uint()
		n.Uptime, n.HasUptime = uint32(ticks), ok
	case string(v.OID) == string(snmpTrapOID) && v.Type == pdu.ObjectIdentifier && pdu.OID(v.Value).Valid():
		n.OID = v.Value
	case string(v.OID) == string(snmpTrapEnterprise) && v.Type == pdu.ObjectIdentifier && pdu.OID(v.Value).Valid():
		n.Enterprise = v.Value
	case string(v.OID) == string(snmpTrapAddress) && v.Type == pdu.IPAddress && len(v.Value) == 4:
		if a := netip.AddrFrom4([4]byte(v.Value)); !a.IsUnspecified() {
			n.Agent = a
		}
	case string(v.OID) == string(snmpTrapCommunity):
	default:
		return false
	}
	return true
}
