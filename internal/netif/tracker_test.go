package netif

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

const (
	minute  = time.Minute
	gigabit = 1_000_000_000
)

// noon is when every test's device was last read before it starts; it booted an hour earlier unless it says otherwise.
var noon = time.Unix(1_800_000_000, 0).UTC()

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
	gauge := func(key, unit string, v int64) { want[key] = point{v, 0, noon, noon, "sum " + unit} }
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
	starts := map[time.Time]bool{}
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
