package netsim

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// base keeps these tests' addresses away from a demo that may be running.
var base = netip.MustParseAddr("127.77.0.0")

func collector(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestASimulationAnswersAndExports(t *testing.T) {
	cfg := DefaultConfig(time.Now())
	cfg.Base = base
	cfg.Active = time.Second
	n, err := New(cfg)
	require.NoError(t, err)
	netflow, to := collector(t)
	sim, err := Listen(n, Ports{SNMP: 11661, NetFlow: to})
	if err != nil {
		t.Skipf("cannot bind all of 127.0.0.0/8 here: %v", err)
	}
	sim.Start()
	defer sim.Shutdown()

	for _, d := range n.Devices() {
		g := &gosnmp.GoSNMP{Target: d.Address.String(), Port: 11661, Version: gosnmp.Version2c, Community: "public", Timeout: 5 * time.Second, MaxRepetitions: 20}
		require.NoError(t, g.Connect())
		reply, err := g.Get([]string{".1.3.6.1.2.1.1.5.0"})
		require.NoError(t, err)
		assert.Equal(t, []byte(d.Name), reply.Variables[0].Value)
		g.Conn.Close()
	}

	// The exporters' own addresses are seen, the loopback interface's of the one that exports from there.
	want := map[netip.Addr]bool{}
	for _, d := range n.Devices() {
		if d.Protocol != SFlow {
			want[d.Export] = true
		}
	}
	buffer := make([]byte, 2000)
	require.NoError(t, netflow.SetReadDeadline(time.Now().Add(20*time.Second)))
	for len(want) > 0 {
		_, from, err := netflow.ReadFromUDPAddrPort(buffer)
		require.NoError(t, err, "still to come: %v", want)
		delete(want, from.Addr().Unmap())
	}
}

func TestShutdownExportsWhatIsOpen(t *testing.T) {
	cfg := DefaultConfig(time.Now())
	cfg.Base, cfg.Devices = base, 3
	cfg.Active = time.Hour
	n, err := New(cfg)
	require.NoError(t, err)
	past := before(n)
	netflow, to := collector(t)
	sim, err := Listen(n, Ports{SNMP: 11662, NetFlow: to})
	if err != nil {
		t.Skipf("cannot bind all of 127.0.0.0/8 here: %v", err)
	}
	sim.Start()
	sim.mu.Lock()
	n.Advance(cfg.Start.Add(30 * time.Second))
	sim.mu.Unlock()
	sim.Shutdown()
	sent, _ := sim.Sent()
	assert.NotZero(t, sent)

	o := newOracle(t)
	buffer := make([]byte, 2000)
	for range sent {
		require.NoError(t, netflow.SetReadDeadline(time.Now().Add(5*time.Second)))
		k, from, err := netflow.ReadFromUDPAddrPort(buffer)
		require.NoError(t, err)
		for _, d := range n.Devices() {
			if d.Export == from.Addr().Unmap() {
				o.take([]Datagram{{d, append([]byte(nil), buffer[:k]...)}})
			}
		}
	}
	for _, d := range n.Devices() {
		if d.Protocol == SFlow {
			continue
		}
		for _, i := range d.Interfaces() {
			agree(t, o, d, i, past[i])
		}
	}
}

func TestTwoSimulationsCannotShareAddresses(t *testing.T) {
	cfg := DefaultConfig(time.Now())
	cfg.Base, cfg.Devices = base, 1
	n, err := New(cfg)
	require.NoError(t, err)
	one, err := Listen(n, Ports{SNMP: 11663})
	if err != nil {
		t.Skipf("cannot bind all of 127.0.0.0/8 here: %v", err)
	}
	defer one.Shutdown()
	_, err = Listen(n, Ports{SNMP: 11663})
	assert.ErrorContains(t, err, "SNMP agent of core-1")
	assert.ErrorContains(t, err, "is another simulation running?")
}
