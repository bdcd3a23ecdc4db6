package netif

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

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
