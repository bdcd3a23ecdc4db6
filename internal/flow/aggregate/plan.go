package aggregate

import (
	"math/bits"

	"github.com/netcol-io/netcol/internal/flow"
)

// Plan is a set of views with one window length, compiled. Immutable: windows copy what they change.
//
// One view may be the base of others: when its key, with a few bits more, tells all that they group by, a record is
// looked up once, in the base's table, and the others are rolled up from the base's cells when the window closes. A
// record for which the base has no room is added to each of the others by itself, so that each keeps its own limit.
type Plan struct {
	Views    []View
	raw      []*layout // of each view's table in a window
	resolved []*layout // of each view's key once names are known
	base     int       // the view that others are rolled up from, -1 for none
	roots    []int     // views looked up per record
	derived  [][]int   // views rolled up from view i
}

// cheap are dimensions of a few bits that hardly multiply keys, so that a base may carry them for others.
const cheap flow.Fields = 1<<flow.InterfaceDirection | 1<<flow.NetworkType | 1<<flow.Transport

// NewPlan compiles views.
func NewPlan(views []View) *Plan {
	p := &Plan{Views: views, derived: make([][]int, len(views))}
	base, extra := p.chooseBase()
	p.base = base
	isDerived := make([]bool, len(views))
	if base >= 0 {
		for _, i := range p.derived[base] {
			isDerived[i] = true
		}
	}
	for i := range views {
		var dims flow.Fields
		for _, d := range views[i].Dimensions {
			dims |= bit(d)
		}
		p.resolved = append(p.resolved, newLayout(dims, true, false))
		if views[i].Kind == Forwarded {
			dims |= bit(flow.InterfaceName) // it is what such a row is about
		}
		if i == base {
			p.raw = append(p.raw, newLayout(dims&^nameBits|views[i].needs()|extra, false, true))
		} else {
			p.raw = append(p.raw, newLayout(dims, false, false)) // a Forwarded view's rows are turned before
		}
		if !isDerived[i] {
			p.roots = append(p.roots, i)
		}
	}
	return p
}

// nameBits are dimensions that a base holds as indexes.
const nameBits flow.Fields = 1<<flow.InterfaceName | 1<<flow.IngressInterface | 1<<flow.EgressInterface

// chooseBase returns the view from which most others can be rolled up, -1 if there is none, and the cheap dimensions
// that it has to hold for them.
func (p *Plan) chooseBase() (base int, extra flow.Fields) {
	base = -1
	var best []int
	for b := range p.Views {
		if p.Views[b].Kind != Observed || len(p.Views[b].Filter) > 0 {
			continue
		}
		has := p.Views[b].needs() | cheap
		var from []int
		for i := range p.Views {
			if i != b && p.Views[i].needs()&^has == 0 && bits.OnesCount64(uint64(p.Views[i].needs())) > 0 &&
				p.Views[i].Limit <= p.Views[b].Limit {
				from = append(from, i)
			}
		}
		if len(from) > len(best) {
			base, best = b, from
		}
	}
	if base < 0 {
		return -1, 0
	}
	p.derived[base] = best
	for _, i := range best {
		extra |= p.Views[i].needs() & cheap
	}
	return base, extra
}
