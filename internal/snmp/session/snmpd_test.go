package session

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// users of the snmpd under test, one for each level and for the protocols that it was built with.
var users = []*Credentials{
	{Name: "noauth", Level: NoAuthNoPriv},
	{Name: "md5", Level: AuthNoPriv, AuthType: MD5},
	{Name: "sha", Level: AuthNoPriv, AuthType: SHA},
	{Name: "sha224", Level: AuthNoPriv, AuthType: SHA224},
	{Name: "sha256", Level: AuthNoPriv, AuthType: SHA256},
	{Name: "sha384", Level: AuthNoPriv, AuthType: SHA384},
	{Name: "sha512", Level: AuthNoPriv, AuthType: SHA512},
	{Name: "sha1des", Level: AuthPriv, AuthType: SHA, PrivacyType: DES},
	{Name: "md5aes", Level: AuthPriv, AuthType: MD5, PrivacyType: AES},
	{Name: "sha256aes", Level: AuthPriv, AuthType: SHA256, PrivacyType: AES},
	{Name: "sha512aes192", Level: AuthPriv, AuthType: SHA512, PrivacyType: AES192},
	{Name: "sha256aes256", Level: AuthPriv, AuthType: SHA256, PrivacyType: AES256},
	{Name: "sha1aes256", Level: AuthPriv, AuthType: SHA, PrivacyType: AES256},
	{Name: "sha256aes256c", Level: AuthPriv, AuthType: SHA256, PrivacyType: AES256C},
}

var authNames = map[AuthType]string{MD5: "MD5", SHA: "SHA", SHA224: "SHA-224", SHA256: "SHA-256", SHA384: "SHA-384", SHA512: "SHA-512"}

func startSnmpd(t *testing.T) netip.AddrPort {
	bin, err := exec.LookPath("snmpd")
	if err != nil {
		if bin = "/usr/sbin/snmpd"; !executable(bin) {
			t.Skip("snmpd is not installed")
		}
	}
	probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	addr := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	require.NoError(t, probe.Close())
	dir := t.TempDir()
	conf := fmt.Sprintf("agentAddress udp:%s\nrocommunity public 127.0.0.0/8\nsysName model\n[snmp] persistentDir %s\n", addr, dir)
	for _, u := range users {
		conf += "createUser " + u.Name
		level := "noauth"
		if u.Level >= AuthNoPriv {
			level = "auth"
			conf += " " + authNames[u.AuthType] + " authpassword"
		}
		if u.Level == AuthPriv {
			level = "priv"
			conf += " " + string(u.PrivacyType) + " privpassword"
		}
		conf += "\nrouser " + u.Name + " " + level + "\n"
	}
	file := filepath.Join(dir, "snmpd.conf")
	require.NoError(t, os.WriteFile(file, []byte(conf), 0o600))
	cmd := exec.Command(bin, "-f", "-LE", "w", "-C", "-c", file, "-p", filepath.Join(dir, "pid"))
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "SNMPCONFPATH="+dir, "MIBS=")
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	peer := &Peer{Address: addr}
	pool := &Pool{}
	defer pool.Close()
	require.Eventually(t, func() bool {
		s, err := pool.Open(t.Context(), peer, &Credentials{Version: pdu.V2c, Community: "public"})
		require.NoError(t, err)
		defer s.Close()
		s.Attempts = 1
		_, err = s.Exchange(t.Context(), sysName)
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	return addr
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode()&0o111 != 0
}

var sysName = &pdu.Request{Kind: pdu.Get, Names: []pdu.OID{pdu.MustOID("1.3.6.1.2.1.1.5.0")}}

func askName(ctx context.Context, s *Session) (string, error) {
	r, err := s.Exchange(ctx, sysName)
	if err != nil {
		return "", err
	}
	v, _ := r.Next()
	return string(v.Value), nil
}

func TestSnmpd(t *testing.T) {
	addr := startSnmpd(t)
	pool := &Pool{}
	defer pool.Close()
	for _, u := range users {
		u.Version, u.User, u.AuthPassword, u.PrivacyPassword = pdu.V3, u.Name, "authpassword", "privpassword"
		t.Run(u.Name, func(t *testing.T) {
			peer := &Peer{Address: addr}
			for range 2 {
				before := pool.Stats.Discoveries.Load()
				s, err := pool.Open(t.Context(), peer, u)
				require.NoError(t, err)
				name, err := askName(t.Context(), s)
				s.Close()
				if u.PrivacyType == AES256C || u.PrivacyType == AES192C {
					if err != nil {
						t.Skipf("this snmpd has no %s: %v", u.PrivacyType, err)
					}
				}
				require.NoError(t, err)
				assert.Equal(t, "model", name)
				if peer.RoundTrip() > 0 && before > 0 {
					assert.LessOrEqual(t, pool.Stats.Discoveries.Load()-before, int64(1))
				}
			}
			restored := &Peer{Address: addr}
			restored.Restore(peer.Engine())
			before := pool.Stats.Discoveries.Load() + pool.Stats.Resyncs.Load()
			s, err := pool.Open(t.Context(), restored, u)
			require.NoError(t, err)
			defer s.Close()
			_, err = askName(t.Context(), s)
			require.NoError(t, err)
			assert.Equal(t, before, pool.Stats.Discoveries.Load()+pool.Stats.Resyncs.Load(), "a known engine is not discovered again")
		})
	}
	for _, tc := range []struct {
		name string
		with Credentials
		want error
	}{
		{"unknown user", Credentials{Version: pdu.V3, User: "nobody", Level: AuthNoPriv, AuthType: SHA, AuthPassword: "authpassword"}, ErrUnknownUser},
		{"wrong auth password", Credentials{Version: pdu.V3, User: "sha", Level: AuthNoPriv, AuthType: SHA, AuthPassword: "wrong-password"}, ErrWrongDigest},
		{"wrong privacy password", Credentials{Version: pdu.V3, User: "sha256aes", Level: AuthPriv, AuthType: SHA256, AuthPassword: "authpassword", PrivacyType: AES, PrivacyPassword: "wrong-password"}, ErrNoAnswer},
		{"level the user has not", Credentials{Version: pdu.V3, User: "sha", Level: AuthPriv, AuthType: SHA, AuthPassword: "authpassword", PrivacyType: AES, PrivacyPassword: "privpassword"}, ErrUnsupportedLevel},
		{"wrong community", Credentials{Version: pdu.V2c, Community: "secret-wrong"}, ErrNoAnswer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peer := &Peer{Address: addr}
			s, err := pool.Open(t.Context(), peer, &tc.with)
			require.NoError(t, err)
			defer s.Close()
			s.Attempts = 1
			_, err = askName(t.Context(), s)
			require.ErrorIs(t, err, tc.want)
			assert.NotContains(t, err.Error(), "password\"")
			assert.NotContains(t, err.Error(), "secret-wrong")
			t.Log(Type(err), "·", err)
		})
	}
}

func TestEngineWhoseTimeIsForgottenRecoversInOneExchange(t *testing.T) {
	addr := startSnmpd(t)
	pool := &Pool{}
	defer pool.Close()
	u := *users[9]
	u.Version, u.User, u.AuthPassword, u.PrivacyPassword = pdu.V3, u.Name, "authpassword", "privpassword"
	peer := &Peer{Address: addr}
	ask := func() {
		s, err := pool.Open(t.Context(), peer, &u)
		require.NoError(t, err)
		defer s.Close()
		name, err := askName(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, "model", name)
	}
	ask()
	for _, wrong := range []Engine{
		{ID: peer.Engine().ID, Boots: 0, Time: 0, At: time.Now()},
		{ID: peer.Engine().ID, Boots: 9999, Time: 100, At: time.Now()},
		{ID: peer.Engine().ID, Boots: peer.Engine().Boots, Time: 100000, At: time.Now()},
		{ID: "\x80\x00\x1f\x88\x04another", Boots: 1, Time: 1, At: time.Now()},
	} {
		peer.Restore(wrong)
		before := pool.Stats.Requests.Load()
		ask()
		assert.LessOrEqual(t, pool.Stats.Requests.Load()-before, int64(3))
	}
}
