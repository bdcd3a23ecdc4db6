//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	ifTable  = "1.3.6.1.2.1.2.2.1"
	ifXTable = "1.3.6.1.2.1.31.1.1.1"
	system   = "1.3.6.1.2.1.1"
	hrSystem = "1.3.6.1.2.1.25.1"
)

// interfaceCounters says which column of net-snmp's tables is which metric.
var interfaceCounters = []struct {
	column, metric  string
	direction, cast string
}{
	{ifXTable + ".6", "system.network.io", "receive", ""},
	{ifXTable + ".10", "system.network.io", "transmit", ""},
	{ifXTable + ".7", "system.network.packet.count", "receive", "unicast"},
	{ifXTable + ".11", "system.network.packet.count", "transmit", "unicast"},
	{ifXTable + ".8", "system.network.packet.count", "receive", "multicast"},
	{ifXTable + ".12", "system.network.packet.count", "transmit", "multicast"},
	{ifXTable + ".9", "system.network.packet.count", "receive", "broadcast"},
	{ifXTable + ".13", "system.network.packet.count", "transmit", "broadcast"},
	{ifTable + ".13", "system.network.packet.dropped", "receive", ""},
	{ifTable + ".19", "system.network.packet.dropped", "transmit", ""},
	{ifTable + ".14", "system.network.errors", "receive", ""},
	{ifTable + ".20", "system.network.errors", "transmit", ""},
}

var operStates = []string{"", "up", "down", "testing", "unknown", "dormant", "not_present", "lower_layer_down"}

// goodTargets are those of testdata/e2e/snmp.yaml that must answer, badTargets those that cannot, each with words
// that its log line must have: whom it is about, and what to look at.
var (
	goodTargets = []string{"by-v2c", "by-sha", "by-sha256", "by-sha512", "by-auth", "second-credential"}
	badTargets  = map[string][]string{
		"wrong-community": {"community"},
		"wrong-password":  {"password"},
		"nobody-there":    {"127.0.0.9"},
		"silent":          {"127.0.0.10"},
	}
	secrets = []string{"netcol-e2e", "not-the-community", "authpass1234", "privpass1234", "not-the-password"}
)

// What netcol says of net-snmp's snmpd is what snmpbulkwalk reads of it at the same moment, by v2c and by v3 with
// every level and with the algorithms that differ; targets that cannot answer say so and disturb nobody.
func TestSNMP(t *testing.T) {
	t.Parallel()
	port, silent := freePort(t), freePort(t)
	a := startAgent(t, port, "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8")
	mute, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.10:%d", silent)) // takes requests and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	c := netcol(t, settings{
		"SNMP_PORT": strconv.Itoa(port), "SILENT_PORT": strconv.Itoa(silent), "CLOSED_PORT": strconv.Itoa(freePort(t)),
	}, "snmp")
	up := func(name string) points {
		return c.points(t).of("snmp.device.up", labels{"service.instance.id": name}, nil)
	}
	for _, name := range goodTargets {
		eventually(t, 30*time.Second, name+" is up", func() (string, bool) {
			p, ok := up(name).last()
			return fmt.Sprint(p), ok && p.value == 1
		})
	}

	before := a.walk(t, bySHA256, ifTable, ifXTable, system, hrSystem)
	from := time.Now()
	for _, name := range goodTargets {
		eventually(t, 30*time.Second, name+" is polled twice more", func() (string, bool) {
			polls := up(name).between(from, time.Now())
			return fmt.Sprint(len(polls)), len(polls) >= 2
		})
	}
	to := time.Now()
	after := a.walk(t, byCommunity, ifTable, ifXTable, system, hrSystem)
	ps := c.points(t)
	for _, name := range goodTargets {
		t.Run(name, func(t *testing.T) {
			compareInterfaces(t, ps, labels{"service.instance.id": name}, before, after, from, to)
		})
	}
	for name, words := range badTargets {
		t.Run(name, func(t *testing.T) { expectDown(t, c, name, words) })
	}
	t.Run("secrets", func(t *testing.T) { expectNoSecrets(t, c) })
}

// compareInterfaces compares the points of one device between from and to with walks taken before and after.
func compareInterfaces(t *testing.T, ps points, device labels, before, after table, from, to time.Time) {
	t.Helper()
	compared := 0
	for oid, name := range before {
		index, ok := strings.CutPrefix(oid, ifXTable+".1.")
		if !ok {
			continue
		}
		for _, m := range interfaceCounters {
			compared += compareCounter(t, ps, device, m.metric, name, m.direction, m.cast, before.uint(m.column+"."+index), after.uint(m.column+"."+index), from, to)
		}
		compareSpeed(t, ps, device, name, before.uint(ifXTable+".15."+index)*1e6/8, before.uint(ifTable+".5."+index)/8)
		compareState(t, ps, device, "system.network.interface.status", name, before.uint(ifTable+".8."+index))
		compareState(t, ps, device, "system.network.interface.admin_status", name, before.uint(ifTable+".7."+index))
	}
	compareUptime(t, ps, device, before, after, from, to)
	if compared == 0 {
		t.Error("no counter was compared")
	}
	t.Logf("%d counter readings lie between what snmpbulkwalk read before and after", compared)
	for _, p := range ps.of("snmp.device.up", device, nil) {
		if p.resource["service.name"] != "network-device" || p.resource["host.name"] == "" {
			t.Fatalf("resource of %v", p)
		}
	}
}

// compareCounter returns how many readings it compared.
func compareCounter(t *testing.T, ps points, device labels, metric, name, direction, cast string, least, most uint64, from, to time.Time) int {
	t.Helper()
	by := labels{"network.interface.name": name, "network.io.direction": direction}
	if cast != "" {
		by["network.packet.cast"] = cast
	}
	readings := ps.of(metric, device, by).between(from, to)
	if len(readings) == 0 {
		t.Errorf("%s of %s %s %s is missing", metric, name, direction, cast)
	}
	for _, p := range readings {
		if p.value < float64(least) || p.value > float64(most) {
			t.Errorf("%v: the agent said %d before and %d after", p, least, most)
		}
		if !p.sum || !p.monotonic || !p.cumulative || !p.integer {
			t.Errorf("%v is not a cumulative monotonic integer sum", p)
		}
		checkStart(t, p)
	}
	return len(readings)
}

// checkStart holds a counter's start to this machine's boot, which net-snmp tells as hrSystemUptime: the kernel's
// counters began there, not at the start of the agent.
func checkStart(t *testing.T, p point) {
	t.Helper()
	raw, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(strings.Fields(string(raw))[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	boot := time.Now().Add(-time.Duration(seconds * float64(time.Second)))
	if d := p.start.Sub(boot); math.Abs(d.Seconds()) > 5 {
		t.Errorf("%v: this machine booted at %s", p, boot.UTC().Format(time.RFC3339Nano))
	}
}

// compareUptime holds system.uptime to the host's own (hrSystemUptime), not the agent's, which began with the test.
func compareUptime(t *testing.T, ps points, device labels, before, after table, from, to time.Time) {
	t.Helper()
	least, most := float64(before.uint(hrSystem+".1.0"))/100, float64(after.uint(hrSystem+".1.0"))/100
	readings := ps.of("system.uptime", device, nil).between(from, to)
	if len(readings) == 0 {
		t.Error("system.uptime is missing")
	}
	for _, p := range readings {
		if p.value < least || p.value > most {
			t.Errorf("%v: hrSystemUptime was %v before and %v after", p, least, most)
		}
	}
}

func compareSpeed(t *testing.T, ps points, device labels, name string, high, low uint64) {
	t.Helper()
	want := high
	if want == 0 {
		want = low
	}
	for _, direction := range []string{"receive", "transmit"} {
		got, ok := ps.of("system.network.bandwidth.limit", device, labels{"network.interface.name": name, "network.io.direction": direction}).last()
		if ok != (want > 0) || ok && got.value != float64(want) {
			t.Errorf("limit of %s %s: %v (%v), the agent says %d By/s", name, direction, got, ok, want)
		}
	}
}

func compareState(t *testing.T, ps points, device labels, metric, name string, want uint64) {
	t.Helper()
	current := map[string]float64{}
	for _, p := range ps.of(metric, device, labels{"network.interface.name": name}) {
		current[p.attributes["network.interface.state"]] = p.value
	}
	for state, v := range current {
		if (v == 1) != (state == operStates[want]) {
			t.Errorf("%s of %s: %v, the agent says %d", metric, name, current, want)
			return
		}
	}
	if current[operStates[want]] != 1 {
		t.Errorf("%s of %s has no state %s: %v", metric, name, operStates[want], current)
	}
}

// expectDown wants a target reported as down, with a reason, and one log line (not one a poll) that names it.
func expectDown(t *testing.T, c *collector, name string, words []string) {
	t.Helper()
	eventually(t, 30*time.Second, name+" is reported down", func() (string, bool) {
		p, ok := c.points(t).of("snmp.device.up", labels{"service.instance.id": name}, nil).last()
		return fmt.Sprint(p), ok && p.value == 0 && p.attributes["error.type"] != ""
	})
	var about []string
	eventually(t, 30*time.Second, "a warning about "+name, func() (string, bool) {
		about = slices.DeleteFunc(c.log.lines(`\b(warn|error)\b`), func(line string) bool { return !strings.Contains(line, `"device": "`+name+`"`) })
		return c.log.tail(20), len(about) > 0
	})
	for _, word := range words {
		if !strings.Contains(about[0], word) {
			t.Errorf("the warning does not speak of %q:\n%s", word, about[0])
		}
	}
	if len(about) > 3 {
		t.Errorf("%d warnings about one target in a few polls:\n%s", len(about), strings.Join(about, "\n"))
	}
	t.Log(about[0])
}

// expectNoSecrets looks for communities and passwords wherever netcol writes.
func expectNoSecrets(t *testing.T, c *collector) {
	t.Helper()
	out, err := os.ReadFile(c.out)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{"log": c.log.String(), "data": string(out), "own metrics": c.own(t)}
	for _, where := range slices.Sorted(maps.Keys(written)) {
		for _, secret := range secrets {
			if strings.Contains(written[where], secret) {
				t.Errorf("%q is in the %s", secret, where)
			}
		}
	}
}
