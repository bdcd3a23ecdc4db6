package sflowreceiver

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/netif"
)

// Bounds of what is kept across a restart.
const (
	maxStored    = 8192                // agents
	maxStoredAge = 30 * 24 * time.Hour // since an agent's state was saved
	storeTimeout = 5 * time.Second
	indexKey     = "agents"
	keyPrefix    = "agent/"
)

// store keeps when agents' counters started: one value for each agent, and an index that bounds them. A nil store
// keeps nothing. It is the flusher's alone.
type store struct {
	client storage.Client
	log    *zap.Logger
	saved  map[string]int64 // when each agent was saved, Unix seconds
	ops    []*storage.Operation
	failed bool
}

// stored is one agent's value.
type stored struct {
	Device string      `json:"device"`
	State  netif.State `json:"state"`
}

// openStore returns the store in the extension id of host, nil if id is.
func openStore(ctx context.Context, host component.Host, id *component.ID, self component.ID, log *zap.Logger) (*store, error) {
	client, err := deliver.Storage(ctx, host, id, component.KindReceiver, self)
	if client == nil {
		return nil, err
	}
	s := &store{client: client, log: log, saved: map[string]int64{}}
	s.load(ctx, time.Now())
	return s, nil
}

// load reads the index and drops what is too old. An index that cannot be read is one that is empty.
func (s *store) load(ctx context.Context, now time.Time) {
	b, err := s.client.Get(ctx, indexKey)
	if err == nil && b != nil {
		err = json.Unmarshal(b, &s.saved)
	}
	if err != nil {
		s.log.Warn("Cannot read the start times saved before; counters get new ones", zap.Error(err))
		s.saved = map[string]int64{}
	}
	for key, at := range s.saved {
		if now.Sub(time.Unix(at, 0)) > maxStoredAge || len(s.saved) > maxStored {
			delete(s.saved, key)
			s.ops = append(s.ops, storage.DeleteOperation(keyPrefix+key))
		}
	}
}

func storeKey(k trackerKey) string {
	return k.agent.Address.String() + "/" + strconv.FormatUint(uint64(k.agent.SubAgent), 10)
}

// restore gives a new tracker what was saved of its agent, if that was the same device.
func (s *store) restore(ctx context.Context, k trackerKey, t *netif.Tracker) {
	if s == nil {
		return
	}
	key := storeKey(k)
	if _, ok := s.saved[key]; !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	b, err := s.client.Get(ctx, keyPrefix+key)
	if err != nil || b == nil {
		return
	}
	var v stored
	if json.Unmarshal(b, &v) == nil && v.Device == k.device {
		t.Restore(v.State)
	}
}

// put takes an agent's state, to be written by flush.
func (s *store) put(k trackerKey, state netif.State, now time.Time) {
	key := storeKey(k)
	if _, ok := s.saved[key]; !ok && len(s.saved) >= maxStored {
		return
	}
	b, err := json.Marshal(stored{Device: k.device, State: state})
	if err != nil {
		return
	}
	s.saved[key] = now.Unix()
	s.ops = append(s.ops, storage.SetOperation(keyPrefix+key, b))
}

// flush writes what is new.
func (s *store) flush(ctx context.Context) {
	if s == nil || len(s.ops) == 0 {
		return
	}
	if b, err := json.Marshal(s.saved); err == nil {
		s.ops = append(s.ops, storage.SetOperation(indexKey, b))
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err := s.client.Batch(ctx, s.ops...)
	s.ops = s.ops[:0]
	if err != nil && !s.failed {
		s.log.Warn("Cannot save start times; after a restart counters get new ones", zap.Error(err))
	}
	s.failed = err != nil
}

func (s *store) close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.client.Close(ctx)
}
