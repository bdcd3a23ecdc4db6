//go:build e2e && linux

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Datagrams that are no NetFlow, or pretend, cost their neighbours nothing: what is right among them is counted
// exactly, what is wrong is counted apart and said once.
func TestMalformedDatagrams(t *testing.T) {
	t.Parallel()
	netflow, sflow := freePort(t), freePort(t)
	c := netcol(t, settings{"NETFLOW_PORT": strconv.Itoa(netflow), "SFLOW_PORT": strconv.Itoa(sflow)}, "netflow", "sflow", "both")
	x := newV5(t, "127.0.0.66", netflow)
	stranger := speaker(t, "127.0.0.68")
	random := rand.New(rand.NewPCG(1, 2))
	wrong := 0
	for i := range 100 {
		for _, port := range []int{netflow, sflow} {
			d, from := malformed(random, i), x.conn
			if i%7 == forgedCount {
				from = stranger // whole records of it may be taken as such
			}
			if _, err := from.WriteToUDP(d, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
				t.Fatal(err)
			}
			wrong++
		}
		x.send(t, 10, 1, 2)
	}
	awaitFlows(t, c, labels{"service.instance.id": "127.0.0.66"}, x.sent)
	lines := c.log.lines(`\b(warn|error)\b.*127\.0\.0\.66`)
	if len(lines) == 0 {
		t.Errorf("no log line names the exporter of %d wrong datagrams:\n%s", wrong, c.log.tail(20))
	}
	if len(lines) > 20 {
		t.Errorf("%d log lines for %d wrong datagrams: a flood", len(lines), wrong)
	}
	for _, line := range first(lines, 3) {
		t.Log(line)
	}
	for name, least := range map[string]float64{"otelcol_netflow_decode_errors": 100, "otelcol_sflow_decode_errors": 100} {
		if n := c.ownSum(t, name); n < least {
			t.Errorf("%s is %v of 100 wrong datagrams", name, n)
		}
	}
	if n := c.ownSum(t, "otelcol_sflow_decode_errors", `reason="version"`); n == 0 {
		t.Error("no datagram of another version was counted as such")
	}
}

// forgedCount is the kind of datagram that says NetFlow v5 and a count that its length cannot hold.
const forgedCount = 1

// malformed returns the i-th kind of wrong datagram: noise, a cut header, forged counts and lengths, a wrong version.
func malformed(random *rand.Rand, i int) []byte {
	d := make([]byte, 1+random.IntN(1400))
	for j := range d {
		d[j] = byte(random.Uint32())
	}
	head := [][]byte{
		{0xff, 0xff}, // no version there is
		{0, 5, 0xff, 0xff},
		{0, 9, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
		{0, 10, 0xff, 0xff},
		{0, 0, 0, 5, 0, 0, 0, 1, 127, 0, 0, 66, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff},
		{0, 9},
		{0, 0, 0, 5},
	}[i%7]
	return append(head, d...)[:max(1, min(len(d), 1300))]
}

// A port that something else holds is one clear error that names it, and netcol ends.
func TestOccupiedPort(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	udp, err := net.ListenPacket("udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = udp.Close() })
	tcp, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tcp.Close() })
	held, free := strconv.Itoa(port), strconv.Itoa(freePort(t))
	for _, kind := range []struct {
		component string
		set       settings
		configs   []string
	}{
		{"netflow", settings{"NETFLOW_PORT": held}, []string{"netflow"}},
		{"sflow", settings{"SFLOW_PORT": held}, []string{"sflow"}},
		{"netview", settings{"NETFLOW_PORT": free, "PAGE_PORT": held}, []string{"netflow", "page"}},
	} {
		t.Run(kind.component, func(t *testing.T) {
			c := netcolUnready(t, kind.set, kind.configs...)
			expectRefusal(t, c.process, kind.component, held, "in use")
		})
	}
}

// A port that another netcol holds is refused likewise, and not a datagram of the first one's is stolen.
func TestPortOfAnotherNetcol(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	set := settings{"NETFLOW_PORT": strconv.Itoa(port)}
	holder := netcol(t, set, "netflow")
	second := netcolUnready(t, set, "netflow")
	x := newV5(t, "127.0.0.67", port)
	for second.running() { // while it tries
		x.send(t, 10, 1, 2)
		select {
		case <-second.done:
		case <-time.After(20 * time.Millisecond):
		}
	}
	expectRefusal(t, second.process, "netflow", strconv.Itoa(port), "in use")
	x.send(t, 10, 1, 2)
	awaitFlows(t, holder, labels{"service.instance.id": "127.0.0.67"}, x.sent)
}

// expectRefusal wants p to end by itself with an error, in one line that has all the words.
func expectRefusal(t *testing.T, p *process, words ...string) {
	t.Helper()
	if err := p.wait(t, 20*time.Second); err == nil {
		t.Error("it ended without an error")
	}
	for line := range strings.Lines(p.log.String()) {
		if containsAll(line, words) {
			t.Log(strings.TrimSpace(line))
			return
		}
	}
	t.Errorf("no line has all of %q:\n%s", words, p.log.tail(20))
}

func containsAll(line string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(line, w) {
			return false
		}
	}
	return true
}

// A wrong key or value is found by validate and by a start, and named.
func TestMistakesInConfiguration(t *testing.T) {
	t.Parallel()
	program := built(t, "NETCOL_BIN", "../../_build/netcol", "make build")
	for _, m := range []struct {
		name, config string
		words        []string
	}{
		{"typo in a receiver", "receivers: {netflow: {endpont: 127.0.0.1:2055}}", []string{"netflow", "endpont"}},
		{"typo in a target", "receivers: {snmp: {credentials: {lab: {version: v2c, community: a}}, targets: [{endpoint: 127.0.0.1:161, credential: [lab]}]}}", []string{"credential"}},
		{"credentials that are not there", "receivers: {snmp: {credentials: {lab: {version: v2c, community: a}}, targets: [{endpoint: 127.0.0.1:161, credentials: [lap]}]}}", []string{"targets", "lap"}},
		{"an algorithm that is none", "receivers: {snmp: {credentials: {lab: {version: v3, user: u, security_level: auth_no_priv, auth_type: SHA255, auth_password: abcdefgh}}, targets: [{endpoint: 127.0.0.1:161, credentials: [lab]}]}}", []string{"auth_type", "SHA255"}},
		{"an endpoint without a port", "receivers: {sflow: {endpoint: 127.0.0.1}}", []string{"endpoint", "127.0.0.1"}},
		{"a dimension that is none", "receivers: {netflow: {views: {mine: {metric: my.flow, dimensions: [source.adress]}}}}", []string{"source.adress"}},
		{"a typo in the exporter", "exporters: {netview: {endpoint: \"127.0.0.1:0\", retenttion: 3h}}", []string{"retenttion"}},
		{"a typo in the inventory", "extensions: {inventory: {storrage: file_storage}}", []string{"inventory", "storrage"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "mistake.yaml")
			if err := os.WriteFile(path, []byte(m.config+"\n"+rest(m.config)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{"validate", ""} {
				args := []string{"--config", path}
				if command != "" {
					args = append([]string{command}, args...)
				}
				cmd := exec.Command(program, args...)
				cmd.Dir = dir
				expectRefusal(t, spawn(t, "netcol "+command, cmd), m.words...)
				if t.Failed() {
					return // a start would go on for good
				}
			}
		})
	}
}

// rest completes a configuration that has one component in it.
func rest(config string) string {
	kind, after, _ := strings.Cut(config, ": {")
	name, _, _ := strings.Cut(after, ":")
	receiver, exporter, extension := "otlp", "nop", ""
	whole := ""
	switch kind {
	case "receivers":
		receiver = name
		whole = "exporters: {nop: }\n"
	case "exporters":
		exporter = name
		whole = "receivers: {otlp: {protocols: {grpc: {endpoint: 127.0.0.1:0}}}}\n"
	default:
		extension = name
		whole = "receivers: {otlp: {protocols: {grpc: {endpoint: 127.0.0.1:0}}}}\nexporters: {nop: }\n"
	}
	return whole + fmt.Sprintf("service: {extensions: [%s], telemetry: {metrics: {level: none}}, pipelines: {metrics: {receivers: [%s], exporters: [%s]}}}\n", extension, receiver, exporter)
}
