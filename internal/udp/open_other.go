//go:build !linux

package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"time"
)

// KernelDropsCounted tells whether Stats.KernelDrops means something on this platform.
const KernelDropsCounted = false

// open opens one socket: without steering, several would share every exporter's state among them.
func (g *Group) open(cfg Config) error {
	if err := g.listen(network(cfg.Endpoint), cfg.Endpoint, cfg, nil); err != nil {
		return err
	}
	if cfg.Sockets > 1 {
		g.note("Datagrams cannot be steered by source address on %s, so one socket receives all, whatever sockets says", runtime.GOOS)
	}
	g.note("How many datagrams were dropped for want of buffer is not told by %s", runtime.GOOS)
	return nil
}

// setReceiveBuffer asks for size bytes; these platforms fail rather than grant less.
func setReceiveBuffer(conn *net.UDPConn, _ syscall.RawConn, size int) (granted int, err error) {
	if size == 0 {
		return 0, nil
	}
	for ; size >= minReceiveBuffer; size /= 2 {
		if err = conn.SetReadBuffer(size); err == nil {
			return size, nil
		}
	}
	return 0, err
}

// platform is the socket and the buffer of one datagram.
type platform struct {
	conn   *net.UDPConn
	buffer []byte
}

func (p *platform) init(conn *net.UDPConn, _ syscall.RawConn) error {
	p.conn, p.buffer = conn, make([]byte, maxDatagram+1)
	return nil
}

func (p *platform) shut() error { return p.conn.Close() }

func (s *socket) serve(h Handler) {
	for {
		n, source, err := s.conn.ReadFromUDPAddrPort(s.buffer)
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil: // of one datagram (ICMP, too long), not of the socket, but no reason to spin either
			time.Sleep(time.Millisecond)
			continue
		}
		s.admit(netip.AddrPortFrom(source.Addr().Unmap().WithZone(""), source.Port()), s.buffer[:n], time.Now())
		s.hand(h)
	}
}

// quiesce lets the worker read on only for as long as it takes to empty a queue.
func (s *socket) quiesce() {
	s.ending.Store(true)
	_ = s.conn.SetReadDeadline(time.Now().Add(drainTime / 20))
}

type kernelCounts struct{}

func (kernelCounts) read(*socket) (drops uint64, queued int) { return 0, 0 }
