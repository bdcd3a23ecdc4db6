package snmpreceiver

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/netcol-io/netcol/internal/udp"
)

func load(t *testing.T, name string) (*Config, error) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := all.Sub(name)
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	if err := sub.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestConfig(t *testing.T) {
	small, err := load(t, "snmp")
	require.NoError(t, err)
	assert.Equal(t, time.Minute, small.CollectionInterval)
	assert.True(t, small.alias())
	assert.True(t, small.Targets[0].bulk())

	all, err := load(t, "snmp/all")
	require.NoError(t, err)
	off := false
	storage, inventory := component.MustNewID("file_storage"), component.MustNewID("inventory")
	assert.Equal(t, &Config{
		CollectionInterval: 30 * time.Second,
		Credentials: map[string]CredentialsConfig{
			"core": {
				Version: "v3", User: "netcol", SecurityLevel: "auth_priv", AuthType: "SHA256", AuthPassword: "authpassword",
				PrivacyType: "AES256", PrivacyPassword: "privpassword", ContextName: "vrf-mgmt",
			},
			"legacy": {Version: "v2c", Community: "public"},
		},
		AllowDowngrade: true,
		Targets: []TargetConfig{
			{
				Endpoint: "sw1.example.net:1161", Credentials: []string{"core", "legacy"}, Name: "ams1-core",
				Addresses: []string{"192.0.2.1", "2001:db8::1"}, Interval: 10 * time.Second, LocalAddress: "10.9.9.9", Context: "blue",
				MaxRepetitions: 10, Bulk: &off, ResourceAttributes: map[string]string{"site": "ams1"},
			},
			{Endpoint: "[2001:db8::2]:161", Credentials: []string{"legacy"}},
		},
		Interfaces: InterfacesConfig{
			Attributes: []string{},
			Include:    &MatchConfig{Types: []string{"ethernetCsmacd", "161"}},
			Exclude:    &MatchConfig{MatchType: "regexp", Types: []string{"softwareLoopback"}, Names: []string{"^Vlan"}, Aliases: []string{"(?i)unused"}},
			Speeds:     []SpeedConfig{{Target: "ams1-core", Name: "Gi0/0", Receive: "50Mbps", Transmit: "10Mbps"}},
		},
		Traps: configoptional.Some(TrapsConfig{
			Sockets: Sockets{
				Endpoint: "0.0.0.0:1162", ReceiveBuffer: udp.DefaultReceiveBuffer, Steering: udp.SteerByAddress,
				Allow: []udp.Senders{udp.Senders(netip.MustParsePrefix("10.0.0.0/8"))},
			},
			Credentials: []string{"core", "legacy"}, EngineID: "80000000056e6574636f6c",
		}),
		Storage:   &storage,
		Inventory: &inventory,
	}, all)
	assert.False(t, all.alias())
}

func TestMistakesSayWhereAndWhatIsRight(t *testing.T) {
	const lab = "credentials: {lab: {version: v2c, community: secret-word}}\n"
	for _, tc := range []struct{ text, want string }{
		{"{}", "targets: none"},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lba]}]", `targets::0: credentials: "lba" is not an entry of credentials; there are ["lab"]`},
		{lab + "targets: [{endpoint: 10.0.0.1}]", "targets::0: credentials: none"},
		{lab + "targets: [{endpoint: 'tcp://10.0.0.1', credentials: [lab]}]", `targets::0: endpoint: "tcp://10.0.0.1": want an address or a name`},
		{lab + "targets: [{endpoint: '10.0.0.1:99999', credentials: [lab]}]", `port "99999": want 1 to 65535`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab], interval: 10ms}]", "targets::0: interval: 10ms: want at least 1s"},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab], resource_attributes: {service.name: x}}]", `targets::0: resource_attributes: service.name: "x" cannot be set here: use service_name`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab], addresses: [sw1]}]", `targets::0: addresses::0: "sw1": want an IP address`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab]}, {endpoint: 10.0.0.1, credentials: [lab]}]", `targets::1: endpoint: "10.0.0.1" is target 0 already`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab]}, {endpoint: 'udp://10.0.0.1:161', credentials: [lab]}]", `targets::1: endpoint: "udp://10.0.0.1:161" is target 0 already`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab], name: a}, {endpoint: 10.0.0.1, credentials: [lab], context: blue}]", `targets::1: name: missing: "10.0.0.1" is asked in several contexts`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab]}, {endpoint: 10.0.0.1, credentials: [lab], context: blue, name: b}]", `targets::0: name: missing: "10.0.0.1" is asked in several contexts`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab], name: a}, {endpoint: 10.0.0.2, credentials: [lab], name: a}]", `targets::1: name: "a" is that of target 0 already`},
		{lab + "targets: [{endpoint: 10.0.0.1, credentials: [lab], max_repetitions: -1}]", "max_repetitions: -1"},
		{lab + "collection_interval: 1ms\ntargets: [{endpoint: 10.0.0.1, credentials: [lab]}]", "collection_interval: 1ms"},
		{lab + "interfaces: {attributes: [description]}\ntargets: [{endpoint: 10.0.0.1, credentials: [lab]}]", `interfaces::attributes::0: "description": want alias`},
		{lab + "interfaces: {exclude: {match_type: glob, names: [a]}}", `interfaces::exclude::match_type: "glob": want strict or regexp`},
		{lab + "interfaces: {exclude: {}}", "interfaces::exclude: nothing to match: want names, aliases or types"},
		{lab + "interfaces: {include: {match_type: regexp, aliases: [a, '(']}}", `interfaces::include::aliases::1: "(": error parsing regexp`},
		{lab + "interfaces: {include: {types: [loopback]}}", `interfaces::include::types::0: "loopback": want one of IANA's names of ifType`},
		{lab + "interfaces: {speeds: [{name: Gi0/0, receive: 50Mb}]}", `interfaces::speeds::0::receive: "50Mb": want a speed`},
		{lab + "interfaces: {speeds: [{name: Gi0/0}]}", "interfaces::speeds::0: want receive or transmit"},
		{lab + "interfaces: {speeds: [{receive: 1Gbps}]}", "interfaces::speeds::0::name: want the name"},
		{lab + "interfaces: {speeds: [{target: ams2, name: a, receive: 1Gbps}]}\ntargets: [{endpoint: 10.0.0.1, credentials: [lab]}]", `interfaces::speeds::0::target: "ams2" is neither name nor endpoint`},
		{"credentials: {a: {version: v4}}", `credentials::a: version: "v4": want v1, v2c or v3`},
		{"credentials: {a: {version: v2c}}", "credentials::a: community: missing"},
		{"credentials: {a: {version: v2c, community: c, user: u}}", "credentials::a: version: v2c knows a community only"},
		{"credentials: {a: {version: v3, user: u, auth_type: SHA1, auth_password: authpassword, privacy_type: AES, privacy_password: privpassword}}", `auth_type: "SHA1": want MD5, SHA`},
		{"credentials: {a: {version: v3, user: u, auth_type: SHA, auth_password: short, privacy_type: AES, privacy_password: privpassword}}", "auth_password: 5 bytes: want at least 8"},
		{"credentials: {a: {version: v3, user: u, security_level: auth_no_priv, auth_type: SHA, auth_password: authpassword, privacy_type: AES}}", "privacy_type, privacy_password: the security_level uses none"},
		{"credentials: {a: {version: v3, user: u, security_level: authPriv}}", `security_level: "authPriv": want no_auth_no_priv`},
		{lab + "traps: {}", "traps::credentials: none"},
		{lab + "traps: {credentials: [lba]}", `traps::credentials: "lba" is not an entry of credentials; there are ["lab"]`},
		{lab + "traps: {credentials: [lab], endpoint: 0.0.0.0}", `traps::endpoint: "0.0.0.0" is not an address and port`},
		{lab + "traps: {credentials: [lab], engine_id: 80ff}", `traps::engine_id: "80ff": want 5 to 32 bytes in hexadecimal`},
		{lab + "traps: {credentials: [lab], engine_id: ffffffffff}", `traps::engine_id: "ffffffffff": want 5 to 32 bytes`},
		{lab + "traps: {credentials: [lab], engine_id: '0000000000'}", `traps::engine_id: "0000000000": want 5 to 32 bytes`},
		{lab + "traps: {credentials: [lab], allow: [10.0.0.300/8]}", "10.0.0.300"},
		{"collection_intervall: 1s", "collection_intervall"},
		{"targets: [{endpoint: 10.0.0.1, community: public}]", "community"},
	} {
		conf, err := confmap.NewRetrievedFromYAML([]byte(tc.text))
		require.NoError(t, err)
		raw, err := conf.AsConf()
		require.NoError(t, err)
		cfg := createDefaultConfig().(*Config)
		err = raw.Unmarshal(cfg)
		if err == nil {
			err = confmap.Validate(cfg)
		}
		require.ErrorContains(t, err, tc.want, tc.text)
		assert.NotContains(t, err.Error(), "secret-word")
	}
}

func TestTargetsThatAreTwoDevicesAreTakenAsSuch(t *testing.T) {
	for name, targets := range map[string][]TargetConfig{
		"two ports":              {{Endpoint: "10.0.0.1"}, {Endpoint: "10.0.0.1:1161"}},
		"two contexts and names": {{Endpoint: "10.0.0.1", Name: "a"}, {Endpoint: "10.0.0.1:161", Name: "b", Context: "blue"}},
		"two addresses":          {{Endpoint: "10.0.0.1"}, {Endpoint: "10.0.0.2", Context: "blue"}},
	} {
		assert.Empty(t, distinct(targets), name)
	}
}

func TestEndpoints(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.1": "10.0.0.1 161", "10.0.0.1:1161": "10.0.0.1 1161", "udp://sw1:161": "sw1 161", "sw1.example.net": "sw1.example.net 161",
		"2001:db8::1": "2001:db8::1 161", "[2001:db8::1]": "2001:db8::1 161", "[2001:db8::1]:1161": "2001:db8::1 1161",
	} {
		host, port, err := splitEndpoint(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, fmt.Sprint(host, " ", port), in)
	}
}
