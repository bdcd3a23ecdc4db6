package trap

import (
	"net/netip"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// Engine is who we are to senders of v3 informs.
type Engine struct {
	ID      string    // snmpEngineID, 5 to 32 raw bytes
	Boots   uint32    // snmpEngineBoots: greater at every start
	Started time.Time // when snmpEngineTime was 0
}

// maxInt is the greatest number of boots, and time, that there can be (RFC 3414 §2.2.2).
const maxInt = 1<<31 - 1

func (e *Engine) clock(now time.Time) uint32 {
	return uint32(min(max(int64(now.Sub(e.Started)/time.Second), 0), maxInt))
}

// Worker takes the datagrams of one socket. Not for concurrent use. Its memory is bounded: so many engines of senders,
// and so many notifications that may come again.
type Worker struct {
	engine  Engine
	users   *Users
	senders senders
	seen    seen
	reports reports

	out, scoped pdu.Encoder
	varbind     []byte
}

// NewWorker returns a worker that accepts what users send.
func NewWorker(engine Engine, users *Users) *Worker {
	return &Worker{engine: engine, users: users, senders: senders{}, seen: newSeen()}
}

// Result is what became of a datagram.
type Result struct {
	Notification *Notification // to be delivered, and then told to Delivered; nil: nothing to deliver
	Answer       []byte        // to be sent back at once, nil: nothing; holds until the worker is called again
	Refused      Reason
	Discovery    bool // a sender asked who we are, or what time it is
	Duplicate    bool // it came before, and was delivered or is about to be
	Acknowledged bool // Answer acknowledges an inform
}

// Receive takes one datagram. What it returns refers to msg, which it decrypts in place.
func (w *Worker) Receive(msg []byte, from netip.AddrPort, now time.Time) Result {
	v, ok := pdu.PeekVersion(msg)
	if !ok {
		return Result{Refused: Malformed}
	}
	switch v {
	case pdu.V1:
		return w.receiveV1(msg, from, now)
	case pdu.V2c:
		return w.receiveV2c(msg, from, now)
	case pdu.V3:
		return w.receiveV3(msg, from, now)
	}
	return Result{Refused: WrongVersion}
}

func (w *Worker) receiveV1(msg []byte, from netip.AddrPort, now time.Time) Result {
	if kind, ok := pdu.PeekKind(msg); ok && kind != pdu.TrapV1 {
		return Result{Refused: UnexpectedPDU}
	}
	p, err := pdu.ParseTrapV1(msg)
	if err != nil {
		return Result{Refused: Malformed}
	}
	c := w.users.community(p.Community)
	if c == nil {
		return Result{Refused: UnknownCommunity}
	}
	return w.accept(fromV1(&p), c, ticket{}, from, now)
}

func (w *Worker) receiveV2c(msg []byte, from netip.AddrPort, now time.Time) Result {
	if kind, ok := pdu.PeekKind(msg); ok && kind == pdu.TrapV1 {
		return Result{Refused: WrongVersion}
	}
	m, err := pdu.ParseCommunity(msg)
	if err != nil {
		return Result{Refused: Malformed}
	}
	c := w.users.community(m.Community)
	switch {
	case c == nil:
		return Result{Refused: UnknownCommunity}
	case m.Reply.Kind != pdu.Trap && m.Reply.Kind != pdu.Inform:
		return Result{Refused: UnexpectedPDU}
	}
	n := fromV2(pdu.V2c, m.Reply)
	if n == nil {
		return Result{Refused: Malformed}
	}
	t := ticket{credentials: c, id: m.Reply.RequestID, varbinds: m.Reply.Varbinds()}
	if n.Inform {
		t.key = w.seen.key([]byte(c.Name), address(from), t.id, t.varbinds)
	}
	return w.accept(n, c, t, from, now)
}

// address is what tells a sender without authentication apart from others: its address and port.
func address(from netip.AddrPort) []byte {
	b, _ := from.MarshalBinary()
	return b
}

// accept decides whether a notification is new. One with a key may come again: an inform that was not answered in
// time, or a replay of what was authentic.
func (w *Worker) accept(n *Notification, c *session.Credentials, t ticket, from netip.AddrPort, now time.Time) Result {
	n.Credentials, n.Source, n.ticket = c.Name, from, t
	if t.key == 0 {
		return Result{Notification: n}
	}
	switch w.seen.state(t.key, now) {
	case pending: // its delivery answers this one too
		return Result{Duplicate: true}
	case delivered:
		answer := w.acknowledge(n, now)
		return Result{Duplicate: true, Answer: answer, Acknowledged: answer != nil}
	}
	w.seen.put(t.key, pending, now)
	return Result{Notification: n}
}

// Delivered tells how a notification's delivery ended. It returns the acknowledgement to be sent to its Source, which
// holds until the worker is called again; nil for a trap, and for an inform that could not be delivered: its sender
// will try again, or find out.
func (w *Worker) Delivered(n *Notification, ok bool, now time.Time) []byte {
	if n.ticket.key == 0 {
		return nil
	}
	if !ok {
		w.seen.remove(n.ticket.key)
		return nil
	}
	w.seen.put(n.ticket.key, delivered, now)
	return w.acknowledge(n, now)
}

// ticket is what answering an inform takes.
type ticket struct {
	key         uint64 // in seen; 0: it can't come twice
	credentials *session.Credentials
	id          int32  // request-id
	varbinds    []byte // as they came: the answer repeats them (RFC 3416 §4.2.7)
	security    *session.Security
	message     pdu.Message3
}

func (w *Worker) acknowledge(n *Notification, now time.Time) []byte {
	if !n.Inform {
		return nil
	}
	t := &n.ticket
	r := &pdu.Request{Kind: pdu.Response, Varbinds: t.varbinds}
	if n.Version == pdu.V2c {
		return w.out.Community(pdu.V2c, string(t.credentials.Community), r, t.id)
	}
	answer := w.respond(t, n, r, now)
	if int64(len(answer)) > t.message.MaxSize { // it can't hear all of it; that it is a response is what counts
		answer = w.respond(t, n, &pdu.Request{Kind: pdu.Response, NonRepeaters: int(pdu.TooBig)}, now)
	}
	return answer
}

func (w *Worker) respond(t *ticket, n *Notification, r *pdu.Request, now time.Time) []byte {
	m := w.header(&t.message, now)
	m.Flags = t.message.Flags & (pdu.FlagAuth | pdu.FlagPriv)
	answer, err := t.security.Seal(&w.out, &w.scoped, &m, n.EngineID, n.Context, r, t.id)
	if err != nil {
		return nil
	}
	return answer
}

// header is that of an answer to m: our engine, our time.
func (w *Worker) header(m *pdu.Message3, now time.Time) pdu.Message3 {
	return pdu.Message3{
		ID: m.ID, MaxSize: maxMessage, EngineID: []byte(w.engine.ID), Boots: w.engine.Boots, Time: w.engine.clock(now), User: m.User,
	}
}

// maxMessage is the longest message that fits a UDP datagram.
const maxMessage = 65507
