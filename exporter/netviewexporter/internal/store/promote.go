package store

import (
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/storage/remote/otlptranslator/prometheusremotewrite"
)

func promoteAllBut(attributes ...string) *prometheusremotewrite.PromoteResourceAttributes {
	return prometheusremotewrite.NewPromoteResourceAttributes(config.OTLPConfig{
		PromoteAllResourceAttributes: true,
		IgnoreResourceAttributes:     attributes,
	})
}
