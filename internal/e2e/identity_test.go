//go:build e2e && linux

package e2e

import (
	"net"
	"strconv"
	"strings"
	"testing"
)

// A device that is polled on one address and exports flows from another of its addresses is one resource, and its
// flows carry the interface names that SNMP told.
func TestOneDeviceOneResource(t *testing.T) {
	t.Parallel()
	other := anotherAddress(t)
	flowPort := freePort(t)
	a := startAgent(t, freePort(t), "127.0.0.1")
	listed := a.walk(t, byCommunity, "1.3.6.1.2.1.4.34.1.3.1.4") // ipAddressIfIndex, IPv4
	if _, ok := listed["1.3.6.1.2.1.4.34.1.3.1.4."+other]; !ok {
		t.Fatalf("the agent does not list %s: %v", other, listed)
	}
	c := netcol(t, settings{"SNMP_PORT": strconv.Itoa(a.port), "NETFLOW_PORT": strconv.Itoa(flowPort)}, "agent")
	x := newV5(t, other, flowPort)
	awaitInterface(t, c, x, "127.0.0.1", "lo")

	ps := c.points(t)
	polled, _ := ps.of("snmp.device.up", nil, nil).last()
	flows, _ := ps.of("network.flow.io", labels{"service.instance.id": "127.0.0.1"}, nil).last()
	if polled.resource.String() != flows.resource.String() {
		t.Errorf("two resources:\n%v\n%v", polled.resource, flows.resource)
	}
	for _, key := range []string{"network.flow.ingress.interface.name", "network.flow.egress.interface.name"} {
		shown := ps.of("network.conversation.io", flows.resource, nil).values(key)
		if !strings.Contains(strings.Join(shown, " "), "lo") {
			t.Errorf("conversations' %s: %q", key, shown)
		}
	}
	t.Logf("polled at 127.0.0.1, flows from %s: %v", other, flows.resource)
}

// anotherAddress returns an IPv4 address of this machine that is not a loopback one. Traffic from it to 127.0.0.1
// stays on the loopback interface.
func anotherAddress(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return n.IP.String()
		}
	}
	absent(t, "this machine has no IPv4 address but loopback's")
	return ""
}
