package netif

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// scalarDevice is what keeps scalars: a boot time and a clock.
type scalarDevice struct {
	clock   Clock
	scalars Scalars
	at      time.Time
	boot    time.Time
}

func newScalarDevice() *scalarDevice {
	at := time.Unix(1_700_000_000, 0)
	return &scalarDevice{at: at, boot: at.Add(-time.Hour)}
}

// read has the device read once more, 30 s after the last time.
func (d *scalarDevice) read(readings ...Reading) {
	d.at = d.at.Add(30 * time.Second)
	d.clock.Observe(Uptime{Ticks: uint32(d.at.Sub(d.boot).Milliseconds()), Unit: time.Millisecond, At: d.at})
	d.scalars.Observe(&d.clock, readings, d.at)
}

func (d *scalarDevice) expect(t *testing.T, i int, value int64, start time.Time) {
	t.Helper()
	v, s, ok := d.scalars.Value(i)
	assert.True(t, ok)
	assert.Equal(t, value, v)
	assert.WithinDuration(t, start, s, time.Millisecond)
}

func narrow32(v uint32) Reading { return Reading{Value: uint64(v), Bits: 32} }
func wide64(v uint64) Reading   { return Reading{Value: v, Bits: 64} }

func TestScalarsWrapAndGoOn(t *testing.T) {
	d := newScalarDevice()
	d.read(narrow32(math.MaxUint32-10), wide64(7))
	d.expect(t, 0, math.MaxUint32-10, d.boot)
	d.read(narrow32(5), wide64(9))
	d.expect(t, 0, 1<<32+5, d.boot)
	d.expect(t, 1, 9, d.boot)
}

func TestScalarsOfARestartedDeviceStartAnew(t *testing.T) {
	d := newScalarDevice()
	d.read(narrow32(1<<31+100), wide64(500))
	d.boot = d.at.Add(10 * time.Second)
	d.read(narrow32(5), wide64(600)) // the first alone would look like a wrap
	d.expect(t, 0, 5, d.boot)
	d.expect(t, 1, 600, d.boot)
}

// A restarted agent whose counters go on has lost nothing.
func TestScalarsOutliveTheirAgent(t *testing.T) {
	d := newScalarDevice()
	boot := d.boot
	d.read(wide64(500))
	d.boot = d.at.Add(10 * time.Second)
	d.read(wide64(600))
	d.expect(t, 0, 600, boot)
}

func TestLowerScalarsAreHeldThenReset(t *testing.T) {
	d := newScalarDevice()
	d.read(wide64(500))
	last := d.at
	for range maxHeld {
		d.read(wide64(3))
		d.expect(t, 0, 500, d.boot)
	}
	d.read(wide64(4))
	d.expect(t, 0, 4, last)
	d.read(wide64(6))
	d.expect(t, 0, 6, last)
}

func TestScalarsThatAreNotKeptHaveNoValue(t *testing.T) {
	d := newScalarDevice()
	d.read(Reading{}, narrow32(1))
	_, _, ok := d.scalars.Value(0)
	assert.False(t, ok)
	d.read(narrow32(4))
	d.expect(t, 0, 4, d.boot)
	for _, i := range []int{1, 2} { // no longer there, never there
		_, _, ok = d.scalars.Value(i)
		assert.False(t, ok)
	}
	d.read(wide64(math.MaxUint64 - 1))
	_, _, ok = d.scalars.Value(0)
	assert.False(t, ok, "pdata cannot hold it")
}

// A counter that moves by less than half its range between two readings is exact, however often it wraps.
func TestScalarsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newScalarDevice()
		truth := rapid.Uint64Range(0, math.MaxUint32).Draw(t, "first")
		d.read(narrow32(uint32(truth)))
		for _, step := range rapid.SliceOfN(rapid.Uint64Range(0, 1<<31-1), 1, 50).Draw(t, "steps") {
			truth += step
			d.read(narrow32(uint32(truth)))
			if v, start, ok := d.scalars.Value(0); !ok || uint64(v) != truth || start.Sub(d.boot).Abs() > time.Millisecond {
				t.Fatalf("%d since %v, want %d since %v", v, start, truth, d.boot)
			}
		}
	})
}
