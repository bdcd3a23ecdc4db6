package session

import (
	"net"
	"net/netip"
)

// newSocket makes ready for datagrams what conn is.
func newSocket(k socketKey, conn *net.UDPConn) *socket {
	s := &socket{key: k, conn: conn, in: make([]byte, maxDatagram)}
	if !k.ipv6 {
		s.direct = newDirect(conn, s.in)
	}
	return s
}

// send sends a datagram.
func (s *socket) send(b []byte, to netip.AddrPort) (int, error) {
	if s.direct != nil {
		return s.direct.sendTo(b, to)
	}
	return s.conn.WriteToUDPAddrPort(b, to)
}

// receive reads a datagram into in.
func (s *socket) receive() (int, netip.AddrPort, error) {
	if s.direct != nil {
		return s.direct.receiveFrom()
	}
	return s.conn.ReadFromUDPAddrPort(s.in)
}
