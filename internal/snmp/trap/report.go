package trap

import (
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// usmStats are the counters that reports tell (RFC 3414 §5).
type usmStat int

const (
	unsupportedSecLevels usmStat = iota
	notInTimeWindows
	unknownUserNames
	unknownEngineIDs
	wrongDigests
	decryptionErrors
	numStats
)

var usmStats = func() (out [numStats]pdu.OID) {
	base := pdu.MustOID("1.3.6.1.6.3.15.1.1")
	for i := range out {
		out[i] = pdu.AppendSub(pdu.AppendSub(append([]byte(nil), base...), uint32(i)+1), 0)
	}
	return out
}()

// Reports are about as long as what they answer, and anyone can ask for one in another's name: a worker sends no more
// than so many.
const (
	reportsPerSecond = 500
	reportsAtOnce    = 1000
)

// reports counts what happened and how many reports may be sent.
type reports struct {
	counts [numStats]uint32
	spent  float64
	last   time.Time
}

func (r *reports) allowed(now time.Time) bool {
	r.spent = max(r.spent-now.Sub(r.last).Seconds()*reportsPerSecond, 0)
	r.last = now
	if r.spent >= reportsAtOnce {
		return false
	}
	r.spent++
	return true
}

// report tells a sender that waits for an answer why it gets none (RFC 3412 §7.1). Only one about time is signed, by
// the user's key (RFC 3414 §3.2 (7a)): the others are about users or keys that are not there.
func (w *Worker) report(m *pdu.Message3, why usmStat, signed *session.Security, now time.Time) []byte {
	w.reports.counts[why]++
	if m.Flags&pdu.FlagReportable == 0 || !w.reports.allowed(now) {
		return nil
	}
	w.varbind = pdu.AppendVarbind(w.varbind[:0], usmStats[why], pdu.Counter32, w.reports.counts[why])
	r := &pdu.Request{Kind: pdu.Report, Varbinds: w.varbind}
	head := w.header(m, now)
	if signed == nil {
		return w.out.Message3(&head, w.scoped.ScopedPDU(head.EngineID, nil, r, requestID(m)))
	}
	head.Flags = pdu.FlagAuth
	answer, err := signed.Seal(&w.out, &w.scoped, &head, head.EngineID, nil, r, requestID(m))
	if err != nil {
		return nil
	}
	return answer
}

// requestID is that of the request, 0 where it can't be read.
func requestID(m *pdu.Message3) int32 {
	if m.Flags&pdu.FlagPriv != 0 {
		return 0
	}
	sc, _ := pdu.ParseScoped(m.Data)
	return sc.Reply.RequestID
}
