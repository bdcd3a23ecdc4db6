// Package profile says what the objects of a device mean: which of them make a device, its addresses and its
// interfaces. Profiles are YAML, compiled when loaded; what is read and what is told stay apart.
package profile

import (
	_ "embed" // the built-in profiles
	"fmt"
	"slices"

	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

//go:embed generic.yaml
var genericYAML []byte

// document is a profile as it is written.
type document struct {
	Name   string              `yaml:"name"`
	Device map[string][]string `yaml:"device"`
	Uptime struct {
		Agent string   `yaml:"agent"`
		Host  []string `yaml:"host"`
	} `yaml:"uptime"`
	Tables []tableDocument `yaml:"tables"`
}

type tableDocument struct {
	Name       string                     `yaml:"name"`
	Role       string                     `yaml:"role"`
	Index      string                     `yaml:"index"`
	Changed    []string                   `yaml:"changed"`
	Attributes map[string]string          `yaml:"attributes"`
	Counters   map[string]counterDocument `yaml:"counters"`
	Status     map[string]string          `yaml:"status"`
	Columns    map[string]string          `yaml:"columns"`
	Unless     string                     `yaml:"unless"`
	Rows       rowsDocument               `yaml:"rows"`
	Metrics    []metricDocument           `yaml:"metrics"`
}

type counterDocument struct {
	Unless   string   `yaml:"unless"`
	Receive  []string `yaml:"receive"`
	Transmit []string `yaml:"transmit"`
}

// Profile is a compiled profile.
type Profile struct {
	Name       string
	Device     []Fact
	Uptime     pdu.OID // sysUpTime's kind: 1/100 s
	HostUptime []HostUptime
	Interfaces Interfaces
	Addresses  Columns
	Entities   Columns
	Measures   Measures
}

// Fact is one thing known of a device and the instance that tells it.
type Fact struct {
	Name string
	OID  pdu.OID
}

// HostUptime is a scalar that tells the uptime of the host rather than of the agent.
type HostUptime struct {
	OID     pdu.OID
	Seconds bool // else 1/100 s
}

// Columns is the columns of a table by what they mean.
type Columns struct {
	Names   []string
	Columns []walk.Column
}

func (c *Columns) add(name, object string) (int, error) {
	o, err := mib.Lookup(object)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	c.Names = append(c.Names, name)
	c.Columns = append(c.Columns, walk.Column{OID: o.OID, Guess: o.Bytes})
	return len(c.Columns) - 1, nil
}

// of is the column that means name, -1 for none.
func (c *Columns) of(name string) int { return slices.Index(c.Names, name) }

// Generic returns the built-in profile that fits every agent.
func Generic() *Profile {
	p, err := Compile(genericYAML)
	if err != nil {
		panic(err) // a test compiles it
	}
	return p
}

// Compile reads a profile. Errors name the key that is wrong.
func Compile(text []byte) (*Profile, error) {
	var d document
	if err := decodeStrict(text, &d); err != nil {
		return nil, err
	}
	p := &Profile{Name: d.Name}
	if err := p.compileDevice(&d); err != nil {
		return nil, fmt.Errorf("profile %q: %w", d.Name, err)
	}
	for i := range d.Tables {
		if err := p.compileTable(&d.Tables[i]); err != nil {
			return nil, fmt.Errorf("profile %q: tables: %q: %w", d.Name, d.Tables[i].Name, err)
		}
	}
	return p, nil
}

func (p *Profile) compileTable(t *tableDocument) error {
	switch t.Role {
	case "interfaces":
		return p.Interfaces.compile(t)
	case "metrics":
		return p.Measures.compile(t)
	case "addresses":
		return compileColumns(&p.Addresses, t.Columns, "inet_address", "ipv4")
	case "entities":
		return compileColumns(&p.Entities, t.Columns, "class", "serial", "vendor", "model", "firmware")
	}
	return fmt.Errorf("role: %q is not one of interfaces, addresses, entities, metrics", t.Role)
}

func compileColumns(c *Columns, named map[string]string, known ...string) error {
	for name := range named {
		if !slices.Contains(known, name) {
			return fmt.Errorf("columns: %q is not one of %v", name, known)
		}
	}
	for _, name := range known {
		if object := named[name]; object != "" {
			if _, err := c.add(name, object); err != nil {
				return fmt.Errorf("columns: %w", err)
			}
		}
	}
	return nil
}

// deviceFacts are the names under device.
var deviceFacts = []string{"sys_name", "sys_descr", "sys_object_id", "location", "contact", "engine_id"}

func (p *Profile) compileDevice(d *document) error {
	for name := range d.Device {
		if !slices.Contains(deviceFacts, name) {
			return fmt.Errorf("device: %q is not one of %v", name, deviceFacts)
		}
	}
	for _, name := range deviceFacts {
		for _, object := range d.Device[name] {
			o, err := mib.Lookup(object)
			if err != nil {
				return fmt.Errorf("device: %s: %w", name, err)
			}
			p.Device = append(p.Device, Fact{name, o.OID})
		}
	}
	o, err := mib.Lookup(d.Uptime.Agent)
	if err != nil {
		return fmt.Errorf("uptime: agent: %w", err)
	}
	p.Uptime = o.OID
	for _, object := range d.Uptime.Host {
		o, err := mib.Lookup(object)
		if err != nil {
			return fmt.Errorf("uptime: host: %w", err)
		}
		p.HostUptime = append(p.HostUptime, HostUptime{o.OID, object == "SNMP-FRAMEWORK-MIB::snmpEngineTime.0"})
	}
	return nil
}
