package trap

// Reason is why a datagram was refused.
type Reason uint8

// The reasons.
const (
	Accepted         Reason = iota
	Malformed               // not SNMP, cut short, or a notification without snmpTrapOID
	WrongVersion            // a version of SNMP that does not exist, or a kind of message that its version does not have
	UnknownCommunity        // no credentials have this community
	UnknownUser             // no credentials have this user
	UnknownEngine           // an inform for another engine than ours
	WrongLevel              // not protected as the user's credentials say
	WrongDigest             // another password, another protocol, or tampered with
	OutsideWindow           // too old, or a replay (RFC 3414 §2.2.3)
	Undecryptable           // another privacy password or protocol
	UnexpectedPDU           // a request or an answer, not a notification
	NumReasons
)

var reasons = [NumReasons]string{
	"accepted", "malformed", "wrong_version", "unknown_community", "unknown_user", "unknown_engine_id",
	"wrong_security_level", "wrong_digest", "outside_time_window", "undecryptable", "unexpected_pdu",
}

func (r Reason) String() string { return reasons[r] }
