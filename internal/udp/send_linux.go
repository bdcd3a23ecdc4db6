package udp

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Send sends one datagram from socket i, so that the endpoint is its source port: an answer. It does not wait for
// room in the kernel's queue, and is safe beside Serve and after Close, where it is an error.
func (g *Group) Send(i int, b []byte, to netip.AddrPort) error {
	s := g.sockets[i]
	var sa unix.Sockaddr = &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	if s.local.Addr().Is4() {
		sa = &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()}
	}
	var sent error
	if err := s.control(func(fd uintptr) error {
		sent = unix.Sendto(int(fd), b, unix.MSG_DONTWAIT, sa)
		return nil
	}); err != nil {
		return err
	}
	return os.NewSyscallError("sendto", sent)
}
