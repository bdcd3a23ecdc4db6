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
func (d *device) scope(md pmetric.Metrics) pmetric.MetricSlice {
	rm := md.ResourceMetrics().AppendEmpty()
	rm.SetSchemaUrl(semconv.SchemaURL)
	if dev := d.r.registry.Device(d.id); dev != nil {
		d.r.registry.Resource(dev, rm.Resource())
	}
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.SetSchemaUrl(semconv.SchemaURL)
	sm.Scope().SetName(metadata.ScopeName)
	sm.Scope().SetVersion(d.r.set.BuildInfo.Version)
	return sm.Metrics()
}

// announce tells that the device has not answered yet.
func (d *device) announce(md pmetric.Metrics) {
	d.up(d.scope(md), time.Now(), "not_yet_answered")
}

// build tells what the last poll found.
func (d *device) build(md pmetric.Metrics, began time.Time, asked bool) {
	now := time.Now()
	ms := d.scope(md)
	d.up(ms, now, d.errorType())
	if asked {
		p := d.gauge(ms, semconv.MetricPollDuration, "s", "How long the poll took.", now)
		p.SetDoubleValue(now.Sub(began).Seconds())
	}
	if d.lastError != nil && (!asked || len(d.samples) == 0) {
		return
	}
	d.tellUptime(ms)
	d.tellDevice(ms, now)
	d.tellMeasured(ms)
	d.tellInterfaces(ms, now)
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

func (d *device) up(ms pmetric.MetricSlice, at time.Time, why string) {
	p := newState(ms, semconv.MetricDeviceUp, "Whether the device answers.", at)
	if why == "" {
		p.SetIntValue(1)
		return
	}
	p.SetIntValue(0)
	p.Attributes().PutStr(semconv.ErrorType, why)
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

// newState begins an up-down counter of unit 1.
func newState(ms pmetric.MetricSlice, name, what string, at time.Time) pmetric.NumberDataPoint {
	p := states(ms, name, what).AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(at))
	return p
}

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

// tellDevice says what the device is.
func (d *device) tellDevice(ms pmetric.MetricSlice, at time.Time) {
	dev := d.r.registry.Device(d.id)
	if dev == nil {
		return
	}
	p := newState(ms, semconv.MetricDeviceInfo, "What the device is; always 1.", at)
	p.SetIntValue(1)
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
}

// tellInterfaces says which interfaces there are, with what may change of them.
func (d *device) tellInterfaces(ms pmetric.MetricSlice, at time.Time) {
	if !slices.ContainsFunc(d.samples, spoken) {
		return
	}
	known := d.interfaces()
	points := states(ms, semconv.MetricInterfaceInfo, "What an interface is; always 1.")
	points.EnsureCapacity(len(d.samples))
	for i := range d.samples {
		if !spoken(d.samples[i]) {
			continue
		}
		row := known[d.samples[i].Index]
		p := points.AppendEmpty()
		p.SetTimestamp(pcommon.NewTimestampFromTime(at))
		p.SetIntValue(1)
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
	}
}

// spoken reports whether an interface is ours to tell of.
func spoken(s netif.Sample) bool { return !s.Silent }
