package snmpreceiver

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/snmp/profile"
	"github.com/netcol-io/netcol/internal/snmp/session"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// Whether a device answers.
const (
	healthUnknown int32 = iota
	healthUp
	healthDown
)

// device is what is known of a target between its polls. One poll at a time touches it; health is for all.
type device struct {
	r        *snmpReceiver
	target   *TargetConfig
	interval time.Duration
	id       string
	host     string
	port     uint16
	health   atomic.Int32

	urgent        atomic.Bool  // a trap told of a change: ask also if it seems dead
	changedTables atomic.Bool  // it may have other interfaces now, or other names and speeds
	kicked        atomic.Int64 // when a trap last asked for a poll, in nanoseconds since 1970
	log           *zap.Logger

	credentials []*session.Credentials
	working     int // index of the credentials that worked; -1: none yet
	peer        session.Peer
	limits      walk.Limits

	failures   int       // polls in a row without an answer
	probeAfter time.Time // when a dead device is asked again
	lastError  error
	logged     time.Time // when its error was logged

	tracker  *netif.Tracker
	samples  []netif.Sample // of the poll under way
	polled   walk.Memory
	static   walk.Memory
	raw      []inventory.RawInterface
	speeds   map[string]override
	measures walk.Memory // of the profile's metrics
	fixed    profile.Fixed
	fixedAt  time.Time             // when it was found out
	leave    []bool                // columns of tables that the agent fell silent over then; nil: none
	refixed  bool                  // fixed was found out since it was told
	young    bool                  // the agent was, when fixed was found out
	measured []profile.Measurement // of the poll under way
	told     told                  // guarded by telling of the receiver
	markers  []walk.Cell
	uptime   netif.Uptime
	hostUp   int // which HostUptime the agent has; -1: none
	learned  time.Time
	rolled   time.Time
	rollAt   int
	partial  map[partialTable]bool
	saved    uint64 // tracker.Changes when last stored
	savedFor session.Engine
}

// partialTable is a table that was not read whole, and why.
type partialTable struct{ table, reason string }

func newDevice(r *snmpReceiver, t *TargetConfig, all map[string]*session.Credentials) *device {
	host, port, _ := splitEndpoint(t.Endpoint)
	d := &device{
		r: r, target: t, interval: t.interval(r.config), host: host, port: port, working: -1, hostUp: -1,
		limits:  walk.Limits{MaxRepetitions: t.MaxRepetitions},
		partial: map[partialTable]bool{}, speeds: r.config.Interfaces.overrides(t),
	}
	for _, name := range t.Credentials {
		d.credentials = append(d.credentials, all[name])
	}
	addr, _ := netip.ParseAddr(host)
	d.id = d.declare(addr)
	d.peer = session.Peer{Address: netip.AddrPortFrom(addr, port), Context: t.Context}
	d.peer.Local, _ = netip.ParseAddr(t.LocalAddress)
	d.log = r.log.With(zap.String("device", d.id), zap.String("endpoint", t.Endpoint))
	d.tracker = netif.New(netif.Options{Interval: d.interval, NoAlias: !r.config.alias(), OnNote: d.note})
	return d
}

// declare tells the inventory of the device. Its ID stays what it was at first, also when a name resolves.
func (d *device) declare(addr netip.Addr) (id string) {
	t := d.target
	decl := inventory.Declaration{Source: d.r.set.ID.String(), Address: addr, Endpoint: t.Endpoint, Name: t.Name}
	for _, a := range t.Addresses {
		if parsed, err := netip.ParseAddr(a); err == nil {
			decl.Addresses = append(decl.Addresses, parsed)
		}
	}
	for _, k := range sortedKeys(t.ResourceAttributes) {
		decl.Attributes = append(decl.Attributes, inventory.Attribute{Key: k, Value: t.ResourceAttributes[k]})
	}
	return d.r.registry.Declare(decl)
}

// resolve finds the address of a target that was given by name, anew when it fell silent: it may have moved.
func (d *device) resolve(ctx context.Context) error {
	if d.peer.Address.IsValid() && d.peer.Address.Addr().IsValid() && (d.failures == 0 || isAddress(d.host)) {
		return nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", d.host)
	if err != nil || len(found) == 0 {
		return &resolveError{d.host, err}
	}
	addr := found[0].Unmap()
	if addr != d.peer.Address.Addr() {
		d.peer.Address = netip.AddrPortFrom(addr, d.port)
		d.declare(addr)
	}
	return nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// resolveError is a name without an address.
type resolveError struct {
	host string
	err  error
}

func (e *resolveError) Error() string {
	return "endpoint: no address for " + e.host + ": " + e.err.Error()
}

func (e *resolveError) Unwrap() error { return e.err }

// note logs what the counters showed.
func (d *device) note(n netif.Note) {
	d.log.Info("Interface counters: "+string(n.Kind), zap.String("interface", n.Interface), zap.String("counter", n.Column))
}

// order is which credentials to try: the ones that worked, else all that would not say in clear what stronger ones
// protect.
func (d *device) order() (try []int, withheld string) {
	if d.working >= 0 {
		return []int{d.working}, ""
	}
	strongest := 0
	for i, c := range d.credentials {
		if c.Compare(d.credentials[strongest]) < 0 && !d.r.config.AllowDowngrade {
			withheld = c.Name
			continue
		}
		strongest = i
		try = append(try, i)
	}
	return try, withheld
}
