package packet

import "github.com/netcol-io/netcol/internal/flow"

const (
	mplsEntry       = 4
	mplsBottom      = 0x100
	mplsLabelShift  = 12
	mplsReserved    = 16 // labels below it are special-purpose (RFC 7274)
	controlWord     = 4
	nibbleIPv4      = 4
	nibbleIPv6      = 6
	nibblePWControl = 0
)

// mpls reads a label stack, then what it leads to. Nothing in the stack says what that is: it is IP if it reads as
// IP, else an Ethernet pseudowire with or without a control word (RFC 4448) if that reads as IP.
func (r *reader) mpls(b []byte) {
	for len(b) >= mplsEntry {
		entry := be32(b)
		r.label(entry >> mplsLabelShift)
		b = b[mplsEntry:]
		if entry&mplsBottom != 0 {
			r.underLabels(b)
			return
		}
	}
}

// label keeps the topmost label that is not special-purpose.
func (r *reader) label(l uint32) {
	if r.depth == 0 && l >= mplsReserved && !r.rec.Has.Contains(flow.MPLSLabel) {
		r.rec.MPLSLabel = l
		r.rec.Has.Set(flow.MPLSLabel)
	}
}

func (r *reader) underLabels(b []byte) {
	if len(b) == 0 {
		return
	}
	switch b[0] >> 4 {
	case nibbleIPv4, nibbleIPv6:
		if r.ip(b); r.found {
			return
		}
	case nibblePWControl:
		if len(b) > controlWord && leadsToIP(b[controlWord:]) {
			r.ethernet(b[controlWord:])
			return
		}
	}
	if leadsToIP(b) {
		r.ethernet(b)
	}
}

// leadsToIP tells whether b reads as an Ethernet frame, tagged or not, with an IP header of the right version in it.
func leadsToIP(b []byte) bool {
	if len(b) < macAddresses {
		return false
	}
	for b = b[macAddresses:]; len(b) > 4; b = b[4:] {
		switch be16(b) {
		case etherIPv4:
			return b[2]>>4 == nibbleIPv4
		case etherIPv6:
			return b[2]>>4 == nibbleIPv6
		case etherCTag, etherSTag, etherQinQ, etherQinQ2:
		default:
			return false
		}
	}
	return false
}
