package netsim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"
)

// Config is what is simulated.
type Config struct {
	Devices   int           // 1 … MaxDevices
	Base      netip.Addr    // device i (from 1) is polled at Base + 256·i + 1; an IPv4 address
	Community string        // of every agent
	Seed      uint64        // everything that looks random is drawn from it
	Start     time.Time     // when the simulation begins
	Active    time.Duration // a flow that lasts is exported this often
	Sampling  uint32        // 1 in N packets, of the sFlow agents
	Flaps     bool          // an uplink goes down now and then
	Quiet     time.Duration // nothing is sent this long at first, so that counters can be read before
	Traffic   time.Duration // how long something is sent after that, so that they can be read when all is told; 0: always
}

// MaxDevices bounds what one process simulates.
const MaxDevices = 200

// DefaultConfig is the demo's network at start.
func DefaultConfig(start time.Time) Config {
	return Config{
		Devices:   6,
		Base:      netip.AddrFrom4([4]byte{127, 20, 0, 0}),
		Community: "public",
		Seed:      1,
		Start:     start,
		Active:    5 * time.Second,
		Sampling:  256,
		Flaps:     true,
	}
}

// Validate reports what cannot be simulated.
func (c Config) Validate() error {
	var errs []error
	if c.Devices < 1 || c.Devices > MaxDevices {
		errs = append(errs, fmt.Errorf("devices: %d is not from 1 to %d", c.Devices, MaxDevices))
	}
	if !c.Base.Is4() || c.Base.As4()[3] != 0 || int(c.Base.As4()[2])+MaxDevices > 255 {
		errs = append(errs, fmt.Errorf("base: %s is not an IPv4 address that ends in .0 and leaves room for %d networks, such as 127.20.0.0", c.Base, MaxDevices))
	}
	if c.Active < time.Second {
		errs = append(errs, fmt.Errorf("active timeout: %s is under 1s", c.Active))
	}
	if c.Quiet < 0 || c.Traffic < 0 {
		errs = append(errs, fmt.Errorf("quiet %s, traffic %s: neither can be negative", c.Quiet, c.Traffic))
	}
	if c.Sampling < 1 || c.Sampling > 1<<24 {
		errs = append(errs, fmt.Errorf("sampling: 1 in %d is not from 1 to %d", c.Sampling, 1<<24))
	}
	return errors.Join(errs...)
}

// Network is a simulated network. It is not for concurrent use.
type Network struct {
	cfg           Config
	now           time.Time
	devices       []*Device
	links         []*link
	hosts         []*host
	conversations []*conversation
	flaps         []flap
	random        *rand.Rand
	changed       bool // a link went up or down: paths are to be found anew
}

// New builds the network as it stands at cfg.Start.
func New(cfg Config) (*Network, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := &Network{cfg: cfg, now: cfg.Start, random: rand.New(rand.NewPCG(cfg.Seed, 0x6e6574636f6c)), changed: true}
	n.build()
	n.populate()
	n.schedule()
	return n, nil
}

// Devices returns the devices, in the order of their addresses.
func (n *Network) Devices() []*Device { return n.devices }

// Advance moves the network to now: links flap, conversations send, counters grow, and each exporter's flows gather.
// A step longer than a minute is taken as a minute: the machine slept, and no device catches up on that.
func (n *Network) Advance(now time.Time) {
	step := now.Sub(n.now)
	if step <= 0 {
		return
	}
	n.flap(now)
	if n.changed {
		n.route(now)
		n.changed = false
	}
	if n.busy(now) {
		for _, c := range n.conversations {
			n.converse(c, now, min(step, time.Minute))
		}
	}
	n.now = now
}

// busy reports whether the hosts talk at all.
func (n *Network) busy(now time.Time) bool {
	since := now.Sub(n.cfg.Start)
	return since > n.cfg.Quiet && (n.cfg.Traffic == 0 || since <= n.cfg.Quiet+n.cfg.Traffic)
}

// role is a device's place in the network, which its ports and names follow from.
type role int

const (
	core role = iota
	firewall
	access
)

// roles returns what n devices are: cores first, then firewalls, then access switches, two of the first two kinds as
// soon as there are enough devices for redundancy to make sense.
func roles(n int) []role {
	cores, firewalls := 1, 0
	switch {
	case n >= 6:
		cores, firewalls = 2, 2
	case n == 5:
		cores, firewalls = 2, 1
	case n >= 3:
		firewalls = 1
	}
	all := make([]role, n)
	for i := range all {
		switch {
		case i < cores:
			all[i] = core
		case i < cores+firewalls:
			all[i] = firewall
		default:
			all[i] = access
		}
	}
	return all
}

// link joins two devices' interfaces.
type link struct {
	a, b *Interface
}

// other returns the far end.
func (l *link) other(i *Interface) *Interface {
	if l.a == i {
		return l.b
	}
	return l.a
}

// flap is an interface's next change of state.
type flap struct {
	link *link
	at   time.Time
	up   bool // what it becomes
}

// Flapping: a link stays up some minutes and down less than one.
const (
	minUp, maxUp     = 90 * time.Second, 4 * time.Minute
	minDown, maxDown = 15 * time.Second, 45 * time.Second
)

// schedule picks the links that flap: of every third access switch the second uplink, so that nothing is cut off.
func (n *Network) schedule() {
	if !n.cfg.Flaps {
		return
	}
	for i, d := range n.devices {
		if d.role == access && len(d.uplinks) > 1 && i%3 == 2 {
			n.flaps = append(n.flaps, flap{link: d.uplinks[1], at: n.now.Add(n.between(minUp, maxUp))})
		}
	}
}

func (n *Network) flap(now time.Time) {
	for i := range n.flaps {
		f := &n.flaps[i]
		if now.Before(f.at) {
			continue
		}
		for _, end := range []*Interface{f.link.a, f.link.b} {
			end.set(f.up, now)
		}
		n.changed = true
		f.up = !f.up
		if f.up {
			f.at = now.Add(n.between(minDown, maxDown))
		} else {
			f.at = now.Add(n.between(minUp, maxUp))
		}
	}
}

func (n *Network) between(a, b time.Duration) time.Duration {
	return a + time.Duration(n.random.Int64N(int64(b-a)))
}
