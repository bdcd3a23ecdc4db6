//go:build e2e && linux

package e2e

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// What softflowd exports of real traffic is, in netcol's metrics, exactly what nfcapd and nfdump make of the same
// datagrams: bytes, packets and flows, for each version of the protocol.
func TestNetFlow(t *testing.T) {
	t.Parallel()
	softflowd := peer(t, "softflowd")
	pcap, sent := record(t, 350)
	for i, v := range []struct{ name, version string }{{"v5", "5"}, {"v9", "9"}, {"ipfix", "10"}} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			exporter := fmt.Sprintf("127.0.0.%d", 20+i)
			port := freePort(t)
			c := netcol(t, settings{"NETFLOW_PORT": strconv.Itoa(port)}, "netflow")
			oracle := startNfcap(t, "nfcapd")
			y := newTee(t, exporter, port, oracle.port)
			replay(t, softflowd, pcap, v.version, y)
			flows := oracle.finish(t)
			want := sumBy(flows, everything)[""]
			t.Logf("nfdump: %+v in %d datagrams", want, len(y.datagrams()))
			if v.name != "v5" && want.bytes < sent.payload || want.flows < int64(sent.conversations)/2 {
				t.Fatalf("nfdump has %+v, but the traffic had %d bytes of payload in %d conversations: the comparison would prove nothing", want, sent.payload, sent.conversations)
			}
			awaitFlows(t, c, labels{"service.instance.id": exporter}, want)
			compareTransports(t, c.points(t), flows)
			compareConversations(t, c.points(t), flows, want)
		})
	}
}

// replay has softflowd export a capture into y. It is given no control socket: reading a file it would wait there
// for somebody to connect.
func replay(t *testing.T, softflowd, pcap, version string, y *tee) {
	t.Helper()
	run(t, 20*time.Second, nil, softflowd, "-d", "-a", "-r", pcap, "-v", version, "-n", fmt.Sprintf("127.0.0.1:%d", y.port))
	y.drain(t)
	if len(y.datagrams()) == 0 {
		t.Fatal("softflowd exported nothing")
	}
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
		var source, destination, port, transport string
		fmt.Sscan(key, &source, &destination, &port, &transport)
		got := io.of("network.conversation.io", nil, labels{
			"source.address": source, "destination.address": destination, "destination.port": port, "network.transport": transport,
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
