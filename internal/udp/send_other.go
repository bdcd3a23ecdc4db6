//go:build !linux

package udp

import "net/netip"

// Send sends one datagram from socket i, so that the endpoint is its source port: an answer. It is safe beside Serve
// and after Close, where it is an error.
func (g *Group) Send(i int, b []byte, to netip.AddrPort) error {
	_, err := g.sockets[i].conn.WriteToUDPAddrPort(b, to)
	return err
}
