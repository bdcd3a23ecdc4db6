package netflowreceiver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

const (
	ipv4Header = 20
	udpHeader  = 8
	relayTTL   = 64
)

var errFamily = errors.New("an IPv6 exporter's address cannot be preserved towards IPv4")

// rawConn writes the IP and UDP headers itself.
type rawConn struct {
	fd     int
	to     netip.AddrPort
	packet []byte
}

func openRaw(to netip.AddrPort) (relayConn, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.IPPROTO_RAW)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("sending with exporters' addresses needs CAP_NET_RAW: grant it (setcap cap_net_raw+ep on the "+
			"program, or AmbientCapabilities=CAP_NET_RAW in its systemd unit), or set preserve_source: false: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return &rawConn{fd: fd, to: netip.AddrPortFrom(to.Addr().Unmap(), to.Port())}, nil
}

func (c *rawConn) send(source netip.AddrPort, payload []byte) error {
	from := source.Addr().Unmap()
	if !from.Is4() {
		return errFamily
	}
	c.packet = appendPacket(c.packet[:0], netip.AddrPortFrom(from, source.Port()), c.to, payload)
	return syscall.Sendto(c.fd, c.packet, 0, &syscall.SockaddrInet4{Addr: c.to.Addr().As4()})
}

func (c *rawConn) Close() error { return syscall.Close(c.fd) }

// appendPacket writes a datagram with its headers (RFC 791, RFC 768). The kernel fills in the identification and the
// header's checksum.
func appendPacket(b []byte, from, to netip.AddrPort, payload []byte) []byte {
	be := binary.BigEndian
	src, dst := from.Addr().As4(), to.Addr().As4()
	length := udpHeader + len(payload)
	b = be.AppendUint16(append(b, 0x45, 0), uint16(ipv4Header+length))
	b = append(be.AppendUint32(b, 0), relayTTL, syscall.IPPROTO_UDP, 0, 0)
	b = append(append(b, src[:]...), dst[:]...)
	at := len(b)
	b = be.AppendUint16(be.AppendUint16(b, from.Port()), to.Port())
	b = append(be.AppendUint16(be.AppendUint16(b, uint16(length)), 0), payload...)
	be.PutUint16(b[at+6:], checksum(b[at-8:], uint32(length)+syscall.IPPROTO_UDP))
	return b
}

// checksum is UDP's: b begins with the addresses of the pseudo header, sum is the rest of it.
func checksum(b []byte, sum uint32) uint16 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	if c := ^uint16(sum); c != 0 {
		return c
	}
	return 0xffff // 0 would say that there is none
}
