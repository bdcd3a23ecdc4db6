package session

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// What a device, or something that claims to be it, can answer instead of an answer.
var (
	ErrNoAnswer         = errors.New("no answer")
	ErrUnreachable      = errors.New("unreachable")
	ErrUnknownUser      = errors.New("the device knows no such user")
	ErrWrongDigest      = errors.New("the device refused the digest: wrong auth_password or auth_type")
	ErrDecryption       = errors.New("the device could not decrypt: wrong privacy_password or privacy_type")
	ErrUnsupportedLevel = errors.New("the device refuses this security_level for the user")
	ErrNotInTimeWindow  = errors.New("the device says the time is wrong, also after taking over its own")
	ErrUnknownEngine    = errors.New("the device disowns the engine ID that it gave")
	ErrUnknownContext   = errors.New("the device knows no such context")
	ErrUnknownReport    = errors.New("the device answered with a report of no known kind")
)

// NoAnswerError is a device that stayed silent. SNMP gives no sign of a wrong community: it looks like no device.
type NoAnswerError struct {
	Address   netip.AddrPort
	Waited    time.Duration
	Rejected  uint64 // replies that came in this time and were refused
	Community bool   // asked with a community
	Private   bool   // asked with privacy, by an engine that is known
}

func (e *NoAnswerError) Error() string {
	why := "unreachable, no SNMP there, or an access list in the way"
	if e.Community {
		why = "unreachable, a wrong community, or an access list in the way"
	}
	if e.Private {
		why = "unreachable, or a wrong privacy_password or privacy_type: some agents are silent on what they can't decrypt"
	}
	if e.Rejected > 0 {
		why = fmt.Sprintf("%d replies came and were refused", e.Rejected)
	}
	return fmt.Sprintf("no answer from %s within %s: %s", e.Address, e.Waited.Round(100*time.Millisecond), why)
}

// Is makes it an ErrNoAnswer.
func (e *NoAnswerError) Is(target error) bool { return target == ErrNoAnswer }

// Type names an error as the attribute error.type does: one short word for each thing that an operator would do.
func Type(err error) string {
	for _, t := range []struct {
		err  error
		name string
	}{
		{ErrNoAnswer, "timeout"},
		{ErrUnreachable, "unreachable"},
		{ErrUnknownUser, "unknown_user"},
		{ErrWrongDigest, "wrong_digest"},
		{ErrDecryption, "decryption_error"},
		{ErrUnsupportedLevel, "unsupported_security_level"},
		{ErrNotInTimeWindow, "not_in_time_window"},
		{ErrUnknownEngine, "unknown_engine_id"},
		{ErrUnknownContext, "unknown_context"},
	} {
		if errors.Is(err, t.err) {
			return t.name
		}
	}
	return "_OTHER"
}
