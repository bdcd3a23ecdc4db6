package trap

import (
	"testing"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// BenchmarkReceive takes a trap of three varbinds by version and level; v3 ones are from one sender.
func BenchmarkReceive(b *testing.B) {
	for name, msg := range map[string][]byte{
		"v2c":  v2c(pdu.Trap, "s3cret", 1, varbinds(1)),
		"auth": (&speaker{user: "auth", engineID: deviceEngine}).say(b, pdu.Trap, 1, varbinds(1)),
		"priv": (&speaker{user: "core", engineID: deviceEngine}).say(b, pdu.Trap, 1, varbinds(1)),
	} {
		b.Run(name, func(b *testing.B) {
			w, buf := newWorker(), make([]byte, len(msg))
			b.SetBytes(int64(len(msg)))
			b.ReportAllocs()
			for b.Loop() {
				copy(buf, msg)
				r := w.Receive(buf, device, start)
				if r.Refused != Accepted {
					b.Fatal(r.Refused)
				}
				if r.Notification != nil {
					w.Delivered(r.Notification, false, start) // so that the next one is not a replay
				}
			}
		})
	}
}
