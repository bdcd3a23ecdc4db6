package sflowreceiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/metadata"
)

const (
	transport = "udp"
	format    = "sflow"
)

// instances holds one receiver per configuration, so that a metrics and a logs pipeline share its sockets.
var instances deliver.Instances[*Config, *sflowReceiver]

// NewFactory returns the factory of sFlow receivers.
func NewFactory() receiver.Factory {
	return receiver.NewFactory(
		metadata.Type,
		createDefaultConfig,
		receiver.WithMetrics(createMetrics, metadata.MetricsStability),
		receiver.WithLogs(createLogs, metadata.LogsStability),
	)
}

func instance(set receiver.Settings, cfg component.Config) (*deliver.Instance[*sflowReceiver], error) {
	c := cfg.(*Config)
	return instances.Get(c, func() (*sflowReceiver, error) { return newReceiver(set, c) })
}

func createMetrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	i, err := instance(set, cfg)
	if err != nil {
		return nil, err
	}
	i.Unwrap().metrics, err = deliver.NewMetrics(next, set, transport, format)
	return i, err
}

func createLogs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	i, err := instance(set, cfg)
	if err != nil {
		return nil, err
	}
	i.Unwrap().logs, err = deliver.NewLogs(next, set, transport, format)
	return i, err
}
