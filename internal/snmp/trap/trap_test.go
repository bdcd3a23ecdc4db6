package trap

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// RFC 3584 §3.1: the six well-known traps have notifications of their own, all others are enterprise.0.specific.
func TestV1TrapsAreTranslated(t *testing.T) {
	cisco := pdu.MustOID("1.3.6.1.4.1.9.9.41.2")
	for _, c := range []struct {
		generic, specific byte
		want              string
	}{
		{0, 0, "1.3.6.1.6.3.1.1.5.1"},
		{2, 0, "1.3.6.1.6.3.1.1.5.3"},
		{2, 9, "1.3.6.1.6.3.1.1.5.3"},
		{5, 0, "1.3.6.1.6.3.1.1.5.6"},
		{6, 1, "1.3.6.1.4.1.9.9.41.2.0.1"},
	} {
		r := newWorker().Receive(v1("s3cret", cisco, [4]byte{10, 0, 0, 9}, c.generic, c.specific), device, start)
		require.Equal(t, Accepted, r.Refused)
		n := r.Notification
		require.Equal(t, c.want, n.OID.String())
		require.Equal(t, "10.0.0.9", n.Agent.String())
		require.Equal(t, cisco, n.Enterprise)
		require.EqualValues(t, 99, n.Uptime)
		require.Equal(t, "legacy", n.Credentials)
		require.Len(t, n.Varbinds, 1)
	}
	r := newWorker().Receive(v1("s3cret", cisco, [4]byte{}, 0, 0), device, start)
	require.False(t, r.Notification.Agent.IsValid(), "0.0.0.0 is no address")
}

// The varbinds that say what a notification is are taken out; a relay's community is a secret and is dropped.
func TestRelayedTrapTellsItsAgent(t *testing.T) {
	b := varbinds(5)
	b = append(b, tlv(0x30, tlv(0x06, snmpTrapAddress), tlv(0x40, []byte{10, 1, 2, 3}))...)
	b = append(b, tlv(0x30, tlv(0x06, snmpTrapCommunity), tlv(0x04, []byte("s3cret")))...)
	b = append(b, oidBind(snmpTrapEnterprise, pdu.MustOID("1.3.6.1.4.1.9"))...)
	n := newWorker().Receive(v2c(pdu.Trap, "s3cret", 1, b), device, start).Notification
	require.NotNil(t, n)
	require.Equal(t, netip.MustParseAddr("10.1.2.3"), n.Agent)
	require.Equal(t, "1.3.6.1.4.1.9", n.Enterprise.String())
	require.Len(t, n.Varbinds, 1)
	require.Equal(t, ifIndex, n.Varbinds[0].OID)
}

// What is damaged ends the varbinds, not the notification; there are never more than maxVarbinds.
func TestIncompleteNotificationsAreDelivered(t *testing.T) {
	n := newWorker().Receive(v2c(pdu.Trap, "s3cret", 1, append(varbinds(5), 0x30, 0x7f, 1)), device, start).Notification
	require.NotNil(t, n)
	require.True(t, n.Incomplete)
	require.Len(t, n.Varbinds, 1)
	b := varbinds(5)
	for range 2 * maxVarbinds {
		b = pdu.AppendVarbind(b, ifIndex, pdu.Integer, 1)
	}
	n = newWorker().Receive(v2c(pdu.Trap, "s3cret", 1, b), device, start).Notification
	require.True(t, n.Incomplete)
	require.Len(t, n.Varbinds, maxVarbinds)
}

func TestRefusals(t *testing.T) {
	enterprise := pdu.MustOID("1.3.6.1.4.1.9")
	other := pdu.AppendVarbind(nil, sysUpTime, pdu.TimeTicks, 1)
	for name, c := range map[string]struct {
		msg  []byte
		want Reason
	}{
		"empty":                       {nil, Malformed},
		"noise":                       {[]byte("<13>not SNMP at all"), Malformed},
		"version 2":                   {tlv(0x30, tlv(0x02, []byte{2}), tlv(0x04)), WrongVersion},
		"wrong community":             {v2c(pdu.Trap, "public", 1, varbinds(1)), UnknownCommunity},
		"empty community":             {v2c(pdu.Trap, "", 1, varbinds(1)), UnknownCommunity},
		"wrong community of v1":       {v1("public", enterprise, [4]byte{}, 0, 0), UnknownCommunity},
		"a GET":                       {v2c(pdu.Get, "s3cret", 1, varbinds(1)), UnexpectedPDU},
		"a response":                  {v2c(pdu.Response, "s3cret", 1, varbinds(1)), UnexpectedPDU},
		"no snmpTrapOID":              {v2c(pdu.Trap, "s3cret", 1, other), Malformed},
		"v1 PDU in v2c":               {v2c(pdu.TrapV1, "s3cret", 1, varbinds(1)), WrongVersion},
		"generic-trap 7":              {v1("s3cret", enterprise, [4]byte{}, 7, 0), Malformed},
		"trap cut short":              {v2c(pdu.Trap, "s3cret", 1, varbinds(1))[:20], Malformed},
		"user's trap tampered with":   {tampered(t, &speaker{user: "auth", engineID: deviceEngine}), WrongDigest},
		"private trap tampered with":  {tampered(t, &speaker{user: "core", engineID: deviceEngine}), WrongDigest},
		"trap in an unknown name":     {renamed(t, "mallory"), UnknownUser},
		"trap under a lower level":    {renamed(t, "core"), WrongLevel},
		"inform for another's engine": {(&speaker{user: "auth", engineID: deviceEngine}).say(t, pdu.Inform, 1, varbinds(1)), UnknownEngine},
	} {
		r := newWorker().Receive(c.msg, device, start)
		require.Equal(t, c.want.String(), r.Refused.String(), name)
		require.Nil(t, r.Notification, name)
	}
}

func tampered(t *testing.T, s *speaker) []byte {
	msg := s.say(t, pdu.Trap, 1, varbinds(1))
	msg[len(msg)-1] ^= 1
	return msg
}

// renamed is a trap without authentication in the name of user.
func renamed(t *testing.T, user string) []byte {
	var out, scoped pdu.Encoder
	security, err := users.users["nobody"][0].At(deviceEngine)
	require.NoError(t, err)
	m := pdu.Message3{ID: 1, MaxSize: 1472, EngineID: []byte(deviceEngine), User: []byte(user)}
	msg, err := security.Seal(&out, &scoped, &m, nil, nil, &pdu.Request{Kind: pdu.Trap, Varbinds: varbinds(1)}, 1)
	require.NoError(t, err)
	return msg
}
