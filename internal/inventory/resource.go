package inventory

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/netcol-io/netcol/internal/semconv"
)

// Resource writes the resource attributes of device d, exactly those of telemetry.md §1, into dst, replacing what was
// there. Configured attributes come beside what identifies the device and never replace it, see ValidateAttributes. A
// nil d writes nothing.
func (r *Registry) Resource(d *Device, dst pcommon.Resource) {
	if d == nil {
		return
	}
	a := dst.Attributes()
	a.Clear()
	a.EnsureCapacity(4 + len(d.Attributes))
	for _, c := range d.Attributes {
		if _, reserved := identity[c.Key]; !reserved {
			a.PutStr(c.Key, c.Value)
		}
	}
	a.PutStr(semconv.ServiceInstanceID, d.ID)
	a.PutStr(semconv.ServiceName, r.service)
	a.PutStr(semconv.HostName, d.Name)
	if d.HostID != "" {
		a.PutStr(semconv.HostID, d.HostID)
	}
}
