package pipeline

import (
	"sync"

	"github.com/netcol-io/netcol/internal/flow/enrich"
)

// Bounds of what one exporter's options may make us remember.
const (
	maxInterfaceNames   = 16_384
	maxApplicationNames = 16_384
	maxVRFNames         = 16_384
	maxNameLength       = 255
)

// Exporter is a flow exporter as a worker sees it: one address and observation domain.
type Exporter struct {
	key exporterKey

	// The worker's, under its lock.
	slot     uint32
	attached bool
	used     bool // since the flusher last looked
	idle     int  // looks without use
	leaving  bool // on the worker's list of that name
	// waiting has a bit for each group whose open window still refers to slot, after e was detached.
	waiting uint64

	mu           sync.Mutex // guards what follows
	version      uint64     // changes with the names
	interfaces   map[uint32]string
	applications map[enrich.Application]string
	vrfs         map[uint32]string
}

// NameInterface tells what the exporter's own options call an interface; the inventory's name goes before it. An empty
// name leaves the description to be the name.
func (w *Worker) NameInterface(e *Exporter, index uint32, name, description string) {
	if name == "" {
		name = description
	}
	if name == "" || index == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if set(&e.interfaces, index, name, maxInterfaceNames) {
		e.version++
	} else if e.interfaces[index] != clip(name) {
		w.p.counts.namesRefused.Add(1)
	}
}

// NameApplication tells what the exporter's own options call an application id (IE 95: engine in the upper 8 bits of
// 64, selector below).
func (w *Worker) NameApplication(e *Exporter, id uint64, name string) {
	if name == "" || id == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if app := enrich.FromID(id); set(&e.applications, app, name, maxApplicationNames) {
		e.version++
	} else if e.applications[app] != clip(name) {
		w.p.counts.namesRefused.Add(1)
	}
}

// NameVRF tells what the exporter's own options call a VRF id (IE 234, named by IE 236).
func (w *Worker) NameVRF(e *Exporter, id uint32, name string) {
	if name == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if set(&e.vrfs, id, name, maxVRFNames) {
		e.version++
	} else if e.vrfs[id] != clip(name) {
		w.p.counts.namesRefused.Add(1)
	}
}

// set stores a name and tells whether anything changed.
func set[K comparable](names *map[K]string, key K, name string, limit int) bool {
	name = clip(name)
	old, known := (*names)[key]
	if old == name || !known && len(*names) >= limit {
		return false
	}
	if *names == nil {
		*names = map[K]string{}
	}
	(*names)[key] = name
	return true
}

func clip(name string) string {
	if len(name) > maxNameLength {
		name = name[:maxNameLength]
	}
	return name
}
