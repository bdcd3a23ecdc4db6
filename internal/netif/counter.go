package netif

import "math"

// column is one counter of an interface; each has two directions.
type column uint8

const (
	octets column = iota
	unicast
	multicast
	broadcast
	nonUnicast
	errorCount
	discards
	columns
)

// counters is how many counters an interface has: counter i is column i/2, received for even i.
const counters = 2 * int(columns)

var columnNames = [columns]string{"octets", "unicast", "multicast", "broadcast", "non_unicast", "errors", "discards"}

func columnOf(i int) column { return column(i / 2) }

// counter is the state of one counter. There are millions of them, so it holds what every counter needs; what few
// need is in an exception.
type counter struct {
	// wide is the counter as last believed. A 32-bit counter is widened: its reading is the low half.
	wide uint64
	at   uint32 // when it was last believed, Unix seconds
	bits uint8  // width read, pinned; 0 until chosen
	held uint8  // polls for which wide was held because the reading was lower
	marks
}

type marks uint8

const (
	known    marks = 1 << iota // wide holds a reading of this run
	fresh                      // the last Observe believed a reading or held one
	moved                      // the last two Observes believed one: a rate may be told
	missed                     // some Observe since wide was read did not hold it
	doubted                    // HC 0 beside a 32-bit counter that is not
	again                      // wide is from before a discontinuity
	unsafe32                   // noted as unsafe
	narrowed                   // read from the 32-bit column as HC is dead
)

func (m marks) has(x marks) bool { return m&x != 0 }
func (m *marks) set(x marks)     { *m |= x }
func (m *marks) clear(x marks)   { *m &^= x }

// exception is what a counter has that differs from its interface.
type exception struct {
	start  int64  // Unix nanoseconds; 0: the interface's
	offset uint64 // what wide was at start
	low    uint64 // the first of the readings that were lower
	since  int64  // when wide was last read before they were, Unix nanoseconds
}

// narrow says that i was read from 32 bits.
func (c *counter) narrow() bool { return c.bits == 32 }

// step returns how far raw is from the last reading, modulo the width, and whether raw is lower.
func (c *counter) step(raw uint64) (delta uint64, lower bool) {
	if c.narrow() {
		last := uint32(c.wide)
		return uint64(uint32(raw) - last), uint32(raw) < last
	}
	return raw - c.wide, raw < c.wide
}

// wrapped says that a lower reading is a wrap and no fall: it moved on by less than half the range. That a 32-bit
// octet counter does not move by more between two polls is what makes it safe.
func (c *counter) wrapped(delta uint64) bool {
	if c.narrow() {
		return delta < 1<<31
	}
	return c.wide >= 1<<63 && delta < 1<<62
}

// nearly says that raw is less than a hundredth lower than the last reading: no zeroed counter is.
func (c *counter) nearly(raw uint64) bool {
	last := c.wide
	if c.narrow() {
		last = uint64(uint32(last))
	}
	return raw >= last-last/100
}

// canWrap says whether a 32-bit octet counter of a link with that many bit/s can wrap in d nanoseconds.
func canWrap(speed uint64, nanoseconds int64) bool {
	return float64(speed)/8*float64(nanoseconds)/1e9 >= 1<<32
}

// assumedSpeed is that of a link that does not say, where it is asked what a counter may have counted.
const assumedSpeed = 10_000_000_000

// plausible says whether a link of that many bit/s can have counted n in d nanoseconds; a quarter more and a
// burst are granted, as speeds and times are what devices say. Packets have 64 bytes at least.
func plausible(c column, n, speed uint64, nanoseconds int64) bool {
	if speed == 0 {
		speed = assumedSpeed
	}
	most := float64(speed) / 8 * float64(max(nanoseconds, 0)) / 1e9
	if c != octets {
		most /= 64
	}
	return float64(n) <= 1.25*most+10_000
}

// tooLarge says that pdata's int64 cannot hold v.
func tooLarge(v uint64) bool { return v > math.MaxInt64 }
