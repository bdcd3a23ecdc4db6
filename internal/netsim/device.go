package netsim

import (
	"fmt"
	"net/netip"
	"time"
)

// Protocol is what a device exports its flows by.
type Protocol int

// The protocols.
const (
	NetFlow5 Protocol = iota
	NetFlow9
	IPFIX
	SFlow
)

// String returns the protocol's name.
func (p Protocol) String() string {
	return [...]string{"NetFlow v5", "NetFlow v9", "IPFIX", "sFlow"}[p]
}

// Device is a router, firewall or switch.
type Device struct {
	Name     string
	Address  netip.Addr // where it is polled
	Export   netip.Addr // where it exports from: Address, or its loopback interface's
	Protocol Protocol   // one for each device
	Sampling uint32     // 1 in N packets; 1: all

	role       role
	index      int // from 1
	booted     time.Time
	changed    time.Time // when a row of ifTable was created or deleted last
	interfaces []*Interface
	uplinks    []*link
	links      []*link
	serial     string
	cache      flowCache
	sampler    sampler
	exporter   exporter
}

// Interfaces returns the device's interfaces by ascending ifIndex.
func (d *Device) Interfaces() []*Interface { return d.interfaces }

// uptime returns sysUpTime in hundredths of a second.
func (d *Device) uptime(now time.Time) uint64 {
	return uint64(now.Sub(d.booted) / (10 * time.Millisecond))
}

// Counters are one direction of an interface.
type Counters struct {
	Octets, Unicast, Multicast, Broadcast, Discards, Errors uint64
}

// Interface is a row of ifTable and ifXTable.
type Interface struct {
	Index       uint32
	Name, Descr string
	Alias       string
	Speed       uint64 // bit/s
	In, Out     Counters

	device     *Device
	kind       int64 // ifType
	mtu        int64
	mac        [6]byte
	address    netip.Prefix // invalid: none
	adminUp    bool
	operUp     bool
	lastChange time.Time
	link       *link
	hosts      []*host
	errorEvery uint64 // one received frame in so many arrives broken; 0: none
	errorIn    uint64 // frames until the next one
	sampled    flowSequence
}

// IANA ifTypes.
const (
	typeEthernet = 6
	typeLoopback = 24
	typeVirtual  = 53
)

// set brings the interface up or down.
func (i *Interface) set(up bool, now time.Time) {
	if i.operUp != up {
		i.operUp, i.lastChange = up, now
	}
}

// receive counts packets that came in by the interface, and send those that left; octets are theirs in sum.
func (i *Interface) receive(packets, octets uint64, multicast bool) {
	i.In.count(packets, octets, multicast)
	if i.errorEvery == 0 {
		return
	}
	// Broken frames come on top of the good ones: they carry no octets that anyone counts.
	for packets >= i.errorIn {
		packets -= i.errorIn
		i.errorIn = i.errorEvery
		i.In.Errors++
	}
	i.errorIn -= packets
}

func (i *Interface) send(packets, octets uint64, multicast bool) {
	i.Out.count(packets, octets, multicast)
}

func (c *Counters) count(packets, octets uint64, multicast bool) {
	c.Octets += octets
	if multicast {
		c.Multicast += packets
	} else {
		c.Unicast += packets
	}
}

// add gives the device another interface. Its counters start where a device that has been up for days has them.
func (n *Network) add(d *Device, i Interface) *Interface {
	i.device = d
	i.mac = [6]byte{0x02, 0x4e, 0x43, byte(d.index), byte(i.Index >> 8), byte(i.Index)}
	i.adminUp = true
	i.lastChange = d.booted.Add(n.between(10*time.Second, 3*time.Minute))
	if i.mtu == 0 {
		i.mtu = 1500
	}
	p := &i
	d.interfaces = append(d.interfaces, p)
	return p
}

// carry gives an interface the past of one that has been in use, and brings it up.
func (n *Network) carry(i *Interface) {
	i.operUp = true
	for _, c := range []*Counters{&i.In, &i.Out} {
		c.Unicast = n.random.Uint64N(1 << 33)
		c.Octets = c.Unicast * (300 + n.random.Uint64N(900))
		c.Multicast = n.random.Uint64N(1 << 22)
		c.Broadcast = n.random.Uint64N(1 << 18)
		c.Discards = n.random.Uint64N(2000)
	}
	i.In.Errors = n.random.Uint64N(20)
}

// device makes one, without interfaces.
func (n *Network) device(index int, r role, of int) *Device {
	base := n.cfg.Base.As4()
	base[2] += byte(index)
	base[3] = 1
	d := &Device{
		Name:    fmt.Sprintf("%s-%d", [...]string{"core", "edge-fw", "access-sw"}[r], of),
		Address: netip.AddrFrom4(base),
		role:    r,
		index:   index,
		booted:  n.now.Add(-n.between(24*time.Hour, 100*24*time.Hour)),
		serial:  fmt.Sprintf("NCS%08X", n.random.Uint32()),
	}
	d.Export = d.Address
	d.changed = d.booted.Add(30 * time.Second)
	d.speak(r, of)
	if d.Protocol != SFlow && r == firewall && of == 1 {
		base[3] = 2
		d.Export = netip.AddrFrom4(base)
	}
	if d.Sampling == 0 {
		d.Sampling = 1
		if d.Protocol == SFlow {
			d.Sampling = n.cfg.Sampling
		}
	}
	d.cache.init()
	return d
}

// netflowSampling is the rate of the one NetFlow exporter that samples.
const netflowSampling = 100

// speak chooses the device's protocol: one of each kind in the smallest network that is one.
func (d *Device) speak(r role, of int) {
	switch {
	case r == core && of == 1:
		d.Protocol, d.Sampling = NetFlow9, netflowSampling
	case r == core:
		d.Protocol = IPFIX
	case r == firewall && of == 1:
		d.Protocol = NetFlow9
	case r == firewall:
		d.Protocol = IPFIX
	default:
		d.Protocol = [...]Protocol{SFlow, NetFlow5, IPFIX}[(of-1)%3]
	}
}
