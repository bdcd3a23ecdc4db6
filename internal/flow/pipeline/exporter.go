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
	// maxNameBytes bounds the names of all exporters of a worker, each with nameOverhead for its place in a map.
	maxNameBytes = 64 << 20
	nameOverhead = 64
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
	// nameBytes is what its names take; counted: the worker has it among its own.
	nameBytes int
	counted   bool
	forgotten bool // nobody holds it but windows

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
	put(w, e, &e.interfaces, index, name, maxInterfaceNames)
}

// NameApplication tells what the exporter's own options call an application id (IE 95: engine in the upper 8 bits of
// 64, selector below).
func (w *Worker) NameApplication(e *Exporter, id uint64, name string) {
	if name != "" && id != 0 {
		put(w, e, &e.applications, enrich.FromID(id), name, maxApplicationNames)
	}
}

// NameVRF tells what the exporter's own options call a VRF id (IE 234, named by IE 236).
func (w *Worker) NameVRF(e *Exporter, id uint32, name string) {
	if name != "" {
		put(w, e, &e.vrfs, id, name, maxVRFNames)
	}
}

// put stores a name in one of e's maps if there is room for it.
func put[K comparable](w *Worker, e *Exporter, names *map[K]string, key K, name string, limit int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	name = clip(name)
	old, known := (*names)[key]
	if known && old == name {
		return
	}
	more := len(name) - len(old)
	if !known {
		more += nameOverhead
	}
	if !known && len(*names) >= limit || more > 0 && w.nameBytes+more > w.nameLimit {
		w.p.counts.namesRefused.Add(1)
		return
	}
	if *names == nil {
		*names = map[K]string{}
	}
	(*names)[key] = name
	e.version++
	w.count(e)
	e.nameBytes += more
	w.nameBytes += more
}

// count takes e's names among the worker's, if they are not.
func (w *Worker) count(e *Exporter) {
	if !e.counted {
		e.counted = true
		w.nameBytes += e.nameBytes
	}
}

// discount takes them out again, as the garbage collector will.
func (w *Worker) discount(e *Exporter) {
	if e.counted {
		e.counted = false
		w.nameBytes -= e.nameBytes
	}
}

func clip(name string) string {
	if len(name) > maxNameLength {
		name = name[:maxNameLength]
	}
	return name
}
