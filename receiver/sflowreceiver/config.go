package sflowreceiver

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"go.opentelemetry.io/collector/component"

	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/udp"
)

const defaultEndpoint = "0.0.0.0:6343"

// Config is the configuration of an sFlow receiver.
type Config struct {
	// Sockets is where datagrams are received, who may send them, and how many sockets share the work.
	Sockets Sockets `mapstructure:",squash"`
	// Aggregation is how flow samples are summed: interval and views.
	Aggregation Aggregation `mapstructure:",squash"`
	// Agents says of single agents what they do not say themselves. Agents that are not listed are received all the same.
	Agents []AgentConfig `mapstructure:"agents"`
	// Tunnels says which flow a tunnelled packet is counted as: "outer", which is what the network forwards
	// (default), or "inner".
	Tunnels Tunnels `mapstructure:"tunnels"`
	// Storage is the storage extension that keeps start times of counters across a restart of the collector.
	Storage *component.ID `mapstructure:"storage"`
	// Inventory is the inventory extension that names devices and interfaces. None: agents are known by their address,
	// interfaces by their index.
	Inventory *component.ID `mapstructure:"inventory"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Sockets and Aggregation are the keys that flow receivers share. They are types without methods because confmap
// puts the name of a Go field before what the Validate of a squashed part reports, which is no key that anybody wrote:
// Config's own Validate asks them instead.
type (
	Sockets     udp.Config
	Aggregation pipeline.Config
)

// AgentConfig overrides what is known of one agent.
type AgentConfig struct {
	// Match selects the agent.
	Match Match `mapstructure:"match"`
	// Name is the device's name: service.instance.id and host.name. None: the address, or what the inventory knows.
	Name string `mapstructure:"name"`
	// Addresses are the device's other addresses, by which SNMP or flows may know it.
	Addresses []netip.Addr `mapstructure:"addresses"`
	// SamplingRate replaces the rate that the agent's samples state: 1000 is one packet in a thousand. 0: as stated.
	SamplingRate uint32 `mapstructure:"sampling_rate"`
	// ResourceAttributes are added to everything about the device.
	ResourceAttributes map[string]string `mapstructure:"resource_attributes"`

	_ struct{}
}

// Match selects an agent.
type Match struct {
	// Address is the agent address in its datagrams, which may differ from where they come from.
	Address netip.Addr `mapstructure:"address"`

	_ struct{}
}

// Tunnels is which flow of a tunnelled packet counts.
type Tunnels string

// The choices.
const (
	TunnelsOuter Tunnels = "outer"
	TunnelsInner Tunnels = "inner"
)

func createDefaultConfig() component.Config {
	return &Config{
		Sockets:     Sockets(udp.DefaultConfig(defaultEndpoint)),
		Aggregation: Aggregation(pipeline.DefaultConfig()),
		Tunnels:     TunnelsOuter,
	}
}

// Validate reports every mistake, each with its key.
func (c *Config) Validate() error {
	aggregation := pipeline.Config(c.Aggregation)
	errs := []error{udp.Config(c.Sockets).Validate(), aggregation.Validate()}
	switch c.Tunnels {
	case TunnelsOuter, TunnelsInner:
	default:
		errs = append(errs, fmt.Errorf("tunnels: %q is not %q or %q", string(c.Tunnels), TunnelsOuter, TunnelsInner))
	}
	return errors.Join(append(errs, c.validateAgents()...)...)
}

// validateAgents reports agents without an address, or with one that an agent before has, or with another identity.
func (c *Config) validateAgents() (errs []error) {
	seen := map[netip.Addr]int{}
	for i, a := range c.Agents {
		if err := inventory.ValidateAttributes(a.ResourceAttributes); err != nil {
			errs = append(errs, fmt.Errorf("agents[%d]::%w", i, err))
		}
		address := a.Match.Address.Unmap()
		if !address.IsValid() || address.IsUnspecified() {
			errs = append(errs, fmt.Errorf("agents[%d]::match::address: is missing; give the agent address in its datagrams, such as 10.0.0.1", i))
			continue
		}
		if first, twice := seen[address]; twice {
			errs = append(errs, fmt.Errorf("agents[%d]::match::address: %s is that of agents[%d] already; put both in one entry", i, address, first))
			continue
		}
		seen[address] = i
	}
	return errs
}

// declaration is what the entry tells the inventory. source is the component's.
func (a AgentConfig) declaration(source string) inventory.Declaration {
	d := inventory.Declaration{Source: source, Address: a.Match.Address.Unmap(), Name: a.Name, Addresses: a.Addresses}
	for _, k := range slices.Sorted(maps.Keys(a.ResourceAttributes)) {
		d.Attributes = append(d.Attributes, inventory.Attribute{Key: k, Value: a.ResourceAttributes[k]})
	}
	return d
}

// rates are the configured sampling rates by agent address.
func (c *Config) rates() map[netip.Addr]uint32 {
	rates := map[netip.Addr]uint32{}
	for _, a := range c.Agents {
		if a.SamplingRate > 0 {
			rates[a.Match.Address.Unmap()] = a.SamplingRate
		}
	}
	return rates
}
