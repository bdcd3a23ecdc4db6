package packet

import "github.com/netcol-io/netcol/internal/flow"

const (
	tcpFlagsEnd = 14
	tcpFlags    = 0x0fff // IE 6: the 12 bits after the data offset
	udpHeader   = 8
)

// transport reads the header above IP, or enters a tunnel.
func (r *reader) transport(protocol uint8, b []byte) {
	switch protocol {
	case protoTCP:
		r.ports(b)
		if len(b) >= tcpFlagsEnd {
			r.rec.TCPFlags = be16(b[12:]) & tcpFlags
			r.rec.Has.Set(flow.TCPFlags)
		}
	case protoUDP:
		r.ports(b)
		if len(b) > udpHeader {
			r.udpTunnel(be16(b[2:]), b[udpHeader:])
		}
	case protoSCTP, protoUDPLite:
		r.ports(b)
	case protoICMP, protoICMPv6:
		r.icmp(b)
	default:
		r.ipTunnel(protocol, b)
	}
}

func (r *reader) ports(b []byte) {
	if len(b) < 4 {
		return
	}
	r.rec.SrcPort, r.rec.DstPort = be16(b), be16(b[2:])
	r.rec.Has.Set(flow.SourcePort)
	r.rec.Has.Set(flow.DestinationPort)
}

func (r *reader) icmp(b []byte) {
	if len(b) < 2 {
		return
	}
	r.rec.ICMPType, r.rec.ICMPCode = b[0], b[1]
	r.rec.Has.Set(flow.ICMPType)
	r.rec.Has.Set(flow.ICMPCode)
}
