package snmpreceiver

import (
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/walk"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
)

// observe gives the counters of a poll to the tracker.
func (d *device) observe(rows *walk.Rows) {
	known := d.interfaces()
	d.samples = d.r.profile.Interfaces.Samples(d.samples[:0], rows, func(index uint32) (inventory.Interface, bool) {
		i, ok := known[index]
		return i, ok && d.r.selection.told(&i)
	})
	for i := range d.samples {
		s := &d.samples[i]
		s.Silent = !d.r.registry.ClaimEvery(d.id, s.Name, d.r.set.ID.String(), s.At, d.interval)
	}
	d.tracker.Observe(d.uptime, d.samples)
}

// scope begins the metrics of the device.
func (d *device) scope(md pmetric.Metrics, dev *inventory.Device) pmetric.MetricSlice {
	rm := md.ResourceMetrics().AppendEmpty()
	rm.SetSchemaUrl(semconv.SchemaURL)
	d.r.registry.Resource(dev, rm.Resource())
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.SetSchemaUrl(semconv.SchemaURL)
	sm.Scope().SetName(metadata.ScopeName)
	sm.Scope().SetVersion(d.r.set.BuildInfo.Version)
	return sm.Metrics()
}

// announce tells that the device has not answered yet.
func (d *device) announce(md pmetric.Metrics) {
	dev := d.r.registry.Device(d.id)
	d.up(d.scope(md, dev), dev, time.Now(), "not_yet_answered")
}

// since gives the up-down counters that have no start the one of the receiver.
func since(md pmetric.Metrics, began time.Time) {
	for _, rm := range md.ResourceMetrics().All() {
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			if m.Type() != pmetric.MetricTypeSum || m.Sum().IsMonotonic() {
				continue
			}
			for _, p := range m.Sum().DataPoints().All() {
				if p.StartTimestamp() == 0 {
					p.SetStartTimestamp(min(pcommon.NewTimestampFromTime(began), p.Timestamp()))
				}
			}
		}
	}
}

// build tells what the last poll found.
func (d *device) build(md pmetric.Metrics, began time.Time, asked bool) {
	now := time.Now()
	dev := d.r.registry.Device(d.id)
	ms := d.scope(md, dev)
	d.endUp(md, dev, now)
	d.up(ms, dev, now, d.errorType())
	if asked {
		p := d.gauge(ms, semconv.MetricPollDuration, "s", "How long the poll took.", now)
		p.SetDoubleValue(now.Sub(began).Seconds())
	}
	defer since(md, d.r.began)
	if d.lastError != nil && (!asked || len(d.samples) == 0) {
		return
	}
	d.endInfo(md, dev, now)
	d.tellUptime(ms)
	d.tellDevice(ms, dev, now)
	d.tellMeasured(ms, now)
	d.tellInterfaces(ms, dev, now)
	d.told.info = dev
	if len(d.samples) > 0 {
		d.tracker.Append(ms)
	}
}

func (d *device) errorType() string {
	var unresolved *resolveError
	switch {
	case d.lastError == nil:
		return ""
	case errors.As(d.lastError, &unresolved):
		return "unknown_host"
	}
	return session.Type(d.lastError)
}

const upMeans = "Whether the device answers."

func (d *device) up(ms pmetric.MetricSlice, dev *inventory.Device, at time.Time, why string) {
	points := states(ms, semconv.MetricDeviceUp, upMeans)
	p := upPoint(points, at, why)
	p.SetIntValue(0)
	if why == "" {
		p.SetIntValue(1)
	}
	if t := &d.told; t.any && t.why != why && sameResource(t.dev, dev) {
		end(upPoint(points, at, t.why))
	}
	d.told.any, d.told.dev, d.told.why = true, dev, why
}

// upPoint begins a point of snmp.device.up.
func upPoint(points pmetric.NumberDataPointSlice, at time.Time, why string) pmetric.NumberDataPoint {
	p := newState(points, at)
	if why != "" {
		p.Attributes().PutStr(semconv.ErrorType, why)
	}
	return p
}

func (d *device) gauge(ms pmetric.MetricSlice, name, unit, what string, at time.Time) pmetric.NumberDataPoint {
	m := ms.AppendEmpty()
	m.SetName(name)
	m.SetUnit(unit)
	m.SetDescription(what)
	p := m.SetEmptyGauge().DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(at))
	return p
}

// newState begins a point of an up-down counter.
func newState(points pmetric.NumberDataPointSlice, at time.Time) pmetric.NumberDataPoint {
	p := points.AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(at))
	return p
}

// states begins an up-down counter of unit 1.
func states(ms pmetric.MetricSlice, name, what string) pmetric.NumberDataPointSlice {
	m := ms.AppendEmpty()
	m.SetName(name)
	m.SetUnit("1")
	m.SetDescription(what)
	sum := m.SetEmptySum()
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	return sum.DataPoints()
}

func (d *device) tellUptime(ms pmetric.MetricSlice) {
	if d.uptime.Unit == 0 {
		return
	}
	up := time.Duration(d.uptime.Ticks) * d.uptime.Unit
	if d.uptime.Box > 0 {
		up = d.uptime.Box
	}
	d.gauge(ms, semconv.MetricSystemUptime, "s", "How long the device has been up.", d.uptime.At).SetDoubleValue(up.Seconds())
}

const deviceInfoMeans = "What the device is; always 1."

// tellDevice says what the device is.
func (d *device) tellDevice(ms pmetric.MetricSlice, dev *inventory.Device, at time.Time) {
	if dev == nil {
		return
	}
	points := states(ms, semconv.MetricDeviceInfo, deviceInfoMeans)
	p := infoPoint(points, at, dev)
	p.SetIntValue(1)
	if old := d.told.info; old == nil || old == dev || !sameResource(old, dev) {
		return
	}
	ended := infoPoint(points, at, d.told.info)
	if ended.Attributes().Equal(p.Attributes()) {
		points.RemoveIf(func(p pmetric.NumberDataPoint) bool { return p.ValueType() == pmetric.NumberDataPointValueTypeEmpty })
		return
	}
	end(ended)
}

// infoPoint begins a point of snmp.device.info.
func infoPoint(points pmetric.NumberDataPointSlice, at time.Time, dev *inventory.Device) pmetric.NumberDataPoint {
	p := newState(points, at)
	for _, a := range []struct{ key, value string }{
		{semconv.SysDescr, dev.SysDescr},
		{semconv.SysObjectID, dev.SysObjectID},
		{semconv.SysLocation, dev.Location},
		{semconv.SysContact, dev.Contact},
		{semconv.HWVendor, dev.Vendor},
		{semconv.HWModel, dev.Model},
		{semconv.HWSerialNumber, dev.Serial},
		{semconv.HWFirmwareVersion, dev.FirmwareVersion},
		{semconv.OSName, dev.OSName},
		{semconv.OSVersion, dev.OSVersion},
	} {
		if a.value != "" {
			p.Attributes().PutStr(a.key, a.value)
		}
	}
	if len(dev.Addresses) > 0 {
		ips := p.Attributes().PutEmptySlice(semconv.HostIP)
		for _, a := range dev.Addresses {
			ips.AppendEmpty().SetStr(a.String())
		}
	}
	return p
}

const interfaceInfoMeans = "What an interface is; always 1."

// tellInterfaces says which interfaces there are, with what may change of them.
func (d *device) tellInterfaces(ms pmetric.MetricSlice, dev *inventory.Device, at time.Time) {
	if dev == nil || !slices.ContainsFunc(d.samples, spoken) {
		return
	}
	points := states(ms, semconv.MetricInterfaceInfo, interfaceInfoMeans)
	points.EnsureCapacity(len(d.samples))
	for i := range d.samples {
		if !spoken(d.samples[i]) {
			continue
		}
		row := dev.Interfaces[d.samples[i].Index]
		interfacePoint(points, at, &row).SetIntValue(1)
	}
	d.endInterfaces(points, dev, at)
}

// interfacePoint begins a point of network.interface.info.
func interfacePoint(points pmetric.NumberDataPointSlice, at time.Time, row *inventory.Interface) pmetric.NumberDataPoint {
	p := newState(points, at)
	a := p.Attributes()
	a.EnsureCapacity(6)
	a.PutStr(semconv.InterfaceName, row.Name)
	a.PutInt(semconv.InterfaceIndex, int64(row.Index))
	if row.Alias != "" {
		a.PutStr(semconv.InterfaceAlias, row.Alias)
	}
	if row.Type != 0 {
		a.PutInt(semconv.InterfaceType, int64(row.Type))
	}
	if row.MAC != "" {
		a.PutStr(semconv.InterfaceMAC, row.MAC)
	}
	if row.ReceiveSpeed != 0 {
		a.PutInt(semconv.InterfaceSpeed, int64(row.ReceiveSpeed))
	}
	return p
}

// spoken reports whether an interface is ours to tell of.
func spoken(s netif.Sample) bool { return !s.Silent }
