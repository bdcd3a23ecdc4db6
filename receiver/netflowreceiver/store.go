package netflowreceiver

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/netflow"
)

// Bounds of what is kept across a restart.
const (
	maxStored    = 4096                // exporters
	maxStoredAge = 30 * 24 * time.Hour // since an exporter was last heard when saved
	indexKey     = "exporters"
	keyPrefix    = "exporter/"
)

// store keeps what exporters announced in a storage client: one value for each exporter, and an index of them.
type store struct {
	client storage.Client
	logger *zap.Logger

	mu     sync.Mutex
	saved  map[netip.Addr]*netflow.Saved
	dirty  map[netip.Addr]bool
	failed bool
}

// openStore returns the store in the extension id of host, nil without one.
func openStore(ctx context.Context, host component.Host, id *component.ID, self component.ID, logger *zap.Logger) (*store, error) {
	client, err := deliver.Storage(ctx, host, id, component.KindReceiver, self)
	if client == nil {
		return nil, err
	}
	s := &store{client: client, logger: logger, saved: map[netip.Addr]*netflow.Saved{}, dirty: map[netip.Addr]bool{}}
	s.load(ctx, time.Now())
	return s, nil
}

// load reads what was saved. What cannot be read is left out: templates come again.
func (s *store) load(ctx context.Context, now time.Time) {
	index, err := s.client.Get(ctx, indexKey)
	var addrs []netip.Addr
	if err == nil && index != nil {
		err = json.Unmarshal(index, &addrs)
	}
	if err != nil {
		s.logger.Warn("Cannot read the templates saved before; exporters announce them again", zap.Error(err))
		return
	}
	for _, addr := range addrs[:min(len(addrs), maxStored)] {
		b, err := s.client.Get(ctx, keyPrefix+addr.String())
		if err != nil || b == nil {
			continue
		}
		v := &netflow.Saved{}
		if json.Unmarshal(b, v) == nil && now.Sub(time.Unix(v.Heard, 0)) < maxStoredAge {
			s.saved[addr] = v
		}
	}
}

// get returns what was saved of the exporter at addr, or nil.
func (s *store) get(addr netip.Addr) *netflow.Saved {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved[addr]
}

// put takes what exporters announced, to be written by flush.
func (s *store) put(all map[netip.Addr]*netflow.Saved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, v := range all {
		old := s.saved[addr]
		if old == nil && len(s.saved) >= maxStored {
			continue
		}
		s.saved[addr] = v.Merge(old)
		s.dirty[addr] = true
	}
}

// flush writes what is new.
func (s *store) flush(ctx context.Context) {
	ops := s.operations()
	if len(ops) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := s.client.Batch(ctx, ops...)
	if err != nil && !s.failed {
		s.logger.Warn("Cannot save templates; after a restart flows wait until exporters announce them again", zap.Error(err))
	}
	s.failed = err != nil
}

func (s *store) operations() (ops []*storage.Operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.dirty) == 0 {
		return nil
	}
	for addr := range s.dirty {
		if b, err := json.Marshal(s.saved[addr]); err == nil {
			ops = append(ops, storage.SetOperation(keyPrefix+addr.String(), b))
		}
	}
	clear(s.dirty)
	addrs := make([]netip.Addr, 0, len(s.saved))
	for addr := range s.saved {
		addrs = append(addrs, addr)
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	if b, err := json.Marshal(addrs); err == nil {
		ops = append(ops, storage.SetOperation(indexKey, b))
	}
	return ops
}

func (s *store) close(ctx context.Context) error { return s.client.Close(ctx) }
