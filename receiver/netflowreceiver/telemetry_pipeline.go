package netflowreceiver

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/netcol-io/netcol/internal/flow/pipeline"
)

// observePipeline registers what becomes of flows once they are decoded.
func (r *netflowReceiver) observePipeline() error {
	t := r.telemetry
	return errors.Join(
		t.RegisterNetflowUnknownDirectionCallback(r.stat(func(s *pipeline.Stats) uint64 { return s.UnknownDirection })),
		t.RegisterNetflowExportersRefusedCallback(r.stat(func(s *pipeline.Stats) uint64 { return s.ExportersRefused })),
		t.RegisterNetflowRecordsRefusedCallback(r.stat(func(s *pipeline.Stats) uint64 { return s.RecordsRefused })),
		t.RegisterNetflowNamesRefusedCallback(r.observeNamesRefused),
		t.RegisterNetflowWindowsDeferredCallback(r.stat(func(s *pipeline.Stats) uint64 { return s.WindowsDeferred })),
		t.RegisterNetflowSendErrorsCallback(r.stat(func(s *pipeline.Stats) uint64 { return s.SendErrors })),
		t.RegisterNetflowOverflowedKeysCallback(r.byView(func(v *pipeline.ViewStats) uint64 { return v.OverflowedKeys })),
		t.RegisterNetflowOverflowedRecordsCallback(r.byView(func(v *pipeline.ViewStats) uint64 { return v.OverflowedRecords })),
		t.RegisterNetflowSuppressedBytesCallback(r.byView(func(v *pipeline.ViewStats) uint64 { return v.SuppressedBytes })),
		t.RegisterNetflowLogsDroppedCallback(r.observeLogsDropped),
		t.RegisterNetflowRelayDatagramsCallback(func(_ context.Context, o metric.Int64Observer) error {
			for _, to := range r.relays {
				o.Observe(int64(to.sent.Load()), metric.WithAttributes(attribute.String("endpoint", to.endpoint)))
			}
			return nil
		}),
		t.RegisterNetflowRelayDropsCallback(func(_ context.Context, o metric.Int64Observer) error {
			for _, to := range r.relays {
				for reason, n := range map[string]uint64{"queue_full": to.full.Load(), "send_failed": to.failed.Load()} {
					o.Observe(int64(n), metric.WithAttributes(attribute.String("endpoint", to.endpoint), attribute.String("reason", reason)))
				}
			}
			return nil
		}),
	)
}

// observeNamesRefused adds up the names that the decoders had no room for and those that the pipeline had none for; no name
// is in both.
func (r *netflowReceiver) observeNamesRefused(_ context.Context, o metric.Int64Observer) error {
	sum := r.flows.Stats().NamesRefused
	r.each(func(w *worker) { sum += w.decoder.Counters().NamesRefused })
	o.Observe(int64(sum))
	return nil
}

func (r *netflowReceiver) stat(of func(*pipeline.Stats) uint64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		s := r.flows.Stats()
		o.Observe(int64(of(&s)))
		return nil
	}
}

func (r *netflowReceiver) byView(of func(*pipeline.ViewStats) uint64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		views := r.flows.Stats().Views
		for i := range views {
			o.Observe(int64(of(&views[i])), metric.WithAttributes(attribute.String("view", views[i].View)))
		}
		return nil
	}
}

func (r *netflowReceiver) observeLogsDropped(_ context.Context, o metric.Int64Observer) error {
	s := r.flows.Stats()
	for reason, n := range map[string]uint64{"queue_full": s.LogsQueueFull, "send_failed": s.LogsSendFailed, "shutdown": s.LogsShutdownLost} {
		o.Observe(int64(n), metric.WithAttributes(attribute.String("reason", reason)))
	}
	return nil
}
