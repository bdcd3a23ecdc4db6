package netflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/flow"
)

// nfcapd is a running collector of the nfdump tools. It repeats each datagram to us before it decodes it, so that we
// know when it has one.
type nfcapd struct {
	dir     string
	addr    *net.UDPAddr
	process *exec.Cmd
	echo    *net.UDPConn
}

func startNfcapd(t *testing.T) *nfcapd {
	path, err := exec.LookPath("nfcapd")
	if err != nil {
		t.Skip("nfcapd is not installed")
	}
	if _, err := exec.LookPath("nfdump"); err != nil {
		t.Skip("nfdump is not installed")
	}
	echo, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	free, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	n := &nfcapd{dir: t.TempDir(), addr: free.LocalAddr().(*net.UDPAddr), echo: echo}
	require.NoError(t, free.Close())
	n.process = exec.Command(path, "-4", "-b", "127.0.0.1", "-p", fmt.Sprint(n.addr.Port), "-M", n.dir, "-t", "3600",
		"-R", fmt.Sprintf("127.0.0.1/%d", echo.LocalAddr().(*net.UDPAddr).Port))
	require.NoError(t, n.process.Start())
	t.Cleanup(func() {
		_ = n.process.Process.Kill()
		_ = n.process.Wait()
		_ = echo.Close()
	})
	probe := []byte{0, 0}
	for deadline := time.Now().Add(10 * time.Second); ; {
		n.write(t, netip.MustParseAddr("127.0.9.255"), probe)
		if n.returned(probe, 20*time.Millisecond) {
			break
		}
		require.True(t, time.Now().Before(deadline), "nfcapd does not answer")
	}
	return n
}

func (n *nfcapd) write(t *testing.T, from netip.Addr, b []byte) {
	c, err := net.DialUDP("udp4", &net.UDPAddr{IP: from.AsSlice()}, n.addr)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, _ = c.Write(b) // refused until it listens
}

// returned tells whether b came back.
func (n *nfcapd) returned(b []byte, wait time.Duration) bool {
	_ = n.echo.SetReadDeadline(time.Now().Add(wait))
	for buffer := make([]byte, 65536); ; {
		got, err := n.echo.Read(buffer)
		if err != nil || bytes.Equal(buffer[:got], b) {
			return err == nil
		}
	}
}

func (n *nfcapd) send(t *testing.T, from netip.Addr, b []byte) {
	n.write(t, from, b)
	require.True(t, n.returned(b, 10*time.Second), "nfcapd did not take a datagram")
}

// stop ends nfcapd, which writes what it has.
func (n *nfcapd) stop(t *testing.T) {
	require.NoError(t, n.process.Process.Signal(syscall.SIGTERM))
	_ = n.process.Wait()
}

// nfdumpRecord is the fields that are compared.
type nfdumpRecord struct {
	Src4    string `json:"src4_addr"`
	Src6    string `json:"src6_addr"`
	Dst4    string `json:"dst4_addr"`
	Dst6    string `json:"dst6_addr"`
	SrcPort uint16 `json:"src_port"`
	DstPort uint16 `json:"dst_port"`
	Proto   uint8  `json:"proto"`
	Packets uint64 `json:"in_packets"`
	Bytes   uint64 `json:"in_bytes"`
	In      uint32 `json:"input_snmp"`
	Out     uint32 `json:"output_snmp"`

	ReversePackets uint64 `json:"out_packets"` // of a biflow; else post counters
	ReverseBytes   uint64 `json:"out_bytes"`
}

func (r nfdumpRecord) line() string {
	return fmt.Sprint(r.Proto, " ", r.Src4+r.Src6, ":", r.SrcPort, " ", r.Dst4+r.Dst6, ":", r.DstPort,
		" in ", r.In, " out ", r.Out, " ", r.Packets, " packets ", r.Bytes, " B")
}

// reverse is the other direction of a biflow, which we count as a flow of its own.
func (r nfdumpRecord) reverse() nfdumpRecord {
	r.Src4, r.Dst4, r.Src6, r.Dst6, r.SrcPort, r.DstPort = r.Dst4, r.Src4, r.Dst6, r.Src6, r.DstPort, r.SrcPort
	r.In, r.Out, r.Packets, r.Bytes = r.Out, r.In, r.ReversePackets, r.ReverseBytes
	return r
}

// flows returns what nfcapd stored of an exporter, a line each.
func (n *nfcapd) flows(t *testing.T, from netip.Addr, biflow bool) []string {
	var lines []string
	err := filepath.WalkDir(filepath.Join(n.dir, strings.ReplaceAll(from.String(), ".", "-")), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), "nfcapd.") {
			return err
		}
		out, err := exec.Command("nfdump", "-r", path, "-o", "json").Output()
		require.NoError(t, err)
		if strings.Contains(string(out), "No matching flows") {
			return nil
		}
		var all []nfdumpRecord
		require.NoError(t, json.Unmarshal(out, &all), "%q", out)
		for _, r := range all {
			lines = append(lines, r.line())
			if biflow && r.ReversePackets > 0 {
				lines = append(lines, r.reverse().line())
			}
		}
		return nil
	})
	require.NoError(t, err)
	slices.Sort(lines)
	return lines
}

// linesOf returns records likewise, scaled, as nfcapd does.
func linesOf(records []flow.Record) []string {
	var lines []string
	for _, r := range records {
		lines = append(lines, fmt.Sprint(r.Transport, " ", flow.Addr(r.SrcAddr), ":", r.SrcPort, " ", flow.Addr(r.DstAddr), ":", r.DstPort,
			" in ", r.In, " out ", r.Out, " ", r.Scale.Apply(r.Packets), " packets ", r.Scale.Apply(r.Bytes), " B"))
	}
	slices.Sort(lines)
	return lines
}

// The datagrams of all devices, each from an address of its own, give the flows that nfcapd stores of them.
func TestAgreesWithNfdump(t *testing.T) {
	names := slices.Sorted(maps.Keys(devices))
	for _, device := range names {
		for _, file := range devices[device] {
			messages(t, file) // skips without captures
		}
	}
	n := startNfcapd(t)
	address := map[string]netip.Addr{}
	for i, device := range names {
		address[device] = netip.AddrFrom4([4]byte{127, 0, 9, byte(i + 1)})
		files := slices.Clone(devices[device])
		if device == "asr9k" { // nfcapd keeps no data ahead of its template
			files = append(files[1:], files[0])
		}
		for _, file := range files {
			for _, b := range messages(t, file) {
				n.send(t, address[device], b)
			}
		}
	}
	n.stop(t)
	for _, device := range names {
		t.Run(device, func(t *testing.T) {
			c, _ := play(t, device)
			if device == "invalid01" { // nfcapd does not take the rate of softflowd's options
				for i := range c.records {
					c.records[i].Scale = flow.Scale{Num: 1, Den: 1}
				}
			}
			assert.Equal(t, n.flows(t, address[device], device == "yaf"), linesOf(c.records))
		})
	}
}
