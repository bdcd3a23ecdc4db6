//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fcs is what sfprobe adds to the length of every frame and says it stripped: the Ethernet checksum.
const fcs = 4

// What pmacctd's sfprobe samples of real traffic at 1:1 is, in netcol's metrics, exactly what sfcapd and nfdump make
// of the same datagrams.
//
// Bytes differ by definition: netcol counts IP bytes, from the IP header in the sample. sfcapd takes the frame length,
// which sfprobe (it samples bare IP packets, header protocol 11 and 12) gives as IP length and 4 bytes for a checksum
// that it declares stripped. So nfdump's bytes are netcol's and 4 more a packet.
func TestSFlow(t *testing.T) {
	t.Parallel()
	pmacctd := peer(t, "pmacctd")
	const agent = "127.0.0.40"
	pcap, _ := record(t, 100)
	port := freePort(t)
	c := netcol(t, settings{"SFLOW_PORT": strconv.Itoa(port)}, "sflow")
	oracle := startNfcap(t, "sfcapd")
	y := newTee(t, agent, port, oracle.port)
	probe(t, pmacctd, pcap, agent, y)
	flows := oracle.finish(t)
	for i := range flows {
		flows[i].bytes -= fcs * flows[i].packets
	}
	want := sumBy(flows, everything)[""]
	t.Logf("nfdump, checksums taken off: %+v in %d datagrams", want, len(y.datagrams()))
	if want.packets < 100 {
		t.Fatalf("nfdump has %+v: the comparison would prove nothing", want)
	}
	awaitFlows(t, c, labels{"service.instance.id": agent}, want)
	compareTransports(t, c.points(t), flows)
	compareConversations(t, c.points(t), flows, want)
}

// probe has pmacctd sample every packet of a capture into y. It ends by itself at the end of the file.
func probe(t *testing.T, pmacctd, pcap, agent string, y *tee) {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "pmacctd.conf")
	text := fmt.Sprintf(`daemonize: false
pcap_savefile: %s
plugins: sfprobe[e2e]
sfprobe_receiver: 127.0.0.1:%d
sfprobe_agentip: %s
sfprobe_agentsubid: 7
sampling_rate: 1
snaplen: 256
`, pcap, y.port, agent)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := spawn(t, "pmacctd", exec.Command(pmacctd, "-f", conf))
	_ = p.wait(t, 30*time.Second) // its end of file is "no more plugins active", with status 1
	y.drain(t)
	if len(y.datagrams()) == 0 {
		t.Fatalf("sfprobe exported nothing:\n%s", p.log)
	}
}

// What an agent that SNMP does not know says in counter samples is what snmpbulkwalk reads of it. (sfprobe sends none,
// so the agent is a simulated one; its SNMP is read by net-snmp, not by netcol.)
func TestSFlowCounters(t *testing.T) {
	t.Parallel()
	netctl := built(t, "NETCTL_BIN", "../../bin/netctl", "make netctl")
	snmp, sflow := freePort(t), freePort(t)
	c := netcol(t, settings{"SFLOW_PORT": strconv.Itoa(sflow)}, "sflow")
	sim := spawn(t, "netctl sim", exec.Command(netctl, "sim", "--base", "127.24.0.0", "--snmp-port", strconv.Itoa(snmp),
		"--netflow", "", "--sflow", fmt.Sprintf("127.0.0.1:%d", sflow), "--traffic", "5s"))
	device := simulatedDevice(t, sim, "sFlow")
	a := &agent{process: sim, host: device, port: snmp}
	compared := 0
	eventually(t, 60*time.Second, "counter samples say what SNMP does", func() (string, bool) {
		ps := c.points(t).of("system.network.io", labels{"service.instance.id": device}, nil)
		if len(ps) == 0 {
			return "no counters yet", false
		}
		walked := a.walk(t, []string{"-v2c", "-c", "public"}, ifXTable)
		var moved int
		var differ []string
		compared, moved, differ = compareCounters(ps, walked)
		return fmt.Sprintf("%d of %d counters differ, e.g. %s", len(differ), compared, first(differ, 3)), moved > 0 && len(differ) == 0
	})
	t.Logf("%d counters of %s are what snmpbulkwalk reads", compared, device)
}

// simulatedDevice returns the address of the device that exports by a protocol.
func simulatedDevice(t *testing.T, sim *process, protocol string) string {
	t.Helper()
	found := ""
	eventually(t, 10*time.Second, "netctl sim has an exporter of "+protocol, func() (string, bool) {
		for _, d := range simulated.FindAllStringSubmatch(sim.log.String(), -1) {
			if strings.HasPrefix(d[2], protocol) {
				found = d[1]
			}
		}
		return sim.log.String(), found != ""
	})
	return found
}

// compareCounters compares the last points of every interface, known by index only, with a walk of ifXTable. It
// returns how many it compared, how many of them are not zero, and which differ.
func compareCounters(ps points, walked table) (compared, moved int, differ []string) {
	for oid := range walked {
		index, ok := strings.CutPrefix(oid, ifXTable+".1.")
		if !ok {
			continue
		}
		for direction, column := range map[string]string{"receive": ".6.", "transmit": ".10."} {
			want := walked.uint(ifXTable + column + index)
			got, ok := ps.of("system.network.io", nil, labels{"network.interface.name": "if" + index, "network.io.direction": direction}).last()
			compared++
			if want > 0 {
				moved++
			}
			if !ok || got.value != float64(want) {
				differ = append(differ, fmt.Sprintf("if%s %s: SNMP says %d, netcol %v (%v)", index, direction, want, got.value, ok))
			}
		}
	}
	return compared, moved, differ
}
