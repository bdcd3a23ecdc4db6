package inventory

import "go.opentelemetry.io/collector/pdata/pcommon"

// Resource writes the resource attributes of device d, exactly those of telemetry.md §1, into dst.
func (r *Registry) Resource(d *Device, dst pcommon.Resource) {}
