package session

import "sync/atomic"

// Reason is why a datagram that came in was not taken for the answer.
type Reason uint8

// The reasons for refusing a reply.
const (
	WrongAddress  Reason = iota // not sent from the device's address and port
	WrongID                     // answers another request, or one of long ago
	Malformed                   // not SNMP, or cut short
	WrongVersion                // another version than asked
	WrongUser                   // v3: another user or engine than asked
	Unprotected                 // v3: less protected than the request
	BadDigest                   // v3: changed on the way, or by someone who does not know the key
	OutsideWindow               // v3: older than 150 s, or of an earlier boot
	Undecryptable               // v3: decrypts to nothing
	NumReasons
)

var reasonNames = [NumReasons]string{
	"wrong_address", "wrong_id", "malformed", "wrong_version", "wrong_user", "unprotected", "bad_digest", "outside_time_window", "undecryptable",
}

func (r Reason) String() string { return reasonNames[r] }

// Stats counts what all sessions of a pool did. Fields only grow.
type Stats struct {
	Requests, Responses, Timeouts, Retries atomic.Int64
	BytesSent, BytesReceived               atomic.Int64
	Oversized                              atomic.Int64 // replies greater than was asked for
	Discoveries                            atomic.Int64 // v3 engine discoveries
	Resyncs                                atomic.Int64 // v3 engines whose boots or time were taken over
	Rejected                               [NumReasons]atomic.Int64
}
