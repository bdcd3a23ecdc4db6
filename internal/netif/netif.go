// Package netif turns what a device says of its interfaces into the interface metrics of telemetry.md §2, the same
// from SNMP and from sFlow counter samples: it widens 32-bit counters, pins widths and start times, and builds points.
package netif

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Reading is one counter as one reply held it. Bits is its width on the wire (32 or 64); 0 means absent.
type Reading struct {
	Value uint64
	Bits  uint8
}

// Pair is a counter's two directions.
type Pair struct{ Receive, Transmit Reading }

// Counter gives both forms of a counter as the device offers them: HC is the 64-bit one, Low the 32-bit one.
type Counter struct{ HC, Low Pair }

// Sample is what a device said of one interface at one moment.
type Sample struct {
	Index       uint32
	Name, Alias string    // Name: unique within the device (inventory.Interface.Name)
	At          time.Time // arrival of the reply that held the values

	Octets, Unicast, Multicast, Broadcast, NonUnicast Counter
	Errors, Discards                                  Counter

	ReceiveSpeed, TransmitSpeed uint64 // bit/s; 0: unknown, omitted
	OperStatus, AdminStatus     uint32 // IF-MIB ifOperStatus, ifAdminStatus; 0: unknown, omitted

	// Discontinuity is sysUpTime (1/100 s ticks) at the last discontinuity of this interface's counters, 0 for none
	// (IF-MIB ifCounterDiscontinuityTime).
	Discontinuity uint32
}

// Uptime is how long a device says it has been up, in 1/100 s (sysUpTime) or 1 ms (sFlow) ticks modulo 2^32.
type Uptime struct {
	Ticks uint32
	Unit  time.Duration // length of a tick; 0: the device did not say
	At    time.Time     // when it said so

	// Box is the host's own uptime (hrSystemUptime or snmpEngineTime), preferred over the agent's; 0: unknown.
	Box time.Duration
}

// Counts says what a tracker noticed that no metric shows.
type Counts struct {
	Wraps, Resets, Glitches, WidthSwitches uint64
	Unsafe                                 uint64 // 32-bit octet counters not emitted: they may wrap within two intervals
}

// Tracker holds the counter state of one device's interfaces. Not safe for concurrent use.
type Tracker struct{}

// NewTracker returns a tracker for a device that is read every interval.
func NewTracker(interval time.Duration) *Tracker { return &Tracker{} }

// Observe takes one reading of the device. samples may be part of its interfaces. Rows are matched by Name.
func (t *Tracker) Observe(up Uptime, samples []Sample) {}

// Append adds the metrics of telemetry.md §2 for the samples of the last Observe to dst.
func (t *Tracker) Append(dst pmetric.MetricSlice) {}

// Counts returns what was noticed so far.
func (t *Tracker) Counts() Counts { return Counts{} }
