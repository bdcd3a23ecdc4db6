package netflowreceiver

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/netflow"
)

// worker is one socket's decoder and its part of the pipeline. Everything in it is used under flows' lock.
type worker struct {
	receiver *netflowReceiver
	flows    *pipeline.Worker
	decoder  *netflow.Decoder
	handles  map[handleKey]*handle
}

type handleKey struct {
	addr   netip.Addr
	domain uint32
	said   pipeline.Said
}

// handle is an exporter's observation domain in the pipeline, shared by the streams of its ports unless they say that
// they are different exporters.
type handle struct {
	key      handleKey
	exporter *pipeline.Exporter
	streams  int
}

// stream is what the worker keeps of a decoder's stream.
type stream struct {
	*handle
	reported netflow.Losses
	silent   bool // said to be
	missing  bool // a template is said to be
	counts   bool // it is said that its numbers count something else
}

func newWorker(r *netflowReceiver, flows *pipeline.Worker) *worker {
	w := &worker{receiver: r, flows: flows, handles: map[handleKey]*handle{}}
	w.decoder = netflow.New(w, limits(r.cfg.Aggregation.MaxExporters))
	if r.store != nil {
		w.decoder.Restore(r.store.get)
	}
	return w
}

// minStreams is how many source ports and observation domains a worker knows however few exporters are allowed: what
// bounds the ports of one address is a limit of its own.
const minStreams = 8192

// limits has room in each worker for all exporters, as nothing says how they are shared out, and for twice as many
// streams, as some send templates and data from different ports.
func limits(maxExporters int) netflow.Limits {
	n := cmp.Or(maxExporters, pipeline.DefaultConfig().MaxExporters)
	return netflow.Limits{Exporters: n, AllStreams: max(minStreams, 2*n)}
}

// Datagrams implements udp.Handler.
func (w *worker) Datagrams(batch []udp.Datagram) {
	for _, to := range w.receiver.relays {
		for i := range batch {
			to.put(&batch[i])
		}
	}
	w.flows.Lock()
	defer w.flows.Unlock()
	for i := range batch {
		d := &batch[i]
		if why := w.decoder.Datagram(d.Source, d.At, d.Payload); why != netflow.None {
			w.receiver.complaint.about(d.At, d.Source, why, len(d.Payload))
		}
	}
}

// Open implements netflow.Sink.
func (w *worker) Open(s *netflow.Stream) bool {
	addr := s.Source.Addr()
	h := w.acquire(handleKey{addr: addr, domain: s.Domain})
	if h == nil { // before anything is declared of what may be a forged address
		return false
	}
	if e := w.receiver.cfg.exporter(addr, s.Domain); e != nil {
		if e.SamplingRate > 0 {
			s.Override = flow.Scale{Num: uint64(e.SamplingRate), Den: 1}
		}
		if e.Match.Prefix.IsValid() && e.describes() {
			w.receiver.registry.Declare(w.receiver.declaration(e, addr))
		}
	}
	s.Handle = &stream{handle: h}
	return true
}

func (w *worker) acquire(k handleKey) *handle {
	h := w.handles[k]
	if h == nil {
		e := w.flows.ExporterSaying(k.addr, k.domain, k.said)
		if e == nil {
			return nil
		}
		h = &handle{key: k, exporter: e}
		w.handles[k] = h
	}
	h.streams++
	return h
}

func (w *worker) release(h *handle) {
	if h.streams--; h.streams == 0 {
		delete(w.handles, h.key)
		w.flows.Forget(h.exporter)
	}
}

// Close implements netflow.Sink.
func (w *worker) Close(s *netflow.Stream) {
	v := s.Handle.(*stream)
	w.report(s, v)
	w.release(v.handle)
}

// Record implements netflow.Sink.
func (w *worker) Record(s *netflow.Stream, at time.Time, r *flow.Record) {
	w.flows.Add(s.Handle.(*stream).exporter, at, r)
}

// Interface implements netflow.Sink.
func (w *worker) Interface(s *netflow.Stream, index uint32, name, description string) {
	w.flows.NameInterface(s.Handle.(*stream).exporter, index, name, description)
}

// Application implements netflow.Sink.
func (w *worker) Application(s *netflow.Stream, id uint64, name string) {
	w.flows.NameApplication(s.Handle.(*stream).exporter, id, name)
}

// VRF implements netflow.Sink.
func (w *worker) VRF(s *netflow.Stream, id uint32, name string) {
	w.flows.NameVRF(s.Handle.(*stream).exporter, id, name)
}

// Address implements netflow.Sink: an exporter behind a proxy or an address translation says which address is its own.
// What configuration says of the source address goes before it.
func (w *worker) Address(s *netflow.Stream, addr netip.Addr) {
	v := s.Handle.(*stream)
	key := v.key
	if e := w.receiver.cfg.exporter(key.addr, key.domain); e != nil && e.describes() {
		return
	}
	said := &key.said[0]
	if addr.Is6() {
		said = &key.said[1]
	}
	if *said = addr; addr == key.addr || !addr.IsGlobalUnicast() {
		*said = netip.Addr{} // nothing that tells it apart
	}
	if key == v.key {
		return
	}
	if h := w.acquire(key); h != nil {
		w.release(v.handle)
		v.handle = h
		w.decoder.Tell(s)
	}
}

// When an exporter is said to be silent, and a template to be missing.
const (
	silentAfter  = 5 * time.Minute
	missingAfter = 10 * time.Minute
)

func (w *worker) tick(now time.Time) {
	w.flows.Lock()
	defer w.flows.Unlock()
	w.decoder.Tick(now)
	w.decoder.Streams(func(s *netflow.Stream) {
		v := s.Handle.(*stream)
		w.report(s, v)
		w.watch(now, s, v)
	})
}

// finish lets go of everything held, before the pipeline's last flush.
func (w *worker) finish() {
	w.flows.Lock()
	defer w.flows.Unlock()
	w.decoder.Finish()
	w.decoder.Streams(func(s *netflow.Stream) { w.report(s, s.Handle.(*stream)) })
}

// changed returns what exporters announced since the last call.
func (w *worker) changed() map[netip.Addr]*netflow.Saved {
	w.flows.Lock()
	defer w.flows.Unlock()
	var all map[netip.Addr]*netflow.Saved
	w.decoder.Changed(func(addr netip.Addr, s *netflow.Saved) {
		if all == nil {
			all = map[netip.Addr]*netflow.Saved{}
		}
		all[addr] = s
	})
	return all
}

// report adds what was lost since the last report to the exporter's counters.
func (w *worker) report(s *netflow.Stream, v *stream) {
	l, last := s.Losses(), v.reported
	if l == last {
		return
	}
	v.reported = l
	v.reported.LostFlows = max(l.LostFlows, last.LostFlows) // v9's is an estimate and may shrink
	ctx, t := context.Background(), w.receiver.telemetry
	id := attribute.String(semconv.ServiceInstanceID, w.id(v))
	version := attribute.String("version", s.Version().String())
	attrs := metric.WithAttributeSet(attribute.NewSet(id, version))
	t.NetflowSequenceLostFlows.Add(ctx, int64(v.reported.LostFlows-last.LostFlows), attrs)
	t.NetflowSequenceReordered.Add(ctx, int64(l.Reordered-last.Reordered), attrs)
	t.NetflowSequenceRepeated.Add(ctx, int64(max(l.Repeated, last.Repeated)-last.Repeated), attrs)
	t.NetflowExporterRestarts.Add(ctx, int64(l.Restarts-last.Restarts), attrs)
	unit := attribute.String("unit", s.Unit())
	t.NetflowSequenceLost.Add(ctx, int64(l.Lost-last.Lost), metric.WithAttributeSet(attribute.NewSet(id, version, unit)))
}

// id is who the data of v is about.
func (w *worker) id(v *stream) string {
	k := v.key
	if k.said == (pipeline.Said{}) {
		return w.receiver.registry.Exporter(k.addr, k.domain).ID
	}
	return w.receiver.registry.ExporterOf(k.domain, k.said[0], k.said[1], k.addr).ID
}

// watch says once when an exporter fell silent or a template does not come, and once when that is over.
func (w *worker) watch(now time.Time, s *netflow.Stream, v *stream) {
	log := w.receiver.set.Logger
	fields := func() []zap.Field {
		return []zap.Field{
			zap.String(semconv.ServiceInstanceID, w.id(v)), zap.Stringer("source", s.Source),
			zap.Uint32("observation_domain", s.Domain), zap.Stringer("version", s.Version()),
		}
	}
	if silent := now.Sub(s.Heard()) > silentAfter; silent != v.silent && s.Records() > 0 {
		v.silent = silent
		if silent {
			log.Warn("An exporter fell silent; check that it is up and still exports here", fields()...)
		} else {
			log.Info("An exporter speaks again", fields()...)
		}
	}
	if counts := s.Unit() != s.Version().Unit(); counts && !v.counts {
		v.counts = true
		log.Info("An exporter's sequence numbers do not count export packets, as NetFlow v9 wants; its losses are reported in "+
			"what they count", append(fields(), zap.String("unit", s.Unit()))...)
	}
	n, since := s.Missing()
	if missing := n > 0 && now.Sub(since) > missingAfter; missing != v.missing {
		v.missing = missing
		if missing {
			log.Warn("An exporter's templates do not come, so its flows are dropped; lower its template refresh interval "+
				"(Cisco: template data timeout) or check for lost datagrams", append(fields(), zap.Int("templates", n))...)
		}
	}
}
