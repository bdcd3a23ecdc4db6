package trap

import (
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// maxSenders are remembered by a worker: a few hundred bytes each.
const maxSenders = 16384

type senderKey struct {
	user     *session.User
	engineID string
}

// sender is an engine that proved to know a user's password: its keys, and its time as far as we saw it (RFC 3414
// §2.3), by which replays of its traps are told.
type sender struct {
	security    *session.Security
	boots, time uint32
	at          time.Time // when its time was that
}

type senders map[senderKey]*sender

// keep remembers a sender. When there are too many, any one makes room: it costs it the memory of its time.
func (all senders) keep(k senderKey, s *sender) {
	if _, ok := all[k]; ok {
		return
	}
	if len(all) >= maxSenders {
		for other := range all {
			delete(all, other)
			break
		}
	}
	all[k] = s
}

// advance takes note of a message's time, and reports whether it is timely: RFC 3414 §3.2 (7b), for an engine that is
// the authority on its own time.
func (s *sender) advance(m *pdu.Message3, now time.Time) bool {
	if s.at.IsZero() || m.Boots > s.boots || m.Boots == s.boots && m.Time > s.time {
		if m.Boots >= maxInt {
			return false
		}
		s.boots, s.time, s.at = m.Boots, m.Time, now
		return true
	}
	passed := max(int64(now.Sub(s.at)/time.Second), 0)
	return m.Boots == s.boots && m.Boots < maxInt && int64(m.Time)+timeWindow >= int64(s.time)+passed
}
