package enrich

import "strconv"

// transports are IANA's protocol keywords, in lower case as network.transport wants them.
var transports = map[uint8]string{
	0: "hopopt", 1: "icmp", 2: "igmp", 3: "ggp", 4: "ipv4", 5: "st", protocolTCP: "tcp", 7: "cbt", 8: "egp", 9: "igp",
	12: "pup", protocolUDP: "udp", 20: "hmp", 22: "xns-idp", 27: "rdp", 29: "iso-tp4", 33: "dccp", 36: "xtp", 37: "ddp",
	38: "idpr-cmtp", 41: "ipv6", 42: "sdrp", 43: "ipv6-route", 44: "ipv6-frag", 45: "idrp", 46: "rsvp", 47: "gre",
	48: "dsr", 50: "esp", 51: "ah", 54: "narp", 55: "min-ipv4", 57: "skip", 58: "ipv6-icmp", 59: "ipv6-nonxt",
	60: "ipv6-opts", 73: "cphb", 80: "iso-ip", 81: "vmtp", 88: "eigrp", 89: "ospfigp", 93: "ax.25", 94: "ipip", 97: "etherip",
	98: "encap", 103: "pim", 108: "ipcomp", 111: "ipx-in-ip", 112: "vrrp", 113: "pgm", 115: "l2tp", 118: "stp",
	124: "isis over ipv4", 129: "iplt", protocolSCTP: "sctp", 133: "fc", 134: "rsvp-e2e-ignore", 135: "mobility header",
	136: "udplite", 137: "mpls-in-ip", 138: "manet", 139: "hip", 140: "shim6", 141: "wesp", 142: "rohc",
	143: "ethernet", 144: "aggfrag", 145: "nsh",
}

// Transport returns the lowercase IANA keyword of an IP protocol number, else the number.
func Transport(p uint8) string {
	if n, ok := transports[p]; ok {
		return n
	}
	return strconv.Itoa(int(p))
}

// ParseTransport is Transport's inverse.
func ParseTransport(s string) (uint8, bool) {
	for p, n := range transports {
		if n == s {
			return p, true
		}
	}
	p, err := strconv.ParseUint(s, 10, 8)
	return uint8(p), err == nil
}
