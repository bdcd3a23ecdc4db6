//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// traffic is what makeTraffic sent, as its programs saw it: payload only.
type traffic struct {
	payload       int64 // bytes
	conversations int
}

// record captures real traffic on the loopback interface into a file: TCP transfers and UDP exchanges over IPv4, and
// over IPv6 where this machine has it.
func record(t *testing.T, conversations int) (string, traffic) {
	t.Helper()
	tcpPort, udpPort, endPort := freePort(t), freePort(t), freePort(t)
	filter := fmt.Sprintf("port %d or port %d or port %d", tcpPort, udpPort, endPort)
	file := filepath.Join(t.TempDir(), "lo.pcap")
	dump := capture(t, file, filter)
	var sent traffic
	for _, host := range loopbacks() {
		sent.add(transfers(t, net.JoinHostPort(host, fmt.Sprint(tcpPort)), conversations/5))
		sent.add(exchanges(t, net.JoinHostPort(host, fmt.Sprint(udpPort)), conversations))
	}
	finish(t, dump, file, endPort)
	return file, sent
}

func (a *traffic) add(b traffic) {
	a.payload += b.payload
	a.conversations += b.conversations
}

// loopbacks returns the loopback addresses that can be bound here.
func loopbacks() []string {
	hosts := []string{"127.0.0.1"}
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		_ = l.Close()
		hosts = append(hosts, "::1")
	}
	return hosts
}

// capture starts tcpdump and waits until it listens. Packets are kept to 256 bytes: the exporters read headers only,
// and in immediate mode each packet takes as much of the kernel's buffer as the longest may.
func capture(t *testing.T, file, filter string) *process {
	t.Helper()
	cmd := exec.Command(peer(t, "tcpdump"), "-i", "lo", "-n", "-U", "--immediate-mode", "-s", "256", "-B", "32768", "-Z", "root", "-w", file, filter)
	if os.Geteuid() != 0 {
		cmd.Args = append(cmd.Args[:len(cmd.Args)-5], "-w", file, filter) // no privileges to keep
	}
	p := spawn(t, "tcpdump", cmd)
	eventually(t, 10*time.Second, "tcpdump listens", func() (string, bool) {
		if !p.running() && strings.Contains(p.log.String(), "permi") {
			absent(t, "tcpdump may not capture here (root or CAP_NET_RAW): %s", p.log.tail(1))
		}
		return p.log.tail(3), strings.Contains(p.log.String(), "listening on")
	})
	return p
}

// finish sends a last datagram, waits until the capture holds it and so everything before it, and ends tcpdump.
func finish(t *testing.T, dump *process, file string, endPort int) {
	t.Helper()
	marker := []byte("the end of the capture of the end-to-end test")
	c, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", endPort))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write(marker) // nobody listens: a refusal of an earlier one is no failure
	eventually(t, 10*time.Second, "tcpdump writes the last packet", func() (string, bool) {
		raw, err := os.ReadFile(file)
		return fmt.Sprint(len(raw), " bytes, ", err), bytes.Contains(raw, marker)
	})
	dump.signal(t, syscall.SIGINT)
	if err := dump.wait(t, 10*time.Second); err != nil {
		t.Fatalf("tcpdump: %v", err)
	}
	if !strings.Contains(dump.log.String(), "0 packets dropped by kernel") {
		t.Logf("tcpdump did not keep up, which only makes the capture shorter:\n%s", dump.log)
	}
}

// transfers makes n TCP connections one after another, each sending more than the one before.
func transfers(t *testing.T, addr string, n int) traffic {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c) // what comes goes back, until the client has had enough
				c.Close()
			}()
		}
	}()
	var sent traffic
	for i := range n {
		sent.payload += 2 * transfer(t, addr, 1000*(i+1))
		sent.conversations++
	}
	return sent
}

func transfer(t *testing.T, addr string, size int) int64 {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, c, int64(size)); err != nil {
		t.Fatal(err)
	}
	return int64(size)
}

// exchanges asks a UDP server n times, each time from another port; answers are longer than questions.
func exchanges(t *testing.T, addr string, n int) traffic {
	t.Helper()
	server, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	go func() {
		buf := make([]byte, 2048)
		for {
			k, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(buf[:2*k], from)
		}
	}()
	var sent traffic
	for i := range n {
		sent.payload += exchange(t, addr, 40+i%900)
		sent.conversations++
	}
	return sent
}

func exchange(t *testing.T, addr string, size int) int64 {
	t.Helper()
	c, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	k, err := c.Read(make([]byte, 4096))
	if err != nil {
		t.Fatal(err)
	}
	return int64(size + k)
}

// tee passes every datagram it gets to several receivers and keeps it, so that all of them, and a later replay, have
// the same datagrams.
type tee struct {
	port int
	in   *net.UDPConn
	out  *net.UDPConn
	to   []*net.UDPAddr

	mu      sync.Mutex
	kept    [][]byte
	drained chan struct{}
}

// newTee returns a tee on a free port whose receivers see from (an address of this machine) as the source.
func newTee(t *testing.T, from string, toPorts ...int) *tee {
	t.Helper()
	in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = in.SetReadBuffer(4 << 20)
	y := &tee{port: in.LocalAddr().(*net.UDPAddr).Port, in: in, out: speaker(t, from)}
	for _, p := range toPorts {
		y.to = append(y.to, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p})
	}
	ended := make(chan struct{})
	go func() { defer close(ended); y.pass() }()
	t.Cleanup(func() { _ = in.Close(); <-ended })
	return y
}

// speaker returns a socket that sends from the given address.
func speaker(t *testing.T, from string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(from)})
	if err != nil {
		t.Fatalf("bind a socket to %s: %v", from, err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (y *tee) pass() {
	buf := make([]byte, 65536)
	for {
		n, _, err := y.in.ReadFromUDP(buf)
		if err != nil {
			return
		}
		if bytes.Equal(buf[:n], barrier) {
			y.mu.Lock()
			close(y.drained)
			y.mu.Unlock()
			continue
		}
		for _, to := range y.to {
			_, _ = y.out.WriteToUDP(buf[:n], to)
		}
		y.mu.Lock()
		y.kept = append(y.kept, bytes.Clone(buf[:n]))
		y.mu.Unlock()
	}
}

// datagrams returns what passed so far.
func (y *tee) datagrams() [][]byte {
	y.mu.Lock()
	defer y.mu.Unlock()
	return append([][]byte(nil), y.kept...)
}

// barrier is a datagram of the tee's own, never passed on.
var barrier = []byte("netcol end-to-end: everything before this has passed")

// drain waits until everything that was sent to y has passed.
func (y *tee) drain(t *testing.T) {
	t.Helper()
	passed := make(chan struct{})
	y.mu.Lock()
	y.drained = passed
	y.mu.Unlock()
	if _, err := y.out.WriteToUDP(barrier, y.in.LocalAddr().(*net.UDPAddr)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-passed:
	case <-time.After(10 * time.Second):
		t.Fatal("the tee does not pass on what it got")
	}
	if _, drops := socketQueue(t, y.port); drops > 0 {
		t.Fatalf("the tee lost %d datagrams", drops)
	}
}
