package netsim

import (
	"slices"
	"time"
)

// The objects that agents have.
var (
	oidSystem         = oid{1, 3, 6, 1, 2, 1, 1}
	oidIfNumber       = oid{1, 3, 6, 1, 2, 1, 2, 1, 0}
	oidIfEntry        = oid{1, 3, 6, 1, 2, 1, 2, 2, 1}
	oidIPAddrEntry    = oid{1, 3, 6, 1, 2, 1, 4, 20, 1}
	oidIPAddressEntry = oid{1, 3, 6, 1, 2, 1, 4, 34, 1}
	oidHrSystemUptime = oid{1, 3, 6, 1, 2, 1, 25, 1, 1, 0}
	oidIfXEntry       = oid{1, 3, 6, 1, 2, 1, 31, 1, 1, 1}
	oidIfTableChange  = oid{1, 3, 6, 1, 2, 1, 31, 1, 5, 0}
	oidEntPhysical    = oid{1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1}
	oidEngine         = oid{1, 3, 6, 1, 6, 3, 10, 2, 1}

	oidSysObjectID = oid{1, 3, 6, 1, 4, 1, 8072, 3, 2, 255} // "unknown" of net-snmp's list: the simulation is no vendor's
	oidZero        = oid{0, 0}
)

// TruthValue, RowStatus and the like.
const (
	isTrue, isFalse = 1, 2
	statusUp        = 1
	statusDown      = 2
	rowActive       = 1
)

// under returns o with more sub-identifiers.
func (o oid) under(more ...uint32) oid { return slices.Concat(o, oid(more)) }

// fixed is an instance whose value never changes, moving one whose value is asked for each time.
func fixed(o oid, v value) entry { return entry{o, func(time.Time) value { return v }} }

func moving(o oid, f func(time.Time) value) entry { return entry{o, f} }

// agent returns the device's SNMP agent. Its answers read the device: not while the network advances.
func (d *Device) agent(community string) *agent {
	e := d.system()
	for _, i := range d.interfaces {
		e = append(e, i.ifEntry()...)
		e = append(e, i.ifXEntry()...)
		e = append(e, i.addresses()...)
	}
	e = append(e, d.chassis()...)
	e = append(e, d.engine()...)
	return newAgent(community, DefaultMaxReply, e)
}

func (d *Device) system() []entry {
	up := func(now time.Time) value { return timeTicks(d.uptime(now)) }
	return []entry{
		fixed(oidSystem.under(1, 0), text("netcol simulated "+[...]string{"core router", "firewall", "access switch"}[d.role])),
		fixed(oidSystem.under(2, 0), name(oidSysObjectID)),
		moving(oidSystem.under(3, 0), up),
		fixed(oidSystem.under(4, 0), text("noc@example.net")),
		fixed(oidSystem.under(5, 0), text(d.Name)),
		fixed(oidSystem.under(6, 0), text("simulation, rack "+string(rune('A'+d.index%26)))),
		fixed(oidSystem.under(7, 0), integer([...]int64{78, 76, 2}[d.role])),
		fixed(oidIfNumber, integer(int64(len(d.interfaces)))),
		moving(oidHrSystemUptime, up),
		fixed(oidIfTableChange, timeTicks(d.uptime(d.changed))),
	}
}

// ifEntry is the interface's row of ifTable (RFC 2863).
func (i *Interface) ifEntry() []entry {
	at := func(column uint32) oid { return oidIfEntry.under(column, i.Index) }
	row := []entry{
		fixed(at(1), integer(int64(i.Index))),
		fixed(at(2), text(i.Descr)),
		fixed(at(3), integer(i.kind)),
		fixed(at(4), integer(i.mtu)),
		fixed(at(5), gauge32(i.Speed)), // 4294967295 from there up: "see ifHighSpeed"
		fixed(at(6), octets(i.physical())),
		moving(at(7), func(time.Time) value { return integer(status(i.adminUp)) }),
		moving(at(8), func(time.Time) value { return integer(status(i.operUp)) }),
		moving(at(9), func(time.Time) value { return timeTicks(i.device.uptime(i.lastChange)) }),
		fixed(at(15), counter32(0)),
		fixed(at(21), gauge32(0)),
	}
	for base, c := range map[uint32]*Counters{10: &i.In, 16: &i.Out} {
		row = append(row,
			moving(at(base), func(time.Time) value { return counter32(c.Octets) }),
			moving(at(base+1), func(time.Time) value { return counter32(c.Unicast) }),
			moving(at(base+2), func(time.Time) value { return counter32(c.Multicast + c.Broadcast) }),
			moving(at(base+3), func(time.Time) value { return counter32(c.Discards) }),
			moving(at(base+4), func(time.Time) value { return counter32(c.Errors) }),
		)
	}
	return row
}

// ifXEntry is the interface's row of ifXTable.
func (i *Interface) ifXEntry() []entry {
	at := func(column uint32) oid { return oidIfXEntry.under(column, i.Index) }
	row := []entry{
		fixed(at(1), text(i.Name)),
		fixed(at(14), integer(isTrue)),
		fixed(at(15), gauge32(i.Speed/1_000_000)),
		fixed(at(16), integer(isFalse)),
		fixed(at(17), integer(truth(i.kind == typeEthernet))),
		moving(at(18), func(time.Time) value { return text(i.Alias) }),
		fixed(at(19), timeTicks(0)),
	}
	for narrow, c := range map[uint32]*Counters{2: &i.In, 4: &i.Out} {
		wide := 6 + (narrow-2)*2
		row = append(row,
			moving(at(narrow), func(time.Time) value { return counter32(c.Multicast) }),
			moving(at(narrow+1), func(time.Time) value { return counter32(c.Broadcast) }),
			moving(at(wide), func(time.Time) value { return counter64(c.Octets) }),
			moving(at(wide+1), func(time.Time) value { return counter64(c.Unicast) }),
			moving(at(wide+2), func(time.Time) value { return counter64(c.Multicast) }),
			moving(at(wide+3), func(time.Time) value { return counter64(c.Broadcast) }),
		)
	}
	return row
}

func (i *Interface) physical() []byte {
	if i.kind == typeLoopback {
		return nil
	}
	return i.mac[:]
}

func status(up bool) int64 {
	if up {
		return statusUp
	}
	return statusDown
}

func truth(b bool) int64 {
	if b {
		return isTrue
	}
	return isFalse
}

// addresses are the interface's rows of ipAddrTable and of its successor ipAddressTable (RFC 4293).
func (i *Interface) addresses() []entry {
	if !i.address.IsValid() {
		return nil
	}
	a, bits := i.address.Addr().As4(), i.address.Bits()
	mask := ^uint32(0) << (32 - bits)
	index := []uint32{uint32(a[0]), uint32(a[1]), uint32(a[2]), uint32(a[3])}
	old := func(column uint32) oid { return oidIPAddrEntry.under(append([]uint32{column}, index...)...) }
	const ipv4, length = 1, 4
	at := func(column uint32) oid {
		return oidIPAddressEntry.under(append([]uint32{column, ipv4, length}, index...)...)
	}
	const unicast, manual, preferred, volatile = 1, 2, 1, 2
	return []entry{
		fixed(old(1), ipAddress(a)),
		fixed(old(2), integer(int64(i.Index))),
		fixed(old(3), ipAddress([4]byte(u32(nil, mask)))),
		fixed(old(4), integer(1)),
		fixed(old(5), integer(65535)),
		fixed(at(3), integer(int64(i.Index))),
		fixed(at(4), integer(unicast)),
		fixed(at(5), name(oidZero)),
		fixed(at(6), integer(manual)),
		fixed(at(7), integer(preferred)),
		fixed(at(8), timeTicks(0)),
		fixed(at(9), timeTicks(0)),
		fixed(at(10), integer(rowActive)),
		fixed(at(11), integer(volatile)),
	}
}

// chassis is the device's one row of entPhysicalTable (RFC 6933).
func (d *Device) chassis() []entry {
	at := func(column uint32) oid { return oidEntPhysical.under(column, 1) }
	const chassis = 3
	return []entry{
		fixed(at(2), text("simulated chassis")),
		fixed(at(3), name(oidZero)),
		fixed(at(4), integer(0)),
		fixed(at(5), integer(chassis)),
		fixed(at(6), integer(-1)),
		fixed(at(7), text(d.Name)),
		fixed(at(8), text("A0")),
		fixed(at(9), text("")),
		fixed(at(10), text("1.0")),
		fixed(at(11), text(d.serial)),
		fixed(at(12), text("netcol")),
		fixed(at(13), text([...]string{"SIM-CORE", "SIM-FW", "SIM-SW"}[d.role])),
	}
}

// engine is the snmpEngine group (RFC 3411); its time runs since the device booted.
func (d *Device) engine() []entry {
	id := append([]byte{0x80, 0x00, 0x1f, 0x88, 0x04}, d.serial...)
	return []entry{
		fixed(oidEngine.under(1, 0), octets(id)),
		fixed(oidEngine.under(2, 0), integer(1)),
		moving(oidEngine.under(3, 0), func(now time.Time) value { return integer(int64(d.uptime(now) / 100)) }),
		fixed(oidEngine.under(4, 0), integer(1500)),
	}
}
