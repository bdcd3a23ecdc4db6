package agenttest

import (
	"context"
	"errors"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

func element(tag byte, body ...[]byte) []byte {
	n := 0
	for _, b := range body {
		n += len(b)
	}
	out := []byte{tag, 0x82, byte(n >> 8), byte(n)}
	switch {
	case n < 1<<7:
		out = []byte{tag, byte(n)}
	case n < 1<<8:
		out = []byte{tag, 0x81, byte(n)}
	}
	for _, b := range body {
		out = append(out, b...)
	}
	return out
}

func number(v int32) []byte {
	return element(0x02, []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

func appendBind(dst []byte, b Bind) []byte {
	return append(dst, element(0x30, element(0x06, b.Name), element(byte(b.Type), b.Raw))...)
}

// ResponsePDU encodes an answer.
func (a *Agent) ResponsePDU(id int32, binds []Bind, status pdu.Status, index int) []byte {
	var list []byte
	for i, b := range binds {
		if a.DamagedAfter > 0 && i == a.DamagedAfter {
			list = append(list, 0x30, 0x7f, 0x00)
			break
		}
		list = appendBind(list, b)
	}
	a.Sizes = append(a.Sizes, len(list))
	return element(byte(pdu.Response), number(id), number(int32(status)), number(int32(index)), element(0x30, list))
}

// CommunityMessage wraps a PDU.
func CommunityMessage(v pdu.Version, community string, body []byte) []byte {
	return element(0x30, number(int32(v)), element(0x04, []byte(community)), body)
}

// ErrSilent is what Exchange returns when the agent does not answer; wrap it with what the caller expects.
var ErrSilent = errors.New("the model agent is silent")

// Conn lets a walk ask the agent without a network. It satisfies walk.Agent.
type Conn struct {
	*Agent
	RoomBytes int   // 0: 1,400
	Silence   error // returned for silence; nil: ErrSilent
	FailAfter int   // requests that are answered before the agent falls silent; 0: all
}

// Exchange answers a request over the wire format.
func (c *Conn) Exchange(_ context.Context, r *pdu.Request) (pdu.Reply, error) {
	kept := *r
	kept.Names = nil
	for _, n := range r.Names {
		kept.Names = append(kept.Names, append(pdu.OID(nil), n...))
	}
	c.Requests = append(c.Requests, kept)
	binds, status, index, ok := c.Answer(r)
	if !ok || c.FailAfter > 0 && len(c.Requests) > c.FailAfter {
		if c.Silence != nil {
			return pdu.Reply{}, c.Silence
		}
		return pdu.Reply{}, ErrSilent
	}
	c.clock = c.clock.Add(time.Millisecond)
	m, err := pdu.ParseCommunity(CommunityMessage(pdu.V2c, "public", c.ResponsePDU(1, binds, status, index)))
	return m.Reply, err
}

// Arrived is when the last answer came.
func (c *Conn) Arrived() time.Time { return c.clock }

// Room is how many bytes of varbinds an answer may hold.
func (c *Conn) Room() int {
	if c.RoomBytes == 0 {
		return 1400
	}
	return c.RoomBytes
}
