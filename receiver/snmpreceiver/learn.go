package snmpreceiver

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// How often what rarely changes is read again: names and aliases row by row within staticEvery, the rest of what the
// device is every factsEvery.
const (
	staticEvery = 15 * time.Minute
	factsEvery  = time.Hour
)

// learnDevice reads who the device is: its system group, addresses, chassis and interfaces.
func (d *device) learnDevice(ctx context.Context, s *session.Session) error {
	p, rows := d.r.profile, d.borrow()
	defer d.r.rows.Put(rows)
	facts := inventory.Facts{At: time.Now()}
	system := &walk.Walk{Scalars: p.Scalars(), Limits: &d.limits, Rows: rows}
	if err := system.Run(ctx, s); err != nil {
		return err
	}
	p.Learn(&facts, system.Values, rows)
	if err := d.findHostUptime(ctx, s, rows); err != nil {
		return err
	}
	if d.readWhole(ctx, s, rows, "addresses", p.Addresses.Columns) {
		facts.Addresses = p.AddressesOf(rows)
	}
	if d.readWhole(ctx, s, rows, "entities", p.Entities.Columns) {
		p.Chassis(&facts.Descriptive, rows)
	}
	d.r.registry.Learn(d.id, facts)
	d.learnMeasures(ctx, s, rows)
	d.learned = time.Now()
	return d.learnInterfaces(ctx, s)
}

// readWhole reads a table that the counters can do without: agents that fall silent over it are polled all the same.
func (d *device) readWhole(ctx context.Context, s *session.Session, rows *walk.Rows, name string, columns []walk.Column) bool {
	w, err := d.walkAll(ctx, s, rows, columns)
	return d.report(ctx, name, w.Problems) && err == nil
}

func (d *device) walkAll(ctx context.Context, s *session.Session, rows *walk.Rows, columns []walk.Column) (*walk.Walk, error) {
	w := &walk.Walk{Columns: columns, Limits: &d.limits, Rows: rows}
	return w, w.Run(ctx, s)
}

// findHostUptime finds out which scalar tells how long the host, not the agent, has been up.
func (d *device) findHostUptime(ctx context.Context, s *session.Session, rows *walk.Rows) error {
	all := d.r.profile.HostUptime
	oids := make([]pdu.OID, len(all))
	for i := range all {
		oids[i] = all[i].OID
	}
	w := &walk.Walk{Scalars: oids, Limits: &d.limits, Rows: rows}
	if err := w.Run(ctx, s); err != nil {
		return err
	}
	d.hostUp = -1
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Since(w.Values[i]) > 0 {
			d.hostUp = i
		}
	}
	return nil
}

// learnInterfaces reads names, aliases, types, addresses and speeds of all interfaces.
func (d *device) learnInterfaces(ctx context.Context, s *session.Session) error {
	rows := d.borrow()
	defer d.r.rows.Put(rows)
	x := &d.r.profile.Interfaces
	w, err := d.walkAll(ctx, s, rows, x.Static.Columns)
	whole := d.report(ctx, "interface names", w.Problems)
	if err != nil {
		return err
	}
	d.raw = x.Describe(nil, rows)
	d.static.Forget()
	if whole {
		d.static.Remember(rows, func(int, int) bool { return true })
	}
	d.rolled, d.rollAt = time.Now(), 0
	d.name()
	return nil
}

// name tells the inventory what the interfaces are called.
func (d *device) name() {
	d.r.registry.Learn(d.id, inventory.Facts{Interfaces: d.override(inventory.NameInterfaces(d.raw)), At: time.Now()})
	if !d.r.selection.all() {
		d.polled.Forget() // which rows are told may be others now
	}
}

// unnamed reports whether a row came that has no name yet, or the names are out of date.
func (d *device) unnamed(rows *walk.Rows) bool {
	if rows.Len() > 0 && !d.static.Known() {
		return true
	}
	known := d.interfaces()
	for i := range rows.Len() {
		if index, ok := rows.Index(i).Uint32(); ok {
			if _, ok := known[index]; !ok {
				return true
			}
		}
	}
	return false
}

func (d *device) interfaces() map[uint32]inventory.Interface {
	if dev := d.r.registry.Device(d.id); dev != nil {
		return dev.Interfaces
	}
	return nil
}

// rollRows is how many rows are read again at once: about as many as fit a reply.
const rollRows = 5

// roll reads names and aliases again, a few rows at a time, so that all come within staticEvery and no poll is much
// longer for it. After the last row the table is walked to its end once: an agent that never moves its change markers
// is found out.
func (d *device) roll(ctx context.Context, s *session.Session) {
	n := d.static.Len()
	due := int(float64(n) * float64(time.Since(d.rolled)) / float64(staticEvery))
	to := min(due, n)
	if to-d.rollAt < rollRows && to < n || to == d.rollAt {
		return
	}
	rows := d.borrow()
	defer d.r.rows.Put(rows)
	x := &d.r.profile.Interfaces
	w := &walk.Walk{Columns: x.Static.Columns, Known: d.static.Part(d.rollAt, to), Limits: &d.limits, Rows: rows}
	if err := w.Run(ctx, s); err != nil || w.Stale || w.Whole {
		d.static.Forget()
		return
	}
	d.merge(x.Describe(nil, rows))
	if d.rollAt = to; to == n {
		d.rolled, d.rollAt = time.Now(), 0
		d.polled.Forget()
	}
}

// merge takes over descriptions of some interfaces, and tells the inventory if they differ.
func (d *device) merge(fresh []inventory.RawInterface) {
	news := false
	for _, f := range fresh {
		for i := range d.raw {
			if d.raw[i].Index == f.Index && d.raw[i] != f {
				d.raw[i], news = f, true
			}
		}
	}
	if news {
		d.name()
	}
}

// report counts and logs what is missing of a table, once until it is whole again. It reports whether nothing is.
func (d *device) report(ctx context.Context, table string, problems []walk.Problem) bool {
	if ctx.Err() != nil {
		return false // cut short by our own end
	}
	for p := range d.partial {
		if p.table == table && len(problems) == 0 {
			delete(d.partial, p)
		}
	}
	for _, p := range problems {
		d.r.telemetry.SnmpPartialTables.Add(ctx, 1, metric.WithAttributes(
			attribute.String(semconv.ServiceInstanceID, d.id), attribute.String("table", table), attribute.String("reason", p.Reason)))
		if k := (partialTable{table, p.Reason}); !d.partial[k] {
			d.partial[k] = true
			d.log.Warn("Table is incomplete", zap.String("table", table), zap.String("reason", p.Reason))
		}
	}
	return len(problems) == 0
}
