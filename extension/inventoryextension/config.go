package inventoryextension

import (
	"errors"
	"strings"

	"go.opentelemetry.io/collector/component"

	"github.com/netcol-io/netcol/internal/semconv"
)

// Config of the inventory extension.
type Config struct {
	// StorageID names the storage extension in which what was learned of devices survives a restart. Without one,
	// names and interfaces are learned anew.
	StorageID *component.ID `mapstructure:"storage"`

	// ServiceName is the service.name of every device's resource; with service.instance.id it makes Prometheus' job
	// and instance.
	ServiceName string `mapstructure:"service_name"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func createDefaultConfig() component.Config {
	return &Config{ServiceName: semconv.ServiceNameDefault}
}

// Validate says which key is wrong and what would be right.
func (c *Config) Validate() error {
	if strings.TrimSpace(c.ServiceName) == "" {
		return errors.New(`service_name: must not be empty: leave it out for "` + semconv.ServiceNameDefault + `"`)
	}
	return nil
}
