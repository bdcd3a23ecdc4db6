package snmpreceiver

import (
	"fmt"
	"strings"
)

// agent is what of a target tells it from others on the network.
type agent struct{ address, context string }

// place is where a target is asked, however it is written.
func (t *TargetConfig) place() string {
	host, port, err := splitEndpoint(t.Endpoint)
	if err != nil {
		return t.Endpoint
	}
	return fmt.Sprint(strings.ToLower(host), " ", port)
}

// distinct finds targets that would write one resource: the same agent twice, one name given twice, and agents behind
// one address that only a context tells apart, which a resource does not show.
func distinct(targets []TargetConfig) (errs []error) {
	agents, names, places := map[agent]int{}, map[string]int{}, map[string]int{}
	for i := range targets {
		t := &targets[i]
		at := t.place()
		places[at]++
		if first, dup := agents[agent{at, t.Context}]; dup {
			errs = append(errs, fmt.Errorf("targets::%d: endpoint: %q is target %d already; a context tells agents behind one address apart", i, t.Endpoint, first))
			places[at]--
			continue
		}
		agents[agent{at, t.Context}] = i
		if first, dup := names[t.Name]; dup && t.Name != "" {
			errs = append(errs, fmt.Errorf("targets::%d: name: %q is that of target %d already: give each device one of its own", i, t.Name, first))
		} else {
			names[t.Name] = i
		}
	}
	for i := range targets {
		if t := &targets[i]; t.Name == "" && places[t.place()] > 1 {
			errs = append(errs, fmt.Errorf("targets::%d: name: missing: %q is asked in several contexts, and without a name its agents would be told as one device: name each of them", i, t.Endpoint))
		}
	}
	return errs
}
