package netviewexporter

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/metadata"
)

// NewFactory returns the factory of the netview exporter.
func NewFactory() exporter.Factory {
	var shared instances
	return exporter.NewFactory(metadata.Type, createDefaultConfig,
		exporter.WithMetrics(shared.createMetrics, metadata.MetricsStability),
		exporter.WithLogs(shared.createLogs, metadata.LogsStability))
}

func (i *instances) createMetrics(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Metrics, error) {
	c := cfg.(*Config)
	v, err := i.get(c, set)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewMetrics(ctx, set, cfg, v.consumeMetrics, v.options(c)...)
}

func (i *instances) createLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	c := cfg.(*Config)
	v, err := i.get(c, set)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewLogs(ctx, set, cfg, v.consumeLogs, v.options(c)...)
}

func (v *view) options(c *Config) []exporterhelper.Option {
	return []exporterhelper.Option{
		exporterhelper.WithStart(v.Start),
		exporterhelper.WithShutdown(v.Shutdown),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: c.Timeout}),
		exporterhelper.WithQueue(c.QueueConfig),
		exporterhelper.WithRetry(c.BackOffConfig),
	}
}
