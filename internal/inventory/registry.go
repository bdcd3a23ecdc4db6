package inventory

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netcol-io/netcol/internal/semconv"
)

// Bounds: what one registry holds at most, whatever devices say.
const (
	defaultMaxDevices = 100_000
	maxInterfaces     = 100_000 // of one device: the largest BNGs show some 64,000 subscriber interfaces
	maxAddresses      = 4_096   // of one device
	maxAllInterfaces  = 8_000_000
	maxProblems       = 10_000
	maxName           = 256   // bytes: IF-MIB and SNMPv2-MIB DisplayString is at most 255
	maxText           = 1_024 // bytes, of descriptions
)

// Registry is the who-is-who. All methods are safe for concurrent use. Devices are immutable snapshots that are
// replaced as a whole, so a reader keeps what it got for as long as it likes.
type Registry struct {
	service    string
	maxDevices int
	onProblem  func(Problem)
	onChange   func()
	now        func() time.Time
	generation atomic.Uint64

	mu         sync.RWMutex // guards all below
	records    map[string]*record
	aliases    map[string]string   // an ID given out before a named declaration took the device over → its ID
	endpoints  map[string]string   // configured endpoint → ID
	claims     map[place][]claim   // who says it is here
	hosts      map[string][]string // host.id → IDs
	problems   map[problemKey]Problem
	news       []Problem // raised, not yet told
	interfaces int       // of all devices
	dirty      [Shards]bool
	changed    bool

	voices voices
}

// Options of a Registry.
type Options struct {
	ServiceName string        // service.name of every device; default semconv.ServiceNameDefault
	MaxDevices  int           // stored devices; default 100,000
	OnProblem   func(Problem) // called once for each problem that arises, without locks held; may be nil
	OnChange    func()        // called after something worth persisting changed, without locks held; must not block; may be nil
	Now         func() time.Time
}

// NewRegistry returns an empty registry.
func NewRegistry(o Options) *Registry {
	r := &Registry{
		service: o.ServiceName, maxDevices: o.MaxDevices, onProblem: o.OnProblem, onChange: o.OnChange, now: o.Now,
		records: map[string]*record{}, aliases: map[string]string{}, endpoints: map[string]string{},
		claims: map[place][]claim{}, hosts: map[string][]string{}, problems: map[problemKey]Problem{},
	}
	if r.service == "" {
		r.service = semconv.ServiceNameDefault
	}
	if r.maxDevices <= 0 {
		r.maxDevices = defaultMaxDevices
	}
	if r.now == nil {
		r.now = time.Now
	}
	return r
}

// Device returns the snapshot of device id, or nil. An id that Declare gave out before another declaration named the
// device still finds it; the snapshot's ID is the one that counts.
func (r *Registry) Device(id string) *Device {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if rec := r.find(id); rec != nil {
		return rec.snapshot
	}
	return nil
}

// Exporter returns the device that addr (and, behind a shared address, the observation domain) belongs to. An
// address that nobody claims, or that two devices claim, gives a device made up from the address alone, which is
// not stored: forged source addresses cost no memory. Never nil.
func (r *Registry) Exporter(addr netip.Addr, domain uint32) *Device {
	addr = addr.Unmap()
	r.mu.RLock()
	d := r.at(addr, domain)
	r.mu.RUnlock()
	if d != nil {
		return d
	}
	return madeUp(addr)
}

// ExporterOf does what Exporter does for an exporter that goes by several addresses, best first: the address it says
// it has (sFlow agent address, IPFIX exporterIPv4Address) and the one it sends from. The first that is known counts;
// if none is, the device is made up from the first valid one.
func (r *Registry) ExporterOf(domain uint32, addrs ...netip.Addr) *Device {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var first netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); !a.IsValid() || a.IsUnspecified() {
			continue
		}
		if d := r.at(a, domain); d != nil {
			return d
		}
		if !first.IsValid() {
			first = a
		}
	}
	return madeUp(first)
}

func madeUp(addr netip.Addr) *Device {
	name := addr.String()
	return &Device{ID: name, Name: name, Addresses: []netip.Addr{addr}}
}

// Devices returns all stored devices' snapshots, ordered by ID.
func (r *Registry) Devices() []*Device {
	r.mu.RLock()
	out := make([]*Device, 0, len(r.records))
	for _, rec := range r.records {
		out = append(out, rec.snapshot)
	}
	r.mu.RUnlock()
	slices.SortFunc(out, func(a, b *Device) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Len returns how many devices are stored.
func (r *Registry) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.records)
}

// Addresses returns how many addresses are claimed by devices.
func (r *Registry) Addresses() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.claims)
}

// Generation changes whenever any answer of the registry may have changed: callers cache by it.
func (r *Registry) Generation() uint64 { return r.generation.Load() }

func (r *Registry) find(id string) *record {
	if rec, ok := r.records[id]; ok {
		return rec
	}
	return r.records[r.aliases[id]]
}

// update runs change under the lock and tells observers afterwards, without it.
func (r *Registry) update(change func()) {
	r.mu.Lock()
	change()
	news, changed := r.news, r.changed
	r.news, r.changed = nil, false
	r.mu.Unlock()
	if r.onProblem != nil {
		for _, p := range news {
			r.onProblem(p)
		}
	}
	if changed && r.onChange != nil {
		r.onChange()
	}
}

// refresh rebuilds what follows from a record: its snapshot, its claims, the generation.
func (r *Registry) refresh(rec *record) {
	rec.snapshot = rec.device()
	r.claimAll(rec)
	r.claimHost(rec)
	r.generation.Add(1)
	r.touch(rec)
}

// touch marks a record for the next Save.
func (r *Registry) touch(rec *record) {
	r.dirty[shardOf(rec.id)] = true
	r.changed = true
}
