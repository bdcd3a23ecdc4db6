package snmpreceiver

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/filter"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// InterfacesConfig says which interfaces are told, and how.
type InterfacesConfig struct {
	// Attributes beside the name on every point: alias, or none. Default: alias.
	Attributes []string `mapstructure:"attributes"`
	// Include tells only the interfaces that match every list it has.
	Include *MatchConfig `mapstructure:"include"`
	// Exclude leaves out the interfaces that match one of its lists.
	Exclude *MatchConfig `mapstructure:"exclude"`
	// Speeds are told instead of what devices say of their interfaces.
	Speeds []SpeedConfig `mapstructure:"speeds"`
}

// MatchConfig matches interfaces.
type MatchConfig struct {
	// MatchType is strict (default) or regexp. Regular expressions match anywhere unless they are anchored.
	MatchType string `mapstructure:"match_type"`
	// Names as interfaces are told by: ifName, else ifDescr.
	Names []string `mapstructure:"names"`
	// Aliases are ifAlias, the descriptions that operators give.
	Aliases []string `mapstructure:"aliases"`
	// Types by IANA's names of ifType: softwareLoopback, l2vlan; its number where a type has none.
	Types []string `mapstructure:"types"`
}

// SpeedConfig is the speed of an interface whose device does not know it: a line shaped by the provider, say.
type SpeedConfig struct {
	// Target is the name or the endpoint of a target; empty: every device.
	Target string `mapstructure:"target"`
	// Name of the interface.
	Name string `mapstructure:"name"`
	// Receive and Transmit are as 50Mbps; at least one of them.
	Receive  string `mapstructure:"receive"`
	Transmit string `mapstructure:"transmit"`
}

func (c *InterfacesConfig) validate(targets []TargetConfig) error {
	var errs []error
	for i, a := range c.Attributes {
		if a != "alias" {
			errs = append(errs, fmt.Errorf("interfaces::attributes::%d: %q: want alias, or an empty list", i, a))
		}
	}
	for key, m := range map[string]*MatchConfig{"include": c.Include, "exclude": c.Exclude} {
		if err := m.validate(); err != nil {
			errs = append(errs, fmt.Errorf("interfaces::%s%w", key, err))
		}
	}
	for i := range c.Speeds {
		if err := c.Speeds[i].validate(targets); err != nil {
			errs = append(errs, fmt.Errorf("interfaces::speeds::%d%w", i, err))
		}
	}
	return errors.Join(errs...)
}

// lists are the lists by their keys.
func (m *MatchConfig) lists() [3]struct {
	key    string
	values []string
} {
	return [3]struct {
		key    string
		values []string
	}{{"names", m.Names}, {"aliases", m.Aliases}, {"types", m.Types}}
}

func (m *MatchConfig) validate() error {
	if m == nil {
		return nil
	}
	if !slices.Contains([]string{"", "strict", "regexp"}, m.MatchType) {
		return fmt.Errorf("::match_type: %q: want strict or regexp", m.MatchType)
	}
	empty := true
	for _, l := range m.lists() {
		empty = empty && len(l.values) == 0
		for i, v := range l.values {
			if err := m.validateValue(l.key, v); err != nil {
				return fmt.Errorf("::%s::%d: %q: %w", l.key, i, v, err)
			}
		}
	}
	if empty {
		return errors.New(": nothing to match: want names, aliases or types")
	}
	return nil
}

func (m *MatchConfig) validateValue(key, v string) error {
	if m.MatchType == "regexp" {
		_, err := regexp.Compile(v)
		return err
	}
	if v == "" {
		return errors.New("want a value")
	}
	if _, err := strconv.ParseUint(v, 10, 32); key == "types" && err != nil && !slices.Contains(mib.IfTypeNames(), v) {
		return errors.New("want one of IANA's names of ifType, such as ethernetCsmacd, softwareLoopback or l2vlan, or a number")
	}
	return nil
}

func (s *SpeedConfig) validate(targets []TargetConfig) error {
	if s.Name == "" {
		return errors.New("::name: want the name of an interface")
	}
	if s.Receive == "" && s.Transmit == "" {
		return errors.New(": want receive or transmit, as 50Mbps")
	}
	for _, v := range []struct{ key, value string }{{"receive", s.Receive}, {"transmit", s.Transmit}} {
		if _, err := parseSpeed(v.value); err != nil && v.value != "" {
			return fmt.Errorf("::%s: %w", v.key, err)
		}
	}
	if s.Target != "" && !slices.ContainsFunc(targets, s.meant) {
		return fmt.Errorf("::target: %q is neither name nor endpoint of a target", s.Target)
	}
	return nil
}

// meant reports whether the speed is of a target's interface.
func (s *SpeedConfig) meant(t TargetConfig) bool {
	return s.Target == "" || s.Target == t.Name || s.Target == t.Endpoint
}

// parseSpeed reads a speed such as 50Mbps as bit/s.
func parseSpeed(v string) (uint64, error) {
	wrong := fmt.Errorf("%q: want a speed greater than 0 in bps, kbps, Mbps, Gbps or Tbps, as 50Mbps", v)
	number, ok := strings.CutSuffix(strings.ToLower(v), "bps")
	if !ok || number == "" {
		return 0, wrong
	}
	factor := 1.0
	switch number[len(number)-1] {
	case 'k':
		factor = 1e3
	case 'm':
		factor = 1e6
	case 'g':
		factor = 1e9
	case 't':
		factor = 1e12
	}
	if factor > 1 {
		number = number[:len(number)-1]
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if n *= factor; err != nil || !(n >= 1) || n > 1e18 {
		return 0, wrong
	}
	return uint64(n + 0.5), nil
}

// selection is which interfaces are told. The zero selection is all.
type selection struct{ include, exclude *matcher }

// matcher is a MatchConfig made ready. A list without values is nil.
type matcher struct{ names, aliases, types filter.Filter }

func newSelection(c *InterfacesConfig) selection {
	return selection{c.Include.compile(), c.Exclude.compile()}
}

func (m *MatchConfig) compile() *matcher {
	if m == nil {
		return nil
	}
	var out [3]filter.Filter
	for i, l := range m.lists() {
		var values []filter.Config
		for _, v := range l.values {
			c := filter.Config{Strict: v}
			if m.MatchType == "regexp" {
				c = filter.Config{Regex: v}
			}
			values = append(values, c)
		}
		if values != nil {
			out[i] = filter.CreateFilter(values)
		}
	}
	return &matcher{out[0], out[1], out[2]}
}

// all reports whether nothing is left out.
func (s *selection) all() bool { return s.include == nil && s.exclude == nil }

// told reports whether an interface is.
func (s *selection) told(i *inventory.Interface) bool {
	if s.include != nil && s.include.matched(i) != s.include.len() {
		return false
	}
	return s.exclude == nil || s.exclude.matched(i) == 0
}

// matched is how many lists an interface matches.
func (m *matcher) matched(i *inventory.Interface) (n int) {
	if m.names != nil && m.names.Matches(i.Name) {
		n++
	}
	if m.aliases != nil && m.aliases.Matches(i.Alias) {
		n++
	}
	if m.types != nil && (m.types.Matches(mib.IfTypeName(i.Type)) || m.types.Matches(strconv.FormatUint(uint64(i.Type), 10))) {
		n++
	}
	return n
}

// len is how many lists there are.
func (m *matcher) len() (n int) {
	for _, f := range []filter.Filter{m.names, m.aliases, m.types} {
		if f != nil {
			n++
		}
	}
	return n
}

// override is the configured speed of an interface, bit/s; 0: what the device says.
type override struct{ receive, transmit uint64 }

// overrides are the configured speeds of a target's interfaces by their names.
func (c *InterfacesConfig) overrides(t *TargetConfig) map[string]override {
	var out map[string]override
	for _, s := range c.Speeds {
		if !s.meant(*t) {
			continue
		}
		if out == nil {
			out = map[string]override{}
		}
		o := out[s.Name]
		if v, err := parseSpeed(s.Receive); err == nil {
			o.receive = v
		}
		if v, err := parseSpeed(s.Transmit); err == nil {
			o.transmit = v
		}
		out[s.Name] = o
	}
	return out
}

// override puts configured speeds in place of what the device says.
func (d *device) override(all []inventory.Interface) []inventory.Interface {
	for i := range all {
		o := d.speeds[all[i].Name]
		if o.receive > 0 {
			all[i].ReceiveSpeed = o.receive
		}
		if o.transmit > 0 {
			all[i].TransmitSpeed = o.transmit
		}
	}
	return all
}

// wanted tells which cells are worth reading with every poll: nothing of an interface that is not told.
func (d *device) wanted(rows *walk.Rows, want func(row, column int) bool) func(row, column int) bool {
	if d.r.selection.all() {
		return want
	}
	known := d.interfaces()
	told := make([]bool, rows.Len())
	for i := range told {
		index, ok := rows.Index(i).Uint32()
		row, named := known[index]
		told[i] = ok && (!named || d.r.selection.told(&row))
	}
	return func(row, column int) bool { return told[row] && want(row, column) }
}
