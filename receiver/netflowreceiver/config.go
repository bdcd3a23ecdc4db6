package netflowreceiver

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/udp"
)

// Config is the configuration of the netflow receiver.
type Config struct {
	// Sockets is where the receiver listens.
	Sockets Sockets `mapstructure:",squash"`
	// Aggregation is what becomes of the flows in a metrics pipeline.
	Aggregation Aggregation `mapstructure:",squash"`

	// Exporters says what exporters do not say of themselves, or say wrongly. The first entry that matches holds.
	Exporters []ExporterConfig `mapstructure:"exporters"`
	// Relay lists other collectors that get the datagrams too, as they came.
	Relay []RelayConfig `mapstructure:"relay"`
	// Storage is the storage extension that keeps templates, sampling rates and names across a restart.
	Storage *component.ID `mapstructure:"storage"`
	// Inventory is the inventory extension, from which interfaces have their names.
	Inventory *component.ID `mapstructure:"inventory"`
}

// Sockets and Aggregation are the keys that flow receivers share. They are types without methods because confmap
// puts the name of a Go field before what the Validate of a squashed part reports, which is no key that anybody wrote:
// Config's own Validate asks them instead.
type (
	Sockets     udp.Config
	Aggregation pipeline.Config
)

// ExporterConfig overrides what is known of the exporters that match.
type ExporterConfig struct {
	Match Match `mapstructure:"match"`
	// Name becomes the device's service.instance.id and host.name.
	Name string `mapstructure:"name"`
	// Addresses are others of the same device.
	Addresses []netip.Addr `mapstructure:"addresses"`
	// SamplingRate is N of "one out of N packets" and goes before whatever the exporter announces; 0: none.
	SamplingRate uint32 `mapstructure:"sampling_rate"`
	// ResourceAttributes are added to the device's resource.
	ResourceAttributes map[string]string `mapstructure:"resource_attributes"`
}

// Match selects exporters by source address, and by observation domain where several share an address.
type Match struct {
	Address           netip.Addr   `mapstructure:"address"`
	Prefix            netip.Prefix `mapstructure:"prefix"`
	ObservationDomain *uint32      `mapstructure:"observation_domain"`
}

// Unmarshal reads an entry. Of a sampling rate in a notation that vendors use it says how to write it here.
func (e *ExporterConfig) Unmarshal(conf *confmap.Conf) error {
	if rate, ok := conf.Get("sampling_rate").(string); ok {
		if _, err := strconv.ParseUint(rate, 10, 32); err != nil {
			right := "1000"
			if _, n, found := strings.Cut(rate, ":"); found && strings.Trim(n, "0123456789") == "" && n != "" {
				right = n
			}
			return fmt.Errorf("sampling_rate: %q is not a number; write N of one out of N packets, such as %s", rate, right)
		}
	}
	return conf.Unmarshal(e)
}

// Unmarshal reads who is matched. Prefixes and addresses are told apart by their keys, and mistaken for each other.
func (m *Match) Unmarshal(conf *confmap.Conf) error {
	if text, ok := conf.Get("address").(string); ok {
		if p, err := netip.ParsePrefix(text); err == nil {
			return fmt.Errorf("match::address: %q is a prefix; write prefix: %s", text, p.Masked())
		}
		if _, err := netip.ParseAddr(text); err != nil {
			return fmt.Errorf("match::address: %q is not an IP address, such as 10.0.0.1 or 2001:db8::1", text)
		}
	}
	if text, ok := conf.Get("prefix").(string); ok {
		if a, err := netip.ParseAddr(text); err == nil {
			return fmt.Errorf("match::prefix: %q is an address; write address: %s", text, a)
		}
		if _, err := netip.ParsePrefix(text); err != nil {
			return fmt.Errorf("match::prefix: %q is not a prefix, such as 10.0.0.0/8 or 2001:db8::/32", text)
		}
	}
	return conf.Unmarshal(m)
}

// Validate reports every mistake, each with its key.
func (c *Config) Validate() error {
	aggregation := pipeline.Config(c.Aggregation)
	errs := []error{udp.Config(c.Sockets).Validate(), aggregation.Validate()}
	for i := range c.Exporters {
		for _, err := range c.Exporters[i].problems() {
			errs = append(errs, fmt.Errorf("exporters::%d: %w", i, err))
		}
	}
	for i := range c.Relay {
		if err := c.Relay[i].problem(); err != nil {
			errs = append(errs, fmt.Errorf("relay::%d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

func (e *ExporterConfig) problems() (errs []error) {
	say := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	address, prefix := e.Match.Address.IsValid(), e.Match.Prefix.IsValid()
	switch {
	case !address && !prefix:
		say("match: names neither an address nor a prefix; give one, such as match: {address: 10.0.0.1}")
	case address && prefix:
		say("match: names both address %s and prefix %s; give one of them", e.Match.Address, e.Match.Prefix)
	case prefix && e.Name != "":
		say("name: %q would be the name of every exporter in %s; match a single address", e.Name, e.Match.Prefix)
	case prefix && len(e.Addresses) > 0:
		say("addresses: cannot be those of every exporter in %s; match a single address", e.Match.Prefix)
	}
	if prefix && e.Match.Prefix != e.Match.Prefix.Masked() {
		say("match::prefix: %s has bits behind its length; write %s", e.Match.Prefix, e.Match.Prefix.Masked())
	}
	for i, a := range e.Addresses {
		if !a.IsValid() {
			say("addresses::%d: is empty; give an address, such as 10.0.0.2", i)
		}
	}
	if err := inventory.ValidateAttributes(e.ResourceAttributes); err != nil {
		errs = append(errs, err)
	}
	if e.Name == "" && len(e.Addresses) == 0 && e.SamplingRate == 0 && len(e.ResourceAttributes) == 0 {
		say("says nothing beside match; add a name, addresses, sampling_rate or resource_attributes, or remove it")
	}
	return errs
}

// matches tells whether e is about the domain of the exporter at addr.
func (m *Match) matches(addr netip.Addr, domain uint32) bool {
	if m.ObservationDomain != nil && *m.ObservationDomain != domain {
		return false
	}
	if m.Prefix.IsValid() {
		return m.Prefix.Contains(addr)
	}
	return m.Address.Unmap() == addr
}

// exporter returns the entry that holds for the domain of the exporter at addr, or nil.
func (c *Config) exporter(addr netip.Addr, domain uint32) *ExporterConfig {
	for i := range c.Exporters {
		e := &c.Exporters[i]
		if e.Match.matches(addr, domain) || e.Match.ObservationDomain == nil && containsAddr(e.Addresses, addr) {
			return e
		}
	}
	return nil
}

func containsAddr(all []netip.Addr, a netip.Addr) bool {
	for _, b := range all {
		if b.Unmap() == a {
			return true
		}
	}
	return false
}
