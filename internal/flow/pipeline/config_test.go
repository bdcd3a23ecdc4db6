package pipeline

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"

	"github.com/netcol-io/netcol/internal/flow"
)

func parse(t *testing.T, m map[string]any) Config {
	cfg := DefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(m).Unmarshal(&cfg))
	return cfg
}

// A mistake names its key, its value, and what would be right.
func TestConfigMistakes(t *testing.T) {
	for want, m := range map[string]map[string]any{
		`interval: 10ms is too short: at least 1s`:                      {"interval": "10ms"},
		`max_keys: -1: a positive number of keys`:                       {"max_keys": -1},
		`max_exporters: -5: a positive number`:                          {"max_exporters": -5},
		`views::mine::metric: empty`:                                    {"views": map[string]any{"mine": map[string]any{"dimensions": []string{"source.address"}}}},
		`views::mine::dimensions: none`:                                 {"views": map[string]any{"mine": map[string]any{"metric": "m"}}},
		`views::egress::dimensions::1: "source.adress" is no dimension`: {"views": map[string]any{"egress": map[string]any{"dimensions": []string{"source.port", "source.adress"}}}},
		`views::egress::dimensions::1: "source.port" is there twice`:    {"views": map[string]any{"egress": map[string]any{"dimensions": []string{"source.port", "source.port"}}}},
		`views::as::limit: -3: 1 to`:                                    {"views": map[string]any{"as": map[string]any{"limit": -3}}},
		`views::as::top: 20 is more than limit 10`:                      {"views": map[string]any{"as": map[string]any{"limit": 10, "top": 20}}},
		`views::as::temporality: "sum": cumulative or delta`:            {"views": map[string]any{"as": map[string]any{"temporality": "sum"}}},
		`views::as::interval: 1ms is too short`:                         {"views": map[string]any{"as": map[string]any{"interval": "1ms"}}},
		`views::mine::metric: "network.flow" is the metric of view`:     {"views": map[string]any{"mine": map[string]any{"metric": "network.flow", "dimensions": []string{"source.port"}}}},
		`views::as::filter::network.transport: "tpc" is no value`:       {"views": map[string]any{"as": map[string]any{"filter": map[string]any{"network.transport": "tpc"}}}},
		`views::as::filter::source.address: "x": an address or a`:       {"views": map[string]any{"as": map[string]any{"filter": map[string]any{"source.address": []any{"10.0.0.0/8", "x"}}}}},
		`views::as::filter::colour: "colour" cannot be filtered by`:     {"views": map[string]any{"as": map[string]any{"filter": map[string]any{"colour": "red"}}}},
		`views::as::filter::source.port: no value`:                      {"views": map[string]any{"as": map[string]any{"filter": map[string]any{"source.port": []any{}}}}},
		`cannot be told from flow records alone`:                        {"views": map[string]any{"as": map[string]any{"dimensions": []string{"source.geo.country.iso_code"}}}},
		`more than 16 different intervals`:                              {"views": manyIntervals()},
	} {
		cfg := parse(t, m)
		require.ErrorContains(t, cfg.Validate(), want)
		require.NotContains(t, cfg.Validate().Error(), "\n", "one mistake is said once")
		_, err := New(cfg, settings(t, &sink{}, nil, 1))
		if want[:4] == "view" {
			require.ErrorContains(t, err, want)
		}
	}
}

func manyIntervals() map[string]any {
	m := map[string]any{}
	for i := range 17 {
		n := time.Duration(i+1) * time.Second
		m[n.String()] = map[string]any{"metric": "m" + n.String(), "dimensions": []string{"source.port"}, "interval": n.String()}
	}
	return m
}

func TestViewsByName(t *testing.T) {
	names := func(m map[string]any) (names []string) {
		views, err := parse(t, map[string]any{"views": m}).compile()
		require.NoError(t, err)
		for _, v := range views {
			names = append(names, v.Name)
		}
		return names
	}
	require.Equal(t, []string{"conversations", "egress", "interfaces"}, names(nil))
	require.Equal(t, []string{"as", "conversations", "interfaces"}, names(map[string]any{
		"egress": map[string]any{"enabled": false},
		"as":     nil,
	}), "a view that is written down is on")
	cfg := parse(t, map[string]any{"views": map[string]any{"conversations": map[string]any{"top": 1000}}})
	views, err := cfg.compile()
	require.NoError(t, err)
	require.Equal(t, 1000, views[0].top)
	require.Equal(t, 1<<17, views[0].Limit)
	require.Len(t, views[0].Dimensions, 7)
	require.Equal(t, 2000, views[1].Limit)
	var zero Config
	require.NoError(t, zero.Validate(), "a zero configuration is the default one")
}

// A filter takes values as points show them.
func TestFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, s := time.Now(), &sink{}
		cfg := parse(t, map[string]any{"views": map[string]any{"web": map[string]any{
			"metric": "bytes", "dimensions": []string{"source.address"},
			"filter": map[string]any{
				"network.transport": "tcp", "destination.port": []any{80, 443}, "source.address": "10.0.0.0/24",
				"network.interface.direction": "ingress", "network.type": "ipv4",
			},
		}}})
		p := start(t, cfg, settings(t, s, nil, 1))
		udp, port, out := tcp(1, 1), tcp(1, 2), tcp(1, 4)
		udp.Transport = 17
		port.DstPort = 22
		out.Direction = flow.Egress
		far := tcp(1, 8)
		far.SrcAddr[13] = 9
		add(p, 0, router, 0, udp, port, out, far, tcp(1, 100))
		time.Sleep(time.Minute + time.Second)
		lines := s.take(t, began)
		require.Equal(t, []string{"192.0.2.1 bytes.io{source.address=10.0.0.1} = 100 @0-60"}, only(lines, "bytes.io", "-60"))
		require.EqualValues(t, 115, total(lines, "network.flow.io"))
		stop(t, p)
	})
}

// Every dimension that a view can have comes out as an attribute.
func TestEveryDimension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		p := start(t, alone("all", View{Metric: "bytes", Dimensions: dimensionNames()}), settings(t, s, nil, 1))
		r := tcp(1, 1)
		r.Has = 1<<len(flow.Dimensions()) - 1
		r.SrcMask, r.DstMask, r.EtherType = 24, 99, 0x800
		r.NextHop = [16]byte{0x20, 1, 15: 1}
		add(p, 0, router, 0, r)
		stop(t, p)
		attrs := s.metrics[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0).Attributes().AsRaw()
		for _, d := range dimensionNames() {
			require.Contains(t, attrs, d)
		}
		require.Equal(t, "10.0.0.0/24", attrs["source.cidr"])
		require.Equal(t, "198.51.100.1/32", attrs["destination.cidr"])
		require.Equal(t, "2001::1", attrs["network.flow.next_hop.address"])
	})
}
