//go:build e2e && linux

package e2e

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// settings are the environment that a configuration of testdata/e2e reads.
type settings map[string]string

// collector is a netcol under test.
type collector struct {
	*process
	dir  string // its working directory
	out  string // what its file exporter writes
	self int    // port of its own metrics
}

// netcol starts the collector with testdata/e2e/base.yaml and the configurations named, and waits until it is ready.
// Every start gets its own working directory and output, unless set names them (DIR, OUT).
func netcol(t *testing.T, set settings, configs ...string) *collector {
	t.Helper()
	c := netcolUnready(t, set, configs...)
	c.waitLog(t, 30*time.Second, "Everything is ready")
	return c
}

// netcolUnready is netcol for starts that may fail.
func netcolUnready(t *testing.T, set settings, configs ...string) *collector {
	t.Helper()
	c := &collector{self: freePort(t)}
	env := maps.Clone(set)
	if env == nil {
		env = settings{}
	}
	if env["DIR"] == "" {
		env["DIR"] = t.TempDir()
	}
	if env["OUT"] == "" {
		env["OUT"] = filepath.Join(env["DIR"], "out.json")
	}
	c.dir, c.out = env["DIR"], env["OUT"]
	env["SELF_PORT"] = strconv.Itoa(c.self)
	cmd := exec.Command(built(t, "NETCOL_BIN", "../../_build/netcol", "make build"), arguments(t, configs)...)
	cmd.Dir = c.dir
	cmd.Env = os.Environ()
	for _, k := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, k+"="+env[k])
	}
	c.process = spawn(t, "netcol "+strings.Join(configs, "+"), cmd)
	return c
}

// arguments are --config for base.yaml and each of configs.
func arguments(t *testing.T, configs []string) []string {
	t.Helper()
	var args []string
	for _, name := range append([]string{"base"}, configs...) {
		path, err := filepath.Abs(filepath.Join("../../testdata/e2e", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	return args
}

// points returns what the file exporter has written by now.
func (c *collector) points(t *testing.T) points { return readPoints(t, c.out) }

// own returns the collector's own metrics as Prometheus text.
func (c *collector) own(t *testing.T) string {
	t.Helper()
	return httpGet(t, fmt.Sprintf("http://127.0.0.1:%d/metrics", c.self))
}

// ownSum adds up the collector's own counters of one name whose label part contains every one of labels.
func (c *collector) ownSum(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	sum := 0.0
	for line := range strings.Lines(c.own(t)) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest == "" || (rest[0] != '{' && rest[0] != ' ') {
			continue
		}
		if slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(rest, l) }) {
			continue
		}
		fields := strings.Fields(rest[strings.LastIndex(rest, "}")+1:])
		v, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			t.Fatalf("own metric %q: %v", line, err)
		}
		sum += v
	}
	return sum
}

// httpGet returns the body of a successful GET.
func httpGet(t *testing.T, url string) string {
	t.Helper()
	body, err := fetch(url)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// fetch is httpGet for those who try again.
func fetch(url string) ([]byte, error) {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %.300s", url, resp.Status, body)
	}
	return body, err
}
