package session

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Session is a conversation with one peer. It has one request in flight; it is not safe for concurrent use.
type Session struct {
	// Attempts of each request; 0 means three.
	Attempts int

	pool   *Pool
	sock   *socket
	peer   *Peer
	cred   *Credentials
	usm    *usm
	unhook func() bool

	lastID, lastMsgID int32
	clean             bool // every request was answered at its first attempt
	rejected          uint64
	out, scoped       pdu.Encoder
	arrived           time.Time
}

// Close ends the session.
func (s *Session) Close() {
	if !s.unhook() {
		s.clean = false // its deadline was or will be moved by the context's end
	}
	s.pool.giveBack(s.sock, s.clean)
}

// Peer returns whom the session talks to.
func (s *Session) Peer() *Peer { return s.peer }

// Arrived is when the last reply came.
func (s *Session) Arrived() time.Time { return s.arrived }

// Version is the version of SNMP that the session speaks.
func (s *Session) Version() pdu.Version { return s.cred.Version }

// Overhead is how many bytes of a reply are not varbinds, at most.
func (s *Session) Overhead() int {
	const v2c, v3 = 40, 110
	if s.cred.Version != pdu.V3 {
		return v2c + len(s.cred.Community)
	}
	n := v3 + 2*len(s.peer.engine.ID) + len(s.cred.User) + len(s.contextName())
	if s.cred.Level > NoAuthNoPriv {
		n += authProtocols[s.cred.AuthType].bytes
	}
	return n
}

func (s *Session) contextName() string {
	if s.peer.Context != "" {
		return s.peer.Context
	}
	return s.cred.ContextName
}

// Exchange sends a request and returns its answer, which holds until the next exchange. Error statuses are answers.
func (s *Session) Exchange(ctx context.Context, r *pdu.Request) (pdu.Reply, error) {
	if s.cred.Version == pdu.V3 {
		return s.exchange3(ctx, r)
	}
	s.lastID++
	id := s.lastID
	return s.transact(ctx, transaction{
		encode: func() []byte { return s.out.Community(s.cred.Version, string(s.cred.Community), r, id) },
		accept: func(b []byte) (pdu.Reply, error) { return s.acceptCommunity(b, id) },
	})
}

func (s *Session) acceptCommunity(b []byte, id int32) (pdu.Reply, error) {
	m, err := pdu.ParseCommunity(b)
	switch v, ok := pdu.PeekVersion(b); {
	case ok && v != s.cred.Version:
		return m.Reply, rejection(WrongVersion)
	case err != nil || m.Reply.Kind != pdu.Response:
		return m.Reply, rejection(Malformed)
	case m.Reply.RequestID != id:
		return m.Reply, rejection(WrongID)
	}
	return m.Reply, nil
}

// transaction is one request with all its attempts. accept returns a rejection for what is not the answer.
type transaction struct {
	encode func() []byte
	accept func([]byte) (pdu.Reply, error)
}

// rejection is a Reason as an error.
type rejection Reason

func (r rejection) Error() string { return Reason(r).String() }

func (s *Session) transact(ctx context.Context, t transaction) (pdu.Reply, error) {
	n := s.Attempts
	if n == 0 {
		n = attempts
	}
	began := time.Now()
	refused := s.rejected
	for attempt := range n {
		if attempt > 0 {
			s.pool.Stats.Retries.Add(1)
			s.clean = false
		}
		sent, err := s.send(t.encode())
		if err != nil {
			return pdu.Reply{}, err
		}
		reply, err := s.await(ctx, sent.Add(s.peer.timing.wait(attempt, s.pool.FirstWait)), t.accept)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			if err == nil {
				s.peer.timing.answered(s.arrived.Sub(sent), attempt)
			}
			return reply, err
		}
		if ctx.Err() != nil {
			s.clean = false
			return pdu.Reply{}, context.Cause(ctx)
		}
		s.pool.Stats.Timeouts.Add(1)
	}
	s.clean = false
	return pdu.Reply{}, &NoAnswerError{
		Address: s.peer.Address, Waited: time.Since(began), Rejected: s.rejected - refused,
		Community: s.cred.Version != pdu.V3, Private: s.usm != nil && s.usm.level == AuthPriv,
	}
}

func (s *Session) send(b []byte) (time.Time, error) {
	now := time.Now()
	n, err := s.sock.send(b, s.peer.Address)
	if err != nil {
		s.clean = false
		return now, fmt.Errorf("%w: %s: %w", ErrUnreachable, s.peer.Address, err)
	}
	s.pool.Stats.Requests.Add(1)
	s.pool.Stats.BytesSent.Add(int64(n))
	return now, nil
}

// await reads datagrams until one is the answer or the deadline passes.
func (s *Session) await(ctx context.Context, deadline time.Time, accept func([]byte) (pdu.Reply, error)) (pdu.Reply, error) {
	_ = s.sock.conn.SetReadDeadline(deadline)
	if ctx.Err() != nil { // its end may have come before the deadline was set
		return pdu.Reply{}, os.ErrDeadlineExceeded
	}
	for {
		n, from, err := s.sock.receive()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return pdu.Reply{}, err
		}
		if err != nil {
			s.clean = false
			return pdu.Reply{}, fmt.Errorf("%w: %s: %w", ErrUnreachable, s.peer.Address, err)
		}
		s.arrived = time.Now()
		s.pool.Stats.BytesReceived.Add(int64(n))
		reply, err := s.take(s.sock.in[:n:n], from, accept)
		var why rejection
		if errors.As(err, &why) {
			s.rejected++
			s.pool.Stats.Rejected[why].Add(1)
			continue
		}
		s.count(n)
		return reply, err
	}
}

func (s *Session) take(b []byte, from netip.AddrPort, accept func([]byte) (pdu.Reply, error)) (pdu.Reply, error) {
	if from.Port() != s.peer.Address.Port() || from.Addr().Unmap() != s.peer.Address.Addr().Unmap() {
		return pdu.Reply{}, rejection(WrongAddress)
	}
	return accept(b)
}

func (s *Session) count(n int) {
	s.pool.Stats.Responses.Add(1)
	if n > s.peer.Budget() {
		s.pool.Stats.Oversized.Add(1)
	}
}

// Room is how many bytes of varbinds a reply may hold to stay within the budget.
func (s *Session) Room() int { return s.peer.Budget() - s.Overhead() }
