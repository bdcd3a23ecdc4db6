package inventory

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Learn merges what a poll found into device id. Unknown ids are ignored. What configuration says stays, and what
// identifies the device is pinned when first learned: host.name from sysName, host.id from the chassis serial
// number, else from snmpEngineID.
func (r *Registry) Learn(id string, f Facts) {
	f = f.cleaned()
	r.update(func() {
		rec := r.find(id)
		if rec == nil {
			return
		}
		if at := f.At; at.IsZero() {
			rec.seen = r.now()
		} else if at.After(rec.seen) {
			rec.seen = at
		}
		if r.learn(rec, f) {
			r.refresh(rec)
		}
	})
}

// learn reports whether anything changed.
func (r *Registry) learn(rec *record, f Facts) bool {
	before := *rec
	r.noteReplaced(rec, f)
	rec.text.take(f.Descriptive)
	if f.SysName != "" {
		rec.sysName = f.SysName
		fill(&rec.pinnedName, f.SysName)
	}
	if rec.pinnedHost == "" {
		rec.pinnedHost = hostIDOf(rec.text)
	}
	if f.Addresses != nil {
		rec.learned = r.fewAddresses(rec, f.Addresses)
	}
	interfaces := f.Interfaces != nil && r.learnInterfaces(rec, f.Interfaces)
	return interfaces || rec.text != before.text || rec.sysName != before.sysName || rec.pinnedHost != before.pinnedHost ||
		!slices.Equal(rec.learned, before.learned)
}

// noteReplaced tells of another box behind an old name: another serial number and another engine ID. Its identity
// stays, as identity never changes from discovery.
func (r *Registry) noteReplaced(rec *record, f Facts) {
	t := rec.text
	if f.Serial == "" || t.Serial == "" || f.Serial == t.Serial || f.EngineID == "" || t.EngineID == "" || f.EngineID == t.EngineID {
		return
	}
	p := Problem{Kind: BoxReplaced, Value: t.Serial + " → " + f.Serial, Devices: []string{rec.id}}
	r.settle(p.key())
	r.raise(p)
}

func (r *Registry) fewAddresses(rec *record, addrs []netip.Addr) []netip.Addr {
	if len(addrs) > maxAddresses {
		r.raise(Problem{Kind: LimitReached, Value: rec.id + ": at most " + strconv.Itoa(maxAddresses) + " addresses", Devices: []string{rec.id}})
		addrs = addrs[:maxAddresses]
	}
	return addrs
}

// learnInterfaces replaces the interfaces of a record and reports whether they changed.
func (r *Registry) learnInterfaces(rec *record, list []Interface) bool {
	room := min(maxInterfaces, maxAllInterfaces-r.interfaces+len(rec.interfaces))
	if len(list) > room {
		r.raise(Problem{Kind: LimitReached, Value: rec.id + ": at most " + strconv.Itoa(room) + " interfaces", Devices: []string{rec.id}})
		list = list[:room]
	}
	if sameInterfaces(rec.interfaces, list) {
		return false
	}
	now := make(map[uint32]Interface, len(list))
	for _, i := range list {
		now[i.Index] = i
	}
	if maps.Equal(now, rec.interfaces) {
		return false
	}
	r.interfaces += len(now) - len(rec.interfaces)
	rec.interfaces = now
	return true
}

// sameInterfaces spares building a map for the usual poll, which finds what was there.
func sameInterfaces(have map[uint32]Interface, list []Interface) bool {
	if len(have) != len(list) {
		return false
	}
	for _, i := range list {
		if h, ok := have[i.Index]; !ok || h != i {
			return false
		}
	}
	return true
}

func (f Facts) cleaned() Facts {
	f.SysName = Clean(f.SysName, maxName)
	for _, s := range f.fields() {
		*s = Clean(*s, maxText)
	}
	if f.Addresses != nil {
		f.Addresses = slices.DeleteFunc(canonical(f.Addresses), func(a netip.Addr) bool { return !joinable(a) })
	}
	if i := slices.IndexFunc(f.Interfaces, func(i Interface) bool { return i != i.cleaned() }); i >= 0 {
		list := slices.Clone(f.Interfaces)
		for ; i < len(list); i++ {
			list[i] = list[i].cleaned()
		}
		f.Interfaces = list
	}
	return f
}

func (i Interface) cleaned() Interface {
	i.Name, i.Alias, i.MAC = Clean(i.Name, 2*maxName), Clean(i.Alias, maxText), Clean(i.MAC, maxName)
	if i.Name == "" {
		i.Name = "if" + strconv.FormatUint(uint64(i.Index), 10)
	}
	return i
}

func (t *Descriptive) fields() [11]*string {
	return [...]*string{
		&t.SysDescr, &t.SysObjectID, &t.Location, &t.Contact, &t.Vendor, &t.Model, &t.Serial, &t.FirmwareVersion,
		&t.EngineID, &t.OSName, &t.OSVersion,
	}
}

// take overwrites what new speaks of; fill only what is empty.
func (t *Descriptive) take(newer Descriptive) {
	newer.fill(*t)
	*t = newer
}

func (t *Descriptive) fill(older Descriptive) {
	from := older.fields()
	for i, s := range t.fields() {
		fill(s, *from[i])
	}
}

func fill(s *string, v string) {
	if *s == "" {
		*s = v
	}
}

// hostIDOf returns the chassis serial number, else the engine ID. Serial numbers that vendors leave at a filler
// identify nothing.
func hostIDOf(t Descriptive) string {
	if !fillers[strings.ToLower(strings.Trim(t.Serial, "0.- "))] {
		return t.Serial
	}
	return t.EngineID
}

var fillers = map[string]bool{
	"": true, "n/a": true, "na": true, "none": true, "null": true, "unknown": true, "default": true, "not specified": true,
	"to be filled by o.e.m": true, "system serial number": true, "123456789": true, "xxxxxxxxxx": true,
}
