//go:build e2e && linux

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// versionOf says how each peer is asked for its version.
var versionOf = map[string][]string{
	"snmpd":        {"-v"},
	"snmpbulkwalk": {"-V"},
	"softflowd":    {"-h"},
	"nfcapd":       {"-V"},
	"sfcapd":       {"-V"},
	"nfdump":       {"-V"},
	"pmacctd":      {"-V"},
	"tcpdump":      {"--version"},
	"chromium":     {"--version"},
}

var digits = regexp.MustCompile(`\d+\.\d+`)

// told remembers which peers were printed.
var told sync.Map

// required tells whether an absent peer is a failure.
func required() bool { return os.Getenv("E2E_REQUIRE") == "1" }

// absent skips the test, or fails it where peers are required.
func absent(t *testing.T, format string, args ...any) {
	t.Helper()
	if required() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// peer returns the path of an installed program.
func peer(t *testing.T, name string) string {
	t.Helper()
	path := find(name)
	if path == "" {
		absent(t, "%s is not installed: sh testdata/e2e/install.sh (Debian, root)", name)
	}
	if _, again := told.LoadOrStore(name, true); !again {
		fmt.Printf("peer %s: %s, %s\n", name, path, version(name, path))
	}
	return path
}

func find(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	return ""
}

func version(name, path string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, path, versionOf[name]...).CombinedOutput() // some end with 1 by habit
	for line := range strings.Lines(string(out)) {
		if digits.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return "version not told"
}

// built returns the path of one of our own binaries.
func built(t *testing.T, env, fallback, how string) string {
	t.Helper()
	path := os.Getenv(env)
	if path == "" {
		path = fallback
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not there: %s first, or set %s", path, how, env)
	}
	return path
}

// run runs a program to its end and returns what it printed on standard output.
func run(t *testing.T, within time.Duration, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// ports hands out port numbers below the ephemeral range, so that no outgoing connection of another test takes one
// between its being found free and its use.
var ports struct {
	sync.Mutex
	next int
}

// freePort returns a port that is free for UDP and TCP on every loopback address.
func freePort(t *testing.T) int {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
	if ports.next == 0 {
		ports.next = 20000 + os.Getpid()%6000
	}
	for range 10000 {
		ports.next++
		if ports.next >= 32000 {
			ports.next = 20000
		}
		if portFree(ports.next) {
			return ports.next
		}
	}
	t.Fatal("no free port between 20000 and 32000")
	return 0
}

func portFree(port int) bool {
	addr := fmt.Sprintf(":%d", port)
	u, err := net.ListenPacket("udp4", addr)
	if err != nil {
		return false
	}
	defer func() { _ = u.Close() }()
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return false
	}
	return l.Close() == nil
}
