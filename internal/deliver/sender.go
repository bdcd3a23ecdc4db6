package deliver

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
)

// Metrics sends metrics to the next consumer, reports them to obsreport, and retries what is not permanent.
type Metrics struct {
	next   consumer.Metrics
	obs    *receiverhelper.ObsReport
	format string
}

// NewMetrics returns a sender. transport and format are obsreport's ("udp", "snmp").
func NewMetrics(next consumer.Metrics, set receiver.Settings, transport, format string) (*Metrics, error) {
	obs, err := newObsReport(set, transport)
	return &Metrics{next: next, obs: obs, format: format}, err
}

// Send delivers md, which is the consumer's from then on; on return it was consumed, or given up and counted by
// obsreport. It takes up to MaxElapsedTime while the next consumer refuses, less if ctx ends.
func (m *Metrics) Send(ctx context.Context, md pmetric.Metrics) error {
	points := md.DataPointCount()
	ctx = m.obs.StartMetricsOp(ctx)
	err := send(ctx, payload[pmetric.Metrics]{
		data:    md,
		mutates: m.next.Capabilities().MutatesData,
		consume: m.next.ConsumeMetrics,
		clone: func(md pmetric.Metrics) pmetric.Metrics {
			c := pmetric.NewMetrics()
			md.CopyTo(c)
			return c
		},
		refused: func(err error) (pmetric.Metrics, bool) {
			part, ok := errors.AsType[consumererror.Metrics](err)
			return part.Data(), ok
		},
	})
	m.obs.EndMetricsOp(ctx, m.format, points, err)
	return err
}

// Logs does for logs what Metrics does for metrics.
type Logs struct {
	next   consumer.Logs
	obs    *receiverhelper.ObsReport
	format string
}

// NewLogs returns a sender.
func NewLogs(next consumer.Logs, set receiver.Settings, transport, format string) (*Logs, error) {
	obs, err := newObsReport(set, transport)
	return &Logs{next: next, obs: obs, format: format}, err
}

// Send delivers ld, which is the consumer's from then on; on return it was consumed, or given up and counted by
// obsreport. It takes up to MaxElapsedTime while the next consumer refuses, less if ctx ends.
func (l *Logs) Send(ctx context.Context, ld plog.Logs) error {
	records := ld.LogRecordCount()
	ctx = l.obs.StartLogsOp(ctx)
	err := send(ctx, payload[plog.Logs]{
		data:    ld,
		mutates: l.next.Capabilities().MutatesData,
		consume: l.next.ConsumeLogs,
		clone: func(ld plog.Logs) plog.Logs {
			c := plog.NewLogs()
			ld.CopyTo(c)
			return c
		},
		refused: func(err error) (plog.Logs, bool) {
			part, ok := errors.AsType[consumererror.Logs](err)
			return part.Data(), ok
		},
	})
	l.obs.EndLogsOp(ctx, l.format, records, err)
	return err
}

func newObsReport(set receiver.Settings, transport string) (*receiverhelper.ObsReport, error) {
	return receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID:             set.ID,
		Transport:              transport,
		LongLivedCtx:           true, // a receiver's context lives as long as the receiver, not as one delivery
		ReceiverCreateSettings: set,
	})
}
