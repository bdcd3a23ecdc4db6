package inventory

import (
	"net/netip"
	"slices"
)

// place is where a device can be met: an address, or one observation domain behind it.
type place struct {
	addr   netip.Addr
	domain uint32
	scoped bool // domain counts
}

// weight ranks claims: configuration wins over what devices say, and what is live over what a store remembers.
type weight uint8

const (
	fromStore weight = iota
	fromBareAddress
	fromDevice
	fromConfiguration
)

type claim struct {
	id string
	weight
}

// at returns the device at addr, seen through domain, or nil.
func (r *Registry) at(addr netip.Addr, domain uint32) *Device {
	addr = addr.WithZone("")
	if id := holder(r.claims[place{addr, domain, true}]); id != "" {
		return r.records[id].snapshot
	}
	if id := holder(r.claims[place{addr: addr}]); id != "" {
		return r.records[id].snapshot
	}
	return nil
}

// holder returns who holds a place: the only one of the heaviest claims, or "".
func holder(claims []claim) string {
	id, top, alone := "", weight(0), false
	for _, c := range claims {
		switch {
		case id == "" || c.weight > top:
			id, top, alone = c.id, c.weight, true
		case c.weight == top:
			alone = false
		}
	}
	if !alone {
		return ""
	}
	return id
}

// claimAll replaces the claims of a record.
func (r *Registry) claimAll(rec *record) {
	now := rec.claimed()
	for _, p := range rec.places {
		if _, still := now[p]; !still {
			r.unclaim(p, rec.id)
		}
	}
	rec.places = rec.places[:0]
	for p, w := range now {
		rec.places = append(rec.places, p)
		r.claim(p, claim{rec.id, w})
	}
}

func (r *Registry) claim(p place, c claim) {
	old := r.claims[p]
	i := slices.IndexFunc(old, func(o claim) bool { return o.id == c.id })
	switch {
	case i < 0:
		r.claims[p] = append(old, c)
	case old[i] == c:
		return
	default:
		old[i] = c
	}
	r.judge(p)
}

func (r *Registry) unclaim(p place, id string) {
	left := slices.DeleteFunc(r.claims[p], func(o claim) bool { return o.id == id })
	if len(left) == 0 {
		delete(r.claims, p)
	} else {
		r.claims[p] = left
	}
	r.judge(p)
}

// judge raises or settles the conflict at a place.
func (r *Registry) judge(p place) {
	problem := Problem{Kind: AddressConflict, Address: p.addr}
	claims := r.claims[p]
	if len(claims) < 2 || holder(claims) != "" {
		r.settle(problem.key())
		return
	}
	for _, c := range claims {
		problem.Devices = append(problem.Devices, c.id)
	}
	slices.Sort(problem.Devices)
	r.raise(problem)
}

// claimed lists where a record's declarations and its own words put it, with the heaviest reason for each place.
func (c *record) claimed() map[place]weight {
	out := map[place]weight{}
	add := func(a netip.Addr, domain *uint32, w weight) {
		if a = a.Unmap().WithZone(""); !a.IsValid() || a.IsUnspecified() {
			return
		}
		p := place{addr: a}
		if domain != nil {
			p.domain, p.scoped = *domain, true
		}
		out[p] = max(out[p], w)
	}
	for _, d := range c.declared {
		w := fromConfiguration
		if d.bare() {
			w = fromBareAddress
		}
		add(d.Address, d.ObservationDomain, w)
		for _, a := range d.Addresses {
			add(a, d.ObservationDomain, w)
		}
	}
	said := fromDevice
	if len(c.declared) == 0 {
		said = fromStore
		add(c.address, nil, fromStore)
	}
	for _, a := range c.learned {
		add(a, nil, said)
	}
	return out
}

// bare says that a declaration names nothing but an address: whoever is known to have the address is meant.
func (d Declaration) bare() bool {
	return d.Name == "" && d.Endpoint == "" && d.HostID == "" && len(d.Attributes) == 0 && d.ObservationDomain == nil
}

// joinable says whether an address that a device reports of itself tells it from others: those that every box has
// do not. Configured addresses are taken as they are.
func joinable(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() &&
		a != netip.IPv6Loopback() && a != ipv4Loopback && a != ipv4Broadcast
}

var (
	ipv4Loopback  = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	ipv4Broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

// claimHost indexes a record's host.id and tells when two devices have the same.
func (r *Registry) claimHost(rec *record) {
	if id := rec.snapshot.HostID; id != rec.hostID {
		r.unclaimHost(rec)
		rec.hostID = id
		if id != "" {
			r.hosts[id] = append(r.hosts[id], rec.id)
		}
	}
	r.judgeHost(rec.hostID)
}

func (r *Registry) unclaimHost(rec *record) {
	old := rec.hostID
	rec.hostID = ""
	if old == "" {
		return
	}
	r.hosts[old] = slices.DeleteFunc(r.hosts[old], func(id string) bool { return id == rec.id })
	if len(r.hosts[old]) == 0 {
		delete(r.hosts, old)
	}
	r.judgeHost(old)
}

// judgeHost counts live devices only: what a store remembers under an old name is the same box.
func (r *Registry) judgeHost(host string) {
	if host == "" {
		return
	}
	problem := Problem{Kind: HostIDConflict, Value: host}
	for _, id := range r.hosts[host] {
		if rec := r.records[id]; rec != nil && len(rec.declared) > 0 {
			problem.Devices = append(problem.Devices, id)
		}
	}
	if len(problem.Devices) < 2 {
		r.settle(problem.key())
		return
	}
	slices.Sort(problem.Devices)
	r.raise(problem)
}
