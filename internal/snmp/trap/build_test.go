package trap

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

var (
	linkDown = pdu.MustOID("1.3.6.1.6.3.1.1.5.3")
	ifIndex  = pdu.MustOID("1.3.6.1.2.1.2.2.1.1.17")
	start    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	device   = netip.MustParseAddrPort("192.0.2.1:50000")
	engine   = Engine{ID: "\x80\x00\x00\x00\x05netcol", Boots: 7, Started: start.Add(-1000 * time.Second)}
)

const deviceEngine = "\x80\x00\x1f\x88\x80device"

func credentials() []*session.Credentials {
	return []*session.Credentials{
		{Name: "legacy", Version: pdu.V2c, Community: "s3cret"},
		{Name: "nobody", Version: pdu.V3, User: "nobody", Level: session.NoAuthNoPriv},
		{Name: "auth", Version: pdu.V3, User: "auth", Level: session.AuthNoPriv, AuthType: session.SHA, AuthPassword: "authpassword"},
		{
			Name: "core", Version: pdu.V3, User: "core", Level: session.AuthPriv, AuthType: session.SHA256, AuthPassword: "authpassword",
			PrivacyType: session.AES, PrivacyPassword: "privpassword",
		},
	}
}

var users = NewUsers(credentials())

func newWorker() *Worker { return NewWorker(engine, users) }

// tlv is BER of at most 127 bytes.
func tlv(tag byte, parts ...[]byte) []byte {
	out := []byte{tag, 0}
	for _, p := range parts {
		out = append(out, p...)
	}
	out[1] = byte(len(out) - 2)
	return out
}

func oidBind(name, value pdu.OID) []byte {
	return tlv(0x30, tlv(0x06, name), tlv(0x06, value))
}

// varbinds are those of a linkDown trap.
func varbinds(uptime uint32) []byte {
	b := pdu.AppendVarbind(nil, sysUpTime, pdu.TimeTicks, uptime)
	b = append(b, oidBind(snmpTrapOID, linkDown)...)
	return pdu.AppendVarbind(b, ifIndex, pdu.Integer, 17)
}

func v2c(kind pdu.Kind, community string, id int32, binds []byte) []byte {
	var e pdu.Encoder
	return e.Community(pdu.V2c, community, &pdu.Request{Kind: kind, Varbinds: binds}, id)
}

func v1(community string, enterprise pdu.OID, agent [4]byte, generic, specific byte) []byte {
	return tlv(0x30, tlv(0x02, []byte{0}), tlv(0x04, []byte(community)), tlv(0xa4,
		tlv(0x06, enterprise), tlv(0x40, agent[:]), tlv(0x02, []byte{generic}), tlv(0x02, []byte{specific}), tlv(0x43, []byte{99}),
		tlv(0x30, pdu.AppendVarbind(nil, ifIndex, pdu.Integer, 17))))
}

// speaker is a v3 sender.
type speaker struct {
	user     string
	engineID string
	boots    uint32
	time     uint32
	id       int32 // msgID, counted up
}

func (s *speaker) say(t testing.TB, kind pdu.Kind, requestID int32, binds []byte) []byte {
	t.Helper()
	fit := users.users[s.user]
	require.NotEmpty(t, fit)
	security, err := fit[0].At(s.engineID)
	require.NoError(t, err)
	s.id++
	m := pdu.Message3{
		ID: s.id, MaxSize: 1472, Flags: []pdu.Flags{0, pdu.FlagAuth, pdu.FlagAuth | pdu.FlagPriv}[fit[0].Credentials.Level],
		EngineID: []byte(s.engineID), Boots: s.boots, Time: s.time, User: []byte(s.user),
	}
	if kind != pdu.Trap {
		m.Flags |= pdu.FlagReportable
	}
	var out, scoped pdu.Encoder
	msg, err := security.Seal(&out, &scoped, &m, []byte(deviceEngine), []byte("ctx"), &pdu.Request{Kind: kind, Varbinds: binds}, requestID)
	require.NoError(t, err)
	return msg
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// answered reads an answer to a v3 sender and checks its protection.
func answered(t *testing.T, answer []byte, user string) (pdu.Message3, pdu.Scoped) {
	t.Helper()
	answer = clone(answer)
	m, err := pdu.ParseMessage3(answer)
	require.NoError(t, err)
	if m.Flags&pdu.FlagAuth != 0 {
		s, err := users.users[user][0].At(string(m.EngineID))
		require.NoError(t, err)
		require.True(t, s.Verify(answer, &m), "the answer's digest")
		if m.Flags&pdu.FlagPriv != 0 {
			require.True(t, s.Decrypt(&m))
			sc, err := pdu.ParseScopedPlaintext(m.Data)
			require.NoError(t, err)
			return m, sc
		}
	}
	sc, err := pdu.ParseScoped(m.Data)
	require.NoError(t, err)
	return m, sc
}
