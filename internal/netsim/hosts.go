package netsim

import (
	"fmt"
	"net/netip"
	"slices"
)

// place is where in the network a host is.
type place int

const (
	client place = iota
	server
	external
)

// host is an end of conversations.
type host struct {
	name  string
	addr  netip.Addr
	addr6 netip.Addr
	mac   [6]byte
	as    uint32 // 0: our own
	place place
	port  *Interface
}

var (
	serverNames   = []string{"www", "db", "files", "video"}
	externalHosts = []struct {
		name string
		addr [4]byte
		as   uint32
	}{
		{"cdn.example", [4]byte{198, 51, 100, 10}, 64496},
		{"saas.example", [4]byte{198, 51, 100, 80}, 64497},
		{"mirror.example", [4]byte{203, 0, 113, 21}, 64498},
		{"dns.example", [4]byte{203, 0, 113, 53}, 64499},
	}
)

// attach puts the hosts of a port there: one at a client's or server's, the world behind a firewall's.
func (n *Network) attach(i *Interface, p place, k int) {
	n.carry(i)
	d := i.device
	add := func(h host) {
		h.place, h.port = p, i
		h.mac = [6]byte{0x02, 0x48, byte(p), byte(d.index), byte(i.Index), byte(len(n.hosts))}
		n.hosts = append(n.hosts, &h)
		i.hosts = append(i.hosts, &h)
	}
	switch p {
	case client:
		h := host{name: fmt.Sprintf("pc-%d-%d", d.index, k), addr: netip.AddrFrom4([4]byte{10, 2, byte(d.index), byte(10 + k)})}
		h.addr6 = v6(2, d.index, k)
		i.Alias = "desk " + h.name
		add(h)
	case server:
		h := host{name: fmt.Sprintf("%s-%d", serverNames[k-1], d.index), addr: netip.AddrFrom4([4]byte{10, 1, byte(d.index), byte(10 + k)})}
		h.addr6 = v6(1, d.index, k)
		i.Alias = "server " + h.name
		add(h)
	case external:
		for _, e := range externalHosts {
			add(host{name: e.name, addr: netip.AddrFrom4(e.addr), as: e.as})
		}
	}
}

// v6 returns an address of the documentation prefix.
func v6(site, device, k int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, byte(site), 0, byte(device), 15: byte(10 + k)})
}

// sort orders a device's interfaces by ifIndex, as ifTable is.
func (n *Network) sort(d *Device) {
	slices.SortFunc(d.interfaces, func(a, b *Interface) int { return int(a.Index) - int(b.Index) })
}
