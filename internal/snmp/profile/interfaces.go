package profile

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// Interfaces says how ifTable and ifXTable become interface samples.
type Interfaces struct {
	Changed []pdu.OID // scalars that move when rows come or go
	Static  Columns   // what is read rarely
	Polled  Columns   // what is read with every poll

	counters                   []counter
	oper, admin, discontinuity int // of Polled, -1 for none
}

// counter is where a counter of a sample comes from: columns of Polled in order of preference, by direction.
type counter struct {
	name    string
	unless  string
	sources [2][]int
}

// The counters of a sample, by name.
var counterNames = []string{"octets", "unicast", "multicast", "broadcast", "non_unicast", "errors", "discards"}

func field(s *netif.Sample, name string) *netif.Counter {
	switch name {
	case "octets":
		return &s.Octets
	case "unicast":
		return &s.Unicast
	case "multicast":
		return &s.Multicast
	case "broadcast":
		return &s.Broadcast
	case "non_unicast":
		return &s.NonUnicast
	case "errors":
		return &s.Errors
	}
	return &s.Discards
}

func (x *Interfaces) compile(t *tableDocument) error {
	if t.Index != "ifIndex" {
		return fmt.Errorf("index: %q: rows of role interfaces are indexed by ifIndex", t.Index)
	}
	for _, object := range t.Changed {
		o, err := mib.Lookup(object)
		if err != nil {
			return fmt.Errorf("changed: %w", err)
		}
		x.Changed = append(x.Changed, o.OID)
	}
	known := []string{"name", "descr", "alias", "type", "mac", "speed", "high_speed"}
	if err := compileColumns(&x.Static, t.Attributes, known...); err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	if err := x.compileStatus(t.Status); err != nil {
		return err
	}
	return x.compileCounters(t.Counters)
}

func (x *Interfaces) compileStatus(named map[string]string) error {
	if err := compileColumns(&x.Polled, named, "oper", "admin", "discontinuity"); err != nil {
		return fmt.Errorf("status: %w", err)
	}
	x.oper, x.admin, x.discontinuity = x.Polled.of("oper"), x.Polled.of("admin"), x.Polled.of("discontinuity")
	return nil
}

func (x *Interfaces) compileCounters(all map[string]counterDocument) error {
	for name := range all {
		if !slices.Contains(counterNames, name) {
			return fmt.Errorf("counters: %q is not one of %v", name, counterNames)
		}
	}
	for _, name := range counterNames {
		d, ok := all[name]
		if !ok {
			continue
		}
		c := counter{name: name, unless: d.Unless}
		for direction, objects := range [2][]string{d.Receive, d.Transmit} {
			for _, object := range objects {
				i, err := x.Polled.add(name, object)
				if err != nil {
					return fmt.Errorf("counters: %w", err)
				}
				c.sources[direction] = append(c.sources[direction], i)
			}
		}
		x.counters = append(x.counters, c)
	}
	return nil
}

// Wanted tells which cells of a whole walk are worth reading with every poll: of each counter the first source that
// the row has, and for 64-bit octets that stand still on a port that is up, the 32-bit ones too: they may be dead.
func (x *Interfaces) Wanted(r *walk.Rows) func(row, column int) bool {
	want := make([]bool, r.Len()*len(x.Polled.Columns))
	for i := range r.Len() {
		cells := want[i*len(x.Polled.Columns):][:len(x.Polled.Columns)]
		for _, c := range []int{x.oper, x.admin, x.discontinuity} {
			if c >= 0 {
				cells[c] = true
			}
		}
		for k := range x.counters {
			x.wantCounter(r, i, &x.counters[k], cells)
		}
	}
	return func(row, column int) bool { return want[row*len(x.Polled.Columns)+column] }
}

func (x *Interfaces) wantCounter(r *walk.Rows, row int, c *counter, cells []bool) {
	if c.unless != "" && x.has(r, row, c.unless) {
		return
	}
	up := x.oper < 0 || r.Cell(row, x.oper).Num == operUp
	for _, sources := range c.sources {
		for _, s := range sources {
			cell := r.Cell(row, s)
			if !cell.Present() {
				continue
			}
			cells[s] = true
			if cell.Num != 0 || !up || c.name != "octets" {
				break
			}
		}
	}
}

// operUp is ifOperStatus up (RFC 2863).
const operUp = 1

func (x *Interfaces) has(r *walk.Rows, row int, name string) bool {
	for _, c := range x.counters {
		for _, s := range c.sources[0] {
			if c.name == name && r.Cell(row, s).Present() {
				return true
			}
		}
	}
	return false
}

// Samples turns rows into samples, appended to dst. known gives name, alias and speeds of an interface; rows that it
// does not know are left out, as what cannot be named cannot be told.
func (x *Interfaces) Samples(dst []netif.Sample, r *walk.Rows, known func(index uint32) (inventory.Interface, bool)) []netif.Sample {
	for i := range r.Len() {
		index, ok := r.Index(i).Uint32()
		if !ok {
			continue
		}
		row, ok := known(index)
		if !ok {
			continue
		}
		s := netif.Sample{
			Index: index, Name: row.Name, Alias: row.Alias, At: r.At(i),
			ReceiveSpeed: row.ReceiveSpeed, TransmitSpeed: row.TransmitSpeed,
			OperStatus:    uint32(x.num(r, i, x.oper)),
			AdminStatus:   uint32(x.num(r, i, x.admin)),
			Discontinuity: uint32(x.num(r, i, x.discontinuity)),
		}
		for k := range x.counters {
			x.read(r, i, &x.counters[k], field(&s, x.counters[k].name))
		}
		dst = append(dst, s)
	}
	return dst
}

func (x *Interfaces) num(r *walk.Rows, row, column int) uint64 {
	if column < 0 {
		return 0
	}
	return r.Cell(row, column).Num
}

func (x *Interfaces) read(r *walk.Rows, row int, c *counter, into *netif.Counter) {
	for direction, sources := range c.sources {
		for _, s := range sources {
			cell := r.Cell(row, s)
			reading := netif.Reading{Value: cell.Num, Bits: 32}
			pair := &into.Low
			switch cell.Type {
			case pdu.Counter64:
				reading.Bits, pair = 64, &into.HC
			case 0, pdu.OctetString, pdu.ObjectIdentifier, pdu.IPAddress, pdu.Opaque:
				continue
			}
			if direction == 0 {
				pair.Receive = reading
			} else {
				pair.Transmit = reading
			}
		}
	}
}

// Describe turns rows of static columns into what the inventory keeps of interfaces.
func (x *Interfaces) Describe(dst []inventory.RawInterface, r *walk.Rows) []inventory.RawInterface {
	text := func(i int, name string) string {
		c := x.Static.of(name)
		if c < 0 {
			return ""
		}
		return string(r.Text(r.Cell(i, c)))
	}
	num := func(i int, name string) uint64 {
		c := x.Static.of(name)
		if c < 0 {
			return 0
		}
		return r.Cell(i, c).Num
	}
	dst = slices.Grow(dst, r.Len())
	for i := range r.Len() {
		index, ok := r.Index(i).Uint32()
		if !ok {
			continue
		}
		speed := speedOf(num(i, "speed"), num(i, "high_speed"))
		dst = append(dst, inventory.RawInterface{
			Index: index, IfName: text(i, "name"), IfDescr: text(i, "descr"), IfAlias: text(i, "alias"),
			Type: uint32(num(i, "type")), MAC: macOf(text(i, "mac")), ReceiveSpeed: speed, TransmitSpeed: speed,
		})
	}
	return dst
}

// speedOf resolves ifSpeed (bit/s) and ifHighSpeed (Mbit/s): 4294967295 in ifSpeed, or 0, means "see ifHighSpeed";
// below it ifSpeed is the finer one.
func speedOf(speed, high uint64) uint64 {
	const seeHigh = 1<<32 - 1
	if speed == 0 || speed >= seeHigh || high*1_000_000 > seeHigh {
		if high == 0 && speed == seeHigh {
			return 0
		}
		return high * 1_000_000
	}
	return speed
}

func macOf(raw string) string {
	if len(raw) != 6 {
		return ""
	}
	var b [17]byte
	for i := range len(raw) {
		if i > 0 {
			b[3*i-1] = ':'
		}
		hex.Encode(b[3*i:], []byte{raw[i]})
	}
	return string(b[:])
}
