package sflowreceiver

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/netcol-io/netcol/internal/flow/pipeline"
)

// observedPipeline is what becomes of flow samples after decoding.
func (r *sflowReceiver) observedPipeline() []observed {
	t := r.telemetry
	one := func(of func(pipeline.Stats) uint64) func(observe) {
		return func(report observe) { report(of(r.pipeline.Stats())) }
	}
	view := func(of func(pipeline.ViewStats) uint64) func(observe) {
		return func(report observe) {
			for _, v := range r.pipeline.Stats().Views {
				report(of(v), attribute.String(attrView, v.View))
			}
		}
	}
	return []observed{
		{t.RegisterSflowUnknownDirectionCallback, one(func(s pipeline.Stats) uint64 { return s.UnknownDirection })},
		{t.RegisterSflowExportersRefusedCallback, one(func(s pipeline.Stats) uint64 { return s.ExportersRefused })},
		{t.RegisterSflowRecordsRefusedCallback, one(func(s pipeline.Stats) uint64 { return s.RecordsRefused })},
		{t.RegisterSflowNamesRefusedCallback, one(func(s pipeline.Stats) uint64 { return s.NamesRefused })},
		{t.RegisterSflowSendErrorsCallback, one(func(s pipeline.Stats) uint64 { return s.SendErrors })},
		{t.RegisterSflowWindowsDeferredCallback, one(func(s pipeline.Stats) uint64 { return s.WindowsDeferred })},
		{t.RegisterSflowOverflowedKeysCallback, view(func(v pipeline.ViewStats) uint64 { return v.OverflowedKeys })},
		{t.RegisterSflowOverflowedRecordsCallback, view(func(v pipeline.ViewStats) uint64 { return v.OverflowedRecords })},
		{t.RegisterSflowSuppressedBytesCallback, view(func(v pipeline.ViewStats) uint64 { return v.SuppressedBytes })},
		{t.RegisterSflowLogsDroppedCallback, func(report observe) {
			s := r.pipeline.Stats()
			for reason, n := range map[string]uint64{"queue_full": s.LogsQueueFull, "send_failed": s.LogsSendFailed, "shutdown": s.LogsShutdownLost} {
				report(n, attribute.String(attrReason, reason))
			}
		}},
	}
}
