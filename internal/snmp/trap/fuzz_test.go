package trap

import (
	"testing"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// FuzzReceive gives a worker sequences of datagrams, each prefixed by its length: whatever comes, nothing panics, what
// is refused is not delivered, and only informs are answered as such.
func FuzzReceive(f *testing.F) {
	join := func(msgs ...[]byte) (out []byte) {
		for _, m := range msgs {
			out = append(append(out, byte(len(m)>>8), byte(len(m))), m...)
		}
		return out
	}
	enterprise := pdu.MustOID("1.3.6.1.4.1.9")
	core := &speaker{user: "core", engineID: engine.ID, boots: engine.Boots, time: 1000}
	auth := &speaker{user: "auth", engineID: deviceEngine, boots: 1, time: 1}
	nobody := &speaker{user: "nobody", engineID: engine.ID}
	f.Add(join(v1("s3cret", enterprise, [4]byte{1, 2, 3, 4}, 6, 1)))
	f.Add(join(v2c(pdu.Trap, "s3cret", 1, varbinds(1)), v2c(pdu.Inform, "s3cret", 1, varbinds(1)), v2c(pdu.Inform, "s3cret", 1, varbinds(1))))
	f.Add(join(core.say(f, pdu.Inform, 1, varbinds(1)), core.say(f, pdu.Inform, 1, varbinds(1))))
	f.Add(join(auth.say(f, pdu.Trap, 1, varbinds(1)), auth.say(f, pdu.Trap, 2, varbinds(2))))
	f.Add(join(nobody.say(f, pdu.Inform, 1, varbinds(1)), nobody.say(f, pdu.Trap, 2, varbinds(2))))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, now := newWorker(), start
		for len(data) >= 2 {
			n := min(int(data[0])<<8|int(data[1]), len(data)-2)
			msg := clone(data[2 : 2+n])
			data = data[2+n:]
			now = now.Add(time.Second)
			r := w.Receive(msg, device, now)
			switch {
			case r.Refused != Accepted && (r.Notification != nil || r.Duplicate || r.Acknowledged):
				t.Fatalf("refused for %s, and yet %+v", r.Refused, r)
			case r.Refused == Accepted && r.Notification == nil && !r.Duplicate && !r.Discovery:
				t.Fatal("neither refused nor anything else")
			case r.Acknowledged && r.Answer == nil:
				t.Fatal("acknowledged without an answer")
			}
			if r.Notification == nil {
				continue
			}
			if !r.Notification.OID.Valid() || len(r.Notification.Varbinds) > maxVarbinds {
				t.Fatalf("notification %+v", r.Notification)
			}
			if answer := w.Delivered(r.Notification, n%3 != 0, now); answer != nil && !r.Notification.Inform {
				t.Fatal("a trap was answered")
			}
		}
	})
}
