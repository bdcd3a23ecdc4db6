package pipeline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/netcol-io/netcol/internal/flow"
)

func logsOnly(t *testing.T, s *sink) *Pipeline {
	set := withLogs(t, settings(t, s, nil, 1), s)
	set.Metrics = nil
	return start(t, DefaultConfig(), set)
}

func logRecords(s *sink) (all []plog.LogRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ld := range s.logs {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					all = append(all, lr)
				}
			}
		}
	}
	return all
}

// A record becomes one log record: counts as observed, the sampling rate apart, what the record has and nothing else.
func TestFlowRecordAsLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		p := logsOnly(t, s)
		r := tcp(1, 100)
		r.Scale = flow.Scale{Num: 1000, Den: 1}
		r.SamplingSource = flow.SamplingSampler
		r.Protocol = flow.NetFlowV9
		r.TOS, r.TCPFlags, r.SrcMAC = 46<<2, 0x12, 0x0a0b0c0d0e0f
		r.Has.Set(flow.DSCP)
		r.Has.Set(flow.TCPFlags)
		r.Has.Set(flow.SourceMAC)
		now := time.Now()
		r.Start, r.End = now.Add(-10*time.Second).UnixNano(), now.Add(-time.Second).UnixNano()
		add(p, 0, router, 0, r)
		require.Empty(t, logRecords(s), "it waits for others")
		time.Sleep(batchAge + time.Millisecond)
		all := logRecords(s)
		require.Len(t, all, 1)
		require.Equal(t, "network.flow", all[0].EventName())
		require.EqualValues(t, r.End, all[0].Timestamp())
		require.Equal(t, now.UTC(), all[0].ObservedTimestamp().AsTime())
		require.Equal(t, map[string]any{
			"source.address": "10.0.0.1", "destination.address": "198.51.100.1", "source.port": int64(40000), "destination.port": int64(443),
			"source.mac": "0a:0b:0c:0d:0e:0f", "network.transport": "tcp", "network.type": "ipv4", "network.protocol.name": "https",
			"network.flow.dscp": "EF", "network.flow.tcp_flags": "SYN|ACK",
			"network.interface.name": "if1", "network.interface.direction": "ingress",
			"network.flow.ingress.interface.name": "if1", "network.flow.ingress.interface.index": int64(1),
			"network.flow.egress.interface.name": "if2", "network.flow.egress.interface.index": int64(2),
			"network.flow.bytes": int64(100), "network.flow.packets": int64(2), "network.flow.sampling_rate": 1000.0,
			"network.flow.sampling_source": "sampler", "network.flow.start": "1999-12-31T23:59:50Z", "network.flow.protocol": "netflow_v9",
		}, all[0].Attributes().AsRaw())
		require.EqualValues(t, 1, p.Stats().Logs)
		stop(t, p)
	})
}

// Records go in batches, one delivery for many; what is there at shutdown goes too.
func TestLogBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		p := logsOnly(t, s)
		for range batchRecords + 10 {
			add(p, 0, router, 0, tcp(1, 1))
		}
		synctest.Wait()
		require.Len(t, s.logs, 1)
		stop(t, p)
		require.Len(t, s.logs, 2)
		require.Len(t, logRecords(s), batchRecords+10)
	})
}

// A consumer that does not return costs records beyond the queue, and they are counted.
func TestLogsBehindSlowConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{hold: make(chan struct{})}
		p := logsOnly(t, s)
		w := p.Worker(0)
		w.Lock()
		e := w.Exporter(router, 0)
		const n = (batchQueue + 5) * batchRecords
		for range n {
			w.Add(e, time.Now(), tcp(1, 1))
		}
		w.Unlock()
		synctest.Wait()
		require.NotZero(t, p.Stats().LogsQueueFull)
		close(s.hold)
		stop(t, p)
		st := p.Stats()
		require.EqualValues(t, n, st.Logs+st.LogsQueueFull)
	})
}

func TestLogsShutdownGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{hold: make(chan struct{})}
		p := logsOnly(t, s)
		add(p, 0, router, 0, tcp(1, 1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, p.Shutdown(ctx), context.DeadlineExceeded)
		synctest.Wait()
		require.EqualValues(t, 1, p.Stats().LogsSendFailed)
	})
}

func TestLogsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{err: errors.New("no")}
		p := logsOnly(t, s)
		add(p, 0, router, 0, tcp(1, 1))
		time.Sleep(time.Minute)
		stop(t, p)
		require.EqualValues(t, 1, p.Stats().LogsSendFailed)
	})
}

// With a logs pipeline, too, adding allocates nothing once the batches exist.
func TestLogAllocatesNothing(t *testing.T) {
	s := &sink{}
	p, err := New(DefaultConfig(), withLogs(t, settings(t, s, nil, 1), s))
	require.NoError(t, err)
	w := p.Worker(0)
	w.Lock()
	defer w.Unlock()
	e := w.Exporter(router, 0)
	now, r := time.Now(), tcp(1, 10)
	w.Add(e, now, r)
	require.Zero(t, testing.AllocsPerRun(3*batchRecords, func() {
		w.Add(e, now, r)
		select { // the logger's part, without what it builds
		case b := <-p.logger.full:
			b.n = 0
			p.logger.free <- b
		default:
		}
	}))
}

// A packet that the device discarded is an event of its own, with the reason, and counts in no view.
func TestDiscardedPacketAsLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		p := start(t, DefaultConfig(), withLogs(t, settings(t, s, nil, 1), s))
		r := tcp(1, 100)
		r.Out, r.Dropped = 1<<31, true
		r.Has.Set(flow.EgressInterface)
		r.Has &^= 1 << flow.EgressIndex
		w := p.Worker(0)
		w.Lock()
		w.LogDiscard(w.Exporter(router, 0), time.Now(), r, "acl")
		w.Unlock()
		time.Sleep(batchAge + time.Millisecond)
		all := logRecords(s)
		require.Len(t, all, 1)
		require.Equal(t, "network.flow.drop", all[0].EventName())
		attributes := all[0].Attributes().AsRaw()
		require.Equal(t, "acl", attributes["network.flow.drop.reason"])
		require.Contains(t, attributes, "network.flow.egress.interface.name")
		require.NotContains(t, attributes, "network.flow.egress.interface.index", "it is no single interface")
		require.Zero(t, p.Stats().Records)
		time.Sleep(2 * time.Minute)
		require.Zero(t, p.Stats().Records)
	})
}
