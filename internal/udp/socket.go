package udp

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// socket is one socket of a group, its worker's buffers and its counts.
type socket struct {
	local   netip.AddrPort
	allow   allowList
	nap     time.Duration
	granted int
	batch   []Datagram
	serving sync.WaitGroup
	ending  atomic.Bool

	datagrams, bytes, refused, truncated atomic.Uint64
	kernel                               kernelCounts

	platform
}

func newSocket(conn *net.UDPConn, cfg Config) (*socket, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	granted, err := setReceiveBuffer(conn, raw, int(cfg.ReceiveBuffer))
	if err != nil {
		return nil, err
	}
	s := &socket{
		local:   conn.LocalAddr().(*net.UDPAddr).AddrPort(),
		allow:   newAllowList(cfg.Allow),
		nap:     napFor(granted),
		granted: granted,
		batch:   make([]Datagram, 0, batchSize),
	}
	return s, s.init(conn, raw)
}

// admit puts one datagram into the batch, unless its source may not send, and reports its size.
func (s *socket) admit(source netip.AddrPort, payload []byte, at time.Time) {
	if !s.allow.allows(source.Addr()) {
		s.refused.Add(1)
		return
	}
	s.batch = append(s.batch, Datagram{Source: source, Payload: payload, At: at})
}

// hand gives the batch to h and counts it.
func (s *socket) hand(h Handler) {
	if len(s.batch) == 0 {
		return
	}
	n := 0
	for i := range s.batch {
		n += len(s.batch[i].Payload)
	}
	s.datagrams.Add(uint64(len(s.batch)))
	s.bytes.Add(uint64(n))
	h.Datagrams(s.batch)
	s.batch = s.batch[:0]
}

// close waits for the worker, which quiesce has told to end, and closes the socket.
func (s *socket) close() error {
	s.serving.Wait()
	s.stats() // the last kernel counts, before the descriptor goes
	return s.shut()
}

func (s *socket) stats() Stats {
	drops, queued := s.kernel.read(s)
	return Stats{
		Datagrams:     s.datagrams.Load(),
		Bytes:         s.bytes.Load(),
		Refused:       s.refused.Load(),
		Truncated:     s.truncated.Load(),
		KernelDrops:   drops,
		QueuedBytes:   queued,
		GrantedBuffer: s.granted,
	}
}

// napFor returns how long a worker may rest between two batches without a burst overflowing the buffer meanwhile:
// half of it at 10 Gb/s. At a few hundred to a few thousand datagrams a second most of a datagram's price is waking
// up for it, and what is summed over seconds does not mind milliseconds. A rest of less than one is not worth its own
// wake-up, so a buffer too small for that gets none.
func napFor(granted int) time.Duration {
	const bytesPerSecond = 10e9 / 8
	nap := time.Duration(float64(granted) / 2 / bytesPerSecond * float64(time.Second)).Truncate(time.Millisecond)
	return min(nap, 4*time.Millisecond)
}

// controlFunc adapts an option setter to net.ListenConfig.
func controlFunc(set func(fd uintptr) error) func(network, address string, c syscall.RawConn) error {
	if set == nil {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error { return onDescriptor(c, set) }
}

// onDescriptor runs f on c's descriptor and returns the first error of the two.
func onDescriptor(c syscall.RawConn, f func(fd uintptr) error) error {
	var err error
	if cerr := c.Control(func(fd uintptr) { err = f(fd) }); cerr != nil {
		return cerr
	}
	return err
}
