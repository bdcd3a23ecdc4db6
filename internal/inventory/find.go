package inventory

import (
	"fmt"

	"go.opentelemetry.io/collector/component"
)

// Provider is implemented by the inventory extension.
type Provider interface{ Inventory() *Registry }

// Find returns the registry of the extension id in host, or a private unpersisted one if id is nil. Call it in Start.
func Find(host component.Host, id *component.ID) (*Registry, error) {
	if id == nil {
		return NewRegistry(Options{}), nil
	}
	ext, ok := host.GetExtensions()[*id]
	if !ok {
		return nil, fmt.Errorf("inventory: no extension %q: add it under extensions and service::extensions, or leave inventory out", id)
	}
	p, ok := ext.(Provider)
	if !ok {
		return nil, fmt.Errorf("inventory: extension %q is not an inventory", id)
	}
	return p.Inventory(), nil
}
