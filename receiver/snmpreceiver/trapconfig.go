package snmpreceiver

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/netcol-io/netcol/internal/udp"
)

// TrapsConfig says where traps and informs are received, and from whom.
type TrapsConfig struct {
	// Sockets is where to listen; the default endpoint is 0.0.0.0:1162. Port 162 needs CAP_NET_BIND_SERVICE.
	Sockets Sockets `mapstructure:",squash"`
	// Credentials that senders may use. A community is taken in v1 and v2c alike.
	Credentials []string `mapstructure:"credentials"`
	// EngineID is our snmpEngineID towards senders of v3 informs, 5 to 32 bytes in hexadecimal. Default: made from this
	// host's name, and kept in storage.
	EngineID string `mapstructure:"engine_id"`
}

// Sockets are the keys that receivers of datagrams share. It is a type without methods because confmap puts the name
// of a Go field before what the Validate of a squashed part reports: Config's own Validate asks it instead.
type Sockets udp.Config

func defaultTraps() TrapsConfig {
	return TrapsConfig{Sockets: Sockets(udp.DefaultConfig("0.0.0.0:1162"))}
}

func (t *TrapsConfig) validate(all map[string]CredentialsConfig) error {
	errs := []error{udp.Config(t.Sockets).Validate()}
	if len(t.Credentials) == 0 {
		errs = append(errs, errors.New("credentials: none: name at least one entry of credentials that devices send with"))
	}
	for _, name := range t.Credentials {
		if _, ok := all[name]; !ok {
			errs = append(errs, fmt.Errorf("credentials: %q is not an entry of credentials; there are %q", name, sortedKeys(all)))
		}
	}
	if _, err := parseEngineID(t.EngineID); err != nil {
		errs = append(errs, fmt.Errorf("engine_id: %w", err))
	}
	return errors.Join(errs...)
}

// parseEngineID reads an snmpEngineID (RFC 3411 §5), "" for none.
func parseEngineID(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimPrefix(s, "0x"), ":", ""))
	if err != nil || len(b) < 5 || len(b) > 32 || all(b, 0) || all(b, 0xff) {
		return "", fmt.Errorf("%q: want 5 to 32 bytes in hexadecimal, not all 00 or ff, as 80000000056e6574636f6c", s)
	}
	return string(b), nil
}

func all(b []byte, c byte) bool { return bytes.Count(b, []byte{c}) == len(b) }
