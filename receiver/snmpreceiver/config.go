package snmpreceiver

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/netcol-io/netcol/internal/inventory"
)

// Config of the SNMP receiver.
type Config struct {
	// CollectionInterval is how often each device is polled, from 1s on; default 60s.
	CollectionInterval time.Duration `mapstructure:"collection_interval"`
	// Credentials by name. Targets say which of them to try, and in which order.
	Credentials map[string]CredentialsConfig `mapstructure:"credentials"`
	// AllowDowngrade lets a target's weaker credentials be tried after its stronger ones failed. A community is sent
	// in clear: whoever can make a device seem silent could otherwise read it.
	AllowDowngrade bool `mapstructure:"allow_downgrade"`
	// Targets are the devices.
	Targets []TargetConfig `mapstructure:"targets"`
	// Interfaces says which interfaces are told, and how.
	Interfaces InterfacesConfig `mapstructure:"interfaces"`
	// Traps says where traps and informs are received; they become logs. Default: nowhere.
	Traps configoptional.Optional[TrapsConfig] `mapstructure:"traps"`
	// Storage is the extension that keeps SNMPv3 engines and start times over a restart.
	Storage *component.ID `mapstructure:"storage"`
	// Inventory is the extension that other receivers learn from what the devices are called.
	Inventory *component.ID `mapstructure:"inventory"`
}

// CredentialsConfig is a community or a user.
type CredentialsConfig struct {
	// Version is v1, v2c or v3.
	Version string `mapstructure:"version"`
	// Community of v1 and v2c.
	Community configopaque.String `mapstructure:"community"`

	// User of v3, 1 to 32 bytes.
	User string `mapstructure:"user"`
	// SecurityLevel of v3 is no_auth_no_priv, auth_no_priv or auth_priv (default).
	SecurityLevel string `mapstructure:"security_level"`
	// AuthType is MD5, SHA, SHA224, SHA256, SHA384 or SHA512.
	AuthType string `mapstructure:"auth_type"`
	// AuthPassword is of at least 8 bytes.
	AuthPassword configopaque.String `mapstructure:"auth_password"`
	// PrivacyType is DES, AES, AES192, AES256, AES192C or AES256C.
	PrivacyType string `mapstructure:"privacy_type"`
	// PrivacyPassword is of at least 8 bytes.
	PrivacyPassword configopaque.String `mapstructure:"privacy_password"`
	// ContextName of v3; a target's context goes first.
	ContextName string `mapstructure:"context_name"`
}

// TargetConfig is a device.
type TargetConfig struct {
	// Endpoint is an address or name, with or without a port (default 161): 10.0.0.1, sw1.example.net:1161, [2001:db8::1]:161.
	Endpoint string `mapstructure:"endpoint"`
	// Credentials to try, in this order. The one that worked is remembered.
	Credentials []string `mapstructure:"credentials"`
	// Name is service.instance.id and host.name of the device; default: its address, and what it calls itself.
	Name string `mapstructure:"name"`
	// Addresses that the device also has, beside those that it tells.
	Addresses []string `mapstructure:"addresses"`
	// Interval instead of collection_interval.
	Interval time.Duration `mapstructure:"interval"`
	// LocalAddress to send from.
	LocalAddress string `mapstructure:"local_address"`
	// Context is the SNMPv3 context name.
	Context string `mapstructure:"context"`
	// MaxRepetitions bounds GETBULK for agents that can't take what fits a reply; 0: no bound.
	MaxRepetitions int `mapstructure:"max_repetitions"`
	// Bulk false reads without GETBULK; default true.
	Bulk *bool `mapstructure:"bulk"`
	// ResourceAttributes are added to the device's resource.
	ResourceAttributes map[string]string `mapstructure:"resource_attributes"`
}

const minInterval = time.Second

// Validate names every mistake with its key.
func (c *Config) Validate() error {
	var errs []error
	if c.CollectionInterval < minInterval {
		errs = append(errs, fmt.Errorf("collection_interval: %s: want at least %s", c.CollectionInterval, minInterval))
	}
	if len(c.Targets) == 0 && !c.Traps.HasValue() {
		errs = append(errs, errors.New("targets: none: list at least one device, as {endpoint: 10.0.0.1, credentials: [name]}, or configure traps"))
	}
	if c.Traps.HasValue() {
		if err := c.Traps.Get().validate(c.Credentials); err != nil {
			errs = append(errs, prefixed("traps", err)...)
		}
	}
	for name, cred := range c.Credentials {
		if err := cred.validate(); err != nil {
			errs = append(errs, fmt.Errorf("credentials::%s: %w", name, err))
		}
	}
	for i := range c.Targets {
		if err := c.Targets[i].validate(c.Credentials); err != nil {
			errs = append(errs, fmt.Errorf("targets::%d: %w", i, err))
		}
	}
	errs = append(errs, distinct(c.Targets)...)
	errs = append(errs, c.Interfaces.validate(c.Targets))
	return errors.Join(errs...)
}

func (t *TargetConfig) validate(all map[string]CredentialsConfig) error {
	var errs []error
	if _, _, err := splitEndpoint(t.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("endpoint: %w", err))
	}
	if len(t.Credentials) == 0 {
		errs = append(errs, errors.New("credentials: none: name at least one entry of credentials"))
	}
	for _, name := range t.Credentials {
		if _, ok := all[name]; !ok {
			errs = append(errs, fmt.Errorf("credentials: %q is not an entry of credentials; there are %q", name, sortedKeys(all)))
		}
	}
	for i, a := range t.Addresses {
		if _, err := netip.ParseAddr(a); err != nil {
			errs = append(errs, fmt.Errorf("addresses::%d: %q: want an IP address", i, a))
		}
	}
	if t.Interval != 0 && t.Interval < minInterval {
		errs = append(errs, fmt.Errorf("interval: %s: want at least %s, or 0 for collection_interval", t.Interval, minInterval))
	}
	if _, err := netip.ParseAddr(t.LocalAddress); t.LocalAddress != "" && err != nil {
		errs = append(errs, fmt.Errorf("local_address: %q: want an IP address of this host", t.LocalAddress))
	}
	if t.MaxRepetitions < 0 || t.MaxRepetitions > 10_000 {
		errs = append(errs, fmt.Errorf("max_repetitions: %d: want 1 to 10000, or 0 for no bound", t.MaxRepetitions))
	}
	return errors.Join(append(errs, inventory.ValidateAttributes(t.ResourceAttributes))...)
}

// prefixed puts a key before each of the errors that err joins.
func prefixed(key string, err error) (out []error) {
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) {
		return []error{fmt.Errorf("%s::%w", key, err)}
	}
	for _, e := range many.Unwrap() {
		out = append(out, prefixed(key, e)...)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (t *TargetConfig) bulk() bool { return t.Bulk == nil || *t.Bulk }

func (t *TargetConfig) interval(c *Config) time.Duration {
	if t.Interval != 0 {
		return t.Interval
	}
	return c.CollectionInterval
}

func (c *Config) alias() bool { return slices.Contains(c.Interfaces.Attributes, "alias") }
