package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// maxDatagram is the greatest UDP payload there is: a reply that is greater than it should be is still read whole.
const maxDatagram = 65535

// Pool lends sockets to sessions. There are never more sockets than sessions at one time, however many peers.
// Sockets are not connected: a reply from another address is seen, refused and counted rather than dropped unseen.
type Pool struct {
	Stats Stats
	// FirstWait is how long the first answer of a peer is waited for, and twice as long at each repetition; 0: 1 s.
	FirstWait time.Duration

	mu     sync.Mutex
	idle   map[socketKey][]*socket
	closed bool
}

// socketKey tells which peers a socket can serve.
type socketKey struct {
	local netip.Addr
	ipv6  bool
}

type socket struct {
	key  socketKey
	conn *net.UDPConn
	in   []byte

	direct *direct // nil: by conn
}

// maxIdle is how many unused sockets of one kind are kept.
const maxIdle = 32

// Open starts a session with a peer. Close it.
func (p *Pool) Open(ctx context.Context, peer *Peer, c *Credentials) (*Session, error) {
	sock, err := p.borrow(socketKey{peer.Local, peer.Address.Addr().Unmap().Is6()})
	if err != nil {
		return nil, err
	}
	s := &Session{pool: p, sock: sock, peer: peer, cred: c, lastID: rand.Int32N(1 << 30), lastMsgID: rand.Int32N(1 << 30), clean: true}
	s.unhook = context.AfterFunc(ctx, func() { _ = sock.conn.SetReadDeadline(time.Unix(1, 0)) })
	return s, nil
}

func (p *Pool) borrow(k socketKey) (*socket, error) {
	p.mu.Lock()
	if free := p.idle[k]; len(free) > 0 {
		s := free[len(free)-1]
		p.idle[k] = free[:len(free)-1]
		p.mu.Unlock()
		return s, nil
	}
	p.mu.Unlock()
	network := "udp4"
	if k.ipv6 {
		network = "udp6"
	}
	var local *net.UDPAddr
	if k.local.IsValid() {
		local = net.UDPAddrFromAddrPort(netip.AddrPortFrom(k.local, 0))
	}
	conn, err := net.ListenUDP(network, local)
	if err != nil {
		return nil, fmt.Errorf("opening a socket: %w", err)
	}
	return newSocket(k, conn), nil
}

// giveBack keeps the socket for another session, unless a late reply to this one may still come to it.
func (p *Pool) giveBack(s *socket, clean bool) {
	p.mu.Lock()
	keep := clean && !p.closed && len(p.idle[s.key]) < maxIdle
	if keep {
		if p.idle == nil {
			p.idle = map[socketKey][]*socket{}
		}
		p.idle[s.key] = append(p.idle[s.key], s)
	}
	p.mu.Unlock()
	if !keep {
		_ = s.conn.Close()
	}
}

// Close closes the idle sockets; those in use close with their sessions.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, free := range idle {
		for _, s := range free {
			_ = s.conn.Close()
		}
	}
}
