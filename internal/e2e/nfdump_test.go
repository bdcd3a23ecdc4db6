//go:build e2e && linux

package e2e

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// counts are what a set of flows amounts to.
type counts struct{ bytes, packets, flows int64 }

func (c *counts) add(d counts) {
	c.bytes += d.bytes
	c.packets += d.packets
	c.flows += d.flows
}

// nfcap is nfcapd or sfcapd at work.
type nfcap struct {
	*process
	dir  string
	port int
}

// startNfcap starts program (nfcapd or sfcapd) on a free port.
func startNfcap(t *testing.T, program string) *nfcap {
	t.Helper()
	peer(t, "nfdump")
	c := &nfcap{dir: t.TempDir(), port: freePort(t)}
	cmd := exec.Command(peer(t, program), "-b", "127.0.0.1", "-p", strconv.Itoa(c.port), "-w", c.dir, "-t", "3600", "-B", "4000000")
	c.process = spawn(t, program, cmd)
	c.waitLog(t, 10*time.Second, "Startup")
	return c
}

// finish waits until everything sent was read, ends the program, and has nfdump read what it stored.
func (c *nfcap) finish(t *testing.T) []nfflow {
	t.Helper()
	eventually(t, 10*time.Second, c.name+" reads what was sent", func() (string, bool) {
		queued, drops := socketQueue(t, c.port)
		if drops > 0 {
			t.Fatalf("%s lost %d datagrams: the comparison would be with less than netcol got", c.name, drops)
		}
		return fmt.Sprint(queued, " bytes queued"), queued == 0
	})
	if err := c.terminate(t); err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return parseNfdump(t, run(t, 20*time.Second, nil, peer(t, "nfdump"), "-R", c.dir, "-o", "csv"))
}

// socketQueue returns what waits in a UDP socket's receive queue, and what the kernel dropped there.
func socketQueue(t *testing.T, port int) (queued, drops int64) {
	t.Helper()
	raw, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	suffix := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 13 || !strings.HasSuffix(f[1], suffix) {
			continue
		}
		_, rx, _ := strings.Cut(f[4], ":")
		q, _ := strconv.ParseInt(rx, 16, 64)
		d, _ := strconv.ParseInt(f[12], 10, 64)
		queued, drops = queued+q, drops+d
	}
	return queued, drops
}

// nfflow is one flow as nfdump prints it.
type nfflow struct {
	counts
	source, destination string
	sourcePort, port    string
	transport           string // as network.transport calls it
}

// parseNfdump reads nfdump's CSV by its header.
func parseNfdump(t *testing.T, out string) []nfflow {
	t.Helper()
	r := csv.NewReader(strings.NewReader(out))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("nfdump's CSV: %v\n%.400s", err, out)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var flows []nfflow
	for _, row := range rows[1:] {
		if len(row) < len(rows[0]) {
			break // the summary
		}
		number := func(name string) int64 {
			v, err := strconv.ParseInt(strings.TrimSpace(row[column[name]]), 10, 64)
			if err != nil {
				t.Fatalf("nfdump's %s: %v", name, err)
			}
			return v
		}
		flows = append(flows, nfflow{
			counts: counts{bytes: number("ibyt"), packets: number("ipkt"), flows: 1},
			source: row[column["sa"]], destination: row[column["da"]],
			sourcePort: row[column["sp"]], port: row[column["dp"]],
			transport: strings.ToLower(strings.TrimSpace(row[column["pr"]])),
		})
	}
	return flows
}

// sumBy adds flows up by a key of theirs.
func sumBy(flows []nfflow, key func(nfflow) string) map[string]counts {
	sums := map[string]counts{}
	for _, f := range flows {
		s := sums[key(f)]
		s.add(f.counts)
		sums[key(f)] = s
	}
	return sums
}

func everything(nfflow) string { return "" }
