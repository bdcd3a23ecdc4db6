package udp

import (
	"encoding/binary"
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

// platform is what one recvmmsg fills: a buffer and a source address for each datagram, never turned into a net.Addr.
type platform struct {
	messages []message
	vectors  []unix.Iovec
	names    []unix.RawSockaddrInet6 // large enough for both families
	buffer   []byte
}

func (p *platform) init() {
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
}

// receive takes what is there, at most a batch, and never blocks: EAGAIN when nothing is.
func (p *platform) receive(fd uintptr) (int, syscall.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&p.messages[0])), uintptr(len(p.messages)), unix.MSG_DONTWAIT, 0, 0)
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
//
// It stays inside one RawConn.Read for its whole life: a batch shorter than asked for means that the queue was empty,
// so the next thing to do is to wait, and only inside a Read can one wait without asking again in vain; the poller
// remembers whatever arrives in between.
func (s *socket) serve(h Handler) {
	var last time.Time
	step := func(fd uintptr) (done bool) {
		for !s.ending.Load() {
			n, errno := s.receive(fd)
			switch {
			case errno == unix.EAGAIN:
				return false
			case errno == unix.EINTR:
				continue
			case errno != 0: // of one datagram, or want of memory: not of the socket, but no reason to spin either
				time.Sleep(time.Millisecond)
				continue
			}
			now := time.Now()
			s.take(n, now, h)
			if n == batchSize {
				continue
			}
			if s.nap == 0 || now.Sub(last) > 2*s.nap {
				last = now
				return false
			}
			time.Sleep(s.nap)
			last = now.Add(s.nap)
		}
		return true
	}
	// Read ends with quiesce's deadline, or when step saw ending.
	_ = s.raw.Read(step)
	if s.ending.Load() {
		s.drain(h)
	}
}

// take hands over the first n messages and makes them ready for the next receive.
func (s *socket) take(n int, at time.Time, h Handler) {
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
}

// quiesce tells the kernel to queue nothing more, so that what is left can be counted on to end, and wakes the worker.
func (s *socket) quiesce() {
	_ = onDescriptor(s.raw, refuseAll)
	s.ending.Store(true)
	_ = s.conn.SetReadDeadline(time.Unix(1, 0))
}

func (s *socket) drain(h Handler) {
	deadline := time.Now().Add(drainTime)
	_ = s.raw.Control(func(fd uintptr) {
		for now := time.Now(); now.Before(deadline); now = time.Now() {
			n, errno := s.receive(fd)
			if errno == unix.EINTR {
				continue
			}
			if errno != 0 {
				return
			}
			s.take(n, now, h)
		}
	})
}

// kernelCounts asks the kernel what it dropped. SO_MEMINFO tells at any moment, where SO_RXQ_OVFL would tell with the
// next datagram, if one came, and cost every datagram a control message.
type kernelCounts struct {
	mu     sync.Mutex
	last   uint32 // the kernel's 32-bit count as last seen
	drops  uint64 // widened
	queued int
}

func (k *kernelCounts) read(raw syscall.RawConn) (drops uint64, queued int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var info [unix.SK_MEMINFO_VARS]uint32
	err := onDescriptor(raw, func(fd uintptr) error {
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
