package pipeline

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
)

// bySource is a view small enough to read in a test.
func bySource(v View) Config {
	v.Metric, v.Dimensions = "bytes", []string{semconv.SourceAddress}
	return alone("by_source", v)
}

func io(lines []string) []string { return only(lines, "bytes.io") }

// A sum is emitted from the window that admits it on, first as 0 at that window's start, with one start time for good,
// whether or not there is traffic; after five idle minutes it ends with a flag, and comes back as a new stream.
func TestCumulativeStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		minute := func(want ...string) {
			t.Helper()
			time.Sleep(time.Minute)
			require.Equal(t, want, io(s.take(t, began)))
		}
		time.Sleep(time.Second)
		minute()
		add(p, 0, router, 0, tcp(1, 100))
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = 0 @60-60", "192.0.2.1 bytes.io{source.address=10.0.0.1} = 100 @60-120")
		add(p, 0, router, 0, tcp(1, 50))
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = 150 @60-180")
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = 150 @60-240")
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = 150 @60-300")
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = 150 @60-360")
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = 150 @60-420")
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = gone @60-480")
		minute()
		require.Zero(t, p.Stats().Streams)
		require.Zero(t, p.Stats().Devices)
		add(p, 0, router, 0, tcp(1, 7))
		minute("192.0.2.1 bytes.io{source.address=10.0.0.1} = 0 @540-540", "192.0.2.1 bytes.io{source.address=10.0.0.1} = 7 @540-600")
		stop(t, p)
	})
}

// Delta sums are exactly what each window saw.
func TestDelta(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{Temporality: "delta", Limit: 1}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 100), tcp(2, 10))
		time.Sleep(time.Minute + time.Second)
		require.Equal(t, []string{"192.0.2.1 bytes.io{source.address=10.0.0.1} = 100 @0-60", "192.0.2.1 bytes.io{otel.metric.overflow=true} = 10 @0-60"}, io(s.take(t, began)))
		add(p, 0, router, 0, tcp(2, 5))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"192.0.2.1 bytes.io{source.address=10.0.0.2} = 5 @60-120"}, io(s.take(t, began)))
		time.Sleep(time.Minute)
		require.Empty(t, io(s.take(t, began)))
		stop(t, p)
	})
}

// Keys beyond the limit go to overflow, which has only the resource and keeps counting; what is in stays in.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{Limit: 2}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 1), tcp(2, 2), tcp(3, 4), tcp(4, 8), tcp(1, 16))
		time.Sleep(time.Minute + time.Second)
		s.take(t, began)
		add(p, 0, router, 0, tcp(4, 32), tcp(3, 64), tcp(2, 128), tcp(1, 256))
		time.Sleep(time.Minute)
		require.Equal(t, []string{
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 273 @0-120",
			"192.0.2.1 bytes.io{source.address=10.0.0.2} = 130 @0-120",
			"192.0.2.1 bytes.io{otel.metric.overflow=true} = 108 @0-120",
		}, io(s.take(t, began)))
		stop(t, p)
	})
}

// The top of each window is admitted with that window's bytes, and stays; what a key had before went to overflow.
func TestTopAcrossWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{Top: 2}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 100), tcp(2, 90), tcp(3, 80))
		time.Sleep(time.Minute + time.Second)
		require.Equal(t, []string{
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 0 @0-0",
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 100 @0-60",
			"192.0.2.1 bytes.io{source.address=10.0.0.2} = 0 @0-0",
			"192.0.2.1 bytes.io{source.address=10.0.0.2} = 90 @0-60",
			"192.0.2.1 bytes.io{otel.metric.overflow=true} = 0 @0-0",
			"192.0.2.1 bytes.io{otel.metric.overflow=true} = 80 @0-60",
		}, io(s.take(t, began)))
		add(p, 0, router, 0, tcp(3, 1000), tcp(2, 10), tcp(4, 5), tcp(1, 20))
		time.Sleep(time.Minute)
		require.Equal(t, []string{
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 120 @0-120",
			"192.0.2.1 bytes.io{source.address=10.0.0.2} = 100 @0-120",
			"192.0.2.1 bytes.io{source.address=10.0.0.3} = 0 @60-60",
			"192.0.2.1 bytes.io{source.address=10.0.0.3} = 1000 @60-120",
			"192.0.2.1 bytes.io{otel.metric.overflow=true} = 85 @0-120",
		}, io(s.take(t, began)))
		require.Equal(t, uint64(2), p.Stats().Views[0].OverflowedKeys)
		stop(t, p)
	})
}

// When too many streams are alive, those with the fewest bytes go, but only with a window in which they had no place
// among the top, so that their sums miss nothing.
func TestTopMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{Top: 1}), settings(t, s, nil, 1))
		time.Sleep(time.Second)
		for host := byte(1); host <= 5; host++ {
			add(p, 0, router, 0, tcp(host, 100*uint64(host)))
			time.Sleep(time.Minute)
		}
		require.Equal(t, 4, p.Stats().Streams)
		require.Equal(t, []string{"192.0.2.1 bytes.io{source.address=10.0.0.1} = gone @0-300"}, only(io(s.take(t, began)), "gone"))
		for host := byte(2); host <= 5; host++ { // all are busy
			add(p, 0, router, 0, tcp(host, uint64(host)))
		}
		add(p, 0, router, 0, tcp(6, 100))
		time.Sleep(time.Minute)
		require.Equal(t, 5, p.Stats().Streams)
		add(p, 0, router, 0, tcp(2, 50), tcp(5, 100)) // host 2 was the least: it goes, and its 50 bytes are overflow
		time.Sleep(time.Minute)
		lines := only(io(s.take(t, began)), "-420")
		require.Equal(t, []string{"192.0.2.1 bytes.io{source.address=10.0.0.2} = gone @60-420"}, only(lines, "gone"))
		require.Equal(t, []string{"192.0.2.1 bytes.io{otel.metric.overflow=true} = 50 @360-420"}, only(lines, "overflow", "-420", "@360-4"))
		stop(t, p)
	})
}

// The open window is flushed once, with the time at which it really ended.
func TestShutdownFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		time.Sleep(12 * time.Second)
		add(p, 0, router, 0, tcp(1, 100))
		time.Sleep(time.Second)
		stop(t, p)
		stop(t, p)
		require.Equal(t, []string{"192.0.2.1 bytes.io{source.address=10.0.0.1} = 0 @0-0", "192.0.2.1 bytes.io{source.address=10.0.0.1} = 100 @0-13"}, io(s.take(t, began)))
	})
}

// A consumer that takes its time holds up no socket and loses nothing: the next window is as long as it took.
func TestSlowConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{hold: make(chan struct{})}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		time.Sleep(time.Second)
		for range 4 {
			add(p, 0, router, 0, tcp(1, 100))
			time.Sleep(time.Minute)
		}
		close(s.hold)
		s.mu.Lock()
		s.hold = nil
		s.mu.Unlock()
		time.Sleep(time.Second)
		require.Equal(t, []string{
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 0 @0-0",
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 100 @0-60",
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 400 @0-240",
		}, io(s.take(t, began)))
		require.Equal(t, uint64(2), p.Stats().WindowsDeferred)
		stop(t, p)
	})
}

// A consumer that never returns does not keep the process from ending.
func TestShutdownGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{hold: make(chan struct{})}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 100))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		require.ErrorIs(t, p.Shutdown(ctx), context.DeadlineExceeded)
		synctest.Wait()
	})
}

func learn(reg *inventory.Registry, id string, addrs []netip.Addr, names ...string) {
	var ifs []inventory.Interface
	for i, n := range names {
		ifs = append(ifs, inventory.Interface{Index: uint32(i + 1), Name: n})
	}
	reg.Learn(id, inventory.Facts{SysName: "core", Addresses: addrs, Interfaces: ifs, At: time.Now()})
}

// When the inventory learns what an index is called, the stream under the old name ends and one under the new name
// starts with a start time of its own; two indexes of one name are one stream.
func TestNamesBecomeKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		reg := inventory.NewRegistry(inventory.Options{})
		id := reg.Declare(inventory.Declaration{Address: router})
		cfg := alone("by_interface", View{Metric: "bytes", Dimensions: []string{semconv.InterfaceName}})
		p := start(t, cfg, settings(t, s, reg, 1))
		add(p, 0, router, 0, tcp(1, 100))
		time.Sleep(time.Minute + time.Second)
		require.Equal(t, []string{id + " bytes.io{network.interface.name=if1} = 0 @0-0", id + " bytes.io{network.interface.name=if1} = 100 @0-60"}, io(s.take(t, began)))
		learn(reg, id, []netip.Addr{router}, "Gi0/1", "Gi0/2")
		add(p, 0, router, 0, tcp(1, 10))
		time.Sleep(time.Minute)
		require.ElementsMatch(t, []string{
			id + " bytes.io{network.interface.name=if1} = gone @0-120",
			id + " bytes.io{network.interface.name=Gi0/1} = 0 @60-60",
			id + " bytes.io{network.interface.name=Gi0/1} = 10 @60-120",
		}, io(s.take(t, began)))
		// the index moves: Gi0/1 is now 2, and goes on
		learn(reg, id, []netip.Addr{router}, "Gi0/9", "Gi0/1")
		r := tcp(1, 1)
		r.In = 2
		add(p, 0, router, 0, r)
		time.Sleep(time.Minute)
		require.Equal(t, []string{id + " bytes.io{network.interface.name=Gi0/1} = 11 @60-180"}, io(s.take(t, began)))
		stop(t, p)
	})
}

// The exporter's own options name interfaces and applications that nobody else knows.
func TestOptionsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		cfg := alone("x", View{Metric: "bytes", Dimensions: []string{semconv.InterfaceName, semconv.NetworkProtocolName}})
		p := start(t, cfg, settings(t, s, nil, 1))
		w := p.Worker(0)
		w.Lock()
		e := w.Exporter(router, 0)
		w.NameInterface(e, 1, "", "uplink to ams2")
		w.NameApplication(e, 13<<56|453, "ms-teams")
		r := tcp(1, 100)
		r.AppID = 13<<56 | 453
		r.Has.Set(flow.Application)
		w.Add(e, time.Now(), r)
		w.Unlock()
		time.Sleep(time.Minute + time.Second)
		require.Len(t, only(s.take(t, began), "network.interface.name=uplink to ams2", "network.protocol.name=ms-teams", "= 100"), 1)
		stop(t, p)
	})
}

// A device polled on one address that exports from others, over several workers, is one resource and one set of sums;
// the stand-in for the yet unknown address ends.
func TestOneResourcePerDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		reg := inventory.NewRegistry(inventory.Options{})
		id := reg.Declare(inventory.Declaration{Address: router})
		other := netip.MustParseAddr("198.51.100.77")
		p := start(t, bySource(View{}), settings(t, s, reg, 2))
		add(p, 0, router, 0, tcp(1, 100))
		add(p, 1, other, 5, tcp(1, 1000))
		time.Sleep(time.Minute + time.Second)
		require.ElementsMatch(t, []string{
			id + " bytes.io{source.address=10.0.0.1} = 0 @0-0", id + " bytes.io{source.address=10.0.0.1} = 100 @0-60",
			"198.51.100.77 bytes.io{source.address=10.0.0.1} = 0 @0-0", "198.51.100.77 bytes.io{source.address=10.0.0.1} = 1000 @0-60",
		}, io(s.take(t, began)))
		learn(reg, id, []netip.Addr{router, other})
		add(p, 0, router, 0, tcp(1, 1))
		add(p, 1, other, 5, tcp(1, 2))
		time.Sleep(time.Minute)
		require.ElementsMatch(t, []string{
			id + " bytes.io{source.address=10.0.0.1} = 103 @0-120",
			"198.51.100.77 bytes.io{source.address=10.0.0.1} = gone @0-120",
		}, io(s.take(t, began)))
		require.Equal(t, 1, p.Stats().Devices)
		stop(t, p)
	})
}

// The outbound picture of an interface that is metered at egress itself would count its traffic twice.
func TestForwardedSuppressedWhereMeteredAtEgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, DefaultConfig(), settings(t, s, nil, 1))
		out := tcp(1, 7)
		out.Direction = flow.Egress
		dropped := tcp(1, 50)
		dropped.Dropped, dropped.Out = true, 3
		other := tcp(1, 3)
		other.Out = 3
		local := tcp(1, 9)
		local.Out = 0
		add(p, 0, router, 0, tcp(1, 100), out, dropped, other, local)
		time.Sleep(time.Minute + time.Second)
		lines := only(s.take(t, began), "-60")
		require.Equal(t, []string{"192.0.2.1 network.flow.egress.io{network.interface.direction=egress network.interface.name=if3 network.transport=tcp network.type=ipv4} = 3 @0-60"}, only(lines, "network.flow.egress.io"))
		require.ElementsMatch(t, []string{
			"192.0.2.1 network.flow.io{network.interface.direction=ingress network.interface.name=if1 network.transport=tcp network.type=ipv4} = 162 @0-60",
			"192.0.2.1 network.flow.io{network.interface.direction=egress network.interface.name=if2 network.transport=tcp network.type=ipv4} = 7 @0-60",
		}, only(lines, "network.flow.io"))
		st := p.Stats()
		require.Equal(t, uint64(4), st.UnknownDirection)
		require.Equal(t, uint64(100), st.Views[1].SuppressedBytes)
		stop(t, p)
	})
}

// A VRF goes by the name that its exporter gives it, by its number until then; VRF 0 is one as well.
func TestVRFNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, alone("x", View{Metric: "bytes", Dimensions: []string{semconv.FlowVRF}}), settings(t, s, nil, 1))
		w := p.Worker(0)
		w.Lock()
		e := w.Exporter(router, 0)
		w.NameVRF(e, 0, "default")
		w.NameVRF(e, 7, "CUST-A")
		w.NameVRF(e, 8, "")
		for _, vrf := range []uint32{0, 7, 7, 8} {
			r := tcp(1, 100)
			r.VRF = vrf
			r.Has.Set(flow.VRF)
			w.Add(e, time.Now(), r)
		}
		w.Unlock()
		time.Sleep(time.Minute + time.Second)
		lines := s.take(t, began)
		for name, bytes := range map[string]string{"default": "= 100 ", "CUST-A": "= 200 ", "8": "= 100 "} {
			require.Len(t, only(lines, "bytes.io{network.flow.vrf.name="+name+"}", bytes), 1)
		}
		stop(t, p)
	})
}
