//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demoPorts are what config/demo.yaml has fixed: the page, NetFlow, sFlow and SNMP.
var demoPorts = []string{"8810", "2055", "6343", "1161"}

// demoConfig is config/demo.yaml on ports and addresses of the test's own, so that it stands beside a demo that
// somebody looks at. It returns the file, and what each of demoPorts became.
func demoConfig(t *testing.T, dir string) (path string, ports []string) {
	t.Helper()
	raw, err := os.ReadFile("../../config/demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), "127.20.", "127.22.")
	for _, p := range demoPorts {
		own := strconv.Itoa(freePort(t))
		if !strings.Contains(text, ":"+p) {
			t.Fatalf("config/demo.yaml does not speak of port %s", p)
		}
		text = strings.ReplaceAll(text, ":"+p, ":"+own)
		ports = append(ports, own)
	}
	path = filepath.Join(dir, "demo.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, ports
}

// make demo's command brings up a page with moving data, a Prometheus query API beside it, and ends cleanly.
func TestDemo(t *testing.T) {
	t.Parallel()
	netctl := built(t, "NETCTL_BIN", "../../bin/netctl", "make netctl")
	program := built(t, "NETCOL_BIN", "../../_build/netcol", "make build")
	dir := t.TempDir()
	config, ports := demoConfig(t, dir)
	page := pageAPI("http://127.0.0.1:" + ports[0] + "/")
	cmd := exec.Command(netctl, "demo", "--netcol", program, "--config", config, "--state", filepath.Join(dir, ".demo"),
		"--page", strings.TrimSuffix(string(page), "/"), "--base", "127.22.0.0", "--netflow", "127.0.0.1:"+ports[1],
		"--sflow", "127.0.0.1:"+ports[2], "--snmp-port", ports[3])
	cmd.Dir = dir
	began := time.Now()
	demo := spawn(t, "netctl demo", cmd)
	eventually(t, 60*time.Second, "first data", func() (string, bool) {
		if !demo.running() {
			t.Fatalf("netctl demo ended: %v\n%s", demo.err, demo.log)
		}
		n, err := page.instant("count(snmp_device_up == 1)")
		return fmt.Sprint(n, err), err == nil && n > 0
	})
	t.Logf("first data %v after the start", time.Since(began).Round(10*time.Millisecond))
	eventually(t, 60*time.Second, "moving data", func() (string, bool) {
		n, err := page.instant("count(rate(system_network_io_bytes_total[1m]) > 0)")
		return fmt.Sprint(n, err), err == nil && n > 0
	})
	t.Logf("moving data %v after the start", time.Since(began).Round(10*time.Millisecond))
	demo.waitLog(t, 10*time.Second, "The network is on this page: "+strings.TrimSuffix(string(page), "/"))

	devices := make([]string, 6)
	for i := range devices {
		devices[i] = fmt.Sprintf("127.22.%d.1", i+1)
	}
	expectPage(t, string(page), devices)
	t.Logf("the whole page %v after the start", time.Since(began).Round(10*time.Millisecond))
	page.expect(t, devices)

	demo.signal(t, syscall.SIGINT)
	if err := demo.wait(t, 30*time.Second); err != nil {
		t.Errorf("netctl demo ended with %v", err)
	}
	if c, err := net.Dial("tcp", "127.0.0.1:"+ports[0]); err == nil {
		c.Close()
		t.Error("the collector outlived the demo")
	}
}

// pageAPI is the address of a page, with the query API beside it.
type pageAPI string

// instant asks the query API for one number.
func (page pageAPI) instant(query string) (float64, error) {
	var answer struct {
		Status string
		Data   struct {
			Result []struct{ Value [2]any }
		}
	}
	raw, err := fetch(string(page) + "api/v1/query?query=" + url.QueryEscape(query))
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

// expect asks what a dashboard would: each device by its own instance, and flows beside interfaces.
func (page pageAPI) expect(t *testing.T, devices []string) {
	t.Helper()
	for _, d := range devices {
		for _, query := range []string{
			`sum(rate(system_network_io_bytes_total{instance=%q,job="network-device"}[1m]))`,
			`count(system_network_bandwidth_limit_bytes_per_second{instance=%q})`,
			`sum(network_flow_io_bytes_total{instance=%q})`,
		} {
			q := fmt.Sprintf(query, d)
			eventually(t, 30*time.Second, q+" has a value", func() (string, bool) {
				v, err := page.instant(q)
				return fmt.Sprint(v, err), err == nil && v > 0
			})
		}
	}
	ranges := querySamples(t, string(page)+"api/v1/query", `system_uptime_seconds[5m]`)
	if len(ranges) != len(devices) {
		t.Errorf("system_uptime_seconds has %d series for %d devices", len(ranges), len(devices))
	}
}

// The simulated network's two pictures of the same traffic agree, through netcol: what flows say came in and went out
// by an interface is what its SNMP counters grew by, to the byte; where packets are sampled, about that, by device.
func TestSimulationAgrees(t *testing.T) {
	t.Parallel()
	netctl := built(t, "NETCTL_BIN", "../../bin/netctl", "make netctl")
	snmp, netflow, sflow := freePort(t), freePort(t), freePort(t)
	sim := spawn(t, "netctl sim", exec.Command(netctl, "sim", "--base", "127.21.0.0", "--snmp-port", strconv.Itoa(snmp),
		"--netflow", fmt.Sprintf("127.0.0.1:%d", netflow), "--sflow", fmt.Sprintf("127.0.0.1:%d", sflow),
		"--sampling", "16", "--active-timeout", "1s", "--quiet", "10s", "--traffic", "10s"))
	sim.waitLog(t, 10*time.Second, "targets:")
	c := netcol(t, settings{"SNMP_PORT": strconv.Itoa(snmp), "NETFLOW_PORT": strconv.Itoa(netflow), "SFLOW_PORT": strconv.Itoa(sflow)}, "sim")
	sampled := sampledDevices(t, sim)
	eventually(t, 90*time.Second, "flows and counters agree", func() (string, bool) {
		ps := c.points(t)
		in := compareGrowth(ps, "network.flow.io", "receive", sampled)
		out := compareGrowth(ps, "network.flow.egress.io", "transmit", sampled)
		return "in: " + in.String() + "out: " + out.String(), in.agrees() && out.agrees()
	})
	in := compareGrowth(c.points(t), "network.flow.io", "receive", sampled)
	t.Logf("in: %s", in)
}

var simulated = regexp.MustCompile(`endpoint: "([0-9.]+):\d+".*, exports (.*) from `)

// sampledDevices returns which of the simulated devices sample, as netctl sim tells.
func sampledDevices(t *testing.T, sim *process) map[string]bool {
	t.Helper()
	sampled := map[string]bool{}
	var devices [][]string
	eventually(t, 10*time.Second, "netctl sim tells of six devices", func() (string, bool) {
		devices = simulated.FindAllStringSubmatch(sim.log.String(), -1)
		return sim.log.String(), len(devices) == 6
	})
	for _, d := range devices {
		sampled[d[1]] = strings.Contains(d[2], " 1 in ")
	}
	return sampled
}

// agreement is how flows compare with the growth of counters.
type agreement struct {
	interfaces int // that agree to the byte
	devices    map[string]bool
	bytes      int64
	differ     []string
	errors     []string // of the sampled devices
}

func (a agreement) agrees() bool {
	return len(a.differ) == 0 && len(a.devices) == 6 && a.interfaces > 0
}

func (a agreement) String() string {
	return fmt.Sprintf("%d interfaces agree to the byte; %d devices, %d bytes; sampled: %s; %d differ: %s\n", a.interfaces,
		len(a.devices), a.bytes, strings.Join(a.errors, ", "), len(a.differ), strings.Join(first(a.differ, 5), "; "))
}

// sampledError is how far a sampled device's total may be off: its some 1,000 samples or more give 95 % of estimates
// within 6 % where packets are of one size, and these are not.
const sampledError = 0.2

// compareGrowth compares a flow metric with a direction of system.network.io.
func compareGrowth(ps points, flowMetric, direction string, sampled map[string]bool) agreement {
	a := agreement{devices: map[string]bool{}}
	counters := byInterface(ps.of("system.network.io", nil, labels{"network.io.direction": direction}))
	flows := byInterface(ps.of(flowMetric, nil, nil))
	for name, f := range flows {
		if _, ok := counters[name]; !ok && f.total() > 0 {
			a.differ = append(a.differ, fmt.Sprintf("%s has %d bytes of flows but no counter", name, f.total()))
		}
	}
	grown, told := map[string]int64{}, map[string]int64{} // by sampled device
	for name, c := range counters {
		device := c[0].resource["service.instance.id"]
		growth, flow := c.growth(), flows[name].total()
		if flow > 0 {
			a.devices[device] = true
			a.bytes += flow
		}
		switch {
		case sampled[device]:
			grown[device] += growth
			told[device] += flow
		case growth != flow:
			a.differ = append(a.differ, fmt.Sprintf("%s: the counter grew by %d, flows tell of %d", name, growth, flow))
		case flow > 0:
			a.interfaces++
		}
	}
	for device, growth := range grown {
		off := float64(told[device])/float64(growth) - 1
		a.errors = append(a.errors, fmt.Sprintf("%s %+.1f %%", device, 100*off))
		if math.IsNaN(off) || math.Abs(off) > sampledError {
			a.differ = append(a.differ, fmt.Sprintf("%s: the counters grew by %d, flows tell of %d", device, growth, told[device]))
		}
	}
	return a
}

// growth is how much the one stream of ps grew from its first point to its last.
func (ps points) growth() int64 {
	least, most := ps[0].value, ps[0].value
	for _, p := range ps {
		least, most = min(least, p.value), max(most, p.value)
	}
	return int64(most - least)
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
