package snmpreceiver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

func TestSpeedsAreReadInTheirUnits(t *testing.T) {
	for in, want := range map[string]uint64{
		"50Mbps": 50_000_000, "1.5 Mbps": 1_500_000, "10gbps": 10_000_000_000, "64kbps": 64_000, "800bps": 800, "1Tbps": 1_000_000_000_000,
		"": 0, "50": 0, "Mbps": 0, "bps": 0, "-1Mbps": 0, "0bps": 0, "NaNbps": 0, "Infbps": 0, "50MBps/s": 0, "9e30Gbps": 0,
	} {
		got, err := parseSpeed(in)
		assert.Equal(t, want, got, in)
		assert.Equal(t, want == 0, err != nil, in)
	}
}

func TestSelection(t *testing.T) {
	uplink := inventory.Interface{Name: "Gi0/1", Alias: "uplink ams2", Type: 6}
	vlan := inventory.Interface{Name: "Vlan10", Alias: "", Type: 53}
	loopback := inventory.Interface{Name: "Lo0", Type: 24}
	odd := inventory.Interface{Name: "x0", Type: 9999}
	for name, tc := range map[string]struct {
		include, exclude *MatchConfig
		told             []string
	}{
		"all":                           {nil, nil, []string{"Gi0/1", "Vlan10", "Lo0", "x0"}},
		"strict names are whole":        {&MatchConfig{Names: []string{"Gi0/1", "Lo"}}, nil, []string{"Gi0/1"}},
		"regular expressions":           {&MatchConfig{MatchType: "regexp", Names: []string{"^(Gi|Lo)"}}, nil, []string{"Gi0/1", "Lo0"}},
		"each included list must match": {&MatchConfig{MatchType: "regexp", Names: []string{"^(Gi|Lo)"}, Aliases: []string{"uplink"}}, nil, []string{"Gi0/1"}},
		"any excluded list is enough":   {nil, &MatchConfig{MatchType: "regexp", Types: []string{"softwareLoopback"}, Names: []string{"^Vlan"}}, []string{"Gi0/1", "x0"}},
		"exclude goes first":            {&MatchConfig{Types: []string{"ethernetCsmacd", "softwareLoopback"}}, &MatchConfig{Names: []string{"Lo0"}}, []string{"Gi0/1"}},
		"types by number":               {&MatchConfig{Types: []string{"24", "9999"}}, nil, []string{"Lo0", "x0"}},
		"without an alias":              {nil, &MatchConfig{MatchType: "regexp", Aliases: []string{"^$"}}, []string{"Gi0/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSelection(&InterfacesConfig{Include: tc.include, Exclude: tc.exclude})
			var told []string
			for _, i := range []inventory.Interface{uplink, vlan, loopback, odd} {
				if s.told(&i) {
					told = append(told, i.Name)
				}
			}
			assert.Equal(t, tc.told, told)
		})
	}
}

// What is left out is not told, and from the second poll on not asked for either.
func TestInterfacesLeftOut(t *testing.T) {
	t.Parallel()
	a := modelSwitch(30)
	server := agenttest.Serve(t, a)
	cfg := configFor(server.Address)
	cfg.Interfaces.Include = &MatchConfig{MatchType: "regexp", Names: []string{`^Gi0/[12]$`}}
	r := start(t, componenttest.NewNopHost(), cfg)
	server.Do(func(a *agenttest.Agent) { a.Requests, a.Sizes = nil, nil })
	for range 2 {
		md := r.poll(t)
		for name, told := range map[string]bool{"Gi0/1": true, "Gi0/2": true, "Gi0/3": false, "Gi0/12": false} {
			for _, metric := range []string{semconv.MetricNetworkIO, semconv.MetricInterfaceInfo, semconv.MetricInterfaceStatus, semconv.MetricBandwidthLimit} {
				_, ok := value(md, metric, semconv.InterfaceName, name)
				assert.Equal(t, told, ok, "%s of %s", metric, name)
			}
		}
	}
	server.Do(func(a *agenttest.Agent) {
		assert.LessOrEqual(t, len(a.Requests), 4, "two polls of two interfaces")
	})
	_, known := r.devices[0].interfaces()[112]
	assert.True(t, known, "others still learn what it is called")

	// It is given the name that is looked for: it is told once that is known.
	server.Do(func(a *agenttest.Agent) {
		set(a, "IF-MIB::ifName", agenttest.Text("Gi0/1"), 112)
		set(a, "IF-MIB::ifName", agenttest.Text("Gi0/12"), 101)
		set(a, "IF-MIB::ifTableLastChange.0", agenttest.Uint(pdu.TimeTicks, 300))
	})
	r.poll(t)
	info, ok := value(r.poll(t), semconv.MetricInterfaceInfo, semconv.InterfaceName, "Gi0/1")
	require.True(t, ok)
	index, _ := info.Attributes().Get(semconv.InterfaceIndex)
	assert.EqualValues(t, 112, index.Int())
	_, ok = value(r.poll(t), semconv.MetricNetworkIO, semconv.InterfaceName, "Gi0/12")
	assert.False(t, ok)
}

func TestSpeedsInPlaceOfTheDevices(t *testing.T) {
	t.Parallel()
	server := agenttest.Serve(t, modelSwitch(2))
	cfg := configFor(server.Address)
	cfg.Targets[0].Name = "ams1"
	cfg.Interfaces.Speeds = []SpeedConfig{
		{Target: "ams1", Name: "Gi0/1", Receive: "50Mbps", Transmit: "10Mbps"},
		{Name: "Gi0/2", Transmit: "80kbps"},
	}
	require.NoError(t, cfg.Validate())
	r := start(t, componenttest.NewNopHost(), cfg)
	md := r.poll(t)
	for _, tc := range []struct {
		name, direction string
		want            int64 // By/s
	}{
		{"Gi0/1", "receive", 6_250_000},
		{"Gi0/1", "transmit", 1_250_000},
		{"Gi0/2", "receive", 125_000_000},
		{"Gi0/2", "transmit", 10_000},
	} {
		p, ok := value(md, semconv.MetricBandwidthLimit, semconv.InterfaceName, tc.name, semconv.IODirection, tc.direction)
		require.True(t, ok)
		assert.Equal(t, tc.want, p.IntValue(), tc)
	}
}
