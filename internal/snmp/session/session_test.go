package session

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var v2c = &Credentials{Name: "lab", Version: pdu.V2c, Community: "public"}

func namedAgent() *agenttest.Agent {
	a := &agenttest.Agent{}
	a.Set(sysName.Names[0], agenttest.Text("model"))
	return a
}

func ask(t *testing.T, pool *Pool, peer *Peer, c *Credentials, attempts int) (string, error) {
	s, err := pool.Open(t.Context(), peer, c)
	require.NoError(t, err)
	defer s.Close()
	s.Attempts = attempts
	return askName(t.Context(), s)
}

func TestCommunity(t *testing.T) {
	server := agenttest.Serve(t, namedAgent())
	pool := &Pool{}
	defer pool.Close()
	for _, v := range []pdu.Version{pdu.V1, pdu.V2c} {
		name, err := ask(t, pool, &Peer{Address: server.Address}, &Credentials{Version: v, Community: "public"}, 0)
		require.NoError(t, err)
		assert.Equal(t, "model", name)
	}
	assert.EqualValues(t, 2, pool.Stats.Requests.Load())
	assert.EqualValues(t, 2, pool.Stats.Responses.Load())
}

func TestSilenceSaysWhatItMayMean(t *testing.T) {
	quiet := agenttest.Listen(t, func([]byte, netip.AddrPort, func([]byte)) {})
	pool := &Pool{}
	defer pool.Close()
	peer := &Peer{Address: quiet}
	peer.timing.smoothed = time.Millisecond
	_, err := ask(t, pool, peer, v2c, 2)
	require.ErrorIs(t, err, ErrNoAnswer)
	assert.Equal(t, "timeout", Type(err))
	assert.Contains(t, err.Error(), "wrong community")
	assert.NotContains(t, err.Error(), "public")
	assert.EqualValues(t, 2, pool.Stats.Timeouts.Load())
	assert.EqualValues(t, 1, pool.Stats.Retries.Load())
}

func TestALostRequestIsRepeated(t *testing.T) {
	server := agenttest.Serve(t, namedAgent())
	lost := false
	proxy := agenttest.Listen(t, relay(server.Address, func(b []byte) [][]byte {
		if !lost {
			lost = true
			return nil
		}
		return [][]byte{b}
	}))
	pool := &Pool{}
	defer pool.Close()
	peer := &Peer{Address: proxy}
	peer.timing.smoothed = time.Millisecond
	name, err := ask(t, pool, peer, v2c, 0)
	require.NoError(t, err)
	assert.Equal(t, "model", name)
	assert.EqualValues(t, 1, pool.Stats.Retries.Load())
}

// relay passes requests on and what change makes of each reply back.
func relay(to netip.AddrPort, change func([]byte) [][]byte) func([]byte, netip.AddrPort, func([]byte)) {
	pool := &Pool{}
	return func(b []byte, _ netip.AddrPort, answer func([]byte)) {
		sock, err := pool.borrow(socketKey{})
		if err != nil {
			return
		}
		defer func() { _ = sock.conn.Close() }()
		_, _ = sock.conn.WriteToUDPAddrPort(b, to)
		_ = sock.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := sock.conn.Read(sock.in)
		if err != nil {
			return
		}
		for _, out := range change(slices.Clone(sock.in[:n])) {
			answer(out)
		}
	}
}

func TestWhatIsNotTheAnswerIsRefusedAndCounted(t *testing.T) {
	other := func(id int32, b []byte) []byte {
		m, _ := pdu.ParseCommunity(b)
		return agenttest.CommunityMessage(pdu.V2c, "public", (&agenttest.Agent{}).ResponsePDU(m.Reply.RequestID+id, []agenttest.Bind{{Name: sysName.Names[0], Value: agenttest.Text("forged")}}, 0, 0))
	}
	for _, tc := range []struct {
		name  string
		forge func(reply []byte) []byte
		want  Reason
	}{
		{"another request's id", func(b []byte) []byte { return other(7, b) }, WrongID},
		{"cut short", func(b []byte) []byte { return b[:len(b)-3] }, Malformed},
		{"not SNMP", func([]byte) []byte { return []byte("GET / HTTP/1.0") }, Malformed},
		{"empty", func([]byte) []byte { return nil }, Malformed},
		{"another version", func(b []byte) []byte { b[bytes.Index(b, []byte{2, 4, 0, 0, 0, 1})+5] = 0; return b }, WrongVersion},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := agenttest.Serve(t, namedAgent())
			proxy := agenttest.Listen(t, relay(server.Address, func(b []byte) [][]byte { return [][]byte{tc.forge(slices.Clone(b)), b} }))
			pool := &Pool{}
			defer pool.Close()
			name, err := ask(t, pool, &Peer{Address: proxy}, v2c, 0)
			require.NoError(t, err)
			assert.Equal(t, "model", name, "the right answer behind it is taken")
			assert.EqualValues(t, 1, pool.Stats.Rejected[tc.want].Load())
		})
	}
}

func TestReplyFromAnotherAddressIsRefused(t *testing.T) {
	pool := &Pool{}
	defer pool.Close()
	stranger := &Pool{}
	defer stranger.Close()
	server := agenttest.Serve(t, namedAgent())
	multihomed := agenttest.Listen(t, func(b []byte, from netip.AddrPort, _ func([]byte)) {
		relay(server.Address, func(reply []byte) [][]byte {
			sock, err := stranger.borrow(socketKey{})
			if err == nil {
				_, _ = sock.conn.WriteToUDPAddrPort(reply, from)
				_ = sock.conn.Close()
			}
			return nil
		})(b, from, nil)
	})
	peer := &Peer{Address: multihomed}
	peer.timing.smoothed = 50 * time.Millisecond
	_, err := ask(t, pool, peer, v2c, 1)
	require.ErrorIs(t, err, ErrNoAnswer)
	assert.Contains(t, err.Error(), "refused")
	assert.EqualValues(t, 1, pool.Stats.Rejected[WrongAddress].Load())
}

func TestTheContextEndsAnExchange(t *testing.T) {
	var cancel context.CancelFunc
	ctx, cancel := context.WithCancel(t.Context())
	quiet := agenttest.Listen(t, func([]byte, netip.AddrPort, func([]byte)) { cancel() })
	pool := &Pool{}
	defer pool.Close()
	s, err := pool.Open(ctx, &Peer{Address: quiet}, v2c)
	require.NoError(t, err)
	_, err = askName(ctx, s)
	s.Close()
	require.ErrorIs(t, err, context.Canceled)
}

func TestSocketsAreSharedAndBounded(t *testing.T) {
	server := agenttest.Serve(t, namedAgent())
	pool := &Pool{}
	defer pool.Close()
	for range 50 {
		_, err := ask(t, pool, &Peer{Address: server.Address}, v2c, 0)
		require.NoError(t, err)
	}
	pool.mu.Lock()
	defer pool.mu.Unlock()
	for _, idle := range pool.idle {
		assert.Len(t, idle, 1)
	}
}

func TestTimingLearns(t *testing.T) {
	var g timing
	assert.Equal(t, initialWait, g.wait(0, 0))
	assert.Equal(t, 4*initialWait, g.wait(2, 0))
	for range 50 {
		g.answered(20*time.Millisecond, 0)
	}
	assert.Equal(t, minWait, g.wait(0, 0))
	g.answered(3*time.Second, 1)
	assert.Greater(t, g.wait(0, 0), minWait, "a repeated request says that it takes longer")
	for range 50 {
		g.answered(2*time.Second, 0)
	}
	assert.Greater(t, g.wait(0, 0), 2*time.Second)
	assert.LessOrEqual(t, g.wait(2, 0), maxWait)
}

func BenchmarkExchange(b *testing.B) {
	server := agenttest.Serve(b, namedAgent())
	pool := &Pool{}
	defer pool.Close()
	s, err := pool.Open(b.Context(), &Peer{Address: server.Address}, v2c)
	require.NoError(b, err)
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Exchange(b.Context(), sysName); err != nil {
			b.Fatal(err)
		}
	}
}
