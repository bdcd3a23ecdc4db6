//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const demoPage = "http://127.0.0.1:8810/"

// make demo's command brings up a page with moving data, a Prometheus query API beside it, and ends cleanly.
func TestDemo(t *testing.T) {
	t.Parallel()
	netctl := built(t, "NETCTL_BIN", "../../bin/netctl", "make netctl")
	program := built(t, "NETCOL_BIN", "../../_build/netcol", "make build")
	config, err := filepath.Abs("../../config/demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", "127.0.0.1:8810"); err == nil {
		c.Close()
		absent(t, "port 8810 is taken: is a demo running?")
	}
	dir := t.TempDir()
	cmd := exec.Command(netctl, "demo", "--netcol", program, "--config", config, "--state", filepath.Join(dir, ".demo"))
	cmd.Dir = dir
	began := time.Now()
	demo := spawn(t, "netctl demo", cmd)
	eventually(t, 60*time.Second, "first data", func() (string, bool) {
		if !demo.running() {
			t.Fatalf("netctl demo ended: %v\n%s", demo.err, demo.log)
		}
		n, err := instant("count(snmp_device_up == 1)")
		return fmt.Sprint(n, err), err == nil && n > 0
	})
	t.Logf("first data %v after the start", time.Since(began).Round(10*time.Millisecond))
	eventually(t, 60*time.Second, "moving data", func() (string, bool) {
		n, err := instant("count(rate(system_network_io_bytes_total[1m]) > 0)")
		return fmt.Sprint(n, err), err == nil && n > 0
	})
	t.Logf("moving data %v after the start", time.Since(began).Round(10*time.Millisecond))
	demo.waitLog(t, 10*time.Second, strings.TrimSuffix(demoPage, "/"))

	devices := make([]string, 6)
	for i := range devices {
		devices[i] = fmt.Sprintf("127.20.%d.1", i+1)
	}
	expectPage(t, demoPage, devices)
	t.Logf("the whole page %v after the start", time.Since(began).Round(10*time.Millisecond))
	expectAPI(t, devices)

	demo.signal(t, syscall.SIGINT)
	if err := demo.wait(t, 30*time.Second); err != nil {
		t.Errorf("netctl demo ended with %v", err)
	}
	if c, err := net.Dial("tcp", "127.0.0.1:8810"); err == nil {
		c.Close()
		t.Error("the collector outlived the demo")
	}
}

// instant asks the page's query API for one number.
func instant(query string) (float64, error) {
	var answer struct {
		Status string
		Data   struct {
			Result []struct{ Value [2]any }
		}
	}
	raw, err := fetch(demoPage + "api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Status != "success" {
		return 0, fmt.Errorf("%s: %w: %.200s", query, err, raw)
	}
	if len(answer.Data.Result) == 0 {
		return 0, nil
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	return strconv.ParseFloat(text, 64)
}

// expectAPI asks what a dashboard would: each device by its own instance, and flows beside interfaces.
func expectAPI(t *testing.T, devices []string) {
	t.Helper()
	for _, d := range devices {
		for _, query := range []string{
			`sum(rate(system_network_io_bytes_total{instance=%q,job="network-device"}[1m]))`,
			`count(system_network_bandwidth_limit_bytes_per_second{instance=%q})`,
			`sum(network_flow_io_bytes_total{instance=%q})`,
		} {
			q := fmt.Sprintf(query, d)
			eventually(t, 30*time.Second, q+" has a value", func() (string, bool) {
				v, err := instant(q)
				return fmt.Sprint(v, err), err == nil && v > 0
			})
		}
	}
	ranges := querySamples(t, demoPage+"api/v1/query", `system_uptime_seconds[5m]`)
	if len(ranges) != len(devices) {
		t.Errorf("system_uptime_seconds has %d series for %d devices", len(ranges), len(devices))
	}
}

// The simulated network's two pictures of the same traffic agree, through netcol, interface by interface: what flows
// say entered by an interface is what its SNMP counter grew by. Flows are told of late, by up to lag; so their growth
// lies between the counter's over a little less and a little more time.
func TestSimulationAgrees(t *testing.T) {
	t.Parallel()
	const lag, span = 6 * time.Second, 24 * time.Second
	netctl := built(t, "NETCTL_BIN", "../../bin/netctl", "make netctl")
	snmp, netflow, sflow := freePort(t), freePort(t), freePort(t)
	c := netcol(t, settings{"SNMP_PORT": strconv.Itoa(snmp), "NETFLOW_PORT": strconv.Itoa(netflow), "SFLOW_PORT": strconv.Itoa(sflow)}, "sim")
	spawn(t, "netctl sim", exec.Command(netctl, "sim", "--base", "127.21.0.0", "--snmp-port", strconv.Itoa(snmp), "--active-timeout", "1s",
		"--netflow", fmt.Sprintf("127.0.0.1:%d", netflow), "--sflow", fmt.Sprintf("127.0.0.1:%d", sflow), "--sampling", "1"))
	var began time.Time
	eventually(t, 60*time.Second, "six devices with flows and counters, for long enough", func() (string, bool) {
		ps := c.points(t)
		flows := ps.of("network.flow.io", nil, nil).instances()
		counters := ps.of("system.network.io", nil, nil).instances()
		if len(flows) == 6 && len(counters) == 6 && began.IsZero() {
			began = time.Now()
		}
		return fmt.Sprintf("flows of %v, counters of %v", flows, counters), !began.IsZero() && time.Since(began) > span+2*lag
	})
	compareGrowth(t, c.points(t), began.Add(lag), began.Add(lag+span), lag)
}

// compareGrowth compares, for each interface, the growth of its flows with that of its counter.
func compareGrowth(t *testing.T, ps points, from, to time.Time, lag time.Duration) {
	t.Helper()
	flows := byInterface(ps.of("network.flow.io", nil, labels{"network.interface.direction": "ingress"}))
	counters := byInterface(ps.of("system.network.io", nil, labels{"network.io.direction": "receive"}))
	compared, moved := 0, 0.0
	for name, f := range flows {
		grown, c := f.upTo(to)-f.upTo(from), counters[name]
		if len(c) == 0 {
			if grown != 0 { // else it is from before SNMP had told whose address that is
				t.Errorf("%s has flows but no counter", name)
			}
			continue
		}
		least := c.upTo(to.Add(-lag)) - c.since(from) // least and most leave out, or add, what is told of late
		most := c.since(to) - c.upTo(from.Add(-lag))
		if grown < least || grown > most {
			t.Errorf("%s: flows grew by %.0f bytes in %v, the counter by %.0f to %.0f", name, grown, to.Sub(from), least, most)
		}
		compared++
		moved += grown
	}
	t.Logf("%d interfaces compared, %.0f bytes of flows in %v", compared, moved, to.Sub(from))
	if compared < 6 || moved == 0 {
		t.Error("too little to compare: the test would prove nothing")
	}
}

// byInterface groups points by device and interface.
func byInterface(ps points) map[string]points {
	groups := map[string]points{}
	for _, p := range ps {
		key := p.resource["service.instance.id"] + " " + p.attributes["network.interface.name"]
		groups[key] = append(groups[key], p)
	}
	return groups
}

// upTo is what the cumulative streams of ps had counted at a moment.
func (ps points) upTo(moment time.Time) float64 {
	return float64(ps.between(time.Time{}, moment).total())
}

// since is what the one stream of ps had counted at its first point from a moment on.
func (ps points) since(moment time.Time) float64 {
	later := ps.between(moment, moment.Add(time.Hour))
	if len(later) == 0 {
		return math.Inf(1)
	}
	return slices.MinFunc(later, func(a, b point) int { return a.time.Compare(b.time) }).value
}
