package inventory

import (
	"maps"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Declare makes a device known from configuration and returns its ID. Declaring the same device again (from another
// component or after a reload) returns the same ID and updates what was declared. Declarations without a name or
// an endpoint belong to the device that another declaration puts at their address, whichever came first.
// It returns "" for a declaration that identifies nothing, or when the registry is full.
func (r *Registry) Declare(d Declaration) string {
	d = d.cleaned()
	id := ""
	r.update(func() { id = r.declare(d) })
	return id
}

func (r *Registry) declare(d Declaration) string {
	id := r.identify(d)
	if id == "" {
		return ""
	}
	rec := r.records[id]
	if rec == nil {
		if rec = r.admit(id); rec == nil {
			return ""
		}
	}
	before, had := rec.declared[d.slot()]
	if had && d.Source == "" {
		d = before.plus(d)
	}
	rec.seen = r.now()
	if had && reflect.DeepEqual(before, d) {
		return id
	}
	if had && before.Endpoint != d.Endpoint && r.endpoints[before.Endpoint] == id {
		delete(r.endpoints, before.Endpoint)
	}
	rec.declared[d.slot()] = d
	rec.adopt(d)
	if d.Endpoint != "" {
		r.endpoints[d.Endpoint] = id
	}
	r.refresh(rec)
	r.absorb(rec)
	return id
}

// adopt takes the management address and endpoint of a declaration. A declaration that is about one domain says
// where a device exports from, not where it is managed.
func (c *record) adopt(d Declaration) {
	if d.Address.IsValid() && (d.Endpoint != "" || !c.address.IsValid()) {
		c.address = d.Address
	}
	if d.Endpoint != "" {
		c.endpoint = d.Endpoint
	}
}

// Retract takes back what source declared of device id, as when a target was removed. A device that nobody declares
// any more is forgotten.
func (r *Registry) Retract(id, source string) {
	r.update(func() {
		rec := r.find(id)
		if rec == nil {
			return
		}
		before := len(rec.declared)
		maps.DeleteFunc(rec.declared, func(_ string, d Declaration) bool { return d.Source == source })
		if len(rec.declared) == before {
			return
		}
		if len(rec.declared) == 0 {
			r.forget(rec)
			return
		}
		r.refresh(rec)
	})
}

func (r *Registry) forget(rec *record) {
	r.touch(rec)
	delete(r.records, rec.id)
	for _, p := range rec.places {
		r.unclaim(p, rec.id)
	}
	r.unclaimHost(rec)
	if r.endpoints[rec.endpoint] == rec.id {
		delete(r.endpoints, rec.endpoint)
	}
	for alias, id := range r.aliases {
		if id == rec.id {
			delete(r.aliases, alias)
		}
	}
	r.interfaces -= len(rec.interfaces)
	r.voices.forget(rec.id)
	r.generation.Add(1)
}

// admit makes room for a device: one that only a store remembers goes first.
func (r *Registry) admit(id string) *record {
	if len(r.records) >= r.maxDevices {
		oldest := (*record)(nil)
		for _, rec := range r.records {
			if len(rec.declared) == 0 && (oldest == nil || rec.seen.Before(oldest.seen)) {
				oldest = rec
			}
		}
		if oldest == nil {
			r.raise(Problem{Kind: LimitReached, Value: "at most " + strconv.Itoa(r.maxDevices) + " devices"})
			return nil
		}
		r.forget(oldest)
	}
	delete(r.aliases, id)
	rec := &record{id: id, declared: map[string]Declaration{}}
	r.records[id] = rec
	return rec
}

// identify finds or makes the ID of the device a declaration is about. Configured names win, then the endpoint (a
// target keeps its ID when its name resolves elsewhere), then the address.
func (r *Registry) identify(d Declaration) string {
	if d.Name != "" {
		return d.Name
	}
	if id, ok := r.endpoints[d.Endpoint]; ok && d.Endpoint != "" {
		if rec := r.find(id); rec != nil && rec.unnamed() {
			return rec.id
		}
	}
	if !d.Address.IsValid() {
		return endpointName(d.Endpoint)
	}
	if d.ObservationDomain != nil {
		return d.Address.String() + "#" + strconv.FormatUint(uint64(*d.ObservationDomain), 10)
	}
	if id := r.declaredAt(d.Address, d.Endpoint); id != "" {
		return id
	}
	id := d.Address.String()
	if rec := r.find(id); rec != nil && rec.elsewhere(d.Endpoint) {
		return endpointName(d.Endpoint) // another agent at the same address, told apart by its port
	}
	return id
}

// declaredAt returns the one device that configuration puts at addr, unless its endpoint shows it to be another agent.
func (r *Registry) declaredAt(addr netip.Addr, endpoint string) string {
	id := ""
	for _, c := range r.claims[place{addr: addr}] {
		if rec := r.records[c.id]; c.weight < fromConfiguration || rec.elsewhere(endpoint) {
			continue
		}
		if id != "" {
			return ""
		}
		id = c.id
	}
	return id
}

// elsewhere says that a record is declared at another endpoint than this one, in this run.
func (c *record) elsewhere(endpoint string) bool {
	return len(c.declared) > 0 && endpoint != "" && c.endpoint != "" && c.endpoint != endpoint
}

// absorb takes over devices that were made from nothing but an address which rec is now declared to have, so that
// it makes no difference which component started first.
func (r *Registry) absorb(rec *record) {
	for _, p := range slices.Clone(rec.places) {
		if p.scoped {
			continue
		}
		for _, c := range slices.Clone(r.claims[p]) {
			if other := r.records[c.id]; c.id != rec.id && other.nameless() && other.address == p.addr && rec.declares(p.addr) {
				if !other.elsewhere(rec.endpoint) {
					r.merge(rec, other)
				}
			}
		}
	}
}

// nameless says that nothing identifies a record but its address.
func (c *record) nameless() bool {
	for _, d := range c.declared {
		if d.Name != "" || d.ObservationDomain != nil {
			return false
		}
	}
	return c.address.IsValid() && c.id == c.address.String()
}

func (c *record) declares(a netip.Addr) bool {
	for _, d := range c.declared {
		if d.ObservationDomain == nil && (d.Address == a || slices.Contains(d.Addresses, a)) {
			return true
		}
	}
	return false
}

// merge moves everything of other to rec and leaves its ID as an alias.
func (r *Registry) merge(rec, other *record) {
	r.forget(other)
	for s, d := range other.declared {
		if mine, had := rec.declared[s]; had {
			d = d.plus(mine)
		}
		rec.declared[s] = d
	}
	if rec.endpoint == "" {
		rec.endpoint, rec.address = other.endpoint, other.address
	}
	if rec.endpoint != "" {
		r.endpoints[rec.endpoint] = rec.id
	}
	if len(rec.interfaces) == 0 {
		rec.interfaces = other.interfaces
		r.interfaces += len(rec.interfaces)
	}
	rec.text.fill(other.text)
	fill(&rec.pinnedName, other.pinnedName)
	fill(&rec.pinnedHost, other.pinnedHost)
	fill(&rec.sysName, other.sysName)
	rec.learned = canonical(append(slices.Clone(rec.learned), other.learned...))
	r.aliases[other.id] = rec.id
	r.refresh(rec)
}

// unnamed says that an ID was not configured as a name.
func (c *record) unnamed() bool {
	_, err := netip.ParseAddr(c.id)
	return err == nil || c.id == endpointName(c.endpoint)
}

// slot is the key under which a declaration replaces an earlier one: a source may declare several domains.
func (d Declaration) slot() string {
	if d.ObservationDomain == nil {
		return d.Source
	}
	return d.Source + "#" + strconv.FormatUint(uint64(*d.ObservationDomain), 10)
}

// plus adds a later declaration to one from the same nameless source: the later wins where both speak.
func (d Declaration) plus(later Declaration) Declaration {
	out := later
	fill(&out.Name, d.Name)
	fill(&out.Endpoint, d.Endpoint)
	fill(&out.HostID, d.HostID)
	out.Addresses = append(slices.Clone(d.Addresses), later.Addresses...)
	if !out.Address.IsValid() {
		out.Address = d.Address
	} else if d.Address.IsValid() && d.Address != out.Address && d.Endpoint != later.Endpoint {
		out.Addresses = append(out.Addresses, d.Address)
	}
	out.Addresses = canonical(out.Addresses)
	for _, a := range d.Attributes {
		if !slices.ContainsFunc(later.Attributes, func(b Attribute) bool { return a.Key == b.Key }) {
			out.Attributes = append(slices.Clip(out.Attributes), a)
		}
	}
	return out
}

func (d Declaration) cleaned() Declaration {
	d.Name, d.HostID, d.Endpoint = Clean(d.Name, maxName), Clean(d.HostID, maxName), Clean(d.Endpoint, maxName)
	d.Address = d.Address.Unmap().WithZone("")
	if d.Address.IsUnspecified() {
		d.Address = netip.Addr{}
	}
	d.Addresses = canonical(d.Addresses)
	return d
}

// endpointName is the ID of a target that has neither a name nor an address: its host, with the port where it is
// not SNMP's own.
func endpointName(endpoint string) string {
	if _, after, ok := strings.Cut(endpoint, "://"); ok {
		endpoint = after
	}
	if host, port, err := net.SplitHostPort(endpoint); err == nil && port == "161" {
		return host
	}
	return endpoint
}
