package netflowreceiver

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/netflow"
)

// observe registers what is read whenever the Collector's own metrics are collected. The workers count without
// synchronisation; reading takes each worker's lock for a moment. What never happened is told as 0, so that its rate is
// known from its first time on.
func (r *netflowReceiver) observe() error {
	t := r.telemetry
	return errors.Join(
		t.RegisterNetflowDatagramsCallback(r.byVersion(func(c *netflow.Counters) *[netflow.Versions]uint64 { return &c.Datagrams })),
		t.RegisterNetflowBytesCallback(r.byVersion(func(c *netflow.Counters) *[netflow.Versions]uint64 { return &c.Bytes })),
		t.RegisterNetflowRecordsCallback(r.byVersion(func(c *netflow.Counters) *[netflow.Versions]uint64 { return &c.Records })),
		t.RegisterNetflowDecodeErrorsCallback(r.observeErrors),
		t.RegisterNetflowIrregularitiesCallback(r.observeIrregularities),
		t.RegisterNetflowSkippedFieldsCallback(r.observeSkipped),
		t.RegisterNetflowOptionsRecordsCallback(r.counter(func(c *netflow.Counters) uint64 { return c.OptionsRecords })),
		t.RegisterNetflowTemplatesReceivedCallback(r.counter(func(c *netflow.Counters) uint64 { return c.Templates })),
		t.RegisterNetflowTemplateMissesCallback(r.counter(func(c *netflow.Counters) uint64 { return c.TemplateMisses })),
		t.RegisterNetflowSetsReplayedCallback(r.counter(func(c *netflow.Counters) uint64 { return c.ReplayedSets })),
		t.RegisterNetflowSetsDroppedCallback(r.counter(func(c *netflow.Counters) uint64 { return c.DroppedSets })),
		t.RegisterNetflowRecordsReplayedCallback(r.counter(func(c *netflow.Counters) uint64 { return c.ReplayedRecords })),
		t.RegisterNetflowRecordsHeldCallback(r.counter(func(c *netflow.Counters) uint64 { return c.HeldRecords })),
		t.RegisterNetflowRecordsUnresolvedCallback(r.counter(func(c *netflow.Counters) uint64 { return c.UnresolvedRecords })),
		t.RegisterNetflowHeldBytesCallback(r.observeHeld),
		t.RegisterNetflowKernelDropsCallback(r.observeDrops),
		t.RegisterNetflowReceiveBufferCallback(r.observeBuffers),
		t.RegisterNetflowRefusedCallback(r.observeRefused),
		t.RegisterNetflowExporterSamplingRateCallback(r.observeSampling),
		t.RegisterNetflowExporterSilenceCallback(r.observeSilence),
		t.RegisterNetflowExporterTemplatesMissingCallback(r.observeMissing),
		r.observePipeline(),
	)
}

// each calls f with every worker's decoder, under its lock.
func (r *netflowReceiver) each(f func(*worker)) {
	for _, w := range r.workers {
		w.flows.Lock()
		f(w)
		w.flows.Unlock()
	}
}

func (r *netflowReceiver) counter(of func(*netflow.Counters) uint64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		var sum uint64
		r.each(func(w *worker) { sum += of(w.decoder.Counters()) })
		o.Observe(int64(sum))
		return nil
	}
}

func (r *netflowReceiver) byVersion(of func(*netflow.Counters) *[netflow.Versions]uint64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		var sums [netflow.Versions]uint64
		r.each(func(w *worker) {
			for v, n := range of(w.decoder.Counters()) {
				sums[v] += n
			}
		})
		for v, n := range sums {
			o.Observe(int64(n), metric.WithAttributes(attribute.String("version", netflow.Version(v).String())))
		}
		return nil
	}
}

func (r *netflowReceiver) observeErrors(_ context.Context, o metric.Int64Observer) error {
	var sums [netflow.Reasons]uint64
	r.each(func(w *worker) {
		for v, n := range w.decoder.Counters().Errors {
			sums[v] += n
		}
	})
	for v := netflow.None + 1; v < netflow.Reasons; v++ {
		o.Observe(int64(sums[v]), metric.WithAttributes(attribute.String("reason", v.String())))
	}
	return nil
}

var irregularities = map[string]func(*netflow.Counters) uint64{
	"redefinition":        func(c *netflow.Counters) uint64 { return c.Redefinitions },
	"withdrawal":          func(c *netflow.Counters) uint64 { return c.Withdrawals },
	"count_mismatch":      func(c *netflow.Counters) uint64 { return c.CountMismatches },
	"implausible_clock":   func(c *netflow.Counters) uint64 { return c.ImplausibleClocks },
	"not_a_flow":          func(c *netflow.Counters) uint64 { return c.NotFlows },
	"evicted_exporter":    func(c *netflow.Counters) uint64 { return c.EvictedExporters },
	"evicted_stream":      func(c *netflow.Counters) uint64 { return c.EvictedStreams },
	"skipped_field":       func(c *netflow.Counters) uint64 { return c.SkippedFields },
	"provisional_refused": func(c *netflow.Counters) uint64 { return c.ProvisionalRefused },
}

func (r *netflowReceiver) observeIrregularities(_ context.Context, o metric.Int64Observer) error {
	for kind, of := range irregularities {
		var sum uint64
		r.each(func(w *worker) { sum += of(w.decoder.Counters()) })
		o.Observe(int64(sum), metric.WithAttributes(attribute.String("kind", kind)))
	}
	return nil
}

func (r *netflowReceiver) observeSkipped(_ context.Context, o metric.Int64Observer) error {
	sums := map[string]uint64{}
	r.each(func(w *worker) { w.decoder.Skipped(func(element string, fields uint64) { sums[element] += fields }) })
	for element, n := range sums {
		o.Observe(int64(n), metric.WithAttributes(attribute.String("element", element)))
	}
	return nil
}

func (r *netflowReceiver) observeHeld(_ context.Context, o metric.Int64Observer) error {
	sum := 0
	r.each(func(w *worker) { sum += w.decoder.HeldBytes() })
	o.Observe(int64(sum))
	return nil
}

func (r *netflowReceiver) observeDrops(_ context.Context, o metric.Int64Observer) error {
	for i := range r.group.Sockets() {
		o.Observe(int64(r.group.Stats(i).KernelDrops), metric.WithAttributes(attribute.Int("socket", i)))
	}
	return nil
}

func (r *netflowReceiver) observeBuffers(_ context.Context, o metric.Int64Observer) error {
	for i := range r.group.Sockets() {
		o.Observe(int64(r.group.Stats(i).GrantedBuffer), metric.WithAttributes(attribute.Int("socket", i)))
	}
	return nil
}

func (r *netflowReceiver) observeRefused(_ context.Context, o metric.Int64Observer) error {
	var sum uint64
	for i := range r.group.Sockets() {
		sum += r.group.Stats(i).Refused
	}
	o.Observe(int64(sum))
	return nil
}

// observeSampling gives each observation domain's rate as of its last flow.
func (r *netflowReceiver) observeSampling(_ context.Context, o metric.Float64Observer) error {
	r.streams(func(w *worker, s *netflow.Stream, v *stream) {
		if s.Records() == 0 {
			return
		}
		scale, source := s.Sampling()
		o.Observe(scale.Rate(), metric.WithAttributes(
			attribute.String(semconv.ServiceInstanceID, w.id(v)),
			attribute.Int64(semconv.FlowObservationDomain, int64(s.Domain)),
			attribute.String(semconv.FlowSamplingSource, source.String()),
			attribute.String("version", s.Version().String())))
	})
	return nil
}

func (r *netflowReceiver) observeSilence(_ context.Context, o metric.Float64Observer) error {
	heard := map[string]time.Time{}
	r.streams(func(w *worker, s *netflow.Stream, v *stream) {
		if id := w.id(v); s.Heard().After(heard[id]) {
			heard[id] = s.Heard()
		}
	})
	now := time.Now()
	for id, at := range heard {
		o.Observe(max(now.Sub(at), 0).Seconds(), metric.WithAttributes(attribute.String(semconv.ServiceInstanceID, id)))
	}
	return nil
}

func (r *netflowReceiver) observeMissing(_ context.Context, o metric.Int64Observer) error {
	type key struct{ id, version string }
	missing := map[key]int{}
	r.streams(func(w *worker, s *netflow.Stream, v *stream) {
		n, _ := s.Missing()
		missing[key{w.id(v), s.Version().String()}] += n
	})
	for k, n := range missing {
		o.Observe(int64(n), metric.WithAttributes(
			attribute.String(semconv.ServiceInstanceID, k.id), attribute.String("version", k.version)))
	}
	return nil
}

func (r *netflowReceiver) streams(f func(*worker, *netflow.Stream, *stream)) {
	r.each(func(w *worker) {
		w.decoder.Streams(func(s *netflow.Stream) { f(w, s, s.Handle.(*stream)) })
	})
}
