package session

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// engine is a model v3 agent: one user, one value.
type engine struct {
	mu      sync.Mutex
	id      string
	boots   uint32
	time    uint32
	user    *Credentials
	tamper  func(reply []byte) []byte // nil: replies as they are
	lower   bool                      // replies without protection
	reports int
}

var reportOIDs = map[string]pdu.OID{
	"time": pdu.MustOID("1.3.6.1.6.3.15.1.1.2.0"), "engine": pdu.MustOID("1.3.6.1.6.3.15.1.1.4.0"),
}

func (e *engine) serve(t *testing.T) netip.AddrPort {
	return agenttest.Listen(t, func(b []byte, _ netip.AddrPort, answer func([]byte)) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if out := e.answer(t, b); out != nil {
			if e.tamper != nil {
				out = e.tamper(out)
			}
			answer(out)
		}
	})
}

func (e *engine) do(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

func (e *engine) answer(t *testing.T, b []byte) []byte {
	m, err := pdu.ParseMessage3(b)
	if err != nil {
		return nil
	}
	k, err := localize(e.user, e.id)
	assert.NoError(t, err)
	u, err := newUSM(k)
	assert.NoError(t, err)
	switch {
	case string(m.EngineID) != e.id:
		return e.reply(u, &m, &pdu.Request{Kind: pdu.Report, Names: []pdu.OID{reportOIDs["engine"]}}, 0, NoAuthNoPriv)
	case e.user.Level > NoAuthNoPriv && !u.verify(b, &m):
		return nil
	case m.Boots != e.boots || m.Time+timeWindow < e.time || m.Time > e.time+timeWindow:
		e.reports++
		return e.reply(u, &m, &pdu.Request{Kind: pdu.Report, Names: []pdu.OID{reportOIDs["time"]}}, 0, min(e.user.Level, AuthNoPriv))
	}
	var sc pdu.Scoped
	if m.Flags&pdu.FlagPriv != 0 {
		if !u.decrypt(m.Data, m.Salt, m.Boots, m.Time) {
			return nil
		}
		sc, err = pdu.ParseScopedPlaintext(m.Data)
	} else {
		sc, err = pdu.ParseScoped(m.Data)
	}
	if err != nil {
		return nil
	}
	level := e.user.Level
	if e.lower {
		level = NoAuthNoPriv
	}
	return e.reply(u, &m, &pdu.Request{Kind: pdu.Response, Names: []pdu.OID{sysName.Names[0]}}, sc.Reply.RequestID, level)
}

func (e *engine) reply(u *usm, to *pdu.Message3, r *pdu.Request, id int32, level Level) []byte {
	var out, scoped pdu.Encoder
	m := pdu.Message3{ID: to.ID, MaxSize: 65535, EngineID: []byte(e.id), Boots: e.boots, Time: e.time, User: to.User}
	data := scoped.ScopedPDU(m.EngineID, nil, r, id)
	if level == AuthPriv {
		m.Flags |= pdu.FlagPriv
		data, m.Salt = u.encrypt(data, m.Boots, m.Time)
	}
	if level >= AuthNoPriv {
		m.Flags |= pdu.FlagAuth
		m.Digest = u.blank()
	}
	msg := out.Message3(&m, data)
	if level >= AuthNoPriv {
		u.sign(msg, m.DigestAt)
	}
	return slices.Clone(msg)
}

func authPriv() *Credentials {
	return &Credentials{Name: "core", Version: pdu.V3, User: "netcol", Level: AuthPriv, AuthType: SHA256, AuthPassword: "authpassword", PrivacyType: AES, PrivacyPassword: "privpassword"}
}

func newEngine(c *Credentials) *engine {
	return &engine{id: "\x80\x00\x1f\x88\x04model", boots: 3, time: 5000, user: c}
}

func TestEngineIsDiscoveredOnce(t *testing.T) {
	c := authPriv()
	e := newEngine(c)
	peer := &Peer{Address: e.serve(t)}
	pool := &Pool{}
	defer pool.Close()
	for range 3 {
		_, err := ask(t, pool, peer, c, 0)
		require.NoError(t, err)
	}
	assert.EqualValues(t, 1, pool.Stats.Discoveries.Load())
	assert.EqualValues(t, 4, pool.Stats.Requests.Load())

	later := &Peer{Address: peer.Address}
	later.Restore(peer.Engine())
	_, err := ask(t, pool, later, c, 0)
	require.NoError(t, err)
	assert.EqualValues(t, 5, pool.Stats.Requests.Load(), "after a restart nothing is discovered again")
}

func TestEngineThatChanges(t *testing.T) {
	for _, tc := range []struct {
		name     string
		change   func(e *engine)
		requests int64
	}{
		{"rebooted", func(e *engine) { e.boots, e.time = 4, 2 }, 2},
		{"lost its boots", func(e *engine) { e.boots, e.time = 0, 1 }, 2},
		{"clock jumped", func(e *engine) { e.time = 100000 }, 2},
		{"replaced by another", func(e *engine) { e.id = "\x80\x00\x1f\x88\x04other" }, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := authPriv()
			e := newEngine(c)
			peer := &Peer{Address: e.serve(t)}
			pool := &Pool{}
			defer pool.Close()
			_, err := ask(t, pool, peer, c, 0)
			require.NoError(t, err)
			before := pool.Stats.Requests.Load()
			e.do(func() { tc.change(e) })
			_, err = ask(t, pool, peer, c, 0)
			require.NoError(t, err)
			assert.Equal(t, tc.requests, pool.Stats.Requests.Load()-before)
			before = pool.Stats.Requests.Load()
			_, err = ask(t, pool, peer, c, 0)
			require.NoError(t, err)
			assert.EqualValues(t, 1, pool.Stats.Requests.Load()-before, "no storm")
		})
	}
}

// A reply that was touched anywhere is refused, and the right one behind it taken.
func TestTamperedReplyIsRefused(t *testing.T) {
	for _, c := range []*Credentials{
		authPriv(),
		{Version: pdu.V3, User: "netcol", Level: AuthNoPriv, AuthType: MD5, AuthPassword: "authpassword"},
		{Version: pdu.V3, User: "netcol", Level: AuthPriv, AuthType: SHA, AuthPassword: "authpassword", PrivacyType: DES, PrivacyPassword: "privpassword"},
	} {
		e := newEngine(c)
		e.time = 1 << 20
		addr := e.serve(t)
		pool := &Pool{}
		peer := &Peer{Address: addr}
		_, err := ask(t, pool, peer, c, 0)
		require.NoError(t, err)
		s, err := pool.Open(t.Context(), peer, c)
		require.NoError(t, err)
		k, _ := peer.unlock(c)
		s.usm, _ = newUSM(k)
		s.lastMsgID, s.lastID, s.arrived = 100, 100, time.Now()
		good := e.reply(s.usm, &pdu.Message3{ID: 100, User: []byte(c.User)}, &pdu.Request{Kind: pdu.Response, Names: sysName.Names}, 100, c.Level)
		_, err = s.open(slices.Clone(good), 100, 100)
		require.NoError(t, err)
		for i := range good {
			for _, bit := range []byte{0x01, 0x80} {
				bad := slices.Clone(good)
				bad[i] ^= bit
				_, err := s.open(bad, 100, 100)
				var why rejection
				require.ErrorAs(t, err, &why, "byte %d changed", i)
			}
		}
		s.Close()
		pool.Close()
	}
}

func TestUnprotectedReplyIsRefused(t *testing.T) {
	c := authPriv()
	e := newEngine(c)
	e.lower = true
	peer := &Peer{Address: e.serve(t)}
	peer.timing.smoothed = time.Millisecond
	pool := &Pool{}
	defer pool.Close()
	_, err := ask(t, pool, peer, c, 1)
	require.ErrorIs(t, err, ErrNoAnswer)
	assert.EqualValues(t, 1, pool.Stats.Rejected[Unprotected].Load())
}

func TestReplayedReplyIsRefused(t *testing.T) {
	c := authPriv()
	e := newEngine(c)
	peer := &Peer{Address: e.serve(t)}
	peer.timing.smoothed = time.Millisecond
	pool := &Pool{}
	defer pool.Close()
	var first []byte
	e.do(func() {
		e.tamper = func(b []byte) []byte {
			if m, _ := pdu.ParseMessage3(b); m.Flags&pdu.FlagPriv == 0 {
				return b
			}
			if first == nil {
				first = b
			}
			return first
		}
	})
	_, err := ask(t, pool, peer, c, 0)
	require.NoError(t, err)
	_, err = ask(t, pool, peer, c, 1)
	require.ErrorIs(t, err, ErrNoAnswer)
	assert.EqualValues(t, 1, pool.Stats.Rejected[WrongID].Load())
}

// What we sign and encrypt, another implementation verifies and reads.
func TestGosnmpReadsWhatWeSeal(t *testing.T) {
	for auth, a := range authProtocols {
		for privacy, p := range privacyProtocols {
			t.Run(string(auth)+"/"+string(privacy), func(t *testing.T) {
				c := authPriv()
				c.AuthType, c.PrivacyType = auth, privacy
				peer := &Peer{}
				peer.Restore(Engine{ID: "\x80\x00\x1f\x88\x04model", Boots: 3, Time: 77, At: time.Now()})
				k, err := peer.unlock(c)
				require.NoError(t, err)
				u, err := newUSM(k)
				require.NoError(t, err)
				s := &Session{peer: peer, cred: c, usm: u}
				msg := slices.Clone(s.seal(sysName, 99))
				g := &gosnmp.GoSNMP{
					Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: gosnmp.AuthPriv, Logger: gosnmp.NewLogger(nil),
					SecurityParameters: &gosnmp.UsmSecurityParameters{
						UserName: c.User, AuthoritativeEngineID: peer.engine.ID, AuthenticationProtocol: a.lib, AuthenticationPassphrase: "authpassword",
						PrivacyProtocol: p.lib, PrivacyPassphrase: "privpassword", Logger: gosnmp.NewLogger(nil),
					},
				}
				require.NoError(t, g.SecurityParameters.InitSecurityKeys())
				got, err := g.SnmpDecodePacket(msg)
				require.NoError(t, err)
				require.Len(t, got.Variables, 1)
				assert.Equal(t, ".1.3.6.1.2.1.1.5.0", got.Variables[0].Name)
				assert.EqualValues(t, 99, got.RequestID)
			})
		}
	}
}

func FuzzReplies(f *testing.F) {
	c := authPriv()
	peer := &Peer{}
	peer.Restore(Engine{ID: "\x80\x00\x1f\x88\x04model", Boots: 3, Time: 77, At: time.Now()})
	k, err := peer.unlock(c)
	if err != nil {
		f.Fatal(err)
	}
	u, _ := newUSM(k)
	e := newEngine(c)
	f.Add(e.reply(u, &pdu.Message3{ID: 100, User: []byte(c.User)}, &pdu.Request{Kind: pdu.Response, Names: sysName.Names}, 100, AuthPriv))
	f.Add(e.reply(u, &pdu.Message3{ID: 100, User: []byte(c.User)}, &pdu.Request{Kind: pdu.Report, Names: []pdu.OID{reportOIDs["time"]}}, 0, NoAuthNoPriv))
	f.Add(agenttest.CommunityMessage(pdu.V2c, "public", (&agenttest.Agent{}).ResponsePDU(100, nil, 0, 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Session{peer: peer, cred: c, usm: u, lastMsgID: 100, pool: &Pool{}}
		if reply, err := s.open(slices.Clone(b), 100, 100); err == nil {
			for {
				if _, ok := reply.Next(); !ok {
					break
				}
			}
		}
		s.cred = v2c
		_, _ = s.acceptCommunity(slices.Clone(b), 100)
	})
}
