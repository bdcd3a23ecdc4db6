// Package netif turns what a device says of its interfaces into the interface metrics of telemetry.md §2, the same
// from SNMP and from sFlow counter samples: it widens 32-bit counters, pins widths and start times, and builds points.
package netif

import (
	"time"
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

	// Silent keeps the counters of an interface in view for which another speaker is heard
	// (inventory.Registry.Claim said no): no points, and a new start when this speaker takes over.
	Silent bool
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
	Wraps         uint64 // of 32-bit counters, and of 64-bit ones past 2^64
	Resets        uint64 // of a device, an interface or one counter: a new start each
	Glitches      uint64 // readings lower than before for which the last value was held
	WidthSwitches uint64 // counters read from the other column, as theirs proved dead
	Unsafe        uint64 // 32-bit octet counters not emitted: they may wrap within two intervals
	Duplicates    uint64 // samples dropped as another of the same Observe has their name
	Overflow      uint64 // samples dropped as the tracker holds as many interfaces as it may
}

// NoteKind says what a Note is about.
type NoteKind string

// Kinds of notes.
const (
	DeadHC            NoteKind = "the 64-bit counter stays 0 while the 32-bit one counts: the 32-bit one is used"
	UnsafeWidth       NoteKind = "the 32-bit octet counter may wrap within two intervals and there is no 64-bit one: not emitted; a shorter interval would help"
	BadDiscontinuity  NoteKind = "ifCounterDiscontinuityTime moves with every poll while the counters go on: it is no longer believed"
	DeviceReset       NoteKind = "the device restarted: new start times"
	AgentRestarted    NoteKind = "the uptime fell but the counters go on: only the agent restarted, start times stay"
	InterfaceReset    NoteKind = "the interface's counters had a discontinuity: new start time"
	CounterWentLower  NoteKind = "a counter stayed lower than it was for more than three polls: new start time"
	TooManyInterfaces NoteKind = "the tracker is full: further interfaces of the device are left out"
)

// Note is something worth one log line. Interface and Column are empty where the whole device is meant.
type Note struct {
	Kind              NoteKind
	Interface, Column string
}

// Options of a Tracker.
type Options struct {
	Interval time.Duration // how often the device is read; default 1 min
	NoAlias  bool          // leave network.interface.alias off the points
	OnNote   func(Note)    // called in Observe, at most once for a kind, interface and column; may be nil

	// Now tells whether a restored state is from the future; default time.Now.
	Now func() time.Time
}
