package netif

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

const (
	minute  = time.Minute
	gigabit = 1_000_000_000
)

// noon is when every test's device was last read before it starts; it booted an hour earlier unless it says otherwise.
var noon = time.Unix(1_800_000_000, 0).UTC()

// bench polls a device as a poller does and shows what came out.
type bench struct {
	t     *testing.T
	tr    *Tracker
	now   time.Time
	boot  time.Time // of the agent, as its sysUpTime tells
	box   time.Time // of the host; zero: not told
	notes []Note
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: noon, boot: noon.Add(-time.Hour)}
	b.tr = b.tracker()
	return b
}

func (b *bench) tracker() *Tracker {
	return New(Options{
		Interval: minute, OnNote: func(n Note) { b.notes = append(b.notes, n) }, Now: func() time.Time { return b.now },
	})
}

func (b *bench) uptime() Uptime {
	u := Uptime{Unit: 10 * time.Millisecond, At: b.now, Ticks: uint32(b.now.Sub(b.boot) / (10 * time.Millisecond))}
	if !b.box.IsZero() {
		u.Box = b.now.Sub(b.box)
	}
	return u
}

// ticks is sysUpTime at a moment.
func (b *bench) ticks(at time.Time) uint32 { return uint32(at.Sub(b.boot) / (10 * time.Millisecond)) }

// poll reads the device and lets a minute pass.
func (b *bench) poll(samples ...Sample) points {
	for i := range samples {
		samples[i].At = b.now
	}
	b.tr.Observe(b.uptime(), samples)
	out := pmetric.NewMetricSlice()
	b.tr.Append(out)
	b.now = b.now.Add(minute)
	return read(b.t, out)
}

// points is everything of one Append by "metric{name direction …}".
type points map[string]point

type point struct {
	value    int64
	ratio    float64
	start    time.Time
	at       time.Time
	temporal string
}

func (p points) io(name string) point { return p["system.network.io{"+name+" receive}"] }
func (p points) has(key string) bool  { _, ok := p[key]; return ok }

func read(t *testing.T, ms pmetric.MetricSlice) points {
	out := points{}
	for _, m := range ms.All() {
		var dps pmetric.NumberDataPointSlice
		kind := "gauge"
		if m.Type() == pmetric.MetricTypeSum {
			dps, kind = m.Sum().DataPoints(), "sum"
			require.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())
			if m.Sum().IsMonotonic() {
				kind = "monotonic"
			}
		} else {
			dps = m.Gauge().DataPoints()
		}
		require.NotZero(t, dps.Len(), "%s without points", m.Name())
		for _, dp := range dps.All() {
			var labels []string
			for _, k := range []string{"network.interface.name", "network.io.direction", "network.packet.cast", "network.interface.state", "network.interface.alias"} {
				if v, ok := dp.Attributes().Get(k); ok {
					labels = append(labels, v.Str())
				}
			}
			key := m.Name() + "{" + strings.Join(labels, " ") + "}"
			require.NotContains(t, out, key, "two points of one series")
			require.NotEqual(t, pmetric.NumberDataPointValueTypeEmpty, dp.ValueType(), key)
			require.LessOrEqual(t, dp.StartTimestamp(), dp.Timestamp(), key)
			out[key] = point{dp.IntValue(), dp.DoubleValue(), dp.StartTimestamp().AsTime(), dp.Timestamp().AsTime(), kind + " " + m.Unit()}
		}
	}
	return out
}

func hc(rx, tx uint64) Counter {
	return Counter{HC: Pair{Reading{rx, 64}, Reading{tx, 64}}}
}

func low(rx, tx uint64) Counter {
	return Counter{Low: Pair{Reading{rx & 0xffffffff, 32}, Reading{tx & 0xffffffff, 32}}}
}

func both(high, narrow uint64) Counter {
	return Counter{HC: hc(high, high).HC, Low: low(narrow, narrow).Low}
}

func port(name string, octets Counter) Sample {
	return Sample{Name: name, Octets: octets, ReceiveSpeed: gigabit, TransmitSpeed: gigabit}
}

func TestWhatIsEmitted(t *testing.T) {
	b := newBench(t)
	s := Sample{
		Index: 7, Name: "Gi0/7", Alias: "uplink", Octets: hc(1000, 2000), Unicast: hc(10, 20), Multicast: hc(1, 2), Broadcast: hc(3, 4),
		Errors: low(5, 6), Discards: low(7, 8), ReceiveSpeed: 50_000_000, TransmitSpeed: 10_000_000, OperStatus: 7, AdminStatus: 1,
	}
	sfp := Sample{Name: "Gi0/8", NonUnicast: low(9, 9)}
	got := b.poll(s, sfp)
	boot := b.boot
	want := points{}
	monotonic := func(key, unit string, v int64) { want[key] = point{v, 0, boot, noon, "monotonic " + unit} }
	monotonic("system.network.io{Gi0/7 receive uplink}", "By", 1000)
	monotonic("system.network.io{Gi0/7 transmit uplink}", "By", 2000)
	for cast, v := range map[string][2]int64{"unicast": {10, 20}, "multicast": {1, 2}, "broadcast": {3, 4}} {
		monotonic("system.network.packet.count{Gi0/7 receive "+cast+" uplink}", "{packet}", v[0])
		monotonic("system.network.packet.count{Gi0/7 transmit "+cast+" uplink}", "{packet}", v[1])
	}
	monotonic("system.network.packet.count{Gi0/8 receive non_unicast}", "{packet}", 9)
	monotonic("system.network.packet.count{Gi0/8 transmit non_unicast}", "{packet}", 9)
	monotonic("system.network.errors{Gi0/7 receive uplink}", "{error}", 5)
	monotonic("system.network.errors{Gi0/7 transmit uplink}", "{error}", 6)
	monotonic("system.network.packet.dropped{Gi0/7 receive uplink}", "{packet}", 7)
	monotonic("system.network.packet.dropped{Gi0/7 transmit uplink}", "{packet}", 8)
	gauge := func(key, unit string, v int64) { want[key] = point{v, 0, time.Unix(0, 0).UTC(), noon, "sum " + unit} }
	gauge("system.network.bandwidth.limit{Gi0/7 receive uplink}", "By/s", 6_250_000)
	gauge("system.network.bandwidth.limit{Gi0/7 transmit uplink}", "By/s", 1_250_000)
	for i, state := range []string{"up", "down", "testing", "unknown", "dormant", "not_present", "lower_layer_down"} {
		var v int64
		if i == 6 {
			v = 1
		}
		gauge("system.network.interface.status{Gi0/7 "+state+" uplink}", "1", v)
	}
	gauge("system.network.interface.admin_status{Gi0/7 up uplink}", "1", 1)
	gauge("system.network.interface.admin_status{Gi0/7 down uplink}", "1", 0)
	gauge("system.network.interface.admin_status{Gi0/7 testing uplink}", "1", 0)
	assert.Equal(t, want, got)

	s.Octets = hc(1000+37_500_000, 2000+75_000_000)
	got = b.poll(s)
	assert.InDelta(t, 0.1, got["system.network.bandwidth.utilization{Gi0/7 receive uplink}"].ratio, 1e-9)
	assert.InDelta(t, 1.0, got["system.network.bandwidth.utilization{Gi0/7 transmit uplink}"].ratio, 1e-9)
	assert.Equal(t, "gauge 1", got["system.network.bandwidth.utilization{Gi0/7 transmit uplink}"].temporal)
	assert.False(t, got.has("system.network.packet.count{Gi0/8 receive non_unicast}"), "not in this reply")
}

func TestTheAliasCanBeLeftOff(t *testing.T) {
	tr := New(Options{NoAlias: true})
	tr.Observe(Uptime{At: noon}, []Sample{{Name: "a", Alias: "b", OperStatus: 1}})
	out := pmetric.NewMetricSlice()
	tr.Append(out)
	assert.True(t, read(t, out).has("system.network.interface.status{a up}"))
	tr.Observe(Uptime{At: noon}, nil)
	out = pmetric.NewMetricSlice()
	tr.Append(out)
	assert.Zero(t, out.Len(), "nothing was said")
}

func TestStartsArePinned(t *testing.T) {
	b := newBench(t)
	start := b.poll(port("a", hc(100, 0))).io("a").start
	assert.Equal(t, b.boot, start)
	b.boot = b.boot.Add(700 * time.Millisecond) // jitter of replies
	p := b.poll(port("a", hc(200, 0)), port("late", hc(5, 0)))
	assert.Equal(t, start, p.io("a").start, "not recomputed each poll")
	assert.Equal(t, start, p.io("late").start, "nor for another row")
	assert.EqualValues(t, 200, p.io("a").value)
}

func TestTheBoxsUptimeIsPreferred(t *testing.T) {
	b := newBench(t)
	b.box = noon.Add(-30 * 24 * time.Hour)
	assert.Equal(t, b.box, b.poll(port("a", hc(100, 0))).io("a").start)
}

func TestARestartOfTheDevice(t *testing.T) {
	b := newBench(t)
	b.poll(port("a", hc(9000, 0)), port("idle", hc(0, 0)), port("busy", hc(10, 0)), port("away", hc(5000, 0)))
	b.boot = b.now.Add(-20 * time.Second)
	p := b.poll(port("a", hc(50, 0)), port("idle", hc(0, 0)), port("busy", hc(1000, 0)))
	for _, name := range []string{"a", "idle", "busy"} {
		assert.Equal(t, b.boot, p.io(name).start, name)
	}
	assert.EqualValues(t, 50, p.io("a").value)
	assert.EqualValues(t, 1000, p.io("busy").value)
	assert.False(t, p.has("system.network.bandwidth.utilization{a receive}"), "no rate across a reset")
	p = b.poll(port("away", hc(6000, 0)), port("a", hc(60, 0)))
	assert.Equal(t, b.boot, p.io("away").start, "a row that was not in that reply restarts when it is back")
	assert.EqualValues(t, 6000, p.io("away").value)
	assert.Equal(t, []Note{{Kind: DeviceReset}}, b.notes)
	assert.EqualValues(t, 1, b.tr.Counts().Resets)
}

func TestARestartThatCountersShowLater(t *testing.T) {
	b := newBench(t)
	b.poll(port("a", hc(9000, 0)))
	b.boot = b.now.Add(-20 * time.Second)
	assert.Empty(t, b.poll(), "the tables timed out, sysUpTime did not")
	p := b.poll(port("a", hc(50, 0)))
	assert.Equal(t, b.boot, p.io("a").start.Round(time.Second))
	assert.EqualValues(t, 50, p.io("a").value)
}

// snmpd restarted while the kernel's counters go on: no new start.
func TestARestartOfTheAgentAlone(t *testing.T) {
	for _, told := range []bool{false, true} {
		b := newBench(t)
		if told {
			b.box = b.boot
		}
		s := port("a", hc(9000, 0))
		s.Discontinuity = b.ticks(noon.Add(-time.Minute))
		start := b.poll(s, Sample{Name: "b", Octets: low(1<<32-100, 0)}).io("a").start
		boot := b.boot
		b.boot = b.now.Add(-20 * time.Second)
		s = port("a", hc(9500, 0))
		s.Discontinuity = 7
		p := b.poll(s)
		assert.Equal(t, start, p.io("a").start)
		assert.EqualValues(t, 9500, p.io("a").value)
		assert.Equal(t, []Note{{Kind: AgentRestarted}}, b.notes, "told=%v", told)
		assert.Zero(t, b.tr.Counts().Resets)
		p = b.poll(port("new", hc(1, 0)))
		assert.Equal(t, boot, p.io("new").start, "the device's counters are as old as they were")
	}
}

func TestWrapsOfTheUptimeAreNoRestarts(t *testing.T) {
	for unit, days := range map[time.Duration]float64{10 * time.Millisecond: 497.1, time.Millisecond: 49.71} {
		tr := NewTracker(minute)
		boot := noon.Add(-time.Duration(days * 24 * float64(time.Hour)))
		var starts []time.Time
		for i := range 20 {
			at := noon.Add(time.Duration(i) * minute)
			tr.Observe(Uptime{Ticks: uint32(at.Sub(boot) / unit), Unit: unit, At: at}, []Sample{{Name: "a", At: at, Octets: hc(uint64(1000+i), 0)}})
			out := pmetric.NewMetricSlice()
			tr.Append(out)
			starts = append(starts, read(t, out).io("a").start)
		}
		assert.Equal(t, starts[0], starts[19], unit)
		assert.Zero(t, tr.Counts())
	}
}

func TestTicksWrapWhileNobodyLooks(t *testing.T) {
	span := time.Duration(1<<32) * time.Millisecond
	for name, c := range map[string]struct {
		before, after, elapsed time.Duration
		want                   passage
	}{
		"a usual poll":                 {time.Hour, time.Hour + minute, minute, wentOn},
		"a wrap":                       {span - 30*time.Second, 30 * time.Second, minute, wentOn},
		"a wrap and an outage":         {span - time.Hour, 9 * time.Hour, 10 * time.Hour, wentOn},
		"a whole turn":                 {time.Hour, 2 * time.Hour, span + time.Hour, wentOn},
		"a restart":                    {time.Hour, 20 * time.Second, minute, fell},
		"a restart after a short life": {10 * time.Second, 20 * time.Second, minute, fell},
		"a restart near the wrap":      {span - 30*time.Second, 5 * time.Second, 10 * minute, fell},
		"a clock that drifts":          {time.Hour, time.Hour + 59*time.Minute + 50*time.Second, time.Hour, wentOn},
		"a machine that runs fast":     {time.Hour, 2 * time.Hour, minute, wentOn},
	} {
		assert.Equal(t, c.want, passed(c.before, c.after, c.elapsed, span), name)
	}
}

func TestALineCardRestarts(t *testing.T) {
	b := newBench(t)
	b.poll(port("card", hc(9000, 100)), port("other", hc(7000, 0)))
	moment := b.now.Add(-10 * time.Second)
	s := port("card", hc(80, 3))
	s.Discontinuity = b.ticks(moment)
	p := b.poll(s, port("other", hc(7001, 0)))
	assert.Equal(t, moment, p.io("card").start)
	assert.EqualValues(t, 80, p.io("card").value)
	assert.Equal(t, b.boot, p.io("other").start, "that row alone")
	assert.EqualValues(t, 7001, p.io("other").value)
	s.Octets = hc(180, 3)
	p = b.poll(s)
	assert.Equal(t, moment, p.io("card").start)
	assert.EqualValues(t, 180, p.io("card").value)
}

// A discontinuity need not zero a counter. What cannot have been counted since is not passed off as such.
func TestADiscontinuityWithoutAZero(t *testing.T) {
	b := newBench(t)
	const tera = 1 << 40
	b.poll(port("a", hc(tera, 0)))
	s := port("a", hc(tera+500, 0))
	s.Discontinuity = b.ticks(b.now.Add(-time.Second))
	p := b.poll(s)
	assert.EqualValues(t, 500, p.io("a").value)
	assert.Equal(t, noon, p.io("a").start)
}

func TestADiscontinuityTimeThatAlwaysMovesIsNotBelieved(t *testing.T) {
	b := newBench(t)
	var starts = map[time.Time]bool{}
	var p points
	for i := range 10 {
		s := port("a", hc(uint64(1<<40+i*100), 0))
		s.Discontinuity = b.ticks(b.now)
		p = b.poll(s)
		starts[p.io("a").start] = true
	}
	assert.LessOrEqual(t, len(starts), 3)
	assert.Contains(t, b.notes, Note{Kind: BadDiscontinuity, Interface: "a"})
}

func TestAGlitch(t *testing.T) {
	b := newBench(t)
	b.poll(port("a", hc(1_000_000, 0)))
	p := b.poll(port("a", hc(999_000, 0)))
	assert.EqualValues(t, 1_000_000, p.io("a").value, "held")
	assert.False(t, p.has("system.network.bandwidth.utilization{a receive}"))
	p = b.poll(port("a", hc(1_000_500, 0)))
	assert.EqualValues(t, 1_000_500, p.io("a").value)
	assert.Equal(t, b.boot, p.io("a").start)
	assert.EqualValues(t, 1, b.tr.Counts().Glitches)

	for range 3 {
		assert.EqualValues(t, 1_000_500, b.poll(port("a", hc(10, 0))).io("a").value)
	}
	p = b.poll(port("a", hc(20, 0)))
	assert.EqualValues(t, 20, p.io("a").value, "what stays lower is a reset of that counter")
	assert.Equal(t, noon.Add(2*minute), p.io("a").start)
}

// One poll that reads zeros (a busy line card) must not look like a reset and a jump.
func TestZerosForOnePoll(t *testing.T) {
	b := newBench(t)
	b.poll(port("a", hc(1<<40, 1<<40)))
	assert.EqualValues(t, 1<<40, b.poll(port("a", hc(0, 0))).io("a").value)
	assert.EqualValues(t, 1<<40+7, b.poll(port("a", hc(1<<40+7, 1<<40))).io("a").value)
}

func TestWidths(t *testing.T) {
	t.Run("32 bits are widened across wraps", func(t *testing.T) {
		b := newBench(t)
		s := port("a", low(1<<32-100, 0))
		s.ReceiveSpeed = 100_000_000
		b.poll(s)
		s.Octets = low(50, 0)
		p := b.poll(s)
		assert.EqualValues(t, 1<<32+50, p.io("a").value)
		assert.Equal(t, b.boot, p.io("a").start)
		assert.InDelta(t, 150.0/60/12_500_000, p["system.network.bandwidth.utilization{a receive}"].ratio, 1e-12)
		assert.EqualValues(t, 1, b.tr.Counts().Wraps)
	})
	t.Run("a link that may wrap within two intervals is left out", func(t *testing.T) {
		b := newBench(t)
		b.poll(port("a", low(5, 5)))
		p := b.poll(port("a", low(10, 10)))
		assert.False(t, p.has("system.network.io{a receive}"))
		assert.True(t, p.has("system.network.bandwidth.limit{a receive}"))
		assert.EqualValues(t, 4, b.tr.Counts().Unsafe)
		assert.Equal(t, []Note{{UnsafeWidth, "a", "octets"}}, b.notes[:1])
		p = b.poll(port("a", hc(1<<33, 0)))
		assert.EqualValues(t, 1<<33, p.io("a").value, "until the device shows a 64-bit one")
		assert.Equal(t, b.boot, p.io("a").start)
	})
	t.Run("a link that slows down counts from there", func(t *testing.T) {
		b := newBench(t)
		b.poll(port("a", low(5, 5)))
		slow := Sample{Name: "a", Octets: low(100, 100), ReceiveSpeed: 10_000_000, TransmitSpeed: 10_000_000}
		now := b.now
		p := b.poll(slow)
		assert.Zero(t, p.io("a").value)
		assert.Equal(t, now, p.io("a").start)
		slow.Octets = low(140, 100)
		assert.EqualValues(t, 40, b.poll(slow).io("a").value)
	})
	t.Run("the width stays when a reply lacks the column", func(t *testing.T) {
		b := newBench(t)
		b.poll(port("a", both(1<<40, 1<<40)))
		p := b.poll(port("a", low(1<<40+5, 0)))
		assert.False(t, p.has("system.network.io{a receive}"))
		p = b.poll(port("a", both(1<<40+10, 1<<40+10)))
		assert.EqualValues(t, 1<<40+10, p.io("a").value)
		assert.False(t, p.has("system.network.bandwidth.utilization{a receive}"), "the last poll held no octets")
	})
	t.Run("a 64-bit counter that stays 0 beside a 32-bit one that counts", func(t *testing.T) {
		b := newBench(t)
		s := port("a", both(0, 100))
		s.ReceiveSpeed, s.TransmitSpeed = 10_000_000, 10_000_000
		s.Unicast = both(8, 8)
		p := b.poll(s)
		assert.False(t, p.has("system.network.io{a receive}"), "which one is right is not known yet")
		s.Octets, s.Unicast = both(0, 300), both(9, 9)
		p = b.poll(s)
		assert.EqualValues(t, 300, p.io("a").value)
		assert.Equal(t, b.boot, p.io("a").start)
		assert.EqualValues(t, 9, p["system.network.packet.count{a receive unicast}"].value, "per column")
		s.Octets = both(0, 500)
		assert.EqualValues(t, 500, b.poll(s).io("a").value)
		assert.Equal(t, []Note{{DeadHC, "a", "octets"}}, b.notes, "said once")
		assert.EqualValues(t, 2, b.tr.Counts().WidthSwitches, "per row, column and direction")
	})
	t.Run("an idle port's zeros are zeros", func(t *testing.T) {
		b := newBench(t)
		p := b.poll(port("a", both(0, 0)))
		assert.True(t, p.has("system.network.io{a receive}"))
		b.poll(port("a", both(70, 70)))
		assert.Zero(t, b.tr.Counts().WidthSwitches)
	})
	t.Run("64 bits wrap", func(t *testing.T) {
		b := newBench(t)
		b.poll(port("a", hc(1<<64-10, 0)))
		p := b.poll(port("a", hc(20, 0)))
		assert.EqualValues(t, 30, p.io("a").value)
	})
	t.Run("an outage in which 32 bits may have wrapped", func(t *testing.T) {
		b := newBench(t)
		s := port("a", low(1000, 0))
		s.ReceiveSpeed = 100_000_000
		b.poll(s)
		b.now = b.now.Add(time.Hour)
		now := b.now
		s.Octets = low(5000, 0)
		p := b.poll(s)
		assert.Zero(t, p.io("a").value)
		assert.Equal(t, now, p.io("a").start)
	})
}

// Counter64 above 2^63 does not fit OTLP's int64: the series starts anew where it was, so that nothing is lost.
func TestCountersPastInt64(t *testing.T) {
	b := newBench(t)
	p := b.poll(port("a", hc(1<<63-10, 1<<63+5)))
	assert.EqualValues(t, 1<<63-10, p.io("a").value)
	tx := p["system.network.io{a transmit}"]
	assert.Zero(t, tx.value)
	assert.Equal(t, noon, tx.start)
	p = b.poll(port("a", hc(1<<63+90, 1<<63+25)))
	assert.EqualValues(t, 100, p.io("a").value)
	assert.Equal(t, noon, p.io("a").start)
	assert.EqualValues(t, 20, p["system.network.io{a transmit}"].value)
}

func TestADeviceThatDoesNotSayItsUptime(t *testing.T) {
	tr := NewTracker(minute)
	observe := func(at time.Time, v uint64) point {
		tr.Observe(Uptime{At: at}, []Sample{{Name: "a", At: at, Octets: hc(v, 0)}})
		out := pmetric.NewMetricSlice()
		tr.Append(out)
		return read(t, out).io("a")
	}
	first := observe(noon, 1<<40)
	assert.Equal(t, noon, first.start)
	assert.Zero(t, first.value, "since when it counts nobody knows")
	second := observe(noon.Add(minute), 1<<40+5)
	assert.Equal(t, noon, second.start)
	assert.EqualValues(t, 5, second.value)
}

func TestRowsVanishAndComeBack(t *testing.T) {
	b := newBench(t)
	b.poll(port("a", hc(1000, 0)), port("b", hc(1000, 0)))
	assert.False(t, b.poll(port("b", hc(1100, 0))).has("system.network.io{a receive}"))
	p := b.poll(port("a", hc(1500, 0)))
	assert.EqualValues(t, 1500, p.io("a").value)
	assert.Equal(t, b.boot, p.io("a").start)

	for range 5 {
		b.poll(port("b", hc(1200, 0)))
	}
	last := noon.Add(2 * minute)
	p = b.poll(port("a", hc(10, 0)))
	assert.EqualValues(t, 10, p.io("a").value, "made anew: no need to wait")
	assert.Equal(t, last, p.io("a").start)
}

// An ifIndex reshuffle across a reboot: each series goes on under its name.
func TestRowsAreMatchedByName(t *testing.T) {
	b := newBench(t)
	x, y := port("x", hc(5000, 0)), port("y", hc(9000, 0))
	x.Index, y.Index = 1, 2
	b.poll(x, y)
	b.boot = b.now.Add(-10 * time.Second)
	x.Index, y.Index = 2, 1
	x.Octets, y.Octets = hc(5, 0), hc(9, 0)
	p := b.poll(y, x)
	assert.EqualValues(t, 5, p.io("x").value)
	assert.EqualValues(t, 9, p.io("y").value)
	p = b.poll(x, x)
	assert.EqualValues(t, 1, b.tr.Counts().Duplicates)
	assert.Len(t, b.tr.current, 1)
	assert.EqualValues(t, 5, p.io("x").value)
}

func TestAChangeOfSpeakerIsANewStart(t *testing.T) {
	b := newBench(t)
	s := port("a", hc(1000, 0))
	s.Silent = true
	assert.Empty(t, b.poll(s))
	s.Octets, s.Silent = hc(1300, 0), false
	p := b.poll(s)
	assert.Equal(t, noon, p.io("a").start)
	assert.EqualValues(t, 300, p.io("a").value)
	s.Silent = true
	s.Octets = hc(1400, 0)
	b.poll(s)
	s.Octets, s.Silent = hc(1450, 0), false
	p = b.poll(s)
	assert.Equal(t, noon.Add(2*minute), p.io("a").start)
	assert.EqualValues(t, 50, p.io("a").value)
}

// restart stores the state, as a restart of the collector does, and goes on with another tracker.
func (b *bench) restart() {
	value, err := json.Marshal(b.tr.State())
	require.NoError(b.t, err)
	var s State
	require.NoError(b.t, json.Unmarshal(value, &s))
	b.tr = b.tracker()
	b.tr.Restore(s)
}

func TestARestartOfOurOwn(t *testing.T) {
	t.Run("64-bit counters go on as if nothing was", func(t *testing.T) {
		b := newBench(t)
		start := b.poll(port("a", hc(1000, 0))).io("a").start
		b.boot = b.boot.Add(300 * time.Millisecond)
		b.restart()
		p := b.poll(port("a", hc(1400, 0)))
		assert.Equal(t, start, p.io("a").start)
		assert.EqualValues(t, 1400, p.io("a").value)
	})
	t.Run("starts and offsets of their own stay", func(t *testing.T) {
		b := newBench(t)
		s := port("card", hc(1<<63+100, 0))
		s.Discontinuity = b.ticks(noon.Add(-minute))
		b.poll(s)
		s.Octets = hc(1<<63+150, 7)
		before := b.poll(s)
		b.restart()
		s.Octets = hc(1<<63+160, 7)
		p := b.poll(s)
		assert.EqualValues(t, 60, p.io("card").value)
		assert.Equal(t, before.io("card").start, p.io("card").start)
		assert.Equal(t, noon.Add(-minute), p["system.network.io{card transmit}"].start)
		b.restart()
		b.restart()
		assert.EqualValues(t, 60, b.poll(s).io("card").value, "also of rows that were not seen in between")
	})
	t.Run("the device restarted meanwhile", func(t *testing.T) {
		b := newBench(t)
		b.poll(port("a", hc(1<<40, 0)))
		b.restart()
		b.boot = b.now.Add(-30 * time.Second)
		p := b.poll(port("a", hc(1400, 0)))
		assert.Equal(t, b.boot, p.io("a").start)
		assert.EqualValues(t, 1400, p.io("a").value)
	})
	t.Run("only its agent restarted meanwhile", func(t *testing.T) {
		b := newBench(t)
		start := b.poll(port("a", hc(1<<40, 0))).io("a").start
		b.restart()
		b.boot = b.now.Add(-30 * time.Second)
		p := b.poll(port("a", hc(1<<40+100, 0)))
		assert.Equal(t, start, p.io("a").start)
		assert.EqualValues(t, 1<<40+100, p.io("a").value)
	})
	t.Run("32-bit counters: octets count from here, the rest goes on", func(t *testing.T) {
		b := newBench(t)
		s := Sample{Name: "a", Octets: low(1<<32-1, 0), Errors: low(1<<32-2, 0), ReceiveSpeed: 10_000_000}
		b.poll(s)
		s.Octets, s.Errors = low(5, 0), low(8, 0)
		b.poll(s)
		b.restart()
		now := b.now
		s.Octets, s.Errors = low(15, 0), low(9, 0)
		p := b.poll(s)
		assert.Zero(t, p.io("a").value)
		assert.Equal(t, now, p.io("a").start)
		assert.EqualValues(t, 1<<32+9, p["system.network.errors{a receive}"].value)
		assert.Equal(t, b.boot, p["system.network.errors{a receive}"].start)
	})
	t.Run("a dead 64-bit column stays dead", func(t *testing.T) {
		b := newBench(t)
		s := port("a", Counter{})
		s.Unicast = both(0, 100)
		b.poll(s)
		b.poll(s)
		b.restart()
		assert.EqualValues(t, 100, b.poll(s)["system.network.packet.count{a receive unicast}"].value)
	})
}

func TestAStateIsSmallAndChangesSeldom(t *testing.T) {
	b := newBench(t)
	samples := make([]Sample, 48)
	for i := range samples {
		samples[i] = Sample{Name: fmt.Sprint("Gi0/", i), Octets: both(1<<40, 1<<40), Unicast: both(9, 9), Errors: low(1, 1)}
	}
	b.poll(samples...)
	changes := b.tr.Changes()
	b.poll(samples...)
	assert.Equal(t, changes, b.tr.Changes())
	assert.Empty(t, b.tr.State().Rows)
}

func TestStatesThatAreNotPlausible(t *testing.T) {
	good := State{Version: StateVersion, Boot: 1, At: time.Now().UnixNano(), Unit: time.Millisecond}
	for name, spoil := range map[string]func(*State){
		"another version": func(s *State) { s.Version = 2 },
		"the future":      func(s *State) { s.At += int64(48 * time.Hour) },
		"boot after":      func(s *State) { s.Boot = s.At + 1 },
		"no time":         func(s *State) { s.At = 0 },
		"a negative unit": func(s *State) { s.Unit = -1 },
	} {
		s := good
		spoil(&s)
		tr := NewTracker(minute)
		tr.Restore(s)
		assert.False(t, tr.restored, name)
	}
	tr := NewTracker(minute)
	good.Rows = []RowState{{Name: "a", Counters: []CounterState{{Counter: 99}, {Counter: -1}, {Counter: 1, Offset: 1 << 63}}}}
	tr.Restore(good)
	require.True(t, tr.restored)
	at := time.Now()
	tr.Observe(Uptime{At: at}, []Sample{{Name: "a", At: at, Octets: hc(5, 5)}})
	out := pmetric.NewMetricSlice()
	tr.Append(out)
	assert.Zero(t, read(t, out)["system.network.io{a transmit}"].value, "an offset beyond the counter counts from here")
}
