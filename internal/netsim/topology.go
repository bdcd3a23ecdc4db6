package netsim

import (
	"fmt"
	"net/netip"
)

const (
	gigabit    = 1_000_000_000
	tenGigabit = 10 * gigabit
	accessPort = 24
)

// build makes the devices and wires them: cores to each other, every firewall and access switch to every core.
func (n *Network) build() {
	count := map[role]int{}
	for i, r := range roles(n.cfg.Devices) {
		count[r]++
		d := n.device(i+1, r, count[r])
		n.devices = append(n.devices, d)
		n.loopback(d)
	}
	cores := n.devices[:count[core]]
	for i, d := range n.devices {
		switch d.role {
		case core:
			for _, peer := range cores[:min(i, len(cores))] {
				n.connect(d, peer)
			}
		case firewall, access:
			for _, c := range cores {
				d.uplinks = append(d.uplinks, n.connect(d, c))
			}
		}
	}
	for _, d := range n.devices {
		n.ports(d)
	}
}

// loopback gives the device its management interface, and the second address that one of them exports from.
func (n *Network) loopback(d *Device) {
	mgmt := n.add(d, Interface{Index: 1, Name: "Mg0", Descr: "Management0", Alias: "out-of-band", Speed: gigabit, kind: typeEthernet, address: netip.PrefixFrom(d.Address, 24)})
	mgmt.operUp = true
	lo := d.Address.As4()
	lo[3] = 2
	n.add(d, Interface{Index: 2, Name: "Lo0", Descr: "Loopback0", Alias: "router id", kind: typeLoopback, address: netip.PrefixFrom(netip.AddrFrom4(lo), 32)}).operUp = true
}

// connect wires a free port of a to a free port of b.
func (n *Network) connect(a, b *Device) *link {
	l := &link{}
	number := len(n.links)
	net := [4]byte{10, 255, byte(number >> 6), byte(number << 2)}
	end := func(d, far *Device, host byte) *Interface {
		net[3] = byte(number<<2) + host
		i := n.add(d, d.uplinkPort(len(d.links)+1))
		i.Alias = "to " + far.Name
		i.address = netip.PrefixFrom(netip.AddrFrom4(net), 30)
		i.link = l
		n.carry(i)
		d.links = append(d.links, l)
		return i
	}
	l.a, l.b = end(a, b, 1), end(b, a, 2)
	n.links = append(n.links, l)
	return l
}

// uplinkPort names the device's k-th port towards other devices, as its kind of box does. Switches number their
// ifIndex in thousands, as Catalysts do.
func (d *Device) uplinkPort(k int) Interface {
	switch d.role {
	case core:
		return Interface{Index: uint32(10 + k), Name: fmt.Sprintf("Te1/0/%d", k), Descr: fmt.Sprintf("TenGigabitEthernet1/0/%d", k), Speed: tenGigabit, kind: typeEthernet, mtu: 9198}
	case firewall:
		return Interface{Index: uint32(10 + k), Name: fmt.Sprintf("port%d", k), Descr: fmt.Sprintf("port%d", k), Speed: tenGigabit, kind: typeEthernet}
	default:
		return Interface{Index: uint32(10200 + k), Name: fmt.Sprintf("Te1/1/%d", k), Descr: fmt.Sprintf("TenGigabitEthernet1/1/%d", k), Speed: tenGigabit, kind: typeEthernet, mtu: 9198}
	}
}

// ports gives the device the ports where hosts are, and those where nothing is.
func (n *Network) ports(d *Device) {
	switch d.role {
	case core:
		n.add(d, Interface{Index: 1001, Name: "Vl10", Descr: "Vlan10", Alias: "servers", Speed: gigabit, kind: typeVirtual, address: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, byte(d.index), 1}), 24)}).operUp = true
		for k := 1; k <= 4; k++ {
			i := n.add(d, Interface{Index: uint32(500 + k), Name: fmt.Sprintf("Te2/0/%d", k), Descr: fmt.Sprintf("TenGigabitEthernet2/0/%d", k), Speed: tenGigabit, kind: typeEthernet, mtu: 9198})
			n.attach(i, server, k)
		}
	case firewall:
		i := n.add(d, Interface{Index: 101, Name: "wan1", Descr: "wan1", Alias: "transit to the internet", Speed: gigabit, kind: typeEthernet, address: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(d.index)}), 24)})
		n.attach(i, external, 1)
		n.add(d, Interface{Index: 102, Name: "wan2", Descr: "wan2", Alias: "backup line, not in service", Speed: gigabit, kind: typeEthernet}).adminUp = false
	case access:
		n.accessPorts(d)
	}
	n.sort(d)
}

// accessPorts gives a switch 24 ports, a third of them with a client, one of those on a bad cable.
func (n *Network) accessPorts(d *Device) {
	for k := 1; k <= accessPort; k++ {
		i := n.add(d, Interface{Index: uint32(10100 + k), Name: fmt.Sprintf("Gi1/0/%d", k), Descr: fmt.Sprintf("GigabitEthernet1/0/%d", k), Speed: gigabit, kind: typeEthernet})
		if k%3 == 1 {
			n.attach(i, client, k)
		}
		if k == 7 {
			i.errorEvery, i.errorIn = 400, 400
		}
	}
}
