package inventory

import (
	"net/netip"
	"slices"
	"strings"
)

// Kind says what a Problem is about.
type Kind string

// Kinds of problems.
const (
	AddressConflict Kind = "address_conflict" // several devices claim Address: it joins none of them
	HostIDConflict  Kind = "host_id_conflict" // several devices claim host.id Value (clones, HA pairs, RMA): nothing is merged
	BoxReplaced     Kind = "box_replaced"     // a device answers with another serial number and another engine ID
	LimitReached    Kind = "limit_reached"    // the registry, or one device's part of it, is full: Value says what is left out
)

// Problem is something an operator should know. It never stops anything.
type Problem struct {
	Kind    Kind
	Address netip.Addr
	Value   string
	Devices []string // IDs, sorted
}

// String says it in a sentence.
func (p Problem) String() string {
	who := strings.Join(p.Devices, ", ")
	switch p.Kind {
	case AddressConflict:
		return "address " + p.Address.String() + " is claimed by several devices and joins none of them: " + who
	case HostIDConflict:
		return "host.id " + p.Value + " is claimed by several devices, which stay apart: " + who
	case BoxReplaced:
		return "device " + who + " answers with another serial number and engine ID (" + p.Value + "): its host.id stays as pinned"
	default:
		return "inventory limit reached for " + who + ": " + p.Value
	}
}

func (p Problem) key() problemKey { return problemKey{p.Kind, p.Address, p.Value} }

type problemKey struct {
	kind  Kind
	addr  netip.Addr
	value string
}

// Problems returns what is wrong at present, in a stable order.
func (r *Registry) Problems() []Problem {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]Problem, 0, len(r.problems))
	for _, p := range r.problems {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Problem) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// Conflicts returns how many addresses and host.ids several devices claim at present.
func (r *Registry) Conflicts() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	n := 0
	for _, p := range r.problems {
		if p.Kind == AddressConflict || p.Kind == HostIDConflict {
			n++
		}
	}
	return n
}

// raise notes a problem; it is told once, until it went away and came back.
func (r *Registry) raise(p Problem) {
	k := p.key()
	if _, had := r.problems[k]; !had && len(r.problems) < maxProblems {
		r.news = append(r.news, p)
	} else if !had {
		return
	}
	r.problems[k] = p
}

func (r *Registry) settle(k problemKey) { delete(r.problems, k) }
