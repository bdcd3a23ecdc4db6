package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// DefaultReceiveBuffer is asked of the kernel for each socket unless configured otherwise: half a second of a 10 Gb/s
// burst of flow records, taken only as it fills.
const DefaultReceiveBuffer Size = 16 << 20

// Limits of the configuration.
const (
	maxSockets       = 256
	minReceiveBuffer = 4 << 10
	maxReceiveBuffer = 1 << 30 // the kernel doubles it into an int
)

// Config is the part of a receiver's configuration that is about its sockets.
type Config struct {
	// Endpoint is the host and port to listen on. An IPv4 host listens on IPv4, "[::]" or an empty host on both.
	Endpoint string `mapstructure:"endpoint"`
	// Sockets is how many sockets, each with a worker of its own, share the endpoint; 0 is one per core.
	Sockets int `mapstructure:"sockets"`
	// ReceiveBuffer is asked of the kernel for each socket; what it grants may be less.
	ReceiveBuffer Size `mapstructure:"receive_buffer"`
	// Steering says which datagrams one socket receives: those of an address (the default) or of an address and port.
	Steering Steering `mapstructure:"steering"`
	// Allow lists who may send; others are counted and dropped. Empty: everyone.
	Allow []Senders `mapstructure:"allow"`
}

// Senders is a prefix that may send. An address alone is the prefix of its full length.
type Senders netip.Prefix

// UnmarshalText reads a prefix or an address.
func (s *Senders) UnmarshalText(text []byte) error {
	if p, err := netip.ParsePrefix(string(text)); err == nil {
		*s = Senders(p)
		return nil
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil || a.Zone() != "" {
		return fmt.Errorf("%q is not a prefix or an address, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1", text)
	}
	*s = Senders(netip.PrefixFrom(a, a.BitLen()))
	return nil
}

// MarshalText writes the prefix.
func (s Senders) MarshalText() ([]byte, error) { return netip.Prefix(s).MarshalText() }

// DefaultConfig returns what an operator who names only the endpoint gets.
func DefaultConfig(endpoint string) Config {
	return Config{Endpoint: endpoint, ReceiveBuffer: DefaultReceiveBuffer, Steering: SteerByAddress}
}

// Validate reports every mistake, each with its key.
func (c Config) Validate() error {
	return errors.Join(validateEndpoint(c.Endpoint), c.validateSockets(), c.validateBuffer(), c.Steering.validate(), c.validateAllow())
}

func validateEndpoint(endpoint string) error {
	if endpoint == "" {
		return errors.New(`endpoint: is empty; give an address and port, such as "0.0.0.0:2055"`)
	}
	_, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return fmt.Errorf(`endpoint: %q is not an address and port, such as "0.0.0.0:2055" or "[::]:2055": %w`, endpoint, err)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("endpoint: port %q of %q is not a number from 0 to 65535", port, endpoint)
	}
	return nil
}

func (c Config) validateSockets() error {
	if c.Sockets < 0 || c.Sockets > maxSockets {
		return fmt.Errorf("sockets: %d is not 0 (one per core) or a number up to %d", c.Sockets, maxSockets)
	}
	return nil
}

func (c Config) validateBuffer() error {
	if b := c.ReceiveBuffer; b != 0 && (b < minReceiveBuffer || b > maxReceiveBuffer) {
		return fmt.Errorf("receive_buffer: %s is not 0 (the kernel's default) or a size from %s to %s",
			b, Size(minReceiveBuffer), Size(maxReceiveBuffer))
	}
	return nil
}

func (c Config) validateAllow() error {
	for i, s := range c.Allow {
		if !netip.Prefix(s).IsValid() {
			return fmt.Errorf("allow::%d: is not a prefix or an address, such as 10.0.0.0/8 or 192.0.2.1", i)
		}
	}
	return nil
}

// Steering is how datagrams are shared out among the sockets of a group.
type Steering string

// The ways of steering.
const (
	// SteerByAddress gives every source address exactly one socket, so that an exporter's state lives in one worker.
	SteerByAddress Steering = "address"
	// SteerByPort gives every source address and port one socket: for one exporter too big for one core, whose
	// source ports each carry their own templates.
	SteerByPort Steering = "port"
)

func (s Steering) validate() error {
	switch s {
	case "", SteerByAddress, SteerByPort:
		return nil
	}
	return fmt.Errorf("steering: %q is not %q or %q", string(s), SteerByAddress, SteerByPort)
}
