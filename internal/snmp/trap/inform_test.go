package trap

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// An inform is answered after its delivery and not before; sent again, it is answered again and delivered once.
func TestInformIsAnsweredOnceDelivered(t *testing.T) {
	w := newWorker()
	inform := v2c(pdu.Inform, "s3cret", 42, varbinds(1))
	r := w.Receive(clone(inform), device, start)
	require.NotNil(t, r.Notification)
	require.Nil(t, r.Answer)
	again := w.Receive(clone(inform), device, start)
	require.True(t, again.Duplicate)
	require.Nil(t, again.Answer, "not delivered yet")

	answer := w.Delivered(r.Notification, true, start)
	m, err := pdu.ParseCommunity(answer)
	require.NoError(t, err)
	require.Equal(t, pdu.Response, m.Reply.Kind)
	require.EqualValues(t, 42, m.Reply.RequestID)
	require.Equal(t, pdu.NoError, m.Reply.Status)
	require.Equal(t, varbinds(1), m.Reply.Varbinds(), "the answer repeats the varbinds (RFC 3416 §4.2.7)")

	again = w.Receive(clone(inform), device, start.Add(time.Second))
	require.True(t, again.Duplicate && again.Acknowledged)
	require.Nil(t, again.Notification)
	require.NotEmpty(t, again.Answer)

	require.NotNil(t, w.Receive(clone(inform), device, start.Add(time.Hour)).Notification, "a request id comes again some day")
}

// What could not be delivered is not answered, and is taken when it comes again.
func TestUndeliveredInformIsTakenAgain(t *testing.T) {
	w := newWorker()
	inform := v2c(pdu.Inform, "s3cret", 42, varbinds(1))
	r := w.Receive(clone(inform), device, start)
	require.Nil(t, w.Delivered(r.Notification, false, start))
	r = w.Receive(clone(inform), device, start)
	require.NotNil(t, r.Notification)
	require.NotNil(t, w.Delivered(r.Notification, true, start))
}

// Traps of v1 and v2c have nothing to tell a copy from a second event: none is left out.
func TestEqualTrapsAreAllDelivered(t *testing.T) {
	w := newWorker()
	for range 3 {
		r := w.Receive(v2c(pdu.Trap, "s3cret", 1, varbinds(1)), device, start)
		require.NotNil(t, r.Notification)
		require.Nil(t, w.Delivered(r.Notification, true, start))
	}
}

// RFC 3414 §4: a sender learns our engine from the answer to an empty message, our time from a signed report, and is
// then heard.
func TestV3InformAfterDiscovery(t *testing.T) {
	for _, user := range []string{"nobody", "auth", "core"} {
		w := newWorker()
		var e, scoped pdu.Encoder
		probe := clone(e.Message3(&pdu.Message3{ID: 9, MaxSize: 1472, Flags: pdu.FlagReportable}, scoped.ScopedPDU(nil, nil, &pdu.Request{Kind: pdu.Get}, 5)))
		r := w.Receive(probe, device, start)
		require.True(t, r.Discovery)
		m, sc := answered(t, r.Answer, user)
		require.Equal(t, engine.ID, string(m.EngineID))
		require.EqualValues(t, 9, m.ID)
		require.EqualValues(t, 7, m.Boots)
		require.EqualValues(t, 1000, m.Time)
		require.Equal(t, pdu.Report, sc.Reply.Kind)
		v, ok := sc.Reply.Next()
		require.True(t, ok)
		require.Equal(t, "1.3.6.1.6.3.15.1.1.4.0", v.OID.String())

		s := &speaker{user: user, engineID: string(m.EngineID)}
		if user != "nobody" {
			r = w.Receive(s.say(t, pdu.Inform, 6, varbinds(1)), device, start)
			require.True(t, r.Discovery, "boots 0 and time 0 ask what time it is")
			m, sc = answered(t, r.Answer, user)
			require.NotZero(t, m.Flags&pdu.FlagAuth, "the time is signed")
			v, _ = sc.Reply.Next()
			require.Equal(t, "1.3.6.1.6.3.15.1.1.2.0", v.OID.String())
			s.boots, s.time = m.Boots, m.Time
		}
		r = w.Receive(s.say(t, pdu.Inform, 6, varbinds(1)), device, start)
		require.Equal(t, Accepted, r.Refused)
		require.NotNil(t, r.Notification, user)
		require.Equal(t, "ctx", string(r.Notification.Context))
		m, sc = answered(t, w.Delivered(r.Notification, true, start), user)
		require.Equal(t, pdu.Response, sc.Reply.Kind)
		require.EqualValues(t, 6, sc.Reply.RequestID)
		require.Equal(t, varbinds(1), sc.Reply.Varbinds())
		require.Equal(t, deviceEngine, string(sc.ContextEngineID))

		r = w.Receive(s.say(t, pdu.Inform, 6, varbinds(1)), device, start)
		require.True(t, r.Duplicate && r.Acknowledged, "a new message around the same PDU")
		require.Nil(t, r.Notification)
	}
}

// A report says why an inform is refused, and no more than that.
func TestRefusedInformsAreReported(t *testing.T) {
	late := engine.Boots
	for name, c := range map[string]struct {
		speaker speaker
		change  func([]byte)
		want    Reason
		stat    string
	}{
		"too late":      {speaker{user: "core", engineID: engine.ID, boots: late, time: 1000 - timeWindow - 1}, nil, OutsideWindow, "2"},
		"too early":     {speaker{user: "core", engineID: engine.ID, boots: late, time: 1000 + timeWindow + 1}, nil, OutsideWindow, "2"},
		"before a boot": {speaker{user: "core", engineID: engine.ID, boots: late - 1, time: 1000}, nil, OutsideWindow, "2"},
		"tampered with": {speaker{user: "core", engineID: engine.ID, boots: late, time: 1000}, func(b []byte) { b[len(b)-1] ^= 1 }, WrongDigest, "5"},
		"other engine":  {speaker{user: "core", engineID: deviceEngine, boots: late, time: 1000}, nil, UnknownEngine, "4"},
	} {
		msg := c.speaker.say(t, pdu.Inform, 6, varbinds(1))
		if c.change != nil {
			c.change(msg)
		}
		r := newWorker().Receive(msg, device, start)
		require.Equal(t, c.want, r.Refused, name)
		_, sc := answered(t, r.Answer, "core")
		v, ok := sc.Reply.Next()
		require.True(t, ok, name)
		require.Equal(t, "1.3.6.1.6.3.15.1.1."+c.stat+".0", v.OID.String(), name)
	}
}

// RFC 3414 §3.2 (7b): of a trap its sender is the authority on time. What is older than what we heard is a replay.
func TestReplayedTrapsAreRefused(t *testing.T) {
	w := newWorker()
	s := &speaker{user: "core", engineID: deviceEngine, boots: 4, time: 5000}
	first := s.say(t, pdu.Trap, 1, varbinds(1))
	require.NotNil(t, w.Receive(clone(first), device, start).Notification)
	require.True(t, w.Receive(clone(first), device, start).Duplicate, "the same message at once")
	elsewhere := netip.MustParseAddrPort("198.51.100.66:1")
	require.True(t, w.Receive(clone(first), elsewhere, start).Duplicate, "and from elsewhere")
	require.Equal(t, OutsideWindow, w.Receive(clone(first), device, start.Add(151*time.Second)).Refused)

	s.time = 5000 - timeWindow
	require.NotNil(t, w.Receive(s.say(t, pdu.Trap, 2, varbinds(1)), device, start).Notification, "reordered, in the window")
	s.time--
	require.Equal(t, OutsideWindow, w.Receive(s.say(t, pdu.Trap, 3, varbinds(1)), device, start).Refused)
	s.boots, s.time = 5, 1
	require.NotNil(t, w.Receive(s.say(t, pdu.Trap, 4, varbinds(1)), device, start).Notification, "it restarted")
	s.boots, s.time = 4, 9000
	require.Equal(t, OutsideWindow, w.Receive(s.say(t, pdu.Trap, 5, varbinds(1)), device, start).Refused, "from before that")
}

// However informs are repeated, reordered and fail to be delivered: each is delivered at most once with success, every
// answer comes after that, and a sender that repeats until it is answered is.
func TestInformsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorker()
		done := map[int32]int{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			id := rapid.Int32Range(1, 4).Draw(t, "id")
			r := w.Receive(v2c(pdu.Inform, "s3cret", id, varbinds(1)), device, start)
			if r.Notification == nil {
				require.Positive(t, done[id], "left out though never delivered")
				require.True(t, r.Acknowledged)
				continue
			}
			ok := rapid.Bool().Draw(t, "delivered")
			require.Equal(t, ok, w.Delivered(r.Notification, ok, start) != nil)
			if ok {
				done[id]++
			}
			require.LessOrEqual(t, done[id], 1)
		}
	})
}

// Floods do not grow a worker: neither informs nor forged engines, and reports run dry.
func TestMemoryIsBounded(t *testing.T) {
	w := newWorker()
	reported := 0
	s := &speaker{user: "auth", engineID: "\x80\x00\x00\x00\x05forged"}
	forged := s.say(t, pdu.Inform, 1, varbinds(1))
	for i := range int32(2*maxSeen + 10) {
		n := w.Receive(v2c(pdu.Inform, "s3cret", i, varbinds(1)), device, start).Notification
		require.NotNil(t, n)
		w.Delivered(n, true, start)
		if w.Receive(clone(forged), device, start).Answer != nil {
			reported++
		}
	}
	require.LessOrEqual(t, len(w.seen.all), maxSeen)
	require.Len(t, w.seen.ring, maxSeen)
	require.Empty(t, w.senders)
	require.Equal(t, reportsAtOnce, reported)
	for i := range maxSenders + 10 {
		w.senders.keep(senderKey{nil, string(rune(i))}, &sender{})
	}
	require.Len(t, w.senders, maxSenders)
}
