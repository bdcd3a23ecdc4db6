package netflowreceiver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/netcol-io/netcol/internal/udp"
)

// RelayConfig is another collector that gets every datagram as it came.
type RelayConfig struct {
	// Endpoint is its host and port.
	Endpoint string `mapstructure:"endpoint"`
	// PreserveSource sends with the exporter's source address and port, so that it looks as if the exporter sent
	// there itself. IPv4 only, needs CAP_NET_RAW, and what is longer than the MTU cannot be sent.
	PreserveSource bool `mapstructure:"preserve_source"`
}

func (c *RelayConfig) problem() error {
	_, port, err := net.SplitHostPort(c.Endpoint)
	if err != nil {
		return fmt.Errorf("endpoint: %q is not a host and port, such as 10.0.9.9:2055: %w", c.Endpoint, err)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("endpoint: port %q of %q is not a number from 1 to 65535", port, c.Endpoint)
	}
	return nil
}

// Bounds of what waits for one collector.
const (
	relayQueue = 4096
	relayBytes = 4 << 20
)

// relay sends datagrams to another collector, from a goroutine of its own so that nobody waits for it.
type relay struct {
	endpoint string
	queue    chan relayed
	waiting  atomic.Int64 // octets
	conn     relayConn
	done     sync.WaitGroup

	sent, full, failed atomic.Uint64
}

type relayed struct {
	source  netip.AddrPort
	payload []byte
}

// relayConn sends a datagram that came from source.
type relayConn interface {
	send(source netip.AddrPort, payload []byte) error
	Close() error
}

// openRelay opens the way to a collector. self is where the receiver itself listens.
func openRelay(c RelayConfig, self netip.AddrPort) (*relay, error) {
	network := "udp"
	if c.PreserveSource {
		network = "udp4"
	}
	to, err := net.ResolveUDPAddr(network, c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %q: %w", c.Endpoint, err)
	}
	if isSelf(to.AddrPort(), self) {
		return nil, fmt.Errorf("endpoint: %q is where this receiver itself listens: datagrams would go round for ever", c.Endpoint)
	}
	r := &relay{endpoint: c.Endpoint, queue: make(chan relayed, relayQueue)}
	if c.PreserveSource {
		if r.conn, err = openRaw(to.AddrPort()); err != nil {
			return nil, fmt.Errorf("preserve_source: %w", err)
		}
	} else {
		conn, err := net.DialUDP("udp", nil, to)
		if err != nil {
			return nil, fmt.Errorf("endpoint: %q: %w", c.Endpoint, err)
		}
		r.conn = plainConn{conn}
	}
	r.done.Go(r.run)
	return r, nil
}

// isSelf tells whether what is sent to the address comes to the receiver that listens on self.
func isSelf(to, self netip.AddrPort) bool {
	addr := to.Addr().Unmap()
	switch {
	case to.Port() != self.Port():
		return false
	case !self.Addr().IsUnspecified():
		return addr == self.Addr() || addr.IsUnspecified() && self.Addr().IsLoopback()
	case addr.IsLoopback() || addr.IsUnspecified():
		return true
	}
	own, _ := net.InterfaceAddrs()
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}

// put queues a copy of a datagram, or drops it.
func (r *relay) put(d *udp.Datagram) {
	n := int64(len(d.Payload))
	if r.waiting.Add(n) > relayBytes {
		r.waiting.Add(-n)
		r.full.Add(1)
		return
	}
	select {
	case r.queue <- relayed{d.Source, bytes.Clone(d.Payload)}:
	default:
		r.waiting.Add(-n)
		r.full.Add(1)
	}
}

func (r *relay) run() {
	for d := range r.queue {
		r.waiting.Add(-int64(len(d.payload)))
		if err := r.conn.send(d.source, d.payload); err != nil {
			r.failed.Add(1)
		} else {
			r.sent.Add(1)
		}
	}
}

// close sends what is queued and ends. Nobody puts any more.
func (r *relay) close() error {
	close(r.queue)
	r.done.Wait()
	return r.conn.Close()
}

// plainConn sends from an address of this machine.
type plainConn struct{ *net.UDPConn }

func (c plainConn) send(_ netip.AddrPort, payload []byte) error {
	_, err := c.Write(payload)
	if errors.Is(err, syscall.ECONNREFUSED) { // of a datagram before, and this one was not sent
		_, err = c.Write(payload)
	}
	return err
}
