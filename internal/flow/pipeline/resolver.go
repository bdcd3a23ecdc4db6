package pipeline

import (
	"strconv"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/flow/enrich"
	"github.com/netcol-io/netcol/internal/inventory"
)

// names gives every name that a key refers to a number. Not safe for concurrent use.
type names struct {
	ids  map[string]uint32
	text []string
	free []uint32
}

func newNames() *names { return &names{ids: map[string]uint32{}, text: []string{""}} }

func (n *names) id(s string) uint32 {
	if id, ok := n.ids[s]; ok {
		return id
	}
	var id uint32
	if last := len(n.free) - 1; last >= 0 {
		id = n.free[last]
		n.free = n.free[:last]
		n.text[id] = s
	} else {
		id = uint32(len(n.text))
		n.text = append(n.text, s)
	}
	n.ids[s] = id
	return id
}

// sweep forgets the names that are not in use.
func (n *names) sweep(used map[uint32]bool) {
	for s, id := range n.ids {
		if !used[id] {
			delete(n.ids, s)
			n.text[id] = ""
			n.free = append(n.free, id)
		}
	}
}

// resolver knows which device an exporter is and what its numbers are called, as of one generation of the inventory.
// Not safe for concurrent use.
type resolver struct {
	registry   *inventory.Registry
	names      *names
	generation uint64
	bindings   map[*Exporter]*binding
	// renamed is told that none of an exporter's interfaces has an old name any more, moved that an exporter is no
	// longer the device it was. Both may be nil.
	renamed func(device string, name uint32)
	moved   func(device string)
}

// binding is what is known of one exporter.
type binding struct {
	device       *inventory.Device
	version      uint64
	interfaces   map[uint32]uint32
	applications map[enrich.Application]uint32
	vrfs         map[uint32]uint32
	seen         bool // since the last prune
}

func newResolver(r *inventory.Registry) *resolver {
	return &resolver{registry: r, names: newNames(), bindings: map[*Exporter]*binding{}}
}

// refresh drops what a change of the inventory may have made wrong. Call it at the start of each round.
func (r *resolver) refresh() {
	g := r.registry.Generation()
	if g == r.generation {
		return
	}
	r.generation = g
	for e, b := range r.bindings {
		r.bind(e, b)
	}
}

// prune forgets exporters that were not asked for since the last prune.
func (r *resolver) prune() {
	for e, b := range r.bindings {
		if !b.seen {
			delete(r.bindings, e)
		}
		b.seen = false
	}
}

// of returns the binding of e.
func (r *resolver) of(e *Exporter) *binding {
	b := r.bindings[e]
	if b == nil {
		b = &binding{}
		r.bindings[e] = b
		r.bind(e, b)
	}
	e.mu.Lock()
	version := e.version
	e.mu.Unlock()
	if version != b.version {
		r.bind(e, b)
	}
	b.seen = true
	return b
}

// bind asks the inventory anew, and says which names are no longer those of any of the exporter's interfaces.
func (r *resolver) bind(e *Exporter, b *binding) {
	var oldDevice string
	if b.device != nil {
		oldDevice = b.device.ID
	}
	old := b.interfaces
	b.device = r.device(e.key)
	b.interfaces, b.applications, b.vrfs = map[uint32]uint32{}, map[enrich.Application]uint32{}, map[uint32]uint32{}
	e.mu.Lock()
	b.version = e.version
	e.mu.Unlock()
	if r.moved != nil && oldDevice != "" && b.device.ID != oldDevice {
		r.moved(oldDevice)
	}
	if r.renamed == nil || len(old) == 0 {
		return
	}
	now := map[uint32]bool{}
	if b.device.ID == oldDevice {
		for index := range old {
			now[r.interfaceName(e, b, index)] = true
		}
	}
	for _, name := range old {
		if !now[name] {
			r.renamed(oldDevice, name)
		}
	}
}

// device asks the inventory which device an exporter is.
func (r *resolver) device(k exporterKey) *inventory.Device {
	if k.said == (Said{}) {
		return r.registry.Exporter(k.addr, k.domain)
	}
	return r.registry.ExporterOf(k.domain, k.said[0], k.said[1], k.addr)
}

// interfaceName returns the id of the name of an interface: the inventory's, else the exporter's, else if<index>.
func (r *resolver) interfaceName(e *Exporter, b *binding, index uint32) uint32 {
	if id, ok := b.interfaces[index]; ok {
		return id
	}
	name := b.device.Interfaces[index].Name
	if name == "" {
		e.mu.Lock()
		name = e.interfaces[index]
		e.mu.Unlock()
	}
	if name == "" {
		name = "if" + strconv.FormatUint(uint64(index), 10)
	}
	id := r.names.id(name)
	if len(b.interfaces) < maxInterfaceNames {
		b.interfaces[index] = id
	}
	return id
}

func (r *resolver) applicationName(e *Exporter, b *binding, app enrich.Application) uint32 {
	if id, ok := b.applications[app]; ok {
		return id
	}
	e.mu.Lock()
	name := e.applications[app]
	e.mu.Unlock()
	if name == "" {
		name = app.Name()
	}
	id := r.names.id(name)
	if len(b.applications) < maxApplicationNames {
		b.applications[app] = id
	}
	return id
}

// vrfName returns the id of the name of a VRF: the exporter's, else its number.
func (r *resolver) vrfName(e *Exporter, b *binding, vrf uint32) uint32 {
	if id, ok := b.vrfs[vrf]; ok {
		return id
	}
	e.mu.Lock()
	name := e.vrfs[vrf]
	e.mu.Unlock()
	if name == "" {
		name = strconv.FormatUint(uint64(vrf), 10)
	}
	id := r.names.id(name)
	if len(b.vrfs) < maxVRFNames {
		b.vrfs[vrf] = id
	}
	return id
}

// speaks tells whether an exporter is the device.
func (r *resolver) speaks(device string) bool {
	for _, b := range r.bindings {
		if b.device.ID == device {
			return true
		}
	}
	return false
}

// resolve gives row the names of what it refers to.
func (r *resolver) resolve(e *Exporter, b *binding, row *aggregate.Row) {
	has := row.Has
	if has.Contains(flow.InterfaceName) {
		row.InterfaceName = r.interfaceName(e, b, row.Index)
	}
	if has.Contains(flow.IngressInterface) {
		row.IngressName = r.interfaceName(e, b, row.In)
	}
	if has.Contains(flow.EgressInterface) {
		row.EgressName = r.interfaceName(e, b, row.Out)
	}
	if has.Contains(flow.Application) {
		row.ApplicationName = r.applicationName(e, b, row.Application)
	}
	if has.Contains(flow.VRF) {
		row.VRFName = r.vrfName(e, b, row.VRF)
	}
}
