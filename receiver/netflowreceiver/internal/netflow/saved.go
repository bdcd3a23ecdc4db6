package netflow

import (
	"net/netip"
	"slices"

	"github.com/netcol-io/netcol/internal/flow"
)

// Saved is what is worth keeping of an exporter across a restart: what it announces rarely. It marshals to JSON.
type Saved struct {
	Heard        int64          `json:"heard"` // Unix seconds
	Streams      []SavedStream  `json:"streams,omitempty"`
	Interfaces   []SavedName    `json:"interfaces,omitempty"`
	Applications []SavedName    `json:"applications,omitempty"`
	VRFs         []SavedName    `json:"vrfs,omitempty"`
	Addresses    []SavedAddress `json:"addresses,omitempty"`
}

// SavedStream is what one source port announced of one observation domain.
type SavedStream struct {
	Port       uint16          `json:"port"`
	Domain     uint32          `json:"domain"`
	Version    Version         `json:"version"`
	Boot       int64           `json:"boot,omitempty"` // Unix ns, 0 if the protocol does not tell
	Init       uint64          `json:"init,omitempty"`
	Rate       flow.Scale      `json:"rate,omitzero"`
	Templates  []SavedTemplate `json:"templates,omitempty"`
	Samplers   []SavedRate     `json:"samplers,omitempty"`
	Interfaces []SavedRate     `json:"interfaces,omitempty"`
}

// SavedTemplate is a definition as announced.
type SavedTemplate struct {
	ID      uint16 `json:"id"`
	Options bool   `json:"options,omitempty"`
	Raw     []byte `json:"raw"`
}

// SavedRate is the sampling rate of a sampler or an interface.
type SavedRate struct {
	ID   uint64     `json:"id"`
	Rate flow.Scale `json:"rate"`
}

// SavedName is what an exporter calls an interface, an application or a VRF.
type SavedName struct {
	Domain      uint32  `json:"domain"`
	Version     Version `json:"version"`
	ID          uint64  `json:"id"`
	Name        string  `json:"name,omitempty"`
	Description string  `json:"description,omitempty"`
}

// SavedAddress is an address that an exporter said is its own.
type SavedAddress struct {
	Domain uint32     `json:"domain"`
	Addr   netip.Addr `json:"addr"`
}

// Restore gives the decoder what was saved of exporters before. saved is asked when an exporter is first heard; nil
// from it means that nothing is known. What comes of it is used only where it fits.
func (d *Decoder) Restore(saved func(netip.Addr) *Saved) { d.saved = saved }

// Changed calls save for every exporter that announced something new since the last call.
func (d *Decoder) Changed(save func(netip.Addr, *Saved)) {
	for addr, x := range d.exporters {
		if x.dirty {
			x.dirty = false
			save(addr, x.save())
		}
	}
}

func (x *exporter) save() *Saved {
	v := &Saved{}
	for e := x.order.Front(); e != nil; e = e.Next() {
		s := e.Value.(*Stream)
		v.Heard = max(v.Heard, s.lastSeen/1e9)
		if o := s.save(); len(o.Templates)+len(o.Samplers)+len(o.Interfaces) > 0 || o.Rate.Num != 0 {
			v.Streams = append(v.Streams, o)
		}
	}
	for k, n := range x.names.interfaces {
		v.Interfaces = append(v.Interfaces, SavedName{k.domain, k.version, k.id, n.name, n.description})
	}
	for k, n := range x.names.applications {
		v.Applications = append(v.Applications, SavedName{k.domain, k.version, k.id, string(n), ""})
	}
	for k, n := range x.names.vrfs {
		v.VRFs = append(v.VRFs, SavedName{k.domain, k.version, k.id, string(n), ""})
	}
	for k := range x.names.addresses {
		v.Addresses = append(v.Addresses, SavedAddress{k.domain, k.addr})
	}
	return v
}

func (s *Stream) save() SavedStream {
	v := SavedStream{
		Port: s.Source.Port(), Domain: s.Domain, Version: s.version, Boot: s.boot, Init: s.init, Rate: s.told.domain,
		Samplers: savedRates(s.told.samplers), Interfaces: savedRates(s.told.interfaces),
	}
	for id, t := range s.templates {
		v.Templates = append(v.Templates, SavedTemplate{id, t.options, t.raw})
	}
	return v
}

func savedRates[K uint32 | uint64](m map[K]flow.Scale) (v []SavedRate) {
	for id, c := range m {
		v = append(v, SavedRate{uint64(id), c})
	}
	return v
}

func (v *Saved) names() names {
	n := names{
		interfaces: map[nameKey]interfaceNames{}, applications: map[nameKey]oneName{}, vrfs: map[nameKey]oneName{},
		addresses: map[addressKey]bool{},
	}
	for _, o := range v.Interfaces {
		n.interfaces[nameKey{o.Domain, o.Version, o.ID}] = interfaceNames{o.Name, o.Description}
	}
	for _, o := range v.Applications {
		n.applications[nameKey{o.Domain, o.Version, o.ID}] = oneName(o.Name)
	}
	for _, o := range v.VRFs {
		n.vrfs[nameKey{o.Domain, o.Version, o.ID}] = oneName(o.Name)
	}
	for _, o := range v.Addresses {
		n.addresses[addressKey{o.Domain, o.Addr}] = true
	}
	n.bytes = cost(n.interfaces) + cost(n.applications) + cost(n.vrfs)
	return n
}

func cost[V interface{ octets() int }](m map[nameKey]V) (sum int) {
	for _, v := range m {
		sum += v.octets() + nameOverhead
	}
	return sum
}

// adopt gives a new stream what was saved of the same observation domain: of the same port, else, as an exporter
// restarted since may use another, what only one port announced.
func (d *Decoder) adopt(s *Stream, m *message) {
	x := s.exporter
	if x.saved == nil {
		return
	}
	var found *SavedStream
	others := 0
	for i := range x.saved.Streams {
		o := &x.saved.Streams[i]
		if o.Domain != s.Domain || o.Version != s.version {
			continue
		}
		if o.Port == s.Source.Port() {
			found, others = o, 0
			break
		}
		found, others = o, others+1
	}
	if others > 1 {
		return
	}
	if found == nil || found.rebooted(m) {
		return
	}
	d.take(s, m, found)
}

// rebooted tells whether the exporter started anew since v was saved.
func (v *SavedStream) rebooted(m *message) bool {
	if v.Boot == 0 || !m.hasUptime {
		return false
	}
	const tolerance = int32(60_000) // ms
	moved := int32(uint32(v.Boot/1_000_000) - uint32(m.now/1_000_000-int64(m.uptime)))
	return moved > tolerance || moved < -tolerance
}

func (d *Decoder) take(s *Stream, m *message, v *SavedStream) {
	s.init, s.told.domain = v.Init, v.Rate
	for _, o := range v.Samplers {
		put(&s.told.samplers, o.ID, o.Rate)
	}
	for _, o := range v.Interfaces {
		put(&s.told.interfaces, uint32(o.ID), o.Rate)
	}
	for _, o := range v.Templates {
		// parseTemplate wants the id in front, as on the wire.
		b := append(be.AppendUint16(nil, o.ID), o.Raw...)
		if len(b) < 4 {
			continue
		}
		if n, why := d.parseTemplate(s.version, b, o.Options); why != None || n != len(b) {
			continue
		}
		t := compile(d.specs, o.Raw, o.Options)
		t.provisional = true
		t.used = m.now
		if d.room(s, t) {
			d.put(s, o.ID, t)
		}
	}
	s.siblings.generation++
	s.exporter.generation++
}

// maxSavedStreams bounds what is kept of one exporter.
const maxSavedStreams = 512

// Merge returns v with what old has beyond it: streams and names that did not come back yet, or that another worker
// hears.
func (v *Saved) Merge(old *Saved) *Saved {
	if old == nil {
		return v
	}
	m := *v
	m.Heard = max(v.Heard, old.Heard)
	m.Streams = beyond(v.Streams, old.Streams, maxSavedStreams, func(s SavedStream) streamKey {
		return streamKey{s.Domain, s.Port, s.Version}
	})
	key := func(n SavedName) nameKey { return nameKey{n.Domain, n.Version, n.ID} }
	m.Interfaces = beyond(v.Interfaces, old.Interfaces, maxSavedNames, key)
	m.Applications = beyond(v.Applications, old.Applications, maxSavedNames, key)
	m.VRFs = beyond(v.VRFs, old.VRFs, maxSavedNames, key)
	m.Addresses = beyond(v.Addresses, old.Addresses, maxAddresses, func(a SavedAddress) SavedAddress { return a })
	return &m
}

const maxSavedNames = 16384

// beyond returns news and those of old that have another key, up to limit.
func beyond[T any, K comparable](news, old []T, limit int, key func(T) K) []T {
	have := make(map[K]bool, len(news))
	for _, v := range news {
		have[key(v)] = true
	}
	all := slices.Clone(news)
	for _, v := range old {
		if !have[key(v)] && len(all) < limit {
			all = append(all, v)
		}
	}
	return all
}
