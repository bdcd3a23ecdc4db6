package snmpreceiver

import (
	"context"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/netcol-io/netcol/internal/snmp/session"
)

// observe makes the counts of sessions and the states of devices readable as this component's telemetry.
func (r *snmpReceiver) observe() error {
	s, t := &r.pool.Stats, r.telemetry
	counter := func(v *atomic.Int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error { o.Observe(v.Load()); return nil }
	}
	return errors.Join(
		t.RegisterSnmpRequestsCallback(counter(&s.Requests)),
		t.RegisterSnmpResponsesCallback(counter(&s.Responses)),
		t.RegisterSnmpTimeoutsCallback(counter(&s.Timeouts)),
		t.RegisterSnmpRetriesCallback(counter(&s.Retries)),
		t.RegisterSnmpSentCallback(counter(&s.BytesSent)),
		t.RegisterSnmpReceivedCallback(counter(&s.BytesReceived)),
		t.RegisterSnmpOversizedRepliesCallback(counter(&s.Oversized)),
		t.RegisterSnmpEngineDiscoveriesCallback(counter(&s.Discoveries)),
		t.RegisterSnmpEngineResyncsCallback(counter(&s.Resyncs)),
		t.RegisterSnmpRejectedRepliesCallback(r.observeRejected),
		t.RegisterSnmpDevicesCallback(r.observeDevices),
	)
}

func (r *snmpReceiver) observeRejected(_ context.Context, o metric.Int64Observer) error {
	for why := range session.NumReasons {
		o.Observe(r.pool.Stats.Rejected[why].Load(), metric.WithAttributes(attribute.String("reason", why.String())))
	}
	return nil
}

func (r *snmpReceiver) observeDevices(_ context.Context, o metric.Int64Observer) error {
	var n [3]int64
	for _, d := range r.devices {
		n[d.health.Load()]++
	}
	for h, name := range [3]string{healthUnknown: "unknown", healthUp: "up", healthDown: "down"} {
		o.Observe(n[h], metric.WithAttributes(attribute.String("state", name)))
	}
	return nil
}
