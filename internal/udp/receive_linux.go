package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// message is the kernel's struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
}

// slotSize is the distance between two datagrams' buffers. Each can hold the longest datagram, but only the pages
// that datagrams reach are ever touched. It is no multiple of a page: slots that are would compete for the same cache
// sets in every byte.
const slotSize = maxDatagram + 1 + 1600

// glance is how long a worker waits for a datagram before it looks whether it is to end.
const glance = 100 * time.Millisecond

// platform is what one recvmmsg fills: a buffer and a source address for each datagram, never turned into a net.Addr.
//
// The socket is not the runtime poller's: there, every datagram that arrives wakes a thread, even while its worker
// rests and wants to know of many at once. A blocked thread for each socket is the better bargain.
type platform struct {
	mu       sync.RWMutex // guards fd's closing; the worker needs no lock, because close waits for it
	fd       int          // -1: closed
	messages []message
	vectors  []unix.Iovec
	names    []unix.RawSockaddrInet6 // large enough for both families
	buffer   []byte
}

// init takes conn's socket over from it.
func (p *platform) init(conn *net.UDPConn, raw syscall.RawConn) error {
	p.fd = -1
	err := onDescriptor(raw, func(fd uintptr) (err error) {
		p.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return err
	}
	_ = conn.Close()
	timeout := unix.NsecToTimeval(int64(glance))
	if err := errors.Join(unix.SetNonblock(p.fd, false), unix.SetsockoptTimeval(p.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout)); err != nil {
		_ = p.shut()
		return err
	}
	p.messages = make([]message, batchSize)
	p.vectors = make([]unix.Iovec, batchSize)
	p.names = make([]unix.RawSockaddrInet6, batchSize)
	p.buffer = make([]byte, batchSize*slotSize)
	for i := range p.messages {
		p.vectors[i].Base = &p.buffer[i*slotSize]
		p.vectors[i].SetLen(maxDatagram)
		h := &p.messages[i].header
		h.Name = (*byte)(unsafe.Pointer(&p.names[i]))
		h.Namelen = unix.SizeofSockaddrInet6
		h.Iov = &p.vectors[i]
		h.SetIovlen(1)
	}
	return nil
}

// shut closes the socket.
func (p *platform) shut() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd < 0 {
		return nil
	}
	err := unix.Close(p.fd)
	p.fd = -1
	return err
}

// control runs f on the socket unless it is closed.
func (p *platform) control(f func(fd uintptr) error) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.fd < 0 {
		return net.ErrClosed
	}
	return f(uintptr(p.fd))
}

// receive takes what is there, at most a batch. With MSG_WAITFORONE it waits for the first, no longer than a glance;
// with MSG_DONTWAIT it does not wait. EAGAIN when there was nothing.
func (p *platform) receive(flags uintptr) (int, syscall.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(p.fd), uintptr(unsafe.Pointer(&p.messages[0])), uintptr(len(p.messages)), flags, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// source returns message i's sender. IPv6 zones are left out: they are strings, and no exporter is known by one.
func (p *platform) source(i int) netip.AddrPort {
	name := &p.names[i]
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), port)
}

// serve hands over batches until quiesce, then what is still queued.
func (s *socket) serve(h Handler) {
	var last time.Time
	for !s.ending.Load() {
		n, errno := s.receive(unix.MSG_WAITFORONE)
		switch {
		case errno == unix.EAGAIN, errno == unix.EINTR:
			continue
		case errno != 0: // of one datagram, or want of memory: not of the socket, but no reason to spin either
			time.Sleep(time.Millisecond)
			continue
		}
		last = s.rest(n, last, s.take(n, h))
	}
	s.drain(h)
}

// rest lets datagrams gather where they come often: after a batch that emptied the queue, if the one before was not
// long ago. It returns when the worker last looked.
func (s *socket) rest(n int, last, now time.Time) time.Time {
	if n == batchSize || s.nap == 0 || now.Sub(last) > 2*s.nap {
		return now
	}
	pause := unix.NsecToTimespec(int64(s.nap))
	_ = unix.Nanosleep(&pause, nil)
	return now.Add(s.nap)
}

// take hands over the first n messages and makes them ready for the next receive.
func (s *socket) take(n int, h Handler) time.Time {
	at := time.Now()
	for i := range s.messages[:n] {
		m := &s.messages[i]
		if m.header.Flags&unix.MSG_TRUNC != 0 {
			s.truncated.Add(1)
		}
		from := i * slotSize
		s.admit(s.source(i), s.buffer[from:from+int(m.length):from+slotSize], at)
		m.header.Namelen = unix.SizeofSockaddrInet6
	}
	s.hand(h)
	return at
}

// quiesce tells the kernel to queue nothing more, so that what is left can be counted on to end, and the worker to
// finish; it sees that within a glance.
func (s *socket) quiesce() {
	_ = s.control(refuseAll)
	s.ending.Store(true)
}

func (s *socket) drain(h Handler) {
	for deadline := time.Now().Add(drainTime); time.Now().Before(deadline); {
		n, errno := s.receive(unix.MSG_DONTWAIT)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return
		}
		s.take(n, h)
	}
}

// kernelCounts asks the kernel what it dropped. SO_MEMINFO tells at any moment, where SO_RXQ_OVFL would tell with the
// next datagram, if one came, and cost every datagram a control message.
type kernelCounts struct {
	mu    sync.Mutex
	last  uint32 // the kernel's 32-bit count as last seen
	drops uint64 // widened
}

func (k *kernelCounts) read(s *socket) (drops uint64, queued int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var info [unix.SK_MEMINFO_VARS]uint32
	err := s.control(func(fd uintptr) error {
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		if errno != 0 {
			return os.NewSyscallError("getsockopt", errno)
		}
		return nil
	})
	if err != nil {
		return k.drops, 0 // closed: the last counts stay
	}
	k.drops += uint64(info[unix.SK_MEMINFO_DROPS] - k.last)
	k.last = info[unix.SK_MEMINFO_DROPS]
	return k.drops, int(info[unix.SK_MEMINFO_RMEM_ALLOC])
}
