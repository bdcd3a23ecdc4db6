package profile

import (
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// Scalars are the instances that Learn takes, in its order.
func (p *Profile) Scalars() []pdu.OID {
	out := make([]pdu.OID, len(p.Device))
	for i := range p.Device {
		out[i] = p.Device[i].OID
	}
	return out
}

// Learn turns the values of Scalars into facts.
func (p *Profile) Learn(f *inventory.Facts, values []walk.Cell, r *walk.Rows) {
	for i, c := range values {
		text := string(r.Text(c))
		if text == "" {
			continue
		}
		switch p.Device[i].Name {
		case "sys_name":
			first(&f.SysName, text)
		case "sys_descr":
			first(&f.SysDescr, text)
		case "sys_object_id":
			if oid := pdu.OID(text); c.Type == pdu.ObjectIdentifier && oid.Valid() {
				first(&f.SysObjectID, oid.String())
			}
		case "location":
			first(&f.Location, text)
		case "contact":
			first(&f.Contact, text)
		case "engine_id":
			first(&f.EngineID, hex.EncodeToString([]byte(text)))
		}
	}
}

func first(into *string, v string) {
	if *into == "" {
		*into = v
	}
}

// Since is how long the host has been up by one of HostUptime's scalars; 0: the agent has none.
func (h HostUptime) Since(c walk.Cell) time.Duration {
	switch {
	case !c.Present() || !c.Type.Numeric():
		return 0
	case h.Seconds:
		return time.Duration(c.Num) * time.Second
	}
	return time.Duration(c.Num) * 10 * time.Millisecond
}

// The types of InetAddress (RFC 4001).
const (
	inetIPv4  = 1
	inetIPv6  = 2
	inetIPv4z = 3
	inetIPv6z = 4
)

// AddressesOf reads the device's addresses off the indexes of its address tables.
func (p *Profile) AddressesOf(r *walk.Rows) []netip.Addr {
	var out []netip.Addr
	inet, old := p.Addresses.of("inet_address"), p.Addresses.of("ipv4")
	for i := range r.Len() {
		subs, ok := r.Index(i).Subs()
		if !ok {
			continue
		}
		var a netip.Addr
		switch {
		case inet >= 0 && r.Cell(i, inet).Present():
			a, ok = inetAddress(subs)
		case old >= 0 && r.Cell(i, old).Present():
			a, ok = octets(subs, 4)
		default:
			ok = false
		}
		if ok {
			out = append(out, a)
		}
	}
	return out
}

// inetAddress reads InetAddressType and InetAddress from an index: type, length, octets. Some agents leave the length out.
func inetAddress(subs []uint32) (netip.Addr, bool) {
	if len(subs) < 2 {
		return netip.Addr{}, false
	}
	kind, rest := subs[0], subs[1:]
	n := map[uint32]int{inetIPv4: 4, inetIPv6: 16, inetIPv4z: 8, inetIPv6z: 20}[kind]
	if n == 0 {
		return netip.Addr{}, false
	}
	if int(rest[0]) == n && len(rest) == n+1 {
		rest = rest[1:]
	}
	if len(rest) != n {
		return netip.Addr{}, false
	}
	if kind == inetIPv4z || kind == inetIPv6z {
		n -= 4 // a zone follows: the address is not unique without it
	}
	return octets(rest[:n], n)
}

func octets(subs []uint32, n int) (netip.Addr, bool) {
	if len(subs) != n {
		return netip.Addr{}, false
	}
	b := make([]byte, n)
	for i, s := range subs {
		if s > 255 {
			return netip.Addr{}, false
		}
		b[i] = byte(s)
	}
	a, ok := netip.AddrFromSlice(b)
	return a.Unmap(), ok
}

// entChassis is entPhysicalClass chassis (RFC 6933).
const entChassis = 3

// Chassis takes serial number, vendor and model from the first chassis, else from the first entity that has a serial.
func (p *Profile) Chassis(d *inventory.Descriptive, r *walk.Rows) {
	pick := -1
	class, serial := p.Entities.of("class"), p.Entities.of("serial")
	for i := range r.Len() {
		named := serial >= 0 && len(r.Text(r.Cell(i, serial))) > 0
		if class >= 0 && r.Cell(i, class).Num == entChassis {
			pick = i
			break
		}
		if pick < 0 && named {
			pick = i
		}
	}
	if pick < 0 {
		return
	}
	text := func(name string) string {
		if c := p.Entities.of(name); c >= 0 {
			return string(r.Text(r.Cell(pick, c)))
		}
		return ""
	}
	d.Serial, d.Vendor, d.Model, d.FirmwareVersion = text("serial"), text("vendor"), text("model"), text("firmware")
}
