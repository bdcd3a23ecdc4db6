package session

import (
	"errors"
	"fmt"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// The counters that a report names its cause by (SNMP-USER-BASED-SM-MIB, SNMP-MPD-MIB, SNMP-TARGET-MIB).
var reportCauses = []struct {
	oid pdu.OID
	err error
}{
	{pdu.MustOID("1.3.6.1.6.3.15.1.1.1"), ErrUnsupportedLevel},
	{pdu.MustOID("1.3.6.1.6.3.15.1.1.2"), ErrNotInTimeWindow},
	{pdu.MustOID("1.3.6.1.6.3.15.1.1.3"), ErrUnknownUser},
	{pdu.MustOID("1.3.6.1.6.3.15.1.1.4"), ErrUnknownEngine},
	{pdu.MustOID("1.3.6.1.6.3.15.1.1.5"), ErrWrongDigest},
	{pdu.MustOID("1.3.6.1.6.3.15.1.1.6"), ErrDecryption},
	{pdu.MustOID("1.3.6.1.6.3.12.1.4"), ErrUnknownContext},
	{pdu.MustOID("1.3.6.1.6.3.12.1.5"), ErrUnknownContext},
}

// reportError is a report that answered a request.
type reportError struct {
	err         error
	credentials string
	user        string
	boots, time uint32
}

func (e *reportError) Error() string {
	return fmt.Sprintf("credentials %q, user %q: %v", e.credentials, e.user, e.err)
}

func (e *reportError) Unwrap() error { return e.err }

// report reads a report. The time of an engine is believed only under a digest: others could turn it back.
func (s *Session) report(m *pdu.Message3, r pdu.Reply, authentic bool) error {
	out := &reportError{err: ErrUnknownReport, credentials: s.cred.Name, user: s.cred.User, boots: m.Boots, time: m.Time}
	vb, ok := r.Next()
	if !ok {
		return rejection(Malformed)
	}
	for _, c := range reportCauses {
		if vb.OID.HasPrefix(c.oid) {
			out.err = c.err
		}
	}
	if errors.Is(out.err, ErrNotInTimeWindow) && !authentic {
		return rejection(Unprotected)
	}
	return out
}
