package udp

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestManyPortsOfOneExporterReachOneWorker(t *testing.T) {
	for _, endpoint := range []string{"127.0.0.1:0", "[::]:0"} {
		t.Run(endpoint, func(t *testing.T) {
			const exporters, ports = 40, 8
			cfg := DefaultConfig(endpoint)
			cfg.Sockets = 4
			g, err := Listen(cfg)
			if err != nil && endpoint == "[::]:0" {
				t.Skipf("no IPv6 here: %v", err)
			}
			require.NoError(t, err)
			defer func() { _ = g.Close() }()
			rs := serve(g)
			for e := range exporters {
				for range ports {
					_, err := dial(t, g, fmt.Sprintf("127.0.1.%d", e+1)).Write([]byte("x"))
					require.NoError(t, err)
				}
			}
			await(t, exporters*ports, rs...)
			assertSteered(t, rs, exporters, ports)
		})
	}
}

// assertSteered checks that each address reached one worker only, and that every worker got a fair share of them.
func assertSteered(t *testing.T, rs []*recorder, exporters, ports int) {
	t.Helper()
	owner := map[netip.Addr]int{}
	for i, r := range rs {
		for a, n := range r.addresses() {
			if other, ok := owner[a]; ok {
				t.Errorf("%s reached workers %d and %d", a, other, i)
			}
			owner[a] = i
			assert.Equal(t, ports, n, "datagrams of %s", a)
		}
		share := len(r.addresses())
		assert.Greater(t, share, exporters/len(rs)/4, "worker %d of %d has %d of %d exporters", i, len(rs), share, exporters)
	}
	assert.Len(t, owner, exporters)
}

func TestIPv6ExportersAreSpreadOverTheWorkers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: addresses are added in a network namespace of its own")
	}
	ip, err := exec.LookPath("ip")
	if err != nil {
		t.Skip("needs iproute2")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test, and its namespace with it
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespaces here: %v", err)
	}
	const exporters, ports = 32, 4
	script := "link set lo up\n"
	for e := range exporters {
		script += fmt.Sprintf("addr add fd00::%x/128 dev lo nodad\n", e+1)
	}
	cmd := exec.Command(ip, "-batch", "-")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("cannot add addresses: %v: %s", err, out)
	}
	cfg := DefaultConfig("[::]:0")
	cfg.Sockets = 4
	g := listen(t, cfg)
	rs := serve(g)
	for e := range exporters {
		for range ports {
			_, err := dial(t, g, fmt.Sprintf("fd00::%x", e+1)).Write([]byte("x"))
			require.NoError(t, err)
		}
	}
	await(t, exporters*ports, rs...)
	assertSteered(t, rs, exporters, ports)
}

func TestSteeringByPortSpreadsOneExporter(t *testing.T) {
	cfg := DefaultConfig("127.0.0.1:0")
	cfg.Sockets, cfg.Steering = 2, SteerByPort
	g := listen(t, cfg)
	rs := serve(g)
	for range 64 {
		_, err := dial(t, g, "127.0.0.1").Write([]byte("x"))
		require.NoError(t, err)
	}
	await(t, 64, rs...)
	assert.NotZero(t, rs[0].count())
	assert.NotZero(t, rs[1].count())
}

func TestWhatTheKernelDropsIsCounted(t *testing.T) {
	cfg := DefaultConfig("127.0.0.1:0")
	cfg.Sockets, cfg.ReceiveBuffer = 2, 8<<10
	g := listen(t, cfg)
	c := dial(t, g, "127.0.0.1")
	const sent = 1000
	body := make([]byte, 1000)
	for range sent {
		_, err := c.Write(body)
		require.NoError(t, err)
	}
	queued := g.Stats(0).QueuedBytes + g.Stats(1).QueuedBytes
	assert.NotZero(t, queued)
	rs := serve(g)
	require.NoError(t, g.Close())
	var drops, received uint64
	for i, r := range rs {
		drops += g.Stats(i).KernelDrops
		received += uint64(r.count())
	}
	assert.NotZero(t, drops)
	assert.EqualValues(t, sent, received+drops, "every datagram was either handed over or counted")
}

func TestASmallerBufferThanAskedForIsSaid(t *testing.T) {
	cfg := DefaultConfig("127.0.0.1:0")
	cfg.Sockets, cfg.ReceiveBuffer = 1, 1<<30
	g := listen(t, cfg)
	granted := g.Stats(0).GrantedBuffer
	assert.NotZero(t, granted)
	if granted == 1<<30 {
		assert.Empty(t, g.Notes(), "all that was asked for was granted")
	} else {
		require.Len(t, g.Notes(), 1)
		assert.Contains(t, g.Notes()[0], fmt.Sprintf("Of the receive_buffer the kernel granted %s of the 1GiB asked for: raise its limit with 'sysctl -w net.core.rmem_max=1073741824'", Size(granted)))
	}
}

func TestZeroKeepsTheKernelsBuffer(t *testing.T) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	raw, err := c.SyscallConn()
	require.NoError(t, err)
	want, err := setReceiveBuffer(c, raw, 0)
	require.NoError(t, err)

	cfg := DefaultConfig("127.0.0.1:0")
	cfg.ReceiveBuffer = 0
	assert.Equal(t, want, listen(t, cfg).Stats(0).GrantedBuffer)
}

func TestSocketsDefaultToOnePerCore(t *testing.T) {
	assert.Equal(t, runtime.GOMAXPROCS(0), listen(t, DefaultConfig("127.0.0.1:0")).Sockets())
}

// The way from the kernel to the handler, batch by batch, as serve goes it.
func TestReceivingDoesNotAllocate(t *testing.T) {
	cfg := DefaultConfig("[::]:0")
	cfg.Sockets = 1
	cfg.Allow = senders("127.0.0.0/8")
	g, err := Listen(cfg)
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	defer func() { _ = g.Close() }()
	c := dial(t, g, "127.0.0.1")
	body := make([]byte, 1400)
	h := discard{n: make(chan int, 1)}
	g.Serve([]Handler{h})
	allocs := testing.AllocsPerRun(200, func() {
		for range 10 {
			if _, err := c.Write(body); err != nil {
				t.Fatal(err)
			}
		}
		for got := 0; got < 10; {
			got += <-h.n
		}
	})
	assert.Zero(t, allocs)
}

// BenchmarkServe is a datagram's price from the kernel to a handler in batches that a sender keeps full;
// BenchmarkBareLoop is the same datagrams read one by one into one buffer. Both include the sender.
func BenchmarkServe(b *testing.B) {
	cfg := DefaultConfig("127.0.0.1:0")
	cfg.Sockets = 1
	g := listen(b, cfg)
	g.sockets[0].nap = 0 // the sender waits for each window, and would wait for the rest after it
	h := discard{n: make(chan int, 1024)}
	g.Serve([]Handler{h})
	flood(b, dial(b, g, "127.0.0.1"), func() int { return <-h.n })
}

func BenchmarkBareLoop(b *testing.B) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(b, err)
	defer func() { _ = c.Close() }()
	require.NoError(b, c.SetReadBuffer(int(DefaultReceiveBuffer)))
	to, err := net.DialUDP("udp4", nil, c.LocalAddr().(*net.UDPAddr))
	require.NoError(b, err)
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 65536)
	flood(b, to, func() int {
		_, _, err := c.ReadFromUDPAddrPort(buffer)
		require.NoError(b, err)
		return 1
	})
}

// flood sends windows of datagrams that any buffer holds and waits until each window has arrived.
func flood(b *testing.B, c *net.UDPConn, receive func() int) {
	const window = 128
	body := make([]byte, 1400)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	b.ResetTimer()
	for sent := 0; sent < b.N; {
		n := min(window, b.N-sent)
		for range n {
			if _, err := c.Write(body); err != nil {
				b.Fatal(err)
			}
		}
		for got := 0; got < n; {
			got += receive()
		}
		sent += n
	}
}
