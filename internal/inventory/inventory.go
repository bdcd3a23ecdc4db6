// Package inventory knows who is who: which device an address belongs to, what its interfaces are called and how
// fast they are. SNMP fills it, flow receivers ask it, and it alone builds the resources of telemetry.md §1.
package inventory

import (
	"net/netip"
	"time"
)

// Attribute is a configured resource attribute.
type Attribute struct{ Key, Value string }

// Interface is one interface of a device. Name is unique within the device: ifName, else ifDescr, else "if<index>",
// duplicates with "#<index>" appended (NameInterfaces).
type Interface struct {
	Index         uint32
	Name          string
	Alias         string
	Type          uint32 // IANAifType number, 0 unknown
	MAC           string // aa:bb:cc:dd:ee:ff, "" unknown
	ReceiveSpeed  uint64 // bit/s, 0 unknown
	TransmitSpeed uint64 // bit/s, 0 unknown
}

// Device is an immutable snapshot of one network device as last known. Never modify what it refers to.
type Device struct {
	ID         string // service.instance.id: configured name, else canonical management address; never changes
	Name       string // host.name
	HostID     string // host.id, "" until known
	SysName    string // sysName as last learned, "" until known; Name does not follow it
	Known      bool   // SNMP or configuration knows it; false for a device made up from an exporter's address
	Attributes []Attribute
	Addresses  []netip.Addr
	Interfaces map[uint32]Interface // by ifIndex
	Descriptive
}

// Descriptive is what changes without changing who a device is.
type Descriptive struct {
	SysDescr, SysObjectID, Location, Contact         string
	Vendor, Model, Serial, FirmwareVersion, EngineID string
	OSName, OSVersion                                string
}

// Declaration is what configuration says of a device before anything was heard of it.
type Declaration struct {
	// Source is the component that declares, e.g. "snmp/core": declaring again replaces what the same source said
	// of the device before. Declarations without a source add to each other.
	Source string

	Address           netip.Addr // management address; zero if the endpoint is a name not yet resolved
	Endpoint          string     // the target as configured, identity where Address is zero
	Name              string     // configured name, "" for none
	ObservationDomain *uint32    // set: this device is only that domain behind Address and Addresses
	Addresses         []netip.Addr
	Attributes        []Attribute
	HostID            string
}

// Facts is what one poll learned of a device. A nil Addresses or Interfaces, or an empty string, leaves the previous
// value in place (a partial poll never erases what is known). Strings may be what an SNMP agent sent: they are
// cleaned (Clean) and cut to a length here.
type Facts struct {
	SysName    string
	Addresses  []netip.Addr
	Interfaces []Interface // named by NameInterfaces; of two with one index the later counts
	Descriptive
	At time.Time
}
