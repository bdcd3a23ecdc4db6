package snmpreceiver

import (
	"net/netip"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/trap"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
)

// events builds the log records of a batch of notifications, one resource for each device.
type events struct {
	r       *snmpReceiver
	logs    plog.Logs
	at      time.Time
	records map[string]plog.LogRecordSlice // by device ID
}

func newEvents(r *snmpReceiver, ld plog.Logs, at time.Time) *events {
	return &events{r: r, logs: ld, at: at, records: map[string]plog.LogRecordSlice{}}
}

func (e *events) of(d *inventory.Device) plog.LogRecordSlice {
	if found, ok := e.records[d.ID]; ok {
		return found
	}
	rl := e.logs.ResourceLogs().AppendEmpty()
	rl.SetSchemaUrl(semconv.SchemaURL)
	e.r.registry.Resource(d, rl.Resource())
	sl := rl.ScopeLogs().AppendEmpty()
	sl.SetSchemaUrl(semconv.SchemaURL)
	sl.Scope().SetName(metadata.ScopeName)
	sl.Scope().SetVersion(e.r.set.BuildInfo.Version)
	e.records[d.ID] = sl.LogRecords()
	return e.records[d.ID]
}

// add tells one notification.
func (e *events) add(n *trap.Notification) {
	d := e.device(n)
	lr := e.of(d).AppendEmpty()
	lr.SetEventName(semconv.EventTrap)
	lr.SetTimestamp(pcommon.NewTimestampFromTime(e.at))
	lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(e.at))
	a := lr.Attributes()
	a.EnsureCapacity(len(n.Varbinds) + 10)
	name, known := mib.Notification(n.OID)
	a.PutStr(semconv.TrapOID, n.OID.String())
	if known {
		a.PutStr(semconv.TrapName, name)
	}
	e.describe(n, a)
	f := readFacts(n, a)
	f.join(d, a)
	severity, text := f.judge(name, n.OID)
	lr.SetSeverityNumber(severity)
	lr.SetSeverityText(strings.ToUpper(severity.String()))
	lr.Body().SetStr(text)
	if d.Known {
		e.r.reread(d.ID, name)
	}
}

// device is who the notification is about: its agent, where it tells one that means something here, else who sent it.
func (e *events) device(n *trap.Notification) *inventory.Device {
	source := n.Source.Addr()
	if a := n.Agent; a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && (!a.IsLoopback() || source.IsLoopback()) {
		return e.r.registry.ExporterOf(0, a, source)
	}
	return e.r.registry.Exporter(source, 0)
}

// describe puts what surrounds the varbinds.
func (e *events) describe(n *trap.Notification, a pcommon.Map) {
	a.PutStr(semconv.TrapVersion, versionName(n.Version))
	a.PutStr(semconv.TrapKind, kindName(n))
	a.PutStr(semconv.NetworkPeerAddress, n.Source.Addr().String())
	if len(n.Context) > 0 {
		a.PutStr(semconv.TrapContext, inventory.Clean(string(n.Context), maxText))
	}
	if n.Incomplete {
		a.PutBool(semconv.TrapIncomplete, true)
	}
	if n.HasUptime {
		a.PutInt("SNMPv2-MIB::sysUpTime", int64(n.Uptime))
	}
	if n.Enterprise != nil {
		a.PutStr("SNMPv2-MIB::snmpTrapEnterprise", n.Enterprise.String())
	}
	if n.Agent.IsValid() {
		a.PutStr("SNMP-COMMUNITY-MIB::snmpTrapAddress", n.Agent.String())
	}
}

// facts is what a notification's varbinds say, by the names that they were given.
type facts struct {
	attributes pcommon.Map
	index      uint32 // ifIndex; 0: none
	iface      string // what to call the interface
	names      []string
}

// readFacts puts the varbinds into a. A row's index is told by the objects that it is made of, where they are known
// and not among the varbinds themselves; else it stays part of the name. Of two values of one name the later one
// keeps its index in the name.
func readFacts(n *trap.Notification, a pcommon.Map) *facts {
	f := &facts{attributes: a}
	for i := range n.Varbinds {
		v := n.Varbinds[i]
		node, index, ok := mib.Name(v.OID)
		key := v.OID.String()
		if ok {
			key = node.Name
			if parts, fits := splitIndex(node, index); fits {
				f.indexed(parts)
			} else if s := index.String(); s != "0" && s != "" {
				key += "." + s
			}
		}
		if _, taken := a.Get(key); taken && !f.implied(key) {
			if key = v.OID.String(); ok {
				key = node.Name + "." + index.String()
			}
		}
		putValue(a, key, node, v)
		f.names = append(f.names, key)
	}
	f.index = f.ifIndex()
	return f
}

// implied reports whether key is there only because an index says so, and a varbind may say it instead.
func (f *facts) implied(key string) bool {
	for _, name := range f.names {
		if name == key {
			return false
		}
	}
	return true
}

func (f *facts) indexed(parts []indexPart) {
	for _, p := range parts {
		if _, ok := f.attributes.Get(p.name); ok {
			continue
		}
		if p.address.IsValid() {
			f.attributes.PutStr(p.name, p.address.String())
		} else {
			f.attributes.PutInt(p.name, int64(p.number))
		}
	}
}

// indexPart is one object of a row's index.
type indexPart struct {
	name    string
	number  uint32
	address netip.Addr
}

// splitIndex reads a row's index as its table's INDEX clause says.
func splitIndex(node *mib.Node, index pdu.Index) ([]indexPart, bool) {
	subs, ok := index.Subs()
	if !ok || len(node.Index) == 0 {
		return nil, false
	}
	out := make([]indexPart, 0, len(node.Index))
	for _, p := range node.Index {
		need := 1
		if p.Address {
			need = 4
		}
		if len(subs) < need {
			return nil, false
		}
		part := indexPart{name: p.Name, number: subs[0]}
		if p.Address {
			var b [4]byte
			for i, s := range subs[:4] {
				if s > 255 {
					return nil, false
				}
				b[i] = byte(s)
			}
			part.address = netip.AddrFrom4(b)
		}
		out, subs = append(out, part), subs[need:]
	}
	return out, len(subs) == 0
}

func (f *facts) ifIndex() uint32 {
	v, ok := f.attributes.Get("IF-MIB::ifIndex")
	if !ok || v.Type() != pcommon.ValueTypeInt || v.Int() <= 0 || v.Int() >= 1<<31 {
		return 0
	}
	return uint32(v.Int())
}

// join names the interface: as the inventory does, else as the notification does itself.
func (f *facts) join(d *inventory.Device, a pcommon.Map) {
	row, known := d.Interfaces[f.index]
	switch {
	case known && f.index != 0:
		f.iface = row.Name
		a.PutStr(semconv.InterfaceName, row.Name)
		if row.Alias != "" {
			a.PutStr(semconv.InterfaceAlias, row.Alias)
		}
		return
	case f.get("IF-MIB::ifName") != "":
		f.iface = f.get("IF-MIB::ifName")
	case f.get("IF-MIB::ifDescr") != "":
		f.iface = f.get("IF-MIB::ifDescr")
	default:
		return
	}
	a.PutStr(semconv.InterfaceName, f.iface)
	if alias := f.get("IF-MIB::ifAlias"); alias != "" {
		a.PutStr(semconv.InterfaceAlias, alias)
	}
}

// get returns a value as text, "" if there is none.
func (f *facts) get(name string) string {
	if v, ok := f.attributes.Get(name); ok {
		return v.AsString()
	}
	return ""
}

// list is the varbinds in one line, cut to a length fit for reading.
func (f *facts) list() string {
	var b strings.Builder
	for _, name := range f.names {
		if b.Len() > maxLine {
			b.WriteString(", …")
			break
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		_, short, ok := strings.Cut(name, "::")
		if !ok {
			short = name
		}
		b.WriteString(short + "=" + f.get(name))
	}
	return b.String()
}

// maxLine is about how long a body gets that lists varbinds.
const maxLine = 400
