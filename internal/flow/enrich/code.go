package enrich

import (
	"strconv"
	"strings"
)

var dscps = map[uint8]string{
	0: "CS0", 8: "CS1", 16: "CS2", 24: "CS3", 32: "CS4", 40: "CS5", 48: "CS6", 56: "CS7",
	10: "AF11", 12: "AF12", 14: "AF13", 18: "AF21", 20: "AF22", 22: "AF23", 26: "AF31", 28: "AF32", 30: "AF33",
	34: "AF41", 36: "AF42", 38: "AF43", 1: "LE", 44: "VOICE-ADMIT", 46: "EF", 45: "NQB",
}

// DSCP returns IANA's name of a differentiated services code point (6 bits), else the number.
func DSCP(d uint8) string {
	if n, ok := dscps[d]; ok {
		return n
	}
	return strconv.Itoa(int(d))
}

// ParseDSCP is DSCP's inverse; it takes numbers up to 63 too.
func ParseDSCP(s string) (uint8, bool) {
	for d, n := range dscps {
		if strings.EqualFold(n, s) {
			return d, true
		}
	}
	d, err := strconv.ParseUint(s, 10, 6)
	return uint8(d), err == nil
}

// flagNames are the names of the TCP header's control bits (RFC 9293 §3.1), from bit 0.
var flagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"}

// TCPFlags returns the names of the control bits in f, lowest first, joined by "|"; "" for none.
func TCPFlags(f uint16) string {
	var names []string
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, "|")
}

// ForwardingStatus returns the name of a forwarding status (RFC 7270 §4.12, as one octet: status in the upper two bits,
// reason below).
func ForwardingStatus(s uint8) string {
	status := [...]string{"unknown", "forwarded", "dropped", "consumed"}[s>>6]
	if reason, ok := forwardingReasons[s]; ok {
		return status + ": " + reason
	}
	if s&63 != 0 {
		return status + ": " + strconv.Itoa(int(s))
	}
	return status
}

var forwardingReasons = map[uint8]string{
	65: "fragmented", 66: "not fragmented",
	129: "acl deny", 130: "acl drop", 131: "unroutable", 132: "adjacency", 133: "fragmentation and df set",
	134: "bad header checksum", 135: "bad total length", 136: "bad header length", 137: "bad ttl", 138: "policer",
	139: "wred", 140: "rpf", 141: "for us", 142: "bad output interface", 143: "hardware",
	193: "punt adjacency", 194: "incomplete adjacency", 195: "for us",
}

// EndReason returns the name of a flow end reason (IE 136), else the number.
func EndReason(r uint8) string {
	return nameOf(r, endReasons)
}

// FirewallEvent returns the name of a firewall event (IE 233), else the number.
func FirewallEvent(e uint8) string {
	return nameOf(e, firewallEvents)
}

var (
	endReasons     = []string{1: "idle timeout", 2: "active timeout", 3: "end of flow", 4: "forced end", 5: "lack of resources"}
	firewallEvents = []string{0: "ignore", 1: "created", 2: "deleted", 3: "denied", 4: "alert", 5: "update"}
)

func nameOf(v uint8, names []string) string {
	if int(v) < len(names) && names[v] != "" {
		return names[v]
	}
	return strconv.Itoa(int(v))
}
