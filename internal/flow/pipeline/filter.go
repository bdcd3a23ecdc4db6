package pipeline

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/flow/enrich"
	"github.com/netcol-io/netcol/internal/semconv"
)

// filter compiles what is configured as attribute: value or attribute: [values].
func (d definition) filter(fail func(key, format string, args ...any)) []aggregate.Condition {
	var all []aggregate.Condition
	for _, name := range slices.Sorted(maps.Keys(d.Filter)) {
		key := "filter::" + name
		dim, ok := flow.ParseDimension(name)
		number, prefix := aggregate.Filterable(dim)
		if !ok || !number && !prefix {
			fail(key, "%q cannot be filtered by: one of the dimensions that records carry as a number or an address", name)
			continue
		}
		c := aggregate.Condition{Dimension: dim}
		values := list(d.Filter[name])
		for _, v := range values {
			if err := addValue(&c, prefix, v); err != nil {
				fail(key, "%v", err)
			}
		}
		if len(values) == 0 {
			fail(key, "no value: one value, or a list of them")
		}
		all = append(all, c)
	}
	return all
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	case []string:
		var l []any
		for _, s := range v {
			l = append(l, s)
		}
		return l
	}
	return []any{v}
}

func addValue(c *aggregate.Condition, prefix bool, v any) error {
	s := fmt.Sprint(v)
	if prefix {
		p, err := parsePrefix(s)
		if err != nil {
			return fmt.Errorf("%q: an address or a prefix such as 10.0.0.0/8", s)
		}
		c.Prefixes = append(c.Prefixes, p)
		return nil
	}
	n, ok := parseValue(c.Dimension, s)
	if !ok {
		return fmt.Errorf("%q is no value of %v", s, c.Dimension)
	}
	c.Values = append(c.Values, n)
	return nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

// parseValue turns an attribute's value as points show it into what keys hold.
func parseValue(d flow.Dimension, s string) (uint64, bool) {
	switch d {
	case flow.Transport:
		p, ok := enrich.ParseTransport(s)
		return uint64(p), ok
	case flow.DSCP:
		p, ok := enrich.ParseDSCP(s)
		return uint64(p), ok
	case flow.NetworkType:
		f, ok := map[string]aggregate.Family{"ipv4": aggregate.IPv4, "ipv6": aggregate.IPv6}[s]
		return uint64(f), ok
	case flow.InterfaceDirection:
		f, ok := map[string]flow.Direction{semconv.InterfaceDirectionIngress: flow.Ingress, semconv.InterfaceDirectionEgress: flow.Egress}[s]
		return uint64(f), ok
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}
