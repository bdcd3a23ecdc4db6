package inventory

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// record is what the registry holds of one device; the registry's lock guards it.
type record struct {
	id       string
	address  netip.Addr // management address
	endpoint string
	declared map[string]Declaration // by source; empty: only a store remembers it

	pinnedName string // sysName as first learned
	pinnedHost string // host.id as first learned
	sysName    string
	learned    []netip.Addr // sorted
	interfaces map[uint32]Interface
	text       Descriptive
	seen       time.Time // last declared or learned

	places   []place // where it is claimed to be
	hostID   string  // as indexed
	snapshot *Device
}

func (c *record) device() *Device {
	d := &Device{
		ID: c.id, Name: c.name(), HostID: c.host(), SysName: c.sysName, Known: true, Attributes: c.attributes(),
		Interfaces: c.interfaces, Descriptive: c.text,
	}
	d.Addresses = c.addresses()
	return d
}

// name is host.name: the configured name, else the first sysName, else the address.
func (c *record) name() string {
	for _, s := range c.sources() {
		if n := c.declared[s].Name; n != "" {
			return n
		}
	}
	switch {
	case c.pinnedName != "":
		return c.pinnedName
	case c.address.IsValid():
		return c.address.String()
	}
	return c.id
}

func (c *record) host() string {
	for _, s := range c.sources() {
		if h := c.declared[s].HostID; h != "" {
			return h
		}
	}
	return c.pinnedHost
}

// attributes merges what the sources declared, ordered by key; between sources that differ the later in order of
// their names wins, so that the start order of components does not show.
func (c *record) attributes() []Attribute {
	all := map[string]string{}
	for _, s := range c.sources() {
		for _, a := range c.declared[s].Attributes {
			all[a.Key] = a.Value
		}
	}
	if len(all) == 0 {
		return nil
	}
	out := make([]Attribute, 0, len(all))
	for k, v := range all {
		out = append(out, Attribute{k, v})
	}
	slices.SortFunc(out, func(a, b Attribute) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// addresses are all a device has; those behind which it is only one observation domain are not its own.
func (c *record) addresses() []netip.Addr {
	var out []netip.Addr
	if c.address.IsValid() && !c.onlyDomain() {
		out = append(out, c.address)
	}
	for _, d := range c.declared {
		if d.ObservationDomain == nil {
			out = append(append(out, d.Address), d.Addresses...)
		}
	}
	return canonical(append(out, c.learned...))
}

func (c *record) onlyDomain() bool {
	for _, d := range c.declared {
		if d.ObservationDomain == nil {
			return false
		}
	}
	return len(c.declared) > 0
}

func (c *record) sources() []string { return slices.Sorted(maps.Keys(c.declared)) }

// canonical sorts addresses, drops duplicates and invalid ones, and unmaps IPv4 in IPv6.
func canonical(in []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(in))
	for _, a := range in {
		if a = a.Unmap().WithZone(""); a.IsValid() && !a.IsUnspecified() {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}
