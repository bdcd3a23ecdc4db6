package inventory

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// Shards is how many values the registry is kept in: a change rewrites one of them, not all.
const Shards = 64

// formatVersion of a stored value. A value of another version is refused, not guessed at.
const formatVersion = 1

// remembered is how long a device that nobody declares any more stays in the store.
const remembered = 7 * 24 * time.Hour

// errFormat wraps everything that may be wrong with a stored value.
var errFormat = errors.New("inventory: stored value is damaged or not ours")

type document struct {
	Version int           `json:"version"`
	Devices []storedEntry `json:"devices"`
}

// storedEntry is what a restart must not lose of a device: what was learned, never what was configured.
type storedEntry struct {
	ID         string            `json:"id"`
	Address    netip.Addr        `json:"address,omitzero"`
	Endpoint   string            `json:"endpoint,omitempty"`
	Name       string            `json:"host_name,omitempty"`
	HostID     string            `json:"host_id,omitempty"`
	SysName    string            `json:"sys_name,omitempty"`
	Addresses  []netip.Addr      `json:"addresses,omitempty"`
	Interfaces []storedInterface `json:"interfaces,omitempty"`
	Text       Descriptive       `json:"text,omitzero"`
	Seen       int64             `json:"seen,omitempty"` // Unix seconds
}

type storedInterface struct {
	Index    uint32 `json:"i"`
	Name     string `json:"n"`
	Alias    string `json:"a,omitempty"`
	Type     uint32 `json:"t,omitempty"`
	MAC      string `json:"m,omitempty"`
	Receive  uint64 `json:"r,omitempty"`
	Transmit uint64 `json:"x,omitempty"`
}

func shardOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % Shards)
}

// Key returns the storage key of a shard.
func Key(shard int) string { return "inventory/" + strconv.Itoa(shard) }

// Save hands every shard that changed since the last Save to set. A shard that set fails for is handed out again
// the next time; the errors are joined.
func (r *Registry) Save(set func(key string, value []byte) error) error {
	var errs []error
	for shard := range Shards {
		value, changed := r.takeDirty(shard)
		if !changed {
			continue
		}
		if err := set(Key(shard), value); err != nil {
			errs = append(errs, err)
			r.mu.Lock()
			r.dirty[shard] = true
			r.mu.Unlock()
		}
	}
	return errors.Join(errs...)
}

func (r *Registry) takeDirty(shard int) ([]byte, bool) {
	r.mu.Lock()
	if !r.dirty[shard] {
		r.mu.Unlock()
		return nil, false
	}
	r.dirty[shard] = false
	entries := r.entries(func(id string) bool { return shardOf(id) == shard })
	r.mu.Unlock()
	return encode(entries), true
}

// Load restores what Save wrote; get returns nil for a key that was never set. Damaged values are left out and told
// in the error, the rest is restored. Call it before anything is declared.
func (r *Registry) Load(get func(key string) ([]byte, error)) error {
	var errs []error
	for shard := range Shards {
		value, err := get(Key(shard))
		if err == nil && len(value) > 0 {
			err = r.Unmarshal(value)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", Key(shard), err))
		}
	}
	r.mu.Lock()
	r.dirty, r.changed = [Shards]bool{}, false
	r.mu.Unlock()
	return errors.Join(errs...)
}

// Marshal returns everything as one value.
func (r *Registry) Marshal() []byte {
	r.mu.RLock()
	entries := r.entries(func(string) bool { return true })
	r.mu.RUnlock()
	return encode(entries)
}

// Unmarshal adds the devices of a stored value. A damaged value changes nothing and is an error; an entry that
// is not plausible, or has not been seen for a week, is left out; devices that are there already are not touched.
func (r *Registry) Unmarshal(value []byte) error {
	var doc document
	if err := json.Unmarshal(value, &doc); err != nil {
		return fmt.Errorf("%w: %w", errFormat, err)
	}
	if doc.Version != formatVersion {
		return fmt.Errorf("%w: version %d, want %d", errFormat, doc.Version, formatVersion)
	}
	r.update(func() {
		for i := range doc.Devices {
			r.restore(&doc.Devices[i])
		}
	})
	return nil
}

func (r *Registry) restore(e *storedEntry) {
	id := Clean(e.ID, 2*maxName)
	now := r.now()
	if id == "" || id != e.ID || r.find(id) != nil || len(r.records) >= r.maxDevices || now.Sub(time.Unix(e.Seen, 0)) > remembered {
		return
	}
	f := Facts{SysName: e.SysName, Addresses: e.Addresses, Descriptive: e.Text}
	for _, i := range e.Interfaces {
		f.Interfaces = append(f.Interfaces, Interface{i.Index, i.Name, i.Alias, i.Type, i.MAC, i.Receive, i.Transmit})
	}
	rec := r.admit(id)
	rec.address = e.Address.Unmap().WithZone("")
	rec.endpoint = Clean(e.Endpoint, maxName)
	rec.pinnedName = Clean(e.Name, maxName)
	rec.pinnedHost = Clean(e.HostID, maxName)
	rec.seen = time.Unix(e.Seen, 0)
	if rec.seen.After(now) {
		rec.seen = now
	}
	if rec.endpoint != "" {
		r.endpoints[rec.endpoint] = id
	}
	r.learn(rec, f.cleaned())
	r.refresh(rec)
}

func (r *Registry) entries(want func(id string) bool) []storedEntry {
	var out []storedEntry
	for id, rec := range r.records {
		if want(id) {
			out = append(out, rec.stored())
		}
	}
	slices.SortFunc(out, func(a, b storedEntry) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

func (c *record) stored() storedEntry {
	e := storedEntry{
		ID: c.id, Address: c.address, Endpoint: c.endpoint, Name: c.pinnedName, HostID: c.pinnedHost, SysName: c.sysName,
		Addresses: c.learned, Text: c.text, Seen: c.seen.Unix(),
	}
	for _, i := range c.interfaces {
		e.Interfaces = append(e.Interfaces, storedInterface{i.Index, i.Name, i.Alias, i.Type, i.MAC, i.ReceiveSpeed, i.TransmitSpeed})
	}
	slices.SortFunc(e.Interfaces, func(a, b storedInterface) int { return int(int64(a.Index) - int64(b.Index)) })
	return e
}

func encode(entries []storedEntry) []byte {
	value, err := json.Marshal(document{Version: formatVersion, Devices: entries})
	if err != nil {
		panic("inventory: " + err.Error()) // strings, numbers and addresses always encode
	}
	return value
}

// Stale marks everything for the next Save, so that the store also learns when devices were last seen.
func (r *Registry) Stale() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range maps.Keys(r.records) {
		r.dirty[shardOf(id)] = true
	}
}
