package netif

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

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
