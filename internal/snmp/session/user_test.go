package session

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// A user's keys at an engine are those that gosnmp makes of the same passwords, for every pair of protocols.
func TestUserKeysAreGosnmps(t *testing.T) {
	const engine = "\x80\x00\x1f\x88\x80engine"
	for authType, auth := range authProtocols {
		for privacyType := range privacyProtocols {
			c := &Credentials{
				Name: "u", Version: pdu.V3, User: "u", Level: AuthPriv, AuthType: authType, AuthPassword: "maplesyrup",
				PrivacyType: privacyType, PrivacyPassword: "a password longer than the sixty-four bytes that a block of the hash function has",
			}
			want, err := localize(c, engine)
			require.NoError(t, err)
			s, err := NewUser(c).At(engine)
			require.NoError(t, err)
			require.Equal(t, want.auth, s.authKey, "%s", authType)
			require.Equal(t, want.privacy, s.privacyKey(), "%s %s (hash of %d bytes)", authType, privacyType, auth.hash().Size())
		}
	}
}

// RFC 3414 §A.3 gives the keys of "maplesyrup" at engine 00…02.
func TestUserKeysAreTheRFCs(t *testing.T) {
	engine := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
	for authType, want := range map[AuthType][]byte{
		MD5: {0x52, 0x6f, 0x5e, 0xed, 0x9f, 0xcc, 0xe2, 0x6f, 0x89, 0x64, 0xc2, 0x93, 0x07, 0x87, 0xd8, 0x2b},
		SHA: {0x66, 0x95, 0xfe, 0xbc, 0x92, 0x88, 0xe3, 0x62, 0x82, 0x23, 0x5f, 0xc7, 0x15, 0x1f, 0x12, 0x84, 0x97, 0xb3, 0x8f, 0x3f},
	} {
		s, err := NewUser(&Credentials{Level: AuthNoPriv, AuthType: authType, AuthPassword: "maplesyrup"}).At(engine)
		require.NoError(t, err)
		require.Equal(t, want, s.authKey, "%s", authType)
	}
}

// What one seals the other opens, and a message with any one bit changed is refused.
func TestSealedMessageIsOpenedAndTamperingIsSeen(t *testing.T) {
	user := NewUser(&Credentials{Name: "u", User: "u", Level: AuthPriv, AuthType: SHA256, AuthPassword: "authpassword", PrivacyType: AES256, PrivacyPassword: "privpassword"})
	rapid.Check(t, func(t *rapid.T) {
		ours, _ := user.At("engine")
		theirs, _ := user.At("engine")
		m := pdu.Message3{ID: 7, MaxSize: 1472, Flags: pdu.FlagAuth | pdu.FlagPriv, EngineID: []byte("engine"), Boots: 3, Time: 99, User: []byte("u")}
		varbinds := pdu.AppendVarbind(nil, pdu.MustOID("1.3.6.1.2.1.1.3.0"), pdu.TimeTicks, rapid.Uint32().Draw(t, "v"))
		var out, scoped pdu.Encoder
		msg, err := ours.Seal(&out, &scoped, &m, []byte("engine"), nil, &pdu.Request{Kind: pdu.Response, Varbinds: varbinds}, 5)
		require.NoError(t, err)
		got, err := pdu.ParseMessage3(msg)
		require.NoError(t, err)
		require.True(t, theirs.Verify(msg, &got))
		bit := rapid.IntRange(0, 8*len(msg)-1).Draw(t, "bit")
		bad := append([]byte(nil), msg...)
		bad[bit/8] ^= 1 << (bit % 8)
		if forged, err := pdu.ParseMessage3(bad); err == nil {
			require.False(t, theirs.Verify(bad, &forged), "bit %d", bit)
		}
		require.True(t, theirs.Decrypt(&got))
		sc, err := pdu.ParseScopedPlaintext(got.Data)
		require.NoError(t, err)
		require.Equal(t, varbinds, sc.Reply.Varbinds())
	})
}
