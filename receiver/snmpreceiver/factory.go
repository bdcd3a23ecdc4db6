package snmpreceiver

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/netcol-io/netcol/internal/deliver"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
)

const defaultInterval = time.Minute

var instances deliver.Instances[*Config, *snmpReceiver]

// NewFactory makes the factory of the SNMP receiver.
func NewFactory() receiver.Factory {
	return receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithMetrics(createMetrics, metadata.MetricsStability),
		receiver.WithLogs(createLogs, metadata.LogsStability))
}

func createDefaultConfig() component.Config {
	return &Config{CollectionInterval: defaultInterval, Interfaces: InterfacesConfig{Attributes: []string{"alias"}}, Traps: configoptional.Default(defaultTraps())}
}

func createMetrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	c := cfg.(*Config)
	shared, err := instances.Get(c, func() (*snmpReceiver, error) { return newReceiver(c, set) })
	if err != nil {
		return nil, err
	}
	sender, err := deliver.NewMetrics(next, set, "udp", "snmp")
	if err != nil {
		return nil, err
	}
	shared.Unwrap().metrics = sender
	return shared, nil
}

func createLogs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	c := cfg.(*Config)
	shared, err := instances.Get(c, func() (*snmpReceiver, error) { return newReceiver(c, set) })
	if err != nil {
		return nil, err
	}
	sender, err := deliver.NewLogs(next, set, "udp", "snmp")
	if err != nil {
		return nil, err
	}
	shared.Unwrap().logs = sender
	return shared, nil
}
