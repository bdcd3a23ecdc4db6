package netflowreceiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/metadata"
)

// NewFactory returns the factory of the netflow receiver.
func NewFactory() receiver.Factory {
	f := &factory{}
	return receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithMetrics(f.createMetrics, metadata.MetricsStability),
		receiver.WithLogs(f.createLogs, metadata.LogsStability))
}

// factory keeps one receiver per configuration: metrics and logs share their sockets.
type factory struct {
	instances deliver.Instances[*Config, *netflowReceiver]
}

func createDefaultConfig() component.Config {
	return &Config{
		Sockets:     Sockets(udp.DefaultConfig("0.0.0.0:2055")),
		Aggregation: Aggregation(pipeline.DefaultConfig()),
	}
}

func (f *factory) get(cfg component.Config, set receiver.Settings) (*deliver.Instance[*netflowReceiver], error) {
	c := cfg.(*Config)
	return f.instances.Get(c, func() (*netflowReceiver, error) { return newReceiver(c, set), nil })
}

func (f *factory) createMetrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	i, err := f.get(cfg, set)
	if err != nil {
		return nil, err
	}
	i.Unwrap().metrics, err = deliver.NewMetrics(next, set, transport, format)
	return i, err
}

func (f *factory) createLogs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	i, err := f.get(cfg, set)
	if err != nil {
		return nil, err
	}
	i.Unwrap().logs, err = deliver.NewLogs(next, set, transport, format)
	return i, err
}

// What obsreport calls the way in.
const (
	transport = "udp"
	format    = "netflow"
)
