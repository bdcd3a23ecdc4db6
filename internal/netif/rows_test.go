package netif

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

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
