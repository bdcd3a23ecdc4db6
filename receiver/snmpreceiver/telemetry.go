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
		t.RegisterReceiverSnmpRequestsCallback(counter(&s.Requests)),
		t.RegisterReceiverSnmpResponsesCallback(counter(&s.Responses)),
		t.RegisterReceiverSnmpTimeoutsCallback(counter(&s.Timeouts)),
		t.RegisterReceiverSnmpRetriesCallback(counter(&s.Retries)),
		t.RegisterReceiverSnmpSentCallback(counter(&s.BytesSent)),
		t.RegisterReceiverSnmpReceivedCallback(counter(&s.BytesReceived)),
		t.RegisterReceiverSnmpOversizedRepliesCallback(counter(&s.Oversized)),
		t.RegisterReceiverSnmpEngineDiscoveriesCallback(counter(&s.Discoveries)),
		t.RegisterReceiverSnmpEngineResyncsCallback(counter(&s.Resyncs)),
		t.RegisterReceiverSnmpRejectedRepliesCallback(r.observeRejected),
		t.RegisterReceiverSnmpDevicesCallback(r.observeDevices),
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
