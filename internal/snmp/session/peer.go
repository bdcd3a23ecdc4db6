package session

import (
	"encoding/hex"
	"net/netip"
	"time"
)

// The greatest reply that is asked for: what an Ethernet frame carries behind IP and UDP headers. A greater one would
// travel in fragments, which slow paths of routers and many firewalls drop.
const (
	ReplyBudgetV4 = 1472
	ReplyBudgetV6 = 1452
)

// Peer is what a device is remembered by between polls. It serves one session at a time.
type Peer struct {
	Address netip.AddrPort
	Local   netip.Addr // address to send from; zero: the system chooses
	Context string     // v3 context of this device; "": that of the credentials

	engine Engine
	keys   *keys
	timing timing
}

// Budget is the greatest reply to ask this peer for, in bytes of UDP payload.
func (p *Peer) Budget() int {
	if p.Address.Addr().Unmap().Is4() {
		return ReplyBudgetV4
	}
	return ReplyBudgetV6
}

// Engine is an authoritative SNMP engine (RFC 3414 §2.2.1) as last heard of.
type Engine struct {
	ID    string    // snmpEngineID, raw bytes; "": unknown
	Boots uint32    // snmpEngineBoots
	Time  uint32    // snmpEngineTime in seconds
	At    time.Time // when it was that time
}

// clock is the engine's time now, advanced by our own clock.
func (e *Engine) clock(now time.Time) uint32 {
	passed := now.Sub(e.At) / time.Second
	if passed < 0 {
		return e.Time
	}
	return uint32(min(int64(e.Time)+int64(passed), 1<<31-1))
}

// Hex is the engine ID in hexadecimal digits.
func (e *Engine) Hex() string { return hex.EncodeToString([]byte(e.ID)) }

// Engine returns what is known of the peer's engine.
func (p *Peer) Engine() Engine { return p.engine }

// Restore makes the peer know an engine from earlier on, so that its next session needs no discovery. If the engine
// was restarted in between, the first exchange finds out and recovers.
func (p *Peer) Restore(e Engine) { p.engine, p.keys = e, nil }

// Forget drops what is known of the engine: the next session discovers it anew.
func (p *Peer) Forget() { p.engine, p.keys = Engine{}, nil }

// RoundTrip is the smoothed round-trip time, 0 before the first answer.
func (p *Peer) RoundTrip() time.Duration { return p.timing.smoothed }

// unlock returns the keys of the credentials at the peer's engine.
func (p *Peer) unlock(c *Credentials) (*keys, error) {
	if p.keys != nil && p.keys.credentials == c && p.keys.engineID == p.engine.ID {
		return p.keys, nil
	}
	k, err := localize(c, p.engine.ID)
	if err == nil {
		p.keys = k
	}
	return k, err
}
