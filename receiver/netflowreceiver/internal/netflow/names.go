package netflow

import "net/netip"

// names is what an exporter's options call things. Kept so that only changes are passed on, and to be saved.
type names struct {
	interfaces   map[nameKey]interfaceNames
	applications map[nameKey]oneName
	vrfs         map[nameKey]oneName
	addresses    map[addressKey]bool
	bytes        int // of what is named, each with nameOverhead
}

type nameKey struct {
	domain  uint32
	version Version
	id      uint64
}

type addressKey struct {
	domain uint32
	addr   netip.Addr
}

type interfaceNames struct{ name, description string }

func (n interfaceNames) octets() int {
	if n.name == n.description { // it is kept once
		return len(n.name)
	}
	return len(n.name) + len(n.description)
}

// oneName is what applications and VRFs have.
type oneName string

func (n oneName) octets() int { return len(n) }

// nameOverhead is what a name costs beside its octets: its place in the maps here and in the pipeline.
const nameOverhead = 128

func (n *names) size() int {
	return len(n.interfaces) + len(n.applications) + len(n.vrfs) + len(n.addresses)
}

func (d *Decoder) applyNames(s *Stream, o *optionValues) {
	if o.has[interfaceName] || o.has[interfaceDescription] {
		index, ok := o.number[inInterface], o.has[inInterface]
		if !ok {
			index, ok = o.number[outInterface], o.has[outInterface]
		}
		if ok {
			d.nameInterface(s, uint32(index), interfaceNames{text(o.text[interfaceName]), text(o.text[interfaceDescription])})
		}
	}
	if o.has[appID] && (o.has[appName] || o.has[appDescription]) {
		name := text(o.text[appName])
		if name == "" {
			name = text(o.text[appDescription])
		}
		d.nameApplication(s, o.number[appID], name)
	}
	if o.has[vrf] && o.has[vrfName] {
		d.nameVRF(s, uint32(o.number[vrf]), text(o.text[vrfName]))
	}
}

func (s *Stream) key(id uint64) nameKey { return nameKey{s.Domain, s.version, id} }

func (d *Decoder) nameInterface(s *Stream, index uint32, n interfaceNames) {
	if n == (interfaceNames{}) {
		return
	}
	x := s.exporter
	old := x.names.interfaces[s.key(uint64(index))]
	if n.name == "" {
		n.name = old.name
	}
	if n.description == "" {
		n.description = old.description
	}
	if n.name == "" { // IOS XR has the name there
		n.name = n.description
	}
	if remember(d, s, &x.names.interfaces, uint64(index), n) {
		d.sink.Interface(s, index, n.name, n.description)
	}
}

func (d *Decoder) nameApplication(s *Stream, id uint64, name string) {
	if name != "" && remember(d, s, &s.exporter.names.applications, id, oneName(name)) {
		d.sink.Application(s, id, name)
	}
}

func (d *Decoder) nameVRF(s *Stream, id uint32, name string) {
	if name != "" && remember(d, s, &s.exporter.names.vrfs, uint64(id), oneName(name)) {
		d.sink.VRF(s, id, name)
	}
}

// maxAddresses bounds the addresses that what sends from one address may say are its own.
const maxAddresses = 16

// address takes an address that a stream's exporter says is its own. The first of each family counts.
func (d *Decoder) address(s *Stream, a netip.Addr) {
	own := &s.said[familyOf(a)]
	if own.IsValid() || a.IsUnspecified() {
		return
	}
	*own = a
	x, k := s.exporter, addressKey{s.Domain, a}
	if !x.names.addresses[k] && len(x.names.addresses) < maxAddresses {
		if x.names.addresses == nil {
			x.names.addresses = map[addressKey]bool{}
		}
		x.names.addresses[k] = true
		x.dirty = true
	}
	d.sink.Address(s, a)
}

func familyOf(a netip.Addr) int {
	if a.Is6() {
		return 1
	}
	return 0
}

// inherit takes a new stream for the exporter that its observation domain was known to be, if that was a single one.
func (d *Decoder) inherit(s *Stream) {
	var known [2][]netip.Addr
	for k := range s.exporter.names.addresses {
		if f := familyOf(k.addr); k.domain == s.Domain {
			known[f] = append(known[f], k.addr)
		}
	}
	for _, all := range known {
		if len(all) == 1 {
			d.sink.Address(s, all[0])
		}
	}
}

// remember stores a name and tells whether it is news and there was room for it.
func remember[V interface {
	comparable
	octets() int
}](d *Decoder, s *Stream, m *map[nameKey]V, id uint64, v V,
) bool {
	x, k := s.exporter, s.key(id)
	old, ok := (*m)[k]
	if ok && old == v {
		return false
	}
	more := v.octets() - old.octets()
	if !ok {
		more += nameOverhead
	}
	if !ok && x.names.size() >= d.limits.Names || more > 0 && d.nameBytes+more > d.limits.NameBytes {
		d.counters.NamesRefused++
		return false
	}
	if *m == nil {
		*m = map[nameKey]V{}
	}
	(*m)[k] = v
	x.names.bytes += more
	d.nameBytes += more
	x.dirty = true
	return true
}

// recall gives an exporter the names saved of it, unless there is no room for them: it will tell them again.
func (d *Decoder) recall(x *exporter) {
	n := x.saved.names()
	if d.nameBytes+n.bytes > d.limits.NameBytes {
		d.counters.NamesRefused += uint64(n.size() - len(n.addresses))
		n = names{addresses: n.addresses}
	}
	x.names = n
	d.nameBytes += n.bytes
}

// Tell passes on what the exporter called things in the domain of s so far: to a stream that is new, or whose sink wants
// to know again.
func (d *Decoder) Tell(s *Stream) {
	n := &s.exporter.names
	for k, v := range n.interfaces {
		if k.domain == s.Domain && k.version == s.version {
			d.sink.Interface(s, uint32(k.id), v.name, v.description)
		}
	}
	for k, v := range n.applications {
		if k.domain == s.Domain && k.version == s.version {
			d.sink.Application(s, k.id, string(v))
		}
	}
	for k, v := range n.vrfs {
		if k.domain == s.Domain && k.version == s.version {
			d.sink.VRF(s, uint32(k.id), string(v))
		}
	}
}
