package store

import (
	"sync"

	"github.com/prometheus/prometheus/model/metadata"
)

// maxFamilies bounds the metric families whose metadata is remembered.
const maxFamilies = 10_000

// Family is a metric family's metadata.
type Family struct {
	Name string
	Type string // counter, gauge, histogram, summary or unknown
	Unit string
	Help string
}

// families remembers the metadata of what came in. It is not persisted: it is back with the next batch.
type families struct {
	mu    sync.RWMutex
	byKey map[string]metadata.Metadata
	last  string // the family of the previous sample: points of one metric come in a row
}

// note is called for every sample, under Store.mu.
func (f *families) note(name string, m metadata.Metadata) {
	if name == f.last {
		return
	}
	f.last = name
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byKey == nil {
		f.byKey = map[string]metadata.Metadata{}
	}
	if _, known := f.byKey[name]; known || len(f.byKey) < maxFamilies {
		f.byKey[name] = m
	}
}

// Families returns the metadata of up to limit metric families (0: all), or of the one that is named.
func (s *Store) Families(name string, limit int) []Family {
	f := &s.families
	f.mu.RLock()
	defer f.mu.RUnlock()
	var out []Family
	for n, m := range f.byKey {
		if name != "" && n != name {
			continue
		}
		if limit > 0 && len(out) == limit {
			break
		}
		out = append(out, Family{Name: n, Type: string(m.Type), Unit: m.Unit, Help: m.Help})
	}
	return out
}
