package pipeline

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/semconv"
)

const (
	batchRecords = 1024        // records in one delivery
	batchAge     = time.Second // how long a record waits for others at most
	batchQueue   = 64          // batches that wait for the next consumer at most, about 25 MB
)

// batch is records on their way to the next consumer.
type batch struct {
	n     int
	items [batchRecords]logItem
}

type logItem struct {
	record   flow.Record
	received int64 // Unix ns
	exporter *Exporter
	drop     string // why the device discarded the packet; "": it did not, or this is a flow
}

// logger turns records into log records. Workers fill batches; its goroutine builds and delivers them.
type logger struct {
	p        *Pipeline
	resolver *resolver
	full     chan *batch
	free     chan *batch
	pruned   time.Time
	stop     chan struct{}
	done     chan struct{}
	ctx      context.Context
	cancel   context.CancelFunc
}

func newLogger(p *Pipeline) *logger {
	l := &logger{
		p: p, resolver: newResolver(p.set.Registry),
		full: make(chan *batch, batchQueue), free: make(chan *batch, batchQueue+p.set.Workers),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// log keeps one record for the logger.
func (w *Worker) log(e *Exporter, at time.Time, r *flow.Record) { w.keep(e, at, r, "") }

// keep keeps a record, and why the device discarded it if it did.
func (w *Worker) keep(e *Exporter, at time.Time, r *flow.Record, drop string) {
	if w.batch == nil {
		w.batch = w.p.logger.empty()
	}
	b := w.batch
	it := &b.items[b.n]
	it.record, it.received, it.exporter, it.drop = *r, at.UnixNano(), e, drop
	if b.n++; b.n == batchRecords {
		w.handOver()
	}
}

// LogDiscard keeps the record of a packet that the device discarded, and no view counts, for the logger. reason is the
// value of network.flow.drop.reason.
func (w *Worker) LogDiscard(e *Exporter, at time.Time, r *flow.Record, reason string) {
	if w.p.logger != nil {
		w.keep(e, at, r, reason)
	}
}

// handOver queues the worker's batch; when the queue is full its records are dropped and counted.
func (w *Worker) handOver() {
	select {
	case w.p.logger.full <- w.batch:
		w.batch = nil
	default:
		w.p.counts.logsFull.Add(uint64(w.batch.n))
		w.batch.n = 0
	}
}

func (l *logger) empty() *batch {
	select {
	case b := <-l.free:
		return b
	default:
		return &batch{}
	}
}

func (l *logger) run() { go l.loop() }

// shutdown delivers what is queued and ends the goroutine.
func (l *logger) shutdown(ctx context.Context) error {
	defer l.cancel()
	close(l.stop)
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flow pipeline: the last records were not delivered in time: %w", ctx.Err())
	}
}

func (l *logger) loop() {
	defer close(l.done)
	tick := time.NewTicker(batchAge)
	defer tick.Stop()
	for {
		select {
		case b := <-l.full:
			l.deliver(b)
		case <-tick.C:
			l.collect()
		case <-l.stop:
			l.collect()
			for {
				select {
				case b := <-l.full:
					l.deliver(b)
				default:
					return
				}
			}
		}
	}
}

// collect delivers the batches that did not fill up.
func (l *logger) collect() {
	for _, w := range l.p.workers {
		w.Lock()
		b := w.batch
		w.batch = nil
		w.Unlock()
		if b != nil {
			l.deliver(b)
		}
	}
	if len(l.resolver.bindings) > maxNames {
		l.resolver = newResolver(l.p.set.Registry)
	}
	if now := time.Now(); now.Sub(l.pruned) >= exporterPatience {
		l.pruned = now
		l.resolver.prune()
		if len(l.resolver.names.ids) > maxNames {
			l.resolver = newResolver(l.p.set.Registry)
		}
	}
}

// deliver sends b and puts it back for its next use.
func (l *logger) deliver(b *batch) {
	if b.n > 0 {
		if l.ctx.Err() != nil {
			l.p.counts.logsLost.Add(uint64(b.n))
		} else if err := l.p.set.Logs.Send(l.ctx, l.build(b)); err != nil {
			l.p.counts.logsFailed.Add(uint64(b.n))
		} else {
			l.p.counts.logs.Add(uint64(b.n))
		}
	}
	clear(b.items[:b.n])
	b.n = 0
	select {
	case l.free <- b:
	default:
	}
}

// build makes one resource for each device in b.
func (l *logger) build(b *batch) plog.Logs {
	l.resolver.refresh()
	ld := plog.NewLogs()
	devices := map[string]plog.LogRecordSlice{}
	var attrs []attribute
	row := aggregate.Row{}
	for i := range b.items[:b.n] {
		it := &b.items[i]
		bound := l.resolver.of(it.exporter)
		records, ok := devices[bound.device.ID]
		if !ok {
			records = l.resource(ld, bound)
			devices[bound.device.ID] = records
		}
		row.Read(&it.record, 0)
		row.Has &^= unnumbered(it.record.Has)
		l.resolver.resolve(it.exporter, bound, &row)
		attrs = attributes(attrs[:0], allDimensions, &row, l.resolver.names)
		fillRecord(records.AppendEmpty(), it, attrs)
	}
	return ld
}

// unnumbered are the indexes of interfaces that a decoder gave without one: several interfaces, or the device itself.
func unnumbered(has flow.Fields) (indexes flow.Fields) {
	if has.Contains(flow.IngressInterface) && !has.Contains(flow.IngressIndex) {
		indexes.Set(flow.IngressIndex)
	}
	if has.Contains(flow.EgressInterface) && !has.Contains(flow.EgressIndex) {
		indexes.Set(flow.EgressIndex)
	}
	return indexes
}

var allDimensions = flow.Dimensions()

func (l *logger) resource(ld plog.Logs, b *binding) plog.LogRecordSlice {
	rl := ld.ResourceLogs().AppendEmpty()
	rl.SetSchemaUrl(semconv.SchemaURL)
	l.p.set.Registry.Resource(b.device, rl.Resource())
	sl := rl.ScopeLogs().AppendEmpty()
	sl.SetSchemaUrl(semconv.SchemaURL)
	sl.Scope().SetName(l.p.set.Scope)
	sl.Scope().SetVersion(l.p.set.Version)
	return sl.LogRecords()
}

// fillRecord writes the log record of one flow: counts as observed, the sampling rate apart.
func fillRecord(lr plog.LogRecord, it *logItem, attrs []attribute) {
	r := &it.record
	lr.SetEventName(semconv.EventFlow)
	if it.drop != "" {
		lr.SetEventName(semconv.EventFlowDrop)
		lr.Attributes().PutStr(semconv.FlowDropReason, it.drop)
	}
	lr.SetObservedTimestamp(pcommon.Timestamp(it.received))
	end := r.End
	if end == 0 {
		end = it.received
	}
	lr.SetTimestamp(pcommon.Timestamp(end))
	m := lr.Attributes()
	m.EnsureCapacity(len(attrs) + 8)
	for _, a := range attrs {
		a.put(m)
	}
	m.PutInt(semconv.FlowBytes, int64(r.Bytes))     //nolint:gosec // counters of one flow
	m.PutInt(semconv.FlowPackets, int64(r.Packets)) //nolint:gosec // as above
	m.PutDouble(semconv.FlowSamplingRate, r.Scale.Rate())
	m.PutStr(semconv.FlowSamplingSource, r.SamplingSource.String())
	if r.Start != 0 {
		m.PutStr(semconv.FlowStart, time.Unix(0, r.Start).UTC().Format(time.RFC3339Nano))
	}
	if p := protocolNames[r.Protocol]; p != "" {
		m.PutStr(semconv.FlowType, p)
	}
}

var protocolNames = map[flow.Protocol]string{
	flow.NetFlowV1: "netflow_v1", flow.NetFlowV5: "netflow_v5", flow.NetFlowV7: "netflow_v7", flow.NetFlowV9: "netflow_v9",
	flow.IPFIX: "ipfix", flow.SFlow5: "sflow_5",
}
