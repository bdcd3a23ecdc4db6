package netif

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"pgregory.net/rapid"
)

// model is a device that reboots, whose agent restarts, whose line cards are pulled, whose counters wrap and glitch,
// whose replies lack rows; and a collector that restarts. It knows what truly passed each port, and what of it no
// poll could see because a counter was zeroed before it was read.
type model struct {
	now, boot, agent time.Time
	tellsBox         bool
	ports            []*modelPort
	tracker          *Tracker
}

type modelPort struct {
	name    string
	bits    uint8
	speed   uint64
	counter uint64 // as the hardware has it
	disc    uint32
	told    uint32 // disc, when last read
	passed  uint64 // since the test began, and what the counter held then
	read    uint64 // passed, when last read
	lost    uint64 // passed, but never readable
	present bool   // in the last poll
	value   uint64 // of the counter, when last read
	series  struct {
		sum   uint64 // what a backend adds up
		start pmetricTime
		value uint64
	}
}

type pmetricTime = int64

func newModel(t *rapid.T) *model {
	m := &model{now: noon, tellsBox: rapid.Bool().Draw(t, "tells the box's uptime")}
	m.boot = noon.Add(-time.Duration(rapid.IntRange(3600, 90_000_000).Draw(t, "seconds up")) * time.Second)
	m.agent = m.boot
	for i := range rapid.IntRange(1, 5).Draw(t, "ports") {
		p := &modelPort{name: fmt.Sprint("port", i), bits: 64, speed: 10_000_000_000}
		if i > 0 && rapid.Bool().Draw(t, "32 bits") {
			p.bits, p.speed = 32, 10_000_000
			p.counter = rapid.Uint64Range(1<<31, 1<<32-1).Draw(t, "32-bit base")
		} else {
			p.counter = rapid.Uint64Range(1<<40, 1<<50).Draw(t, "base")
		}
		p.passed = p.counter
		m.ports = append(m.ports, p)
	}
	m.tracker = m.newTracker()
	return m
}

func (m *model) newTracker() *Tracker {
	return New(Options{Interval: minute, Now: func() time.Time { return m.now }})
}

func (m *model) ticks() uint32 { return uint32(m.now.Sub(m.agent) / (10 * time.Millisecond)) }

// traffic lets bytes pass for d.
func (p *modelPort) traffic(t *rapid.T, d time.Duration, most uint64) {
	most = min(most, uint64(float64(p.speed)/8*d.Seconds()))
	n := rapid.Uint64Range(0, most).Draw(t, p.name+" bytes")
	p.counter, p.passed = p.counter+n, p.passed+n
}

// zero zeroes a port's counter; what passed since it was read is gone.
func (p *modelPort) zero() {
	p.lost += p.passed - p.read
	p.read = p.passed
	p.counter = 0
}

func (m *model) step(t *rapid.T) {
	event := rapid.SampledFrom([]string{"", "", "", "", "reboot", "agent", "card", "glitch", "restart", "restart and reboot"}).Draw(t, "event")
	if m.ports[0].value == 0 {
		event = "" // a counter that was 0 shows no reset, and it may be the only one in a reply
	}
	m.now = m.now.Add(50 * time.Second)
	for _, p := range m.ports {
		p.traffic(t, 50*time.Second, 1<<62)
	}
	glitch, zeroed := false, map[*modelPort]bool{}
	switch event {
	case "reboot", "restart and reboot":
		m.boot, m.agent = m.now, m.now
		for _, p := range m.ports {
			p.zero()
			p.disc, zeroed[p] = 0, true
		}
	case "agent":
		for _, p := range m.ports {
			if p.disc != p.told {
				event = "" // nobody could learn of that card's restart any more
			}
		}
		for _, p := range m.ports {
			if event != "" {
				m.agent, p.disc = m.now, 0
			}
		}
	case "card":
		if p := rapid.SampledFrom(m.ports).Draw(t, "card"); p.present {
			p.zero()
			p.disc, zeroed[p] = m.ticks(), true
		}
	case "glitch":
		glitch = true
	}
	if event == "restart" || event == "restart and reboot" {
		m.restart(t)
	}
	m.now = m.now.Add(10 * time.Second)
	for _, p := range m.ports {
		most := uint64(1 << 62)
		if zeroed[p] {
			most = p.value / 4 // a counter that outgrew its old value at once shows no reset
		}
		p.traffic(t, 10*time.Second, most)
	}
	m.poll(t, glitch)
}

// restart is ours: the state is stored and restored, 32-bit octets count anew.
func (m *model) restart(t *rapid.T) {
	value, err := json.Marshal(m.tracker.State())
	if err != nil {
		t.Fatal(err)
	}
	var s State
	if err := json.Unmarshal(value, &s); err != nil {
		t.Fatal(err)
	}
	m.tracker = m.newTracker()
	m.tracker.Restore(s)
}

func (m *model) poll(t *rapid.T, glitch bool) {
	up := Uptime{Unit: 10 * time.Millisecond, Ticks: m.ticks(), At: m.now}
	if m.tellsBox {
		up.Box = m.now.Sub(m.boot)
	}
	var samples []Sample
	glitched := map[string]bool{}
	for i, p := range m.ports {
		seen := m.tracker.rows[p.name] != nil
		p.present = i == 0 || rapid.IntRange(0, 9).Draw(t, "in the reply") > 0
		if !p.present {
			continue
		}
		if p.bits == 32 && p.series.start == 0 {
			before := p.counter &^ 0xffffffff // wraps before the first reading
			p.lost, p.read = p.lost+before, p.read+before
		}
		value := p.counter
		if glitch && p.bits == 64 && seen && rapid.Bool().Draw(t, "glitched") && m.tracker.rows[p.name].generation == m.tracker.generation {
			value -= value / 1000
			glitched[p.name] = true
		}
		p.told = p.disc
		if !glitched[p.name] {
			p.value = p.counter
		}
		s := Sample{Name: p.name, At: m.now, ReceiveSpeed: p.speed, Discontinuity: p.disc}
		if p.bits == 64 {
			s.Octets.HC.Receive = Reading{value, 64}
		} else {
			s.Octets.Low.Receive = Reading{value & 0xffffffff, 32}
		}
		samples = append(samples, s)
	}
	m.tracker.Observe(up, samples)
	out := pmetric.NewMetricSlice()
	m.tracker.Append(out)
	m.check(t, out, glitched)
}

// check adds the points up as a backend does: what a series gained since its last point, all of it if it starts anew.
func (m *model) check(t *rapid.T, out pmetric.MetricSlice, glitched map[string]bool) {
	for _, metric := range out.All() {
		if metric.Name() != "system.network.io" {
			continue
		}
		for _, dp := range metric.Sum().DataPoints().All() {
			name, _ := dp.Attributes().Get("network.interface.name")
			var p *modelPort
			for _, q := range m.ports {
				if q.name == name.Str() {
					p = q
				}
			}
			start, value := int64(dp.StartTimestamp()), uint64(dp.IntValue())
			s := &p.series
			if s.start == start && value < s.value {
				t.Fatalf("%s fell from %d to %d without a new start", p.name, s.value, value)
			}
			gained := value
			if s.start == start {
				gained = value - s.value
			} else if p.bits == 32 && m.tracker.restored && value == 0 {
				p.zeroRead() // counts from here after our restart
			}
			if s.sum+gained > p.passed-p.lost {
				t.Fatalf("%s gained %d at %v: %d in all, but only %d passed", p.name, gained, m.now, s.sum+gained, p.passed-p.lost)
			}
			s.sum, s.start, s.value = s.sum+gained, start, value
			p.read = s.sum + p.lost
			if !glitched[p.name] && s.sum != p.passed-p.lost {
				t.Fatalf("%s: %d in all, but %d passed and %d could not be seen", p.name, s.sum, p.passed, p.lost)
			}
		}
	}
}

func (p *modelPort) zeroRead() {
	p.lost += p.passed - p.read
	p.read = p.passed
}

// Whatever happens to the device: what is emitted adds up to what passed, and never to more.
func TestWhatIsEmittedAddsUpToWhatPassed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		m.poll(t, false)
		for range rapid.IntRange(1, 30).Draw(t, "polls") {
			m.step(t)
		}
	})
}

// Whatever a device answers: no panic, and no series falls without a new start.
func TestAnyAnswersAtAll(t *testing.T) {
	reading := rapid.Custom(func(t *rapid.T) Reading {
		return Reading{
			rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 1<<33), rapid.Just(uint64(1<<63))).Draw(t, "value"),
			rapid.SampledFrom([]uint8{0, 32, 64, 64, 7}).Draw(t, "bits"),
		}
	})
	pair := rapid.Custom(func(t *rapid.T) Pair { return Pair{reading.Draw(t, "receive"), reading.Draw(t, "transmit")} })
	counter := rapid.Custom(func(t *rapid.T) Counter { return Counter{pair.Draw(t, "hc"), pair.Draw(t, "low")} })
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		tr := New(Options{Interval: minute, Now: func() time.Time { return now }})
		type last struct{ start, value int64 }
		seen := map[string]last{}
		for range rapid.IntRange(1, 12).Draw(t, "polls") {
			now = now.Add(time.Duration(rapid.Int64Range(1, 100_000).Draw(t, "seconds")) * time.Second)
			up := Uptime{
				Ticks: rapid.Uint32().Draw(t, "ticks"), Unit: rapid.SampledFrom([]time.Duration{0, time.Millisecond, 10 * time.Millisecond}).Draw(t, "unit"),
				At: now, Box: time.Duration(rapid.Int64Range(0, 1<<60).Draw(t, "box")),
			}
			var samples []Sample
			for range rapid.IntRange(0, 3).Draw(t, "rows") {
				samples = append(samples, Sample{
					Name: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name"), At: now, Octets: counter.Draw(t, "octets"), Errors: counter.Draw(t, "errors"),
					ReceiveSpeed: rapid.Uint64().Draw(t, "speed"), OperStatus: rapid.Uint32().Draw(t, "oper"), AdminStatus: rapid.Uint32().Draw(t, "admin"),
					Discontinuity: rapid.Uint32().Draw(t, "disc"), Silent: rapid.Bool().Draw(t, "silent"),
				})
			}
			tr.Observe(up, samples)
			if rapid.IntRange(0, 5).Draw(t, "restart") == 0 {
				s := tr.State()
				tr = New(Options{Interval: minute, Now: func() time.Time { return now }})
				tr.Restore(s)
				seen = map[string]last{}
			}
			out := pmetric.NewMetricSlice()
			tr.Append(out)
			for _, m := range out.All() {
				if m.Type() != pmetric.MetricTypeSum || !m.Sum().IsMonotonic() {
					continue
				}
				for _, dp := range m.Sum().DataPoints().All() {
					key := fmt.Sprint(m.Name(), dp.Attributes().AsRaw())
					was, ok := seen[key]
					is := last{int64(dp.StartTimestamp()), dp.IntValue()}
					if is.value < 0 || ok && was.start == is.start && is.value < was.value {
						t.Fatalf("%s went from %v to %v", key, was, is)
					}
					seen[key] = is
				}
			}
		}
	})
}
