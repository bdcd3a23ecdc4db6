package pipeline

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/semconv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// total adds the last value of every stream of a metric, ended ones included.
func total(lines []string, metric string) (sum uint64) {
	last := map[string]uint64{}
	for _, l := range only(lines, " "+metric+"{") {
		key, rest, _ := strings.Cut(l, " = ")
		value, at, _ := strings.Cut(rest, " @")
		start, _, _ := strings.Cut(at, "-")
		if value == "gone" {
			continue
		}
		var v uint64
		for _, c := range value {
			v = v*10 + uint64(c-'0')
		}
		last[key+start] = v
	}
	for _, v := range last {
		sum += v
	}
	return sum
}

// Over any number of windows, workers, exporters and limits, what is exported adds up to what came in, exactly:
// bytes, packets and flows, of every view.
func TestConservationOfExportedSums(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(rt, name) }
		cfg := DefaultConfig()
		cfg.MaxKeys = draw("max_keys", 1, 200)
		cfg.Views = map[string]View{
			"interfaces":    {Limit: draw("limit", 1, 5)},
			"egress":        {Limit: draw("limit", 1, 5)},
			"conversations": {Limit: draw("candidates", 10, 40), Top: draw("top", 1, 10)},
			"dscp":          {Limit: 3},
		}
		windows := draw("windows", 1, 14)
		count := make([]int, windows)
		for i := range count {
			count[i] = draw("records", 0, 30)
		}
		hosts := draw("hosts", 1, 60)
		synctest.Test(t, func(t *testing.T) {
			began, s := time.Now(), &sink{}
			p := start(t, cfg, settings(t, s, nil, 2))
			time.Sleep(time.Second)
			var bytes, packets, flows, n uint64
			for _, records := range count {
				for range records {
					n++
					r := tcp(byte(n*n%uint64(hosts)), n*7%1000)
					r.In, r.Out = uint32(n%4+1), uint32(n%3)
					r.Scale = flow.Scale{Num: n % 5, Den: n % 3}
					add(p, int(n%2), netip.AddrFrom4([4]byte{192, 0, 2, byte(n % 2)}), 0, r)
					bytes, packets, flows = bytes+r.ScaledBytes(), packets+r.ScaledPackets(), flows+1
				}
				time.Sleep(time.Minute)
			}
			stop(t, p)
			lines := s.take(t, began)
			require.Equal(t, bytes, total(lines, "network.flow.io"))
			require.Equal(t, packets, total(lines, "network.flow.packet.count"))
			require.Equal(t, flows, total(lines, "network.flow.count"))
			require.Equal(t, bytes, total(lines, "network.conversation.io"))
			require.Equal(t, packets, total(lines, "network.conversation.packet.count"))
			require.Equal(t, bytes, total(lines, "network.flow.class.io"))
			require.Equal(t, flows, total(lines, "network.flow.class.count"))
		})
	})
}

// Sums do not fall, and a stream's start time does not move, while it lives.
func TestStreamsAreMonotonic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		cfg := bySource(View{Top: 3})
		p := start(t, cfg, settings(t, s, nil, 1))
		time.Sleep(time.Second)
		values := map[string]string{}
		for n := range 40 {
			for k := range 30 {
				add(p, 0, router, 0, tcp(byte((n*k)%50), uint64(1+(n*31+k*17)%97)))
			}
			time.Sleep(time.Minute)
			for _, l := range io(s.take(t, began)) {
				key, value, _ := strings.Cut(l, " = ")
				if old := values[key]; old != "" && !strings.HasPrefix(value, "gone") {
					o, _, _ := strings.Cut(old, " ")
					v, _, _ := strings.Cut(value, " ")
					if strings.HasPrefix(old, "gone") {
						require.Equal(t, "0", v, "%s comes back as a new stream", key)
					} else {
						require.GreaterOrEqual(t, pad(v), pad(o), key)
					}
				}
				values[key] = value
			}
		}
		stop(t, p)
	})
}

func pad(s string) string { return strings.Repeat("0", 20-len(s)) + s }

// Two workers add while windows close all the time; nothing is lost and nothing races.
func TestWorkersWhileFlushing(t *testing.T) {
	s := &sink{}
	cfg := DefaultConfig()
	p := idle(t, cfg, settings(t, s, nil, 2))
	const rounds, batch = 200, 50
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			w := p.Worker(worker)
			for n := range rounds {
				w.Lock()
				e := w.Exporter(netip.AddrFrom4([4]byte{192, 0, 2, byte(worker)}), uint32(n%3))
				for k := range batch {
					w.Add(e, time.Now(), tcp(byte(n+k), 10))
				}
				if n%50 == 0 {
					w.NameInterface(e, 1, "uplink", "")
					w.Forget(e)
				}
				w.Unlock()
			}
		}()
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for open := true; open; {
		select {
		case <-done:
			open = false // and once more, for what came last
		default:
		}
		p.flusher.close(0, time.Now())
	}
	lines := s.take(t, time.Now())
	require.EqualValues(t, 2*rounds*batch*10, total(lines, "network.flow.io"))
	require.EqualValues(t, 2*rounds*batch*10, total(lines, "network.conversation.io"))
}

// Forged addresses cost at most max_exporters handles; silent exporters give their places back.
func TestExporters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		cfg := bySource(View{})
		cfg.MaxExporters = 2
		p := start(t, cfg, settings(t, s, nil, 1))
		w := p.Worker(0)
		w.Lock()
		a := w.Exporter(router, 1)
		require.Same(t, a, w.Exporter(router, 1))
		b := w.Exporter(router, 2)
		require.NotNil(t, b)
		require.Nil(t, w.Exporter(router, 3))
		w.Forget(b)
		require.NotNil(t, w.Exporter(router, 3))
		w.Add(b, time.Now(), tcp(1, 1)) // forgotten, and no place left: counted
		w.Unlock()
		time.Sleep(time.Minute + time.Second)
		st := p.Stats()
		require.Equal(t, 2, st.Exporters)
		require.EqualValues(t, 2, st.ExportersRefused)
		require.EqualValues(t, 1, st.RecordsRefused)
		time.Sleep(20 * time.Minute)
		require.Zero(t, p.Stats().Exporters)
		add(p, 0, router, 1, tcp(1, 1))
		require.Equal(t, 1, p.Stats().Exporters)
		stop(t, p)
		require.Zero(t, p.Stats().Exporters)
	})
}

// Names are bounded over all exporters of a worker; those of exporters that are forgotten make room.
func TestNamesOfAllExportersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		w := p.Worker(0)
		w.Lock()
		w.nameLimit = 3 * (nameOverhead + 4)
		a, b := w.Exporter(router, 1), w.Exporter(router, 2)
		w.NameInterface(a, 1, "eth1", "")
		w.NameApplication(a, 1, "dns0")
		w.NameVRF(b, 1, "blue")
		w.NameVRF(b, 2, "red0")
		w.NameInterface(b, 1, "eth1", "")
		require.EqualValues(t, 2, p.Stats().NamesRefused)
		w.NameVRF(b, 1, "cyan")
		require.EqualValues(t, 2, p.Stats().NamesRefused, "a name may change")
		require.Equal(t, w.nameLimit, w.nameBytes)
		w.Forget(a)
		w.Unlock()
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		w.Lock()
		require.Equal(t, nameOverhead+4, w.nameBytes)
		w.NameVRF(b, 2, "red0")
		require.Equal(t, 2*(nameOverhead+4), w.nameBytes)
		w.Unlock()

		time.Sleep(time.Hour) // the silent one loses its slot, but its holder has it, and its names, still
		w.Lock()
		require.Equal(t, 2*(nameOverhead+4), w.nameBytes)
		w.Add(b, time.Now(), tcp(1, 1))
		require.Equal(t, 2*(nameOverhead+4), w.nameBytes)
		w.Forget(b)
		w.Unlock()
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		w.Lock()
		require.Zero(t, w.nameBytes)
		w.Add(b, time.Now(), tcp(1, 1)) // whoever uses it all the same is counted
		require.Equal(t, 2*(nameOverhead+4), w.nameBytes)
		w.Unlock()
		stop(t, p)
	})
}

// Forged addresses that push one another out within a window, as a receiver's own bounds make them, take no more slots,
// devices or memory than twice max_exporters; what found no place is counted. Who was there comes back to its slot.
func TestForgedExportersPushOneAnotherOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		cfg := bySource(View{})
		cfg.MaxExporters = 10
		p := start(t, cfg, settings(t, s, nil, 1))
		w := p.Worker(0)
		const windows, forgers = 8, 500
		var accepted, refused uint64
		for window := range windows {
			add(p, 0, router, 0, tcp(1, 1))
			w.Lock()
			w.Forget(w.Exporter(router, 0))
			for n := range forgers {
				e := w.Exporter(netip.AddrFrom4([4]byte{10, byte(window), byte(n >> 8), byte(n)}), 0)
				if e == nil {
					refused++
					continue
				}
				w.Add(e, time.Now(), tcp(1, 1))
				accepted++
				w.Forget(e)
			}
			require.NotNil(t, w.Exporter(router, 0), "it has its slot still")
			require.LessOrEqual(t, len(w.exporters), 20)
			w.Unlock()
			time.Sleep(time.Minute)
			synctest.Wait()
			require.LessOrEqual(t, p.Stats().Devices, 20+cfg.MaxExporters)
			w.Lock()
			require.Empty(t, w.gone)
			w.Unlock()
		}
		require.NotZero(t, refused)
		require.Equal(t, refused, p.Stats().ExportersRefused)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.LessOrEqual(t, p.Stats().Devices, cfg.MaxExporters, "silent devices make room")
		lines := io(s.take(t, began))
		require.Equal(t, accepted+windows, total(lines, "bytes.io"))
		require.NotEmpty(t, only(lines, "192.0.2.1 ", "= 8 "), "one stream all the time")
		stop(t, p)
		require.Zero(t, p.Stats().Exporters)
		require.LessOrEqual(t, len(p.flusher.resolver.bindings), 20, "who is gone is forgotten everywhere")
	})
}

// A slot that windows still refer to is not given to another exporter.
func TestForgottenExportersRecordsStayTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 5))
		w := p.Worker(0)
		w.Lock()
		w.Forget(w.Exporter(router, 0))
		w.Unlock()
		add(p, 0, netip.MustParseAddr("192.0.2.2"), 0, tcp(1, 9))
		time.Sleep(time.Minute + time.Second)
		require.Equal(t, []string{
			"192.0.2.1 bytes.io{source.address=10.0.0.1} = 5 @0-60",
			"192.0.2.2 bytes.io{source.address=10.0.0.1} = 9 @0-60",
		}, only(io(s.take(t, began)), "-60"))
		require.Len(t, w.exporters, 2)
		add(p, 0, netip.MustParseAddr("192.0.2.3"), 0, tcp(1, 1))
		require.Len(t, w.exporters, 2, "the slot is free again")
		stop(t, p)
	})
}

// A flood of new keys cannot take the place of a stream that is there, not even while it is idle.
func TestFloodLeavesStreamsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{Top: 2, Limit: 10}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(250, 1000), tcp(251, 500))
		time.Sleep(time.Minute + time.Second)
		for range 3 {
			for host := range byte(100) {
				add(p, 0, router, 0, tcp(host, 1))
			}
			time.Sleep(time.Minute)
		}
		for host := range byte(100) {
			add(p, 0, router, 0, tcp(host, 1))
		}
		add(p, 0, router, 0, tcp(250, 1), tcp(251, 2))
		time.Sleep(time.Minute)
		lines := only(io(s.take(t, began)), "-300")
		require.Len(t, only(lines, "10.0.0.250", "= 1001"), 1)
		require.Len(t, only(lines, "10.0.0.251", "= 502"), 1)
		stop(t, p)
	})
}

// However many keys are forged, windows and streams hold no more than max_keys, and memory follows.
func TestMemoryBound(t *testing.T) {
	s := &sink{}
	cfg := DefaultConfig()
	cfg.MaxKeys = 20_000
	cfg.Views = map[string]View{"conversations": {Limit: 1 << 20, Top: 1 << 20}}
	p := idle(t, cfg, settings(t, s, nil, 1))
	w := p.Worker(0)
	flood := func(seed uint32) {
		w.Lock()
		defer w.Unlock()
		e := w.Exporter(router, 0)
		for n := range uint32(100_000) {
			r := tcp(1, 1)
			binary.BigEndian.PutUint32(r.SrcAddr[12:], seed+n)
			w.Add(e, time.Now(), r)
		}
	}
	for n := range uint32(4) {
		flood(n * 1e6)
		require.LessOrEqual(t, p.Stats().Keys, cfg.MaxKeys)
		p.flusher.close(0, time.Now())
		require.LessOrEqual(t, p.Stats().Streams, cfg.MaxKeys+2000)
		s.mu.Lock()
		s.metrics = nil
		s.mu.Unlock()
	}
	require.NotZero(t, p.Stats().Views[0].OverflowedRecords)
	require.Zero(t, p.Stats().Views[1].OverflowedRecords, "a flood of conversations leaves the sums of interfaces alone")
	require.Zero(t, p.Stats().Views[2].OverflowedRecords)
}

// A pipeline that ended holds nothing of what all pipelines of the process share.
func TestShutdownGivesBudgetsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		keys, streams, exporters := process.windows.Used(), process.streams.Used(), process.exporters.Used()
		p := start(t, DefaultConfig(), settings(t, s, nil, 2))
		for n := range 3 {
			for host := range byte(200) {
				add(p, n%2, router, uint32(n), tcp(host, 5))
			}
			time.Sleep(time.Minute)
		}
		require.Greater(t, process.streams.Used(), streams)
		stop(t, p)
		require.Equal(t, keys, process.windows.Used())
		require.Equal(t, streams, process.streams.Used())
		require.Equal(t, exporters, process.exporters.Used())
	})
}

// A failed delivery is counted, and cumulative sums catch up.
func TestSendErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{err: errors.New("no")}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 5))
		time.Sleep(time.Minute + 30*time.Second)
		s.mu.Lock()
		s.err = nil
		s.mu.Unlock()
		time.Sleep(time.Minute)
		require.NotZero(t, p.Stats().SendErrors)
		require.Len(t, only(io(s.take(t, began)), "= 5 @0-120"), 1)
		stop(t, p)
	})
}

// Views of different intervals close on their own.
func TestIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		cfg := bySource(View{Interval: 10 * time.Second})
		cfg.Views["slow"] = View{Metric: "slow", Dimensions: []string{semconv.NetworkTransport}}
		p := start(t, cfg, settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 5))
		time.Sleep(11 * time.Second)
		require.Equal(t, []string{"192.0.2.1 bytes.io{source.address=10.0.0.1} = 5 @0-10"}, only(s.take(t, began), ".io", "-10"))
		time.Sleep(50 * time.Second)
		require.Equal(t, []string{"192.0.2.1 slow.io{network.transport=tcp} = 5 @0-60"}, only(s.take(t, began), "slow.io", "-60"))
		stop(t, p)
	})
}

// Sums that no int64 can hold stay at the greatest it can.
func TestSumsSaturate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		p := start(t, bySource(View{}), settings(t, s, nil, 1))
		add(p, 0, router, 0, tcp(1, 1<<63), tcp(1, 1<<63), tcp(1, 5))
		time.Sleep(time.Minute + time.Second)
		require.Len(t, only(io(s.take(t, began)), "= 9223372036854775807"), 1)
		stop(t, p)
	})
}

// Names that nobody uses any more are forgotten, and their numbers serve again.
func TestNamesAreSwept(t *testing.T) {
	n := newNames()
	a, b := n.id("a"), n.id("b")
	n.sweep(map[uint32]bool{b: true})
	require.Equal(t, b, n.id("b"))
	require.Equal(t, a, n.id("c"))
	require.Equal(t, "c", n.text[a])
}

// Adding allocates nothing in steady state, with logs and windows that close.
func TestAddAllocatesNothing(t *testing.T) {
	s := &sink{}
	p, err := New(DefaultConfig(), settings(t, s, nil, 1))
	require.NoError(t, err)
	w := p.Worker(0)
	w.Lock()
	defer w.Unlock()
	e := w.Exporter(router, 0)
	now := time.Now()
	var rs []*flow.Record
	for host := range byte(200) {
		rs = append(rs, tcp(host, 10))
	}
	run := func() {
		for _, r := range rs {
			w.Add(e, now, r)
		}
	}
	run()
	require.Zero(t, testing.AllocsPerRun(10, run))
}
