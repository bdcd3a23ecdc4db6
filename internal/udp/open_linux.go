package udp

import (
	"fmt"
	"net"
	"syscall"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// KernelDropsCounted tells whether Stats.KernelDrops means something on this platform.
const KernelDropsCounted = true

// open binds the first socket without SO_REUSEPORT, which fails if anyone at all holds the port, and sets the option
// on it only afterwards, so that the sockets after it may join. Every group begins so; a second netcol's first bind
// therefore always fails, however close the two start.
//
// A socket that joins changes which of them a datagram goes to, and only the whole group with its program is right.
// So each of them refuses everything until the group is complete; the kernel counts what it refuses.
func (g *Group) open(cfg Config) error {
	if err := g.listen(network(cfg.Endpoint), cfg.Endpoint, cfg, refuseAll); err != nil {
		return err
	}
	if cfg.Sockets > 1 {
		if err := g.join(cfg); err != nil {
			return err
		}
	}
	for _, s := range g.sockets {
		if err := s.control(acceptAll); err != nil {
			return fmt.Errorf("endpoint %s: %w", cfg.Endpoint, err)
		}
	}
	g.noteBuffer(cfg)
	return nil
}

// join opens the sockets after the first and steers. A kernel that cannot steer leaves one socket: two workers that
// share an exporter would each know half of its templates.
func (g *Group) join(cfg Config) error {
	first := g.sockets[0]
	if err := first.control(reusePort); err != nil {
		g.note("This kernel does not share a port among sockets (%v), so one socket receives all, whatever sockets says", err)
		return nil
	}
	for len(g.sockets) < cfg.Sockets {
		err := g.listen(network(cfg.Endpoint), first.local.String(), cfg, func(fd uintptr) error {
			if err := refuseAll(fd); err != nil {
				return err
			}
			return reusePort(fd)
		})
		if err != nil {
			return err
		}
	}
	if cfg.Steering == SteerByPort {
		return nil // the kernel's own hash is over addresses and ports
	}
	if err := steer(first, len(g.sockets)); err != nil {
		for _, s := range g.sockets[1:] {
			_ = s.shut()
		}
		g.sockets = g.sockets[:1]
		g.note("This kernel cannot steer datagrams by source address (%v), so one socket receives all, whatever sockets says", err)
	}
	return nil
}

func reusePort(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}

// steer attaches the program that chooses one of n sockets by source address to first's group.
func steer(first *socket, n int) error {
	return first.control(func(fd uintptr) error {
		return attach(fd, unix.SO_ATTACH_REUSEPORT_CBPF, bySourceAddress(n))
	})
}

// bySourceAddress returns a program that hashes the source address of an IPv4 or IPv6 packet into 0 … n-1. The
// IP header decides which it is, so a dual-stack socket's IPv4 peers are steered like those of an IPv4 socket.
// The kernel runs it with the UDP payload as the packet; the IP header lies at SKF_NET_OFF.
func bySourceAddress(n int) []bpf.Instruction {
	const (
		header    = 0xfff00000 // SKF_NET_OFF
		source4   = header + 12
		source6   = header + 8
		fibonacci = 2654435769 // 2³² ÷ golden ratio: neighbouring addresses go far apart
	)
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: header, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 6, SkipTrue: 2},
		bpf.LoadAbsolute{Off: source4, Size: 4},
		bpf.Jump{Skip: 10},
		bpf.LoadAbsolute{Off: source6, Size: 4},
		bpf.TAX{},
		bpf.LoadAbsolute{Off: source6 + 4, Size: 4},
		bpf.ALUOpX{Op: bpf.ALUOpXor},
		bpf.TAX{},
		bpf.LoadAbsolute{Off: source6 + 8, Size: 4},
		bpf.ALUOpX{Op: bpf.ALUOpXor},
		bpf.TAX{},
		bpf.LoadAbsolute{Off: source6 + 12, Size: 4},
		bpf.ALUOpX{Op: bpf.ALUOpXor},
		bpf.ALUOpConstant{Op: bpf.ALUOpMul, Val: fibonacci},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 16},
		bpf.ALUOpConstant{Op: bpf.ALUOpMod, Val: uint32(n)},
		bpf.RetA{},
	}
}

// refuseAll makes the socket's filter drop every datagram, acceptAll removes it.
func refuseAll(fd uintptr) error {
	return attach(fd, unix.SO_ATTACH_FILTER, []bpf.Instruction{bpf.RetConstant{Val: 0}})
}

func acceptAll(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
}

func attach(fd uintptr, option int, program []bpf.Instruction) error {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, option, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}

// setReceiveBuffer asks for size bytes, past net.core.rmem_max where that is permitted (CAP_NET_ADMIN), and returns
// what was granted. The kernel doubles what it is asked for, to have room for its own overhead, and tells the double.
func setReceiveBuffer(_ *net.UDPConn, raw syscall.RawConn, size int) (granted int, err error) {
	err = onDescriptor(raw, func(fd uintptr) error {
		read := func() (err error) {
			granted, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
			granted /= 2
			return err
		}
		if size == 0 {
			return read()
		}
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size); err != nil {
			return fmt.Errorf("receive_buffer: %w", err)
		}
		if err := read(); err != nil || granted >= size {
			return err
		}
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
			return nil
		}
		return read()
	})
	return granted, err
}

func (g *Group) noteBuffer(cfg Config) {
	if granted := g.sockets[0].granted; granted < int(cfg.ReceiveBuffer) {
		g.note("Of the receive_buffer the kernel granted %s of the %s asked for: raise its limit with 'sysctl -w net.core.rmem_max=%d', or grant CAP_NET_ADMIN",
			Size(granted), cfg.ReceiveBuffer, int64(cfg.ReceiveBuffer))
	}
}
