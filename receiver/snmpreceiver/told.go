package snmpreceiver

import (
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/profile"
)

// told is what was last told of a device. Once its attributes or its resource are others, a point without a value ends
// the series: a store that keeps a series alive for minutes would else show the old and the new one as true together.
type told struct {
	any      bool              // up was told
	dev      *inventory.Device // under which up was told; nil: the registry is full
	why      string            // error.type of up
	info     *inventory.Device // which info was told of device and interfaces; nil: none yet
	measured []profile.Measurement
}

// sameResource reports whether two snapshots of a device have one resource.
func sameResource(a, b *inventory.Device) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	return a.ID == b.ID && a.Name == b.Name && a.HostID == b.HostID && slices.Equal(a.Attributes, b.Attributes)
}

// end makes of a point without a value one that says that the series has ended.
func end(p pmetric.NumberDataPoint) {
	p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
}

// endUp ends what was told of the device under a resource that it has no longer.
func (d *device) endUp(md pmetric.Metrics, dev *inventory.Device, at time.Time) {
	if d.told.any && !sameResource(d.told.dev, dev) {
		end(upPoint(states(d.scope(md, d.told.dev), semconv.MetricDeviceUp, upMeans), at, d.told.why))
	}
}

// endInfo ends what was told of device, interfaces and hardware under a resource that the device has no longer.
func (d *device) endInfo(md pmetric.Metrics, dev *inventory.Device, at time.Time) {
	old := d.told.info
	if old == nil || sameResource(old, dev) {
		return
	}
	ms := d.scope(md, old)
	end(infoPoint(states(ms, semconv.MetricDeviceInfo, deviceInfoMeans), at, old))
	if len(old.Interfaces) > 0 {
		points := states(ms, semconv.MetricInterfaceInfo, interfaceInfoMeans)
		for _, row := range old.Interfaces {
			if d.r.selection.told(&row) {
				end(interfacePoint(points, at, &row))
			}
		}
	}
	metrics := measuredMetrics{ms: ms}
	for i := range d.told.measured {
		metrics.end(&d.told.measured[i], at)
	}
	d.told.measured = d.told.measured[:0]
}

// endInterfaces ends what was told of the interfaces that are gone, or described otherwise.
func (d *device) endInterfaces(points pmetric.NumberDataPointSlice, dev *inventory.Device, at time.Time) {
	old := d.told.info
	if old == nil || old == dev || !sameResource(old, dev) {
		return
	}
	now := make(map[string]inventory.Interface, len(dev.Interfaces))
	for _, row := range dev.Interfaces {
		now[row.Name] = row
	}
	silent := map[string]bool{}
	for i := range d.samples {
		if d.samples[i].Silent {
			silent[d.samples[i].Name] = true
		}
	}
	for _, was := range old.Interfaces {
		row, there := now[was.Name]
		row.TransmitSpeed = was.TransmitSpeed // not told
		if (!there || was != row) && !silent[was.Name] && d.r.selection.told(&was) {
			end(interfacePoint(points, at, &was))
		}
	}
}

// measuredMetrics collects points under one metric each.
type measuredMetrics struct {
	ms     pmetric.MetricSlice
	points map[string]pmetric.NumberDataPointSlice
}

func (x *measuredMetrics) of(def *profile.Metric) pmetric.NumberDataPointSlice {
	slice, begun := x.points[def.Name]
	if !begun {
		if x.points == nil {
			x.points = map[string]pmetric.NumberDataPointSlice{}
		}
		slice = begin(x.ms, def)
		x.points[def.Name] = slice
	}
	return slice
}

func (x *measuredMetrics) end(m *profile.Measurement, at time.Time) {
	p := x.of(m.Metric).AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(at))
	identify(p.Attributes(), m)
	end(p)
}

// endMeasured ends what the device was found to have no longer, or to have under another name.
func (d *device) endMeasured(x *measuredMetrics, at time.Time) {
	now := make(map[string]bool, len(d.measured))
	for i := range d.measured {
		now[series(&d.measured[i])] = true
	}
	for i := range d.told.measured {
		if m := &d.told.measured[i]; !now[series(m)] {
			x.end(m, at)
		}
	}
}

// series tells apart what a store tells apart: two tables may tell the same.
func series(m *profile.Measurement) string {
	a := pcommon.NewMap()
	identify(a, m)
	return fmt.Sprint(m.Metric.Name, a.AsRaw())
}
