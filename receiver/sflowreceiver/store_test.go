package sflowreceiver

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

var storageID = component.MustNewID("file_storage")

// disk is a storage extension that outlives receivers.
type disk struct {
	component.StartFunc
	component.ShutdownFunc
	mu     sync.Mutex
	values map[string][]byte
	broken bool
	open   int
}

func (d *disk) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	d.open++
	return d, nil
}
func (d *disk) Close(context.Context) error { d.open--; return nil }
func (d *disk) Get(_ context.Context, key string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.values[key], nil
}

func (d *disk) Set(ctx context.Context, key string, v []byte) error {
	return d.Batch(ctx, storage.SetOperation(key, v))
}

func (d *disk) Delete(ctx context.Context, key string) error {
	return d.Batch(ctx, storage.DeleteOperation(key))
}

func (d *disk) Batch(_ context.Context, ops ...*storage.Operation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return errors.New("disk full")
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Set:
			d.values[op.Key] = op.Value
		case storage.Delete:
			delete(d.values, op.Key)
		case storage.Get:
			op.Value = d.values[op.Key]
		}
	}
	return nil
}

// startOf runs a receiver that hears one counter sample, and returns the start time that it gives.
func startOf(t *testing.T, d *disk, uptime uint32) pcommon.Timestamp {
	cfg := testConfig()
	cfg.Storage = &storageID
	set, _ := settings()
	r := start(t, cfg, set, hostWith{componenttest.NewNopHost(), map[component.ID]component.Component{storageID: d}})
	sample := sflowtest.CounterSample{Sequence: 1, Source: sflowtest.Source{Index: 7}, Records: [][]byte{sflowtest.Interface{Index: 7, InOctets: 70, OutOctets: 80}.Bytes()}}
	r.send(t, sflowtest.Datagram{Agent: switch1, Sequence: 1, Uptime: uptime, Samples: [][]byte{sample.Bytes()}}.Bytes())
	r.stop()
	var started pcommon.Timestamp
	r.points(semconv.MetricNetworkIO, func(_ pcommon.Resource, p pmetric.NumberDataPoint) { started = p.StartTimestamp() })
	require.NotZero(t, started)
	return started
}

// Start times outlive the receiver: the agent's uptime would give others by the milliseconds that datagrams take.
func TestStartTimesPersist(t *testing.T) {
	d := &disk{values: map[string][]byte{}}
	first := startOf(t, d, 3_600_000)
	assert.Equal(t, first, startOf(t, d, 3_600_700))
	assert.Zero(t, d.open, "clients are closed")
	assert.NotEqual(t, first, startOf(t, &disk{values: map[string][]byte{}}, 3_600_700))
}

func TestSpoiledStorageIsDoneWithout(t *testing.T) {
	for _, values := range []map[string][]byte{
		{indexKey: []byte("{")},
		{indexKey: []byte(`{"10.0.0.1/0":9999999999}`), keyPrefix + "10.0.0.1/0": []byte("[]")},
		{indexKey: []byte(`{"10.0.0.1/0":9999999999}`)},
	} {
		startOf(t, &disk{values: values}, 1000)
	}
	startOf(t, &disk{values: map[string][]byte{}, broken: true}, 1000)
}

func TestStoredAgentsAreBounded(t *testing.T) {
	d := &disk{values: map[string][]byte{}}
	s, err := openStore(t.Context(), hostWith{componenttest.NewNopHost(), map[component.ID]component.Component{storageID: d}}, &storageID, component.MustNewID("sflow"), zap.NewNop())
	require.NoError(t, err)
	now := time.Now()
	for i := range uint32(maxStored + 100) {
		s.put(trackerKey{agent: sflow.AgentKey{Address: switch1, SubAgent: i}}, netif.State{}, now)
	}
	s.flush(t.Context())
	assert.Len(t, d.values, maxStored+1)
	s.load(t.Context(), now.Add(maxStoredAge+time.Hour))
	s.flush(t.Context())
	assert.Len(t, d.values, 1, "the index is left")
}

func TestMissingStorageIsOneClearLine(t *testing.T) {
	_, err := openStore(t.Context(), componenttest.NewNopHost(), &storageID, component.MustNewID("sflow"), zap.NewNop())
	require.ErrorContains(t, err, `no extension "file_storage"`)
}
