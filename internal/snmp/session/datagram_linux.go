//go:build linux && (amd64 || arm64)

package session

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// direct sends and receives IPv4 datagrams by system calls that the Go scheduler is not told of. They never block: the
// socket is non-blocking, and waiting is the runtime's network poller's, deadlines included. A poll is a dozen requests
// with a sleep behind each. Telling the scheduler of each call wakes its monitor thread, which then looks around every
// 20 µs until all is idle again: with few devices that is a quarter of what a poll costs.
type direct struct {
	raw syscall.RawConn

	// What the calls take and give. They are made by functions that are made once, so that none allocates.
	write, read func(fd uintptr) bool
	out, in     []byte
	name        unix.RawSockaddrInet4
	size        uint32
	n           int
	errno       syscall.Errno
}

func newDirect(conn *net.UDPConn, in []byte) *direct {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{raw: raw, in: in}
	d.write = d.trySend
	d.read = d.tryReceive
	return d
}

func (d *direct) sendTo(b []byte, to netip.AddrPort) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	d.out = b
	d.name = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().Unmap().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&d.name.Port))[:], to.Port())
	err := d.raw.Write(d.write)
	d.out = nil
	return d.result(err)
}

func (d *direct) receiveFrom() (int, netip.AddrPort, error) {
	n, err := d.result(d.raw.Read(d.read))
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&d.name.Port))[:])
	return n, netip.AddrPortFrom(netip.AddrFrom4(d.name.Addr), port), err
}

func (d *direct) result(err error) (int, error) {
	switch {
	case err != nil:
		return 0, err
	case d.errno != 0:
		return 0, d.errno
	}
	return d.n, nil
}

func (d *direct) trySend(fd uintptr) (done bool) {
	return d.settle(unix.SYS_SENDTO, fd, d.out, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, unsafe.Sizeof(d.name))
}

func (d *direct) tryReceive(fd uintptr) (done bool) {
	d.size = uint32(unsafe.Sizeof(d.name))
	return d.settle(unix.SYS_RECVFROM, fd, d.in, unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&d.size)))
}

// settle makes a call and keeps what it gave. It reports false where the socket is not ready.
func (d *direct) settle(call, fd uintptr, b []byte, flags, size uintptr) (done bool) {
	for {
		n, _, errno := syscall.RawSyscall6(call, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), flags, uintptr(unsafe.Pointer(&d.name)), size)
		switch errno {
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			d.n, d.errno = int(n), errno
			return true
		}
	}
}
