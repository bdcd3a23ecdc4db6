//go:build e2e && linux

package e2e

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// outage is for how long the backend is gone: the minute that netcol promises, or E2E_OUTAGE.
func outage(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("E2E_OUTAGE")
	if text == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("E2E_OUTAGE: %v", err)
	}
	return d
}

// A backend that is killed, and back only a while later, lacks nothing: what it could not take waited in the sending
// queue on disk, through a restart of netcol too.
func TestBackendOutageLosesNothing(t *testing.T) {
	t.Parallel()
	dir, port, flowPort := t.TempDir(), freePort(t), freePort(t)
	b := startBackend(t, port, dir)
	a := startAgent(t, freePort(t), "127.0.0.1")
	set := settings{
		"SNMP_PORT": strconv.Itoa(a.port), "NETFLOW_PORT": strconv.Itoa(flowPort), "PROMETHEUS_PORT": strconv.Itoa(port), "DIR": t.TempDir(),
	}
	c := netcol(t, set, "agent", "to-prometheus")
	x := newV5(t, "127.0.0.62", flowPort)
	x.send(t, 20, 1, 2)
	awaitFlows(t, c, labels{"service.instance.id": "127.0.0.62"}, x.sent)
	b.awaitStored(t, 20*time.Second, c.points(t))

	b.kill(t)
	gone, back := time.Now(), time.Now().Add(outage(t))
	feed(t, x, gone.Add(outage(t)/2))
	if err := c.terminate(t); err != nil {
		t.Fatalf("netcol: %v", err)
	}
	c = netcol(t, set, "agent", "to-prometheus")
	feed(t, x, back)
	if n := len(c.log.lines("Exporting failed")); n == 0 {
		t.Error("netcol does not say that the backend is away")
	}

	b = startBackend(t, port, dir)
	awaitFlows(t, c, labels{"service.instance.id": "127.0.0.62"}, x.sent)
	ps := c.points(t)
	during := ps.between(gone, back)
	t.Logf("%d points, %d of them made while the backend was away for %v; all are there", b.awaitStored(t, 60*time.Second, ps), len(during), back.Sub(gone))
	if len(during) == 0 {
		t.Error("nothing was made while the backend was away: the test proved nothing")
	}
}

// feed exports flows five times a second until a moment.
func feed(t *testing.T, x *v5, until time.Time) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(until) {
		x.send(t, 10, 1, 2)
		<-tick.C
	}
}

// SIGTERM delivers the window that is open: not a flow is missing of those sent right before.
func TestTerminationFlushesTheOpenWindow(t *testing.T) {
	t.Parallel()
	for range 5 {
		port := freePort(t)
		c := netcol(t, settings{"NETFLOW_PORT": strconv.Itoa(port), "INTERVAL": "1h"}, "netflow")
		c.own(t)
		x := newV5(t, "127.0.0.63", port)
		for range 40 {
			x.send(t, 25, 1, 2)
		}
		err := c.terminate(t)
		if err != nil && len(c.log.lines("Received signal from OS")) == 0 {
			continue // the Collector says that it is ready a moment before it listens for signals
		}
		if err != nil {
			t.Fatalf("netcol: %v", err)
		}
		if got := flowTotals(c.points(t), labels{"service.instance.id": "127.0.0.63"}); got != x.sent {
			t.Errorf("network.flow.* amount to %+v, sent were %+v", got, x.sent)
		}
		return
	}
	t.Fatal("SIGTERM never found netcol listening for it")
}

// After a kill -9, templates that are not sent again are still known: data decodes from the first datagram on.
func TestTemplatesSurviveKill(t *testing.T) {
	t.Parallel()
	softflowd := peer(t, "softflowd")
	pcap, _ := record(t, 250)
	for i, v := range netflowVersions[1:] {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			exporter := fmt.Sprintf("127.0.0.%d", 70+i)
			silent := newTee(t, exporter) // keeps the datagrams
			replay(t, softflowd, pcap, silent, "-v", v.version)
			all := silent.datagrams()
			var later [][]byte
			for _, d := range all[1:] {
				if !hasTemplate(t, d) {
					later = append(later, d)
				}
			}
			if !hasTemplate(t, all[0]) || len(later) == 0 {
				t.Fatalf("softflowd sent %d datagrams, %d without templates: cannot test", len(all), len(later))
			}
			survive(t, exporter, all[0], later)
		})
	}
}

func survive(t *testing.T, exporter string, withTemplates []byte, later [][]byte) {
	t.Helper()
	port := freePort(t)
	set := settings{"NETFLOW_PORT": strconv.Itoa(port), "DIR": t.TempDir()}
	device := labels{"service.instance.id": exporter}
	x := newV5(t, exporter, port) // for its socket: source port and address stay the same
	oracle := startNfcap(t, "nfcapd")
	say := func(d []byte) {
		for _, to := range []*net.UDPAddr{x.to, {IP: x.to.IP, Port: oracle.port}} {
			if _, err := x.conn.WriteToUDP(d, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := netcol(t, set, "netflow")
	empty := stateSum(t, set["DIR"], "netflow")
	say(withTemplates)
	eventually(t, 15*time.Second, "the first datagram is decoded and its templates are on disk", func() (string, bool) {
		got := flowTotals(c.points(t), device)
		return fmt.Sprintf("%+v", got), got.flows > 0 && stateSum(t, set["DIR"], "netflow") != empty
	})
	before := flowTotals(c.points(t), device)
	c.kill(t)

	c = netcol(t, set, "netflow")
	for _, d := range later {
		say(d)
	}
	want := sumBy(oracle.finish(t), everything)[""]
	if want.flows <= before.flows {
		t.Fatalf("nfdump has %+v of both lives, netcol had %+v in its first: the test would prove nothing", want, before)
	}
	awaitFlows(t, c, device, want)
	t.Logf("%+v before the kill, %+v with the %d datagrams without templates after it", before, want, len(later))
}

// hasTemplate tells whether a v9 or IPFIX datagram has a template set.
func hasTemplate(t *testing.T, d []byte) bool {
	t.Helper()
	header, template := 20, uint16(0)
	if binary.BigEndian.Uint16(d) == 10 {
		header, template = 16, 2
	}
	for rest := d[header:]; len(rest) >= 4; {
		id, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if id == template {
			return true
		}
		if size < 4 || size > len(rest) {
			break
		}
		rest = rest[size:]
	}
	return false
}

// stateSum tells whether a component's state was written: its files with their sizes and times.
func stateSum(t *testing.T, dir, component string) string {
	t.Helper()
	sum := ""
	err := filepath.WalkDir(filepath.Join(dir, "state"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(d.Name(), component) {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += fmt.Sprintln(path, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// After a kill -9, and with the device not answering, its interfaces still have their names.
func TestInventorySurvivesKill(t *testing.T) {
	t.Parallel()
	flowPort := freePort(t)
	a := startAgent(t, freePort(t), "127.0.0.1")
	set := settings{"SNMP_PORT": strconv.Itoa(a.port), "NETFLOW_PORT": strconv.Itoa(flowPort), "DIR": t.TempDir()}
	x := newV5(t, "127.0.0.1", flowPort)
	c := netcol(t, set, "agent")
	empty := stateSum(t, set["DIR"], "inventory")
	awaitInterface(t, c, x, "127.0.0.1", "lo")
	eventually(t, 15*time.Second, "the inventory is on disk", func() (string, bool) {
		now := stateSum(t, set["DIR"], "inventory")
		return now, now != empty
	})
	c.kill(t)
	if err := a.terminate(t); err != nil {
		t.Logf("snmpd: %v", err)
	}

	set["OUT"] = filepath.Join(set["DIR"], "after.json")
	c = netcol(t, set, "agent")
	awaitInterface(t, c, x, "127.0.0.1", "lo")
	for _, p := range c.points(t).of("network.flow.io", nil, nil) {
		if p.resource["host.name"] != "e2e-agent" {
			t.Fatalf("the device lost its name: %v", p)
		}
	}
}

// awaitInterface exports flows that enter by ifIndex 1 until they come out under an instance and an interface name.
func awaitInterface(t *testing.T, c *collector, x *v5, instance, name string) {
	t.Helper()
	next := time.Now()
	eventually(t, 30*time.Second, fmt.Sprintf("flows of %s by interface %s", instance, name), func() (string, bool) {
		if now := time.Now(); now.After(next) {
			x.send(t, 5, 1, 1)
			next = now.Add(500 * time.Millisecond)
		}
		ps := c.points(t).of("network.flow.io", nil, nil)
		last, _ := ps.last()
		return fmt.Sprintf("last: %v", last), len(ps.of("network.flow.io", labels{"service.instance.id": instance}, labels{"network.interface.name": name})) > 0
	})
}
