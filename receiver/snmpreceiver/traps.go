package snmpreceiver

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/trap"
	"github.com/netcol-io/netcol/internal/udp"
)

// traps receives traps and informs.
type traps struct {
	r     *snmpReceiver
	group *udp.Group
	ctx   context.Context // of deliveries; ends when shutdown may not wait any longer
	stop  context.CancelFunc
}

func (r *snmpReceiver) listen(ctx context.Context, all map[string]*session.Credentials) error {
	cfg := r.config.Traps.Get()
	switch {
	case cfg == nil && r.logs != nil:
		r.log.Warn("A logs pipeline receives nothing from here: configure traps, as traps: {endpoint: 0.0.0.0:1162, credentials: [name]}")
		return nil
	case cfg == nil:
		return nil
	case r.logs == nil:
		r.log.Warn("Traps are configured, but this receiver is in no logs pipeline: not listening for them")
		return nil
	}
	group, err := udp.Listen(udp.Config(cfg.Sockets))
	if err != nil {
		return err
	}
	for _, note := range group.Notes() {
		r.log.Warn(note)
	}
	creds := make([]*session.Credentials, len(cfg.Credentials))
	for i, name := range cfg.Credentials {
		creds[i] = all[name]
	}
	r.traps = &traps{r: r, group: group}
	r.traps.ctx, r.traps.stop = context.WithCancel(context.Background())
	r.traps.serve(r.engine(ctx), trap.NewUsers(creds))
	return nil
}

func (t *traps) serve(engine trap.Engine, users *trap.Users) {
	handlers := make([]udp.Handler, t.group.Sockets())
	for i := range handlers {
		handlers[i] = &trapHandler{traps: t, socket: i, worker: trap.NewWorker(engine, users)}
	}
	t.group.Serve(handlers)
	t.r.log.Info("Receiving SNMP traps and informs", zap.Stringer("endpoint", t.group.Addr()),
		zap.Int("sockets", t.group.Sockets()), zap.Binary("engine_id", []byte(engine.ID)), zap.Uint32("boots", engine.Boots))
}

// close takes what the kernel has queued, and delivers it as long as ctx allows.
func (t *traps) close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	defer context.AfterFunc(ctx, t.stop)()
	patience := time.AfterFunc(shutdownPatience, t.stop)
	defer patience.Stop()
	defer t.stop()
	return t.group.Close()
}

// shutdownPatience is how long a shutdown waits for the next consumer to take the last traps.
const shutdownPatience = 5 * time.Second

// trapHandler takes one socket's datagrams. It delivers before it receives on: what comes meanwhile waits in the
// kernel's buffer, which is bounded and counts what it drops. Informs among that are sent again.
type trapHandler struct {
	*traps
	socket int
	worker *trap.Worker
	fresh  []*trap.Notification
}

// Datagrams delivers a batch.
func (h *trapHandler) Datagrams(batch []udp.Datagram) {
	h.fresh = h.fresh[:0]
	for i := range batch {
		d := &batch[i]
		result := h.worker.Receive(d.Payload, d.Source, d.At)
		h.count(&result)
		if result.Answer != nil {
			h.answer(result.Answer, d, result.Acknowledged)
		}
		if result.Notification != nil {
			h.fresh = append(h.fresh, result.Notification)
		}
	}
	if len(h.fresh) > 0 {
		h.deliver(batch[0].At)
	}
}

func (h *trapHandler) answer(b []byte, to *udp.Datagram, acknowledges bool) {
	if h.group.Send(h.socket, b, to.Source) == nil && acknowledges {
		h.r.telemetry.SnmpInformsAcknowledged.Add(h.ctx, 1)
	}
}

func (h *trapHandler) count(result *trap.Result) {
	t := h.r.telemetry
	switch {
	case result.Refused != trap.Accepted:
		t.SnmpTrapsRefused.Add(h.ctx, 1, metric.WithAttributes(attribute.String("reason", result.Refused.String())))
	case result.Duplicate:
		t.SnmpTrapsDuplicate.Add(h.ctx, 1)
	case result.Discovery:
		t.SnmpTrapsDiscoveries.Add(h.ctx, 1)
	case result.Notification != nil:
		n := result.Notification
		t.SnmpTraps.Add(h.ctx, 1, metric.WithAttributes(attribute.String("version", versionName(n.Version)), attribute.String("kind", kindName(n))))
	}
}

func (h *trapHandler) deliver(at time.Time) {
	ld := plog.NewLogs()
	events := newEvents(h.r, ld, at)
	for _, n := range h.fresh {
		events.add(n)
	}
	err := h.r.logs.Send(h.ctx, ld)
	now := time.Now()
	for _, n := range h.fresh {
		if answer := h.worker.Delivered(n, err == nil, now); answer != nil {
			h.answer(answer, &udp.Datagram{Source: n.Source}, true)
		}
	}
	if err != nil {
		h.r.telemetry.SnmpTrapsRefused.Add(h.ctx, int64(len(h.fresh)), metric.WithAttributes(attribute.String("reason", "not_delivered")))
	}
}

// observeTraps tells what the sockets count.
func (r *snmpReceiver) observeTraps() error {
	sum := func(of func(udp.Stats) uint64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if r.traps == nil {
				return nil
			}
			var n uint64
			for i := range r.traps.group.Sockets() {
				n += of(r.traps.group.Stats(i))
			}
			o.Observe(int64(n))
			return nil
		}
	}
	return errors.Join(
		r.telemetry.RegisterSnmpTrapsKernelDropsCallback(sum(func(s udp.Stats) uint64 { return s.KernelDrops })),
		r.telemetry.RegisterSnmpTrapsNotAllowedCallback(sum(func(s udp.Stats) uint64 { return s.Refused })),
	)
}

func versionName(v pdu.Version) string {
	switch v {
	case pdu.V1:
		return "v1"
	case pdu.V2c:
		return "v2c"
	}
	return "v3"
}

func kindName(n *trap.Notification) string {
	if n.Inform {
		return "inform"
	}
	return "trap"
}
