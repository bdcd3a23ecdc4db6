package trap

import (
	"net/netip"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// timeWindow is how far a message's time may be off (RFC 3414 §2.2.3), in seconds.
const timeWindow = 150

// receiveV3 takes a v3 message in the order of RFC 3414 §3.2. Of an inform we are the authoritative engine, of a trap
// its sender is: an engine that is not ours means a trap, unless the sender waits for an answer.
func (w *Worker) receiveV3(msg []byte, from netip.AddrPort, now time.Time) Result {
	m, err := pdu.ParseMessage3(msg)
	level, sane := levelOf(m.Flags)
	if err != nil || !sane {
		return Result{Refused: Malformed}
	}
	ours := string(m.EngineID) == w.engine.ID
	switch {
	case len(m.EngineID) < 5: // RFC 3411 §5: SnmpEngineID is 5 to 32 octets; a probe has none
		return Result{Discovery: true, Answer: w.report(&m, unknownEngineIDs, nil, now)}
	case !ours && m.Flags&pdu.FlagReportable != 0:
		return Result{Refused: UnknownEngine, Answer: w.report(&m, unknownEngineIDs, nil, now)}
	}
	fit, known := w.users.at(m.User, level)
	switch {
	case !known:
		return Result{Refused: UnknownUser, Answer: w.report(&m, unknownUserNames, nil, now)}
	case len(fit) == 0:
		return Result{Refused: WrongLevel, Answer: w.report(&m, unsupportedSecLevels, nil, now)}
	}
	s := w.authenticate(msg, &m, fit, level)
	if s == nil {
		return Result{Refused: WrongDigest, Answer: w.report(&m, wrongDigests, nil, now)}
	}
	if level > session.NoAuthNoPriv && !w.timely(s, &m, ours, now) {
		sync := ours && m.Boots == 0 && m.Time == 0
		r := Result{Discovery: sync, Answer: w.report(&m, notInTimeWindows, s.security, now)}
		if !sync {
			r.Refused = OutsideWindow
		}
		return r
	}
	return w.open(&m, s, ours, level, from, now)
}

func levelOf(f pdu.Flags) (session.Level, bool) {
	switch f & (pdu.FlagAuth | pdu.FlagPriv) {
	case 0:
		return session.NoAuthNoPriv, true
	case pdu.FlagAuth:
		return session.AuthNoPriv, true
	case pdu.FlagAuth | pdu.FlagPriv:
		return session.AuthPriv, true
	}
	return 0, false // privacy without authentication does not exist (RFC 3412 §6.4)
}

// authenticate finds whose digest it is. Only senders that proved who they are get remembered: forged messages cost
// no memory.
func (w *Worker) authenticate(msg []byte, m *pdu.Message3, fit []*session.User, level session.Level) *sender {
	for _, user := range fit {
		k := senderKey{user, string(m.EngineID)}
		s := w.senders[k]
		if s == nil {
			security, err := user.At(k.engineID)
			if err != nil {
				continue
			}
			s = &sender{security: security}
		}
		if level == session.NoAuthNoPriv {
			return s
		}
		if s.security.Verify(msg, m) {
			w.senders.keep(k, s)
			return s
		}
	}
	return nil
}

func (w *Worker) timely(s *sender, m *pdu.Message3, ours bool, now time.Time) bool {
	if !ours {
		return s.advance(m, now)
	}
	off := int64(m.Time) - int64(w.engine.clock(now))
	return m.Boots == w.engine.Boots && m.Boots < maxInt && off >= -timeWindow && off <= timeWindow
}

// open decrypts and reads what was found authentic and timely.
func (w *Worker) open(m *pdu.Message3, s *sender, ours bool, level session.Level, from netip.AddrPort, now time.Time) Result {
	var scoped pdu.Scoped
	var err error
	if level == session.AuthPriv {
		if !s.security.Decrypt(m) {
			return Result{Refused: Undecryptable, Answer: w.report(m, decryptionErrors, nil, now)}
		}
		if scoped, err = pdu.ParseScopedPlaintext(m.Data); err != nil { // a wrong key makes noise of it
			return Result{Refused: Undecryptable, Answer: w.report(m, decryptionErrors, nil, now)}
		}
	} else if scoped, err = pdu.ParseScoped(m.Data); err != nil {
		return Result{Refused: Malformed}
	}
	kind := scoped.Reply.Kind
	switch {
	case kind != pdu.Trap && kind != pdu.Inform:
		return Result{Refused: UnexpectedPDU}
	case kind == pdu.Inform && !ours:
		return Result{Refused: UnknownEngine}
	}
	n := fromV2(pdu.V3, scoped.Reply)
	if n == nil {
		return Result{Refused: Malformed}
	}
	n.EngineID, n.Context = scoped.ContextEngineID, scoped.ContextName
	c := s.security.User.Credentials
	t := ticket{credentials: c, id: scoped.Reply.RequestID, varbinds: scoped.Reply.Varbinds(), security: s.security, message: *m}
	t.key = w.keyOf(n, &t, from)
	return w.accept(n, c, t, from, now)
}

// keyOf tells notifications apart that may come twice. An inform that is sent again has a new message around the same
// PDU. An authentic trap that comes again is the same message: a replay, whoever sends it.
func (w *Worker) keyOf(n *Notification, t *ticket, from netip.AddrPort) uint64 {
	m := &t.message
	authentic := m.Flags&pdu.FlagAuth != 0
	switch {
	case n.Inform && authentic:
		return w.seen.key([]byte(t.credentials.Name), n.EngineID, t.id, t.varbinds)
	case n.Inform:
		return w.seen.key([]byte(t.credentials.Name), address(from), t.id, t.varbinds)
	case authentic:
		return w.seen.key(m.Digest, m.EngineID, m.ID, t.varbinds)
	}
	return 0
}
