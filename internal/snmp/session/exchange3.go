package session

import (
	"context"
	"errors"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// timeWindow is how far a message's time may lie behind (RFC 3414 §2.2.3), in seconds.
const timeWindow = 150

// exchange3 is Exchange for v3. A device that restarted, or was replaced, says so in a report: it is believed once.
func (s *Session) exchange3(ctx context.Context, r *pdu.Request) (pdu.Reply, error) {
	if s.peer.engine.ID == "" {
		if err := s.discover(ctx); err != nil {
			return pdu.Reply{}, err
		}
	}
	s.lastID++
	var resynced, rediscovered bool
	for {
		reply, err := s.protected(ctx, r, s.lastID)
		var report *reportError
		switch {
		case errors.As(err, &report) && errors.Is(report.err, ErrNotInTimeWindow) && !resynced:
			resynced = true
			s.resync(report)
		case errors.As(err, &report) && errors.Is(report.err, ErrUnknownEngine) && !rediscovered:
			rediscovered = true
			s.peer.Forget()
			if err := s.discover(ctx); err != nil {
				return pdu.Reply{}, err
			}
		default:
			return reply, err
		}
	}
}

// resync takes over boots and time from an authenticated report. It carries the random id of our request under the
// digest, so it is fresh: also a number of boots that fell is believed, which a device shows that lost its memory.
func (s *Session) resync(r *reportError) {
	s.pool.Stats.Resyncs.Add(1)
	e := &s.peer.engine
	e.Boots, e.Time, e.At = r.boots, r.time, s.arrived
}

// discover learns the engine (RFC 3414 §4): an empty request makes it report itself.
func (s *Session) discover(ctx context.Context) error {
	s.pool.Stats.Discoveries.Add(1)
	s.usm = nil
	s.lastID++
	id, first := s.lastID, s.lastMsgID+1
	_, err := s.transact(ctx, transaction{
		encode: func() []byte {
			s.lastMsgID++
			data := s.scoped.ScopedPDU(nil, nil, &pdu.Request{Kind: pdu.Get}, id)
			return s.out.Message3(&pdu.Message3{ID: s.lastMsgID, MaxSize: maxDatagram, Flags: pdu.FlagReportable}, data)
		},
		accept: func(b []byte) (pdu.Reply, error) {
			m, err := s.parse3(b, first)
			if err != nil {
				return pdu.Reply{}, err
			}
			if len(m.EngineID) < 5 { // RFC 3411: SnmpEngineID is 5 to 32 octets
				return pdu.Reply{}, rejection(Malformed)
			}
			s.peer.Restore(Engine{ID: string(m.EngineID), Boots: m.Boots, Time: m.Time, At: s.arrived})
			return pdu.Reply{}, nil
		},
	})
	return err
}

func (s *Session) parse3(b []byte, first int32) (pdu.Message3, error) {
	m, err := pdu.ParseMessage3(b)
	switch v, ok := pdu.PeekVersion(b); {
	case ok && v != pdu.V3:
		return m, rejection(WrongVersion)
	case err != nil:
		return m, rejection(Malformed)
	case m.ID < first || m.ID > s.lastMsgID:
		return m, rejection(WrongID)
	}
	return m, nil
}

func (s *Session) protected(ctx context.Context, r *pdu.Request, id int32) (pdu.Reply, error) {
	if s.usm == nil {
		k, err := s.peer.unlock(s.cred)
		if err != nil {
			return pdu.Reply{}, err
		}
		if s.usm, err = newUSM(k); err != nil {
			return pdu.Reply{}, err
		}
	}
	first := s.lastMsgID + 1
	return s.transact(ctx, transaction{
		encode: func() []byte { return s.seal(r, id) },
		accept: func(b []byte) (pdu.Reply, error) { return s.open(b, first, id) },
	})
}

// seal encodes, encrypts and signs a request.
func (s *Session) seal(r *pdu.Request, id int32) []byte {
	e := &s.peer.engine
	s.lastMsgID++
	m := pdu.Message3{
		ID: s.lastMsgID, MaxSize: int64(s.peer.Budget()), Flags: s.usm.flags(), EngineID: []byte(e.ID),
		Boots: e.Boots, Time: e.clock(time.Now()), User: []byte(s.cred.User), Digest: s.usm.blank(),
	}
	data := s.scoped.ScopedPDU(m.EngineID, []byte(s.contextName()), r, id)
	if s.usm.level == AuthPriv {
		data, m.Salt = s.usm.encrypt(data, m.Boots, m.Time)
	}
	msg := s.out.Message3(&m, data)
	if s.usm.level > NoAuthNoPriv {
		s.usm.sign(msg, m.DigestAt)
	}
	return msg
}

// open verifies and decrypts what may be the answer, in the order of RFC 3414 §3.2.
func (s *Session) open(b []byte, first, id int32) (pdu.Reply, error) {
	m, err := s.parse3(b, first)
	if err != nil {
		return pdu.Reply{}, err
	}
	authentic := m.Flags&pdu.FlagAuth != 0
	if authentic {
		if string(m.EngineID) != s.peer.engine.ID || string(m.User) != s.cred.User {
			return pdu.Reply{}, rejection(WrongUser)
		}
		if !s.usm.verify(b, &m) {
			return pdu.Reply{}, rejection(BadDigest)
		}
	}
	scoped, err := s.unscope(&m)
	if err != nil {
		return pdu.Reply{}, err
	}
	if scoped.Reply.Kind == pdu.Report {
		return pdu.Reply{}, s.report(&m, scoped.Reply, authentic)
	}
	return scoped.Reply, s.judge(&m, scoped.Reply, id)
}

func (s *Session) unscope(m *pdu.Message3) (pdu.Scoped, error) {
	if m.Flags&pdu.FlagPriv == 0 {
		sc, err := pdu.ParseScoped(m.Data)
		if err != nil {
			return sc, rejection(Malformed)
		}
		return sc, nil
	}
	if m.Flags&pdu.FlagAuth == 0 || !s.usm.decrypt(m.Data, m.Salt, m.Boots, m.Time) {
		return pdu.Scoped{}, rejection(Undecryptable)
	}
	sc, err := pdu.ParseScopedPlaintext(m.Data)
	if err != nil {
		return sc, rejection(Undecryptable)
	}
	return sc, nil
}

// judge decides whether an answer is protected as the request was, timely, and ours.
func (s *Session) judge(m *pdu.Message3, r pdu.Reply, id int32) error {
	level := pdu.FlagAuth | pdu.FlagPriv
	switch {
	case r.Kind != pdu.Response:
		return rejection(Malformed)
	case m.Flags&level != s.usm.flags()&level:
		return rejection(Unprotected)
	case r.RequestID != id:
		return rejection(WrongID)
	case s.usm.level == NoAuthNoPriv:
		return nil
	}
	e := &s.peer.engine
	now := e.clock(s.arrived)
	switch {
	case m.Boots < e.Boots, m.Boots == e.Boots && m.Time+timeWindow < now:
		return rejection(OutsideWindow)
	case m.Boots > e.Boots || m.Time > now:
		e.Boots, e.Time, e.At = m.Boots, m.Time, s.arrived
	}
	return nil
}
