package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
)

// Defaults and bounds of Config.
const (
	defaultInterval     = time.Minute
	minInterval         = time.Second
	defaultLimit        = 2000
	defaultTop          = 500
	defaultCandidates   = 1 << 17
	defaultMaxKeys      = 500_000
	defaultMaxExporters = 10_000
	maxLimit            = 1 << 23
	maxIntervals        = 16
)

// Config is the part of a flow receiver's configuration that is about aggregation; receivers squash it into theirs.
type Config struct {
	// Interval is the length of the aggregation window of every view that names none. Default 60s, at least 1s.
	Interval time.Duration `mapstructure:"interval"`
	// Views are metric streams by name. The built-in ones are there unless disabled; a name that is not built in
	// makes a new one.
	Views map[string]View `mapstructure:"views"`
	// MaxKeys bounds the keys that the open windows of all views and exporters hold together, and the streams that are
	// kept of them. What does not fit is counted in overflow. Default 500,000: about 45 MB.
	MaxKeys int `mapstructure:"max_keys"`
	// MaxExporters bounds how many exporters (address and observation domain) are known at a time. Default 10,000.
	MaxExporters int `mapstructure:"max_exporters"`
}

// View is one metric stream with its own dimensions and limit.
type View struct {
	// Enabled switches a view off or on. A view that is written down is on unless this is false.
	Enabled *bool `mapstructure:"enabled"`
	// Metric is what the names of the view's metrics begin with: <metric>.io, .packet.count and .count.
	Metric string `mapstructure:"metric"`
	// Dimensions are the attributes to group by.
	Dimensions []string `mapstructure:"dimensions"`
	// Limit is how many keys one exporter may have. Default 2,000. With Top: how many are candidates in a window,
	// default 131,072.
	Limit int `mapstructure:"limit"`
	// Top shows only the keys with the most bytes in a window; the rest is overflow. 0: all.
	Top int `mapstructure:"top"`
	// Interval overrides Config.Interval.
	Interval time.Duration `mapstructure:"interval"`
	// Temporality is cumulative (default) or delta.
	Temporality string `mapstructure:"temporality"`
	// Filter counts only records whose attributes have the given value or one of the given values; addresses may be
	// given as prefixes.
	Filter map[string]any `mapstructure:"filter"`
}

// DefaultConfig returns the configuration of somebody who configured nothing.
func DefaultConfig() Config {
	return Config{Interval: defaultInterval, MaxKeys: defaultMaxKeys, MaxExporters: defaultMaxExporters}
}

// Validate says what is wrong with cfg: the key, its value, and what would be right.
func (cfg *Config) Validate() error {
	var errs []error
	if cfg.Interval != 0 && cfg.Interval < minInterval {
		errs = append(errs, fmt.Errorf("interval: %v is too short: at least %v", cfg.Interval, minInterval))
	}
	if cfg.MaxKeys < 0 {
		errs = append(errs, fmt.Errorf("max_keys: %d: a positive number of keys, or 0 for the default %d", cfg.MaxKeys, defaultMaxKeys))
	}
	if cfg.MaxExporters < 0 {
		errs = append(errs, fmt.Errorf("max_exporters: %d: a positive number, or 0 for the default %d", cfg.MaxExporters, defaultMaxExporters))
	}
	_, err := cfg.compile()
	return errors.Join(append(errs, err)...)
}

// withDefaults fills what is 0.
func (cfg Config) withDefaults() Config {
	if cfg.Interval == 0 {
		cfg.Interval = defaultInterval
	}
	if cfg.MaxKeys == 0 {
		cfg.MaxKeys = defaultMaxKeys
	}
	if cfg.MaxExporters == 0 {
		cfg.MaxExporters = defaultMaxExporters
	}
	return cfg
}

// view is a View made ready.
type view struct {
	aggregate.View
	metrics  metricNames
	top      int
	interval time.Duration
	delta    bool
	counts   *viewCounts
}

// compile merges the configured views into the built-in ones and checks them. Views come back ordered by name.
func (cfg Config) compile() ([]view, error) {
	cfg = cfg.withDefaults()
	all := builtin()
	for name, v := range cfg.Views {
		all[name] = merge(all[name], v)
	}
	var views []view
	var errs []error
	metrics := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		d := all[name]
		if d.Enabled == nil || !*d.Enabled {
			continue
		}
		v, err := d.compile(name, cfg.Interval)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other, taken := metrics[d.Metric]; taken {
			errs = append(errs, fmt.Errorf("views::%s::metric: %q is the metric of view %s already: two views never share a metric, as their sums would be added up", name, d.Metric, other))
			continue
		}
		metrics[d.Metric] = name
		views = append(views, v)
	}
	if n := len(intervals(views)); n > maxIntervals {
		errs = append(errs, fmt.Errorf("views: %d different intervals, more than %d different intervals cannot be kept apart", n, maxIntervals))
	}
	return views, errors.Join(errs...)
}

func intervals(views []view) map[time.Duration]bool {
	set := map[time.Duration]bool{}
	for i := range views {
		set[views[i].interval] = true
	}
	return set
}

// definition is a view as merged: what is built in and what is configured.
type definition struct {
	View
	kind  aggregate.Kind
	names metricNames
}

func merge(d definition, v View) definition {
	on := true
	d.Enabled = &on
	if v.Enabled != nil {
		d.Enabled = v.Enabled
	}
	if v.Metric != "" {
		d.Metric, d.names = v.Metric, namesOf(v.Metric, d.kind == aggregate.Observed)
	}
	if v.Dimensions != nil {
		d.Dimensions = v.Dimensions
	}
	if v.Limit != 0 {
		d.Limit = v.Limit
	}
	if v.Top != 0 {
		d.Top = v.Top
	}
	if v.Interval != 0 {
		d.Interval = v.Interval
	}
	if v.Temporality != "" {
		d.Temporality = v.Temporality
	}
	if v.Filter != nil {
		d.Filter = v.Filter
	}
	return d
}

func (d definition) compile(name string, interval time.Duration) (view, error) {
	v := view{View: aggregate.View{Name: name, Kind: d.kind, Limit: d.Limit}, metrics: d.names, top: d.Top, interval: interval, counts: &viewCounts{}}
	var errs []error
	fail := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("views::%s::%s: %s", name, key, fmt.Sprintf(format, args...)))
	}
	if d.Metric == "" {
		fail("metric", "empty: the name that the view's metrics begin with, such as network.flow.customer")
	}
	v.Dimensions = d.dimensions(fail)
	d.limits(&v, fail)
	if d.Interval != 0 {
		v.interval = d.Interval
		if v.interval < minInterval {
			fail("interval", "%v is too short: at least %v", v.interval, minInterval)
		}
	}
	switch d.Temporality {
	case "", "cumulative":
	case "delta":
		v.delta = true
	default:
		fail("temporality", "%q: cumulative or delta", d.Temporality)
	}
	v.Filter = d.filter(fail)
	return v, errors.Join(errs...)
}

func (d definition) limits(v *view, fail func(key, format string, args ...any)) {
	if v.top < 0 {
		fail("top", "%d: the number of keys to show, or 0 for all", v.top)
	}
	if v.Limit == 0 {
		v.Limit = defaultLimit
		if v.top > 0 {
			v.Limit = max(defaultCandidates, v.top)
		}
	}
	switch {
	case v.Limit < 0 || v.Limit > maxLimit:
		fail("limit", "%d: 1 to %d keys for each exporter", v.Limit, maxLimit)
	case v.top > v.Limit:
		fail("top", "%d is more than limit %d: at most as many can be shown as are counted", v.top, v.Limit)
	}
}

func (d definition) dimensions(fail func(key, format string, args ...any)) []flow.Dimension {
	if len(d.Dimensions) == 0 {
		fail("dimensions", "none: a list of attributes such as source.address")
	}
	var dims []flow.Dimension
	for i, s := range d.Dimensions {
		key := fmt.Sprintf("dimensions::%d", i)
		dim, ok := flow.ParseDimension(s)
		switch {
		case !ok:
			fail(key, "%q is no dimension: one of %s", s, strings.Join(dimensionNames(), ", "))
		case !aggregate.Supported(dim):
			fail(key, "%q cannot be told from flow records alone, and nothing is configured that knows it", s)
		case slices.Contains(dims, dim):
			fail(key, "%q is there twice", s)
		default:
			dims = append(dims, dim)
		}
	}
	return dims
}

func dimensionNames() []string {
	var names []string
	for _, d := range flow.Dimensions() {
		if aggregate.Supported(d) {
			names = append(names, d.String())
		}
	}
	return names
}
