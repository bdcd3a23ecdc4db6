package inventory

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/netcol-io/netcol/internal/semconv"
)

// identity are the resource attributes by which a device is recognised everywhere, with what sets them instead.
var identity = map[string]string{
	semconv.ServiceInstanceID: "use name, which also makes host.name",
	semconv.ServiceName:       "use service_name of the inventory extension, which holds for every device",
	semconv.HostName:          "use name, which also makes service.instance.id",
	semconv.HostID:            "leave it out, the device tells it; to call the device something use name",
}

// ValidateAttributes reports the entries of a configured resource_attributes that have no name or would replace a
// device's identity. Two devices with one service.instance.id would be a single one to whoever stores the data, and
// its own telemetry would name another than its data.
func ValidateAttributes(attributes map[string]string) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if key == "" {
			errs = append(errs, errors.New("resource_attributes: an attribute has no name"))
		}
		if instead, reserved := identity[key]; reserved {
			errs = append(errs, fmt.Errorf("resource_attributes: %s: %q cannot be set here: %s", key, attributes[key], instead))
		}
	}
	return errors.Join(errs...)
}
