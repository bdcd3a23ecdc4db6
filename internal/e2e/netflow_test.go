//go:build e2e && linux

package e2e

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// netflowVersions are those that softflowd speaks, as it is told of them.
var netflowVersions = []struct{ name, version string }{{"v5", "5"}, {"v9", "9"}, {"ipfix", "10"}}

// What softflowd exports of real traffic is, in netcol's metrics, exactly what nfcapd and nfdump make of the same
// datagrams: bytes, packets and flows, for each version of the protocol.
func TestNetFlow(t *testing.T) {
	t.Parallel()
	softflowd := peer(t, "softflowd")
	pcap, sent := record(t, 350)
	for i, v := range netflowVersions {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			c, _, flows := flowsOf(t, softflowd, pcap, fmt.Sprintf("127.0.0.%d", 20+i), "-v", v.version)
			want := sumBy(flows, everything)[""]
			if v.name != "v5" && want.bytes < sent.payload || want.flows < int64(sent.conversations)/2 { // v5 has no IPv6
				t.Fatalf("nfdump has %+v, but the traffic had %d bytes of payload in %d conversations: the comparison would prove nothing", want, sent.payload, sent.conversations)
			}
			awaitFlows(t, c, nil, want)
			compareTransports(t, c.points(t), flows)
			compareConversations(t, c.points(t), flows, want)
		})
	}
}

// Where softflowd samples one packet in ten, netcol's metrics are ten times what it saw: v5 says so in its header,
// v9 and IPFIX in options.
//
// nfcapd of Debian 12 scales v5 itself and does not understand softflowd's options, so its sums are taken at the
// factor that makes its packets ten times those that softflowd says it metered.
func TestSampledNetFlow(t *testing.T) {
	t.Parallel()
	const rate = 10
	softflowd := peer(t, "softflowd")
	pcap, _ := record(t, 350)
	for i, v := range netflowVersions {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			c, said, flows := flowsOf(t, softflowd, pcap, fmt.Sprintf("127.0.0.%d", 23+i), "-v", v.version, "-s", strconv.Itoa(rate))
			want := sumBy(flows, everything)[""]
			metered := regexp.MustCompile(`Packets processed: (\d+)`).FindStringSubmatch(said)
			if metered == nil {
				t.Fatalf("softflowd does not say what it metered:\n%s", said)
			}
			packets, err := strconv.ParseInt(metered[1], 10, 64)
			if err != nil || want.packets != packets && want.packets != rate*packets {
				t.Fatalf("nfdump has %d packets, softflowd metered %d, %v", want.packets, packets, err)
			}
			factor := rate * packets / want.packets
			awaitFlows(t, c, nil, counts{bytes: factor * want.bytes, packets: factor * want.packets, flows: want.flows})
		})
	}
}

// flowsOf has softflowd export a capture, from an address, to a netcol and to nfcapd. It returns the netcol, what
// softflowd said, and nfdump's flows.
func flowsOf(t *testing.T, softflowd, pcap, exporter string, args ...string) (*collector, string, []nfflow) {
	t.Helper()
	port := freePort(t)
	c := netcol(t, settings{"NETFLOW_PORT": strconv.Itoa(port)}, "netflow")
	oracle := startNfcap(t, "nfcapd")
	y := newTee(t, exporter, port, oracle.port)
	said := replay(t, softflowd, pcap, y, args...)
	flows := oracle.finish(t)
	t.Logf("nfdump: %+v in %d datagrams", sumBy(flows, everything)[""], len(y.datagrams()))
	eventually(t, 20*time.Second, "the exporter is a device", func() (string, bool) {
		found := c.points(t).of("network.flow.io", nil, nil).instances()
		return fmt.Sprint(found), len(found) == 1 && found[0] == exporter
	})
	return c, said, flows
}

// replay has softflowd export a capture into y and returns what it said. It is given no control socket: reading a
// file it would wait there for somebody to connect.
func replay(t *testing.T, softflowd, pcap string, y *tee, args ...string) string {
	t.Helper()
	args = append(args, "-d", "-a", "-r", pcap, "-n", fmt.Sprintf("127.0.0.1:%d", y.port))
	p := spawn(t, "softflowd", exec.Command(softflowd, args...))
	if err := p.wait(t, 20*time.Second); err != nil {
		t.Fatalf("softflowd: %v\n%s", err, p.log)
	}
	y.drain(t)
	if len(y.datagrams()) == 0 {
		t.Fatalf("softflowd exported nothing:\n%s", p.log)
	}
	return p.log.String()
}

// flowTotals are the totals of network.flow.* of the resources given.
func flowTotals(ps points, resource labels) counts {
	return counts{
		bytes:   ps.of("network.flow.io", resource, nil).total(),
		packets: ps.of("network.flow.packet.count", resource, nil).total(),
		flows:   ps.of("network.flow.count", resource, nil).total(),
	}
}

// awaitFlows waits until network.flow.* amount to want, no more and no less.
func awaitFlows(t *testing.T, c *collector, resource labels, want counts) {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("network.flow.* of %v amount to %+v", resource, want), func() (string, bool) {
		ps := c.points(t)
		got := flowTotals(ps, resource)
		return fmt.Sprintf("they amount to %+v; instances %v", got, ps.instances()), got == want
	})
}

// compareTransports compares network.flow.* by network.transport.
func compareTransports(t *testing.T, ps points, flows []nfflow) {
	t.Helper()
	for transport, want := range sumBy(flows, func(f nfflow) string { return f.transport }) {
		by := labels{"network.transport": transport}
		got := counts{
			bytes:   ps.of("network.flow.io", nil, by).total(),
			packets: ps.of("network.flow.packet.count", nil, by).total(),
			flows:   ps.of("network.flow.count", nil, by).total(),
		}
		if got != want {
			t.Errorf("%s: netcol has %+v, nfdump %+v", transport, got, want)
		}
	}
}

// compareConversations compares network.conversation.*: all of it with the overflow exactly, and each conversation
// that is shown with no more than nfdump has of it.
func compareConversations(t *testing.T, ps points, flows []nfflow, want counts) {
	t.Helper()
	io, packets := ps.of("network.conversation.io", nil, nil), ps.of("network.conversation.packet.count", nil, nil)
	if io.total() != want.bytes || packets.total() != want.packets {
		t.Errorf("conversations and overflow have %d bytes and %d packets, nfdump %+v", io.total(), packets.total(), want)
	}
	shown := 0
	for key, most := range sumBy(flows, func(f nfflow) string { return f.source + " " + f.destination + " " + f.port + " " + f.transport }) {
		part := strings.Fields(key)
		got := io.of("network.conversation.io", nil, labels{
			"source.address": part[0], "destination.address": part[1], "destination.port": part[2], "network.transport": part[3],
		}).total()
		if got > most.bytes {
			t.Errorf("conversation %s: netcol has %d bytes, nfdump %d", key, got, most.bytes)
		}
		if got > 0 {
			shown++
		}
	}
	overflow := io.of("network.conversation.io", nil, labels{"otel.metric.overflow": "true"}).total()
	t.Logf("%d conversations shown, %d bytes in the overflow point", shown, overflow)
	if shown == 0 {
		t.Error("no conversation of nfdump's is shown")
	}
}
