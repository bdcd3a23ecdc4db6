package udp

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

func TestConfigIsReadFromYAML(t *testing.T) {
	for _, tc := range []struct {
		name, yaml string
		want       Config
	}{
		{
			name: "only an endpoint",
			yaml: `{endpoint: "0.0.0.0:2055"}`,
			want: Config{Endpoint: "0.0.0.0:2055", ReceiveBuffer: 16 << 20, Steering: SteerByAddress},
		},
		{
			name: "everything",
			yaml: `{endpoint: "[::]:6343", sockets: 2, receive_buffer: 4MB, steering: port, allow: [10.0.0.0/8, "2001:db8::/32"]}`,
			want: Config{
				Endpoint: "[::]:6343", Sockets: 2, ReceiveBuffer: 4_000_000, Steering: SteerByPort,
				Allow: senders("10.0.0.0/8", "2001:db8::/32"),
			},
		},
		{
			name: "a plain number of bytes",
			yaml: `{receive_buffer: 8388608, allow: [192.0.2.1/32]}`,
			want: Config{
				Endpoint: "0.0.0.0:2055", ReceiveBuffer: 8 << 20, Steering: SteerByAddress,
				Allow: senders("192.0.2.1/32"),
			},
		},
		{
			name: "addresses that may send",
			yaml: `{allow: [192.0.2.1, "2001:db8::1", "::ffff:192.0.2.2"]}`,
			want: Config{
				Endpoint: "0.0.0.0:2055", ReceiveBuffer: 16 << 20, Steering: SteerByAddress,
				Allow: senders("192.0.2.1/32", "2001:db8::1/128", "::ffff:192.0.2.2/128"),
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg, err := unmarshal(t, tc.yaml)
			require.NoError(t, err)
			assert.Equal(t, tc.want, cfg)
			assert.NoError(t, cfg.Validate())
		})
	}
}

func TestConfigMistakesAreNamed(t *testing.T) {
	for _, tc := range []struct{ yaml, want string }{
		{`{receive_buffer: lots}`, `'receive_buffer' "lots" is not a size; write whole bytes or a unit, such as 4194304, 16MiB or 4MB`},
		{`{receive_buffer: 1.5B}`, `"1.5B" is not a size`},
		{`{receive_buffer: -1}`, `receive_buffer: -1 is not 0`},
		{`{receive_buffer: 100}`, `receive_buffer: 100 is not 0 (the kernel's default) or a size from 4KiB to 1GiB`},
		{`{receive_buffer: 2GiB}`, `receive_buffer: 2GiB is not`},
		{`{sockets: -1}`, `sockets: -1 is not 0 (one per core) or a number up to 256`},
		{`{steering: random}`, `steering: "random" is not "address" or "port"`},
		{`{allow: [10.0.0.1/33]}`, `'allow[0]' "10.0.0.1/33" is not a prefix or an address, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1`},
		{`{allow: [router1]}`, `'allow[0]' "router1" is not a prefix or an address`},
		{`{allow: ["fe80::1%eth0"]}`, `'allow[0]' "fe80::1%eth0" is not a prefix or an address`},
		{`{allow: [10.0.0.0/8, ""]}`, `'allow[1]' "" is not a prefix or an address`},
		{`{endpoint: ""}`, `endpoint: is empty; give an address and port`},
		{`{endpoint: "10.0.0.1"}`, `endpoint: "10.0.0.1" is not an address and port`},
		{`{endpoint: "10.0.0.1:netflow"}`, `endpoint: port "netflow" of "10.0.0.1:netflow" is not a number from 0 to 65535`},
		{`{endpoint: "10.0.0.1:70000"}`, `endpoint: port "70000"`},
	} {
		t.Run(tc.yaml, func(t *testing.T) {
			cfg, err := unmarshal(t, tc.yaml)
			if err == nil {
				err = cfg.Validate()
			}
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

func TestEveryMistakeIsReported(t *testing.T) {
	err := Config{Endpoint: "x", Sockets: -1, ReceiveBuffer: 1, Steering: "y", Allow: make([]Senders, 1)}.Validate()
	for _, key := range []string{"endpoint:", "sockets:", "receive_buffer:", "steering:", "allow::0:"} {
		assert.ErrorContains(t, err, key)
	}
}

func TestSizesAreReadAsOperatorsWriteThem(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "1": 1, "4096": 4096, "64k": 65536, "64K": 65536, "1kB": 1000, "1 KiB": 1024, "16MiB": 16 << 20,
		" 16mib ": 16 << 20, "4MB": 4_000_000, "4M": 4 << 20, "1.5MiB": 3 << 19, "1GiB": 1 << 30, "1G": 1 << 30, "1gb": 1e9, "7b": 7,
	} {
		var s Size
		require.NoError(t, s.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, s, text)
	}
	for _, text := range []string{"", "MiB", "-1", "-1MiB", "1.0001kB", "NaN", "Inf", "1e300", "10XB", "16 MiB!", "1TiB"} {
		s := Size(42)
		assert.Error(t, s.UnmarshalText([]byte(text)), text)
		assert.Equal(t, Size(42), s, "%q must leave the size alone", text)
	}
}

func TestSizeSurvivesItsOwnText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// As far as a float's mantissa reaches, which is beyond any buffer.
		want := Size(rapid.Int64Range(0, 1<<53).Draw(t, "size"))
		text, err := want.MarshalText()
		require.NoError(t, err)
		var got Size
		require.NoError(t, got.UnmarshalText(text))
		require.Equal(t, want, got, "%s", text)
	})
}

func FuzzSize(f *testing.F) {
	for _, seed := range []string{"16MiB", "4MB", "1.5G", "-1", "1e9", "0x10", "_", "infkb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s Size
		if s.UnmarshalText([]byte(text)) == nil && s < 0 {
			t.Fatalf("%q is %d bytes", text, s)
		}
	})
}

func unmarshal(t *testing.T, text string) (Config, error) {
	t.Helper()
	var m map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &m))
	cfg := DefaultConfig("0.0.0.0:2055")
	err := confmap.NewFromStringMap(m).Unmarshal(&cfg)
	return cfg, err
}

func senders(prefixes ...string) (all []Senders) {
	for _, p := range prefixes {
		all = append(all, Senders(netip.MustParsePrefix(p)))
	}
	return all
}
