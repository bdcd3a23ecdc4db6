//go:build e2e && linux

package e2e

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// What netcol sends by otlp_grpc arrives at a second netcol as the first one wrote it to its own file.
func TestOTLPToSecondCollector(t *testing.T) {
	t.Parallel()
	gatewayPort, flowPort := freePort(t), freePort(t)
	gateway := netcol(t, settings{"GATEWAY_PORT": strconv.Itoa(gatewayPort)}, "gateway")
	a := startAgent(t, freePort(t), "127.0.0.1")
	c := netcol(t, settings{
		"SNMP_PORT": strconv.Itoa(a.port), "NETFLOW_PORT": strconv.Itoa(flowPort), "GATEWAY_PORT": strconv.Itoa(gatewayPort),
	}, "agent", "to-gateway")
	x := newV5(t, "127.0.0.61", flowPort)
	for range 5 {
		x.send(t, 20, 1, 2)
	}
	awaitFlows(t, c, labels{"service.instance.id": "127.0.0.61"}, x.sent)
	eventually(t, 20*time.Second, "three polls", func() (string, bool) {
		n := len(c.points(t).of("system.uptime", nil, nil))
		return fmt.Sprint(n), n >= 3
	})
	if err := c.terminate(t); err != nil {
		t.Fatalf("netcol: %v", err)
	}
	sent := c.points(t)
	eventually(t, 20*time.Second, "the second collector has the same points", func() (string, bool) {
		missing, surplus := difference(sent, gateway.points(t))
		return fmt.Sprintf("missing %d, e.g. %.300q; surplus %d, e.g. %.300q", len(missing), first(missing, 2), len(surplus), first(surplus, 2)),
			len(missing) == 0 && len(surplus) == 0
	})
	t.Logf("%d points of %v", len(sent), sent.names())
}

// difference tells which points of a are not in b, and which of b not in a, times, starts and scopes included.
func difference(a, b points) (missing, surplus []string) {
	seen := map[string]int{}
	for _, p := range a {
		seen[p.scope+p.unit+p.String()]++
	}
	for _, p := range b {
		seen[p.scope+p.unit+p.String()]--
	}
	for key, n := range seen {
		switch {
		case n > 0:
			missing = append(missing, key)
		case n < 0:
			surplus = append(surplus, key)
		}
	}
	return missing, surplus
}
