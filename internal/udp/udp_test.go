package udp

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder keeps what one socket handed over.
type recorder struct {
	mu      sync.Mutex
	arrived chan struct{} // shared by a group's recorders; holds a token after a batch
	sources map[netip.AddrPort]int
	bodies  [][]byte
}

func (r *recorder) Datagrams(batch []Datagram) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range batch {
		r.sources[d.Source]++
		r.bodies = append(r.bodies, bytes.Clone(d.Payload))
		if d.At.IsZero() {
			panic("a datagram without a time")
		}
	}
	select {
	case r.arrived <- struct{}{}:
	default:
	}
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies)
}

func (r *recorder) addresses() map[netip.Addr]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := map[netip.Addr]int{}
	for s, n := range r.sources {
		m[s.Addr()] += n
	}
	return m
}

// listen opens a group on a free port of endpoint's host.
func listen(t testing.TB, cfg Config) *Group {
	t.Helper()
	g, err := Listen(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	return g
}

func serve(g *Group) []*recorder {
	var rs []*recorder
	var hs []Handler
	arrived := make(chan struct{}, 1)
	for range g.Sockets() {
		r := &recorder{arrived: arrived, sources: map[netip.AddrPort]int{}}
		rs, hs = append(rs, r), append(hs, r)
	}
	g.Serve(hs)
	return rs
}

// dial connects a socket bound to source to the group.
func dial(t testing.TB, g *Group, source string) *net.UDPConn {
	t.Helper()
	to := net.UDPAddrFromAddrPort(g.Addr())
	if to.IP.IsUnspecified() {
		to.IP = net.IPv4(127, 0, 0, 1)
		if netip.MustParseAddr(source).Is6() {
			to.IP = net.IPv6loopback
		}
	}
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(source)}, to)
	if err != nil {
		t.Skipf("cannot send from %s here: %v", source, err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// await returns once rs, which one serve made, hold n datagrams.
func await(t testing.TB, n int, rs ...*recorder) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	for {
		got := 0
		for _, r := range rs {
			got += r.count()
		}
		if got >= n {
			return
		}
		select {
		case <-rs[0].arrived:
		case <-deadline.C:
			t.Fatalf("received %d of %d datagrams", got, n)
		}
	}
}

func TestDatagramsArriveWholeWithTheirSource(t *testing.T) {
	for _, tc := range []struct{ endpoint, source string }{
		{"127.0.0.1:0", "127.0.0.1"},
		{"0.0.0.0:0", "127.0.0.9"},
		{"[::1]:0", "::1"},
		{"[::]:0", "::1"},
		{"[::]:0", "127.0.0.9"}, // an IPv4 peer of a dual-stack socket comes as IPv4
		{":0", "127.0.0.9"},
		{"localhost:0", "127.0.0.1"},
	} {
		t.Run(tc.endpoint+" from "+tc.source, func(t *testing.T) {
			cfg := DefaultConfig(tc.endpoint)
			cfg.Sockets = 1
			g, err := Listen(cfg)
			if err != nil && netip.MustParseAddr(tc.source).Is6() {
				t.Skipf("no IPv6 here: %v", err)
			}
			require.NoError(t, err)
			defer func() { _ = g.Close() }()
			r := serve(g)[0]
			c := dial(t, g, tc.source)

			sizes := []int{0, 1, 1472, 2048, 2049, 9000, 65507, 3}
			var want [][]byte
			for i, size := range sizes {
				body := bytes.Repeat([]byte{byte(i + 1)}, size)
				_, err := c.Write(body)
				require.NoError(t, err)
				want = append(want, body)
			}
			await(t, len(sizes), r)

			for i := range want {
				assert.True(t, bytes.Equal(want[i], r.bodies[i]), "datagram %d: %d bytes sent, %d received", i, len(want[i]), len(r.bodies[i]))
			}
			from := c.LocalAddr().(*net.UDPAddr).AddrPort()
			assert.Equal(t, map[netip.AddrPort]int{netip.AddrPortFrom(from.Addr().Unmap(), from.Port()): len(sizes)}, r.sources)
			s := g.Stats(0)
			assert.EqualValues(t, len(sizes), s.Datagrams)
			assert.EqualValues(t, 1+1472+2048+2049+9000+65507+3, s.Bytes)
			assert.Zero(t, s.Truncated)
			assert.Zero(t, s.KernelDrops)
		})
	}
}

func TestAnIPv4EndpointDoesNotListenOnIPv6(t *testing.T) {
	g := listen(t, DefaultConfig("0.0.0.0:0"))
	assert.True(t, g.Addr().Addr().Is4())
}

func TestOthersThanTheAllowedAreCountedAndDropped(t *testing.T) {
	cfg := DefaultConfig("[::]:0")
	cfg.Sockets = 1
	cfg.Allow = senders("127.0.0.2/32", "::ffff:127.0.3.0/120")
	g, err := Listen(cfg)
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	r := serve(g)[0]
	for _, source := range []string{"127.0.0.1", "127.0.0.2", "127.0.3.7", "127.0.0.1", "127.0.0.2"} {
		_, err := dial(t, g, source).Write([]byte("x"))
		require.NoError(t, err)
	}
	await(t, 3, r)
	require.NoError(t, g.Close())
	assert.Equal(t, map[netip.Addr]int{netip.MustParseAddr("127.0.0.2"): 2, netip.MustParseAddr("127.0.3.7"): 1}, r.addresses())
	assert.EqualValues(t, 2, g.Stats(0).Refused)
	assert.EqualValues(t, 3, g.Stats(0).Datagrams)
}

func TestAnOccupiedPortIsAClearError(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	endpoint := taken.LocalAddr().String()
	cfg := DefaultConfig(endpoint)
	cfg.Sockets = 2
	_, err = Listen(cfg)
	require.Error(t, err)
	_, port, _ := net.SplitHostPort(endpoint)
	assert.ErrorContains(t, err, fmt.Sprintf("endpoint %s: another program, or another netcol, already receives on UDP port %s: stop it", endpoint, port))
}

func TestASecondGroupOnAPortIsAnErrorAndTakesNothing(t *testing.T) {
	cfg := DefaultConfig("127.0.0.1:0")
	cfg.Sockets = 4
	g := listen(t, cfg)
	rs := serve(g)
	cfg.Endpoint = g.Addr().String()
	for _, sockets := range []int{1, 4} {
		cfg.Sockets = sockets
		_, err := Listen(cfg)
		require.ErrorContains(t, err, "another netcol")
	}
	for i := range 50 {
		_, err := dial(t, g, fmt.Sprintf("127.0.0.%d", i+1)).Write([]byte("x"))
		require.NoError(t, err)
	}
	await(t, 50, rs...)
}

func TestOfGroupsThatStartAtOnceExactlyOneWins(t *testing.T) {
	free := listen(t, DefaultConfig("127.0.0.1:0"))
	endpoint := free.Addr().String()
	require.NoError(t, free.Close())
	for range 20 {
		const contenders = 4
		groups := make([]*Group, contenders)
		errs := make([]error, contenders)
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range contenders {
			done.Go(func() {
				start.Wait()
				cfg := DefaultConfig(endpoint)
				cfg.Sockets = 3
				groups[i], errs[i] = Listen(cfg)
			})
		}
		start.Done()
		done.Wait()
		var won []*Group
		for i, g := range groups {
			if errs[i] == nil {
				won = append(won, g)
			} else {
				assert.ErrorContains(t, errs[i], "another netcol")
			}
		}
		require.Len(t, won, 1)
		require.NoError(t, won[0].Close())
	}
}

func TestBadEndpointsSayWhatToDo(t *testing.T) {
	_, err := Listen(DefaultConfig("192.0.2.1:2055"))
	assert.ErrorContains(t, err, "endpoint 192.0.2.1:2055: this machine does not have that address")
	_, err = Listen(DefaultConfig("nowhere"))
	assert.ErrorContains(t, err, `endpoint: "nowhere" is not an address and port`)
}

func TestCloseHandsOverWhatTheKernelHadQueued(t *testing.T) {
	cfg := DefaultConfig("127.0.0.1:0")
	cfg.Sockets = 2
	g := listen(t, cfg)
	c := dial(t, g, "127.0.0.5")
	for range 500 {
		_, err := c.Write([]byte("queued"))
		require.NoError(t, err)
	}
	rs := serve(g)
	require.NoError(t, g.Close())
	total := 0
	for i, r := range rs {
		total += r.count()
		assert.EqualValues(t, r.count(), g.Stats(i).Datagrams, "counts are there after Close")
	}
	if runtime.GOOS == "linux" {
		assert.Equal(t, 500, total)
	}
	require.NoError(t, g.Close(), "a second Close is harmless")
}

func TestCloseWithoutServe(t *testing.T) {
	g, err := Listen(DefaultConfig("127.0.0.1:0"))
	require.NoError(t, err)
	require.NoError(t, g.Close())
}

// slow blocks its worker until released, as a full pipeline would.
type slow struct{ entered, release chan struct{} }

func (s slow) Datagrams([]Datagram) {
	select {
	case s.entered <- struct{}{}:
	default:
	}
	<-s.release
}

func TestCloseWaitsForTheHandler(t *testing.T) {
	cfg := DefaultConfig("127.0.0.1:0")
	cfg.Sockets = 1
	g, err := Listen(cfg)
	require.NoError(t, err)
	h := slow{entered: make(chan struct{}, 1), release: make(chan struct{})}
	g.Serve([]Handler{h})
	_, err = dial(t, g, "127.0.0.1").Write([]byte("x"))
	require.NoError(t, err)
	<-h.entered
	closed := make(chan struct{})
	go func() { defer close(closed); assert.NoError(t, g.Close()) }()
	select {
	case <-closed:
		t.Fatal("Close returned while a handler ran")
	case <-time.After(20 * time.Millisecond):
	}
	close(h.release)
	<-closed
}

// discard is what the benchmarks and the allocation test hand to.
type discard struct{ n chan int }

func (d discard) Datagrams(batch []Datagram) { d.n <- len(batch) }
