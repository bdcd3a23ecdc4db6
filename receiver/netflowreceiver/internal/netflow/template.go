package netflow

import (
	"bytes"

	"github.com/netcol-io/netcol/internal/flow"
)

// spec is one field of a template as announced.
type spec struct {
	id     elementID
	length uint16
	scope  bool
}

// template is a definition compiled into an extraction plan.
type template struct {
	raw         []byte // as announced, without its id: equal definitions are the same template
	options     bool
	provisional bool // remembered from before a restart: used only where it fits

	segments []segment // of a data template
	specs    []spec    // of an options template
	length   int       // octets of a record, the least if variable
	variable bool

	flags     flags
	has       flow.Fields
	etherType uint16
	skipped   uint64
	used      int64
}

// segment is a run of fixed length fields and the variable length field that ends it, if any.
type segment struct {
	ops    []op
	length int
	tail   target
	isTail bool
}

// flags tell what finish has to do.
type flags uint32

const (
	isFlow flags = 1 << iota
	hasUptime
	hasDelta
	hasDuration
	hasTime
	hasRate
	hasSampler
	hasReverse
	hasDirection
	hasEvent
	hasICMP      // a type and code field
	hasTransport // from which ICMP is told
	hasVersion
	hasSection
	hasCounters
	hasOctets
	hasPackets
	isIP     // the section begins with the IP header
	oneCount // the reverse direction is the same flow
)

// equal tells whether t is that definition.
func (t *template) equal(raw []byte, options bool) bool {
	return t.options == options && bytes.Equal(t.raw, raw)
}

// cost is about what a template occupies.
func (t *template) cost() int {
	n := 200 + len(t.raw) + 12*len(t.specs)
	for i := range t.segments {
		n += 48 + 8*cap(t.segments[i].ops)
	}
	return n
}

// fits tells whether a set of n octets can hold whole records of t and padding only.
func (t *template) fits(n int) bool {
	return n >= t.length && (t.variable || n%t.length < 4)
}

// compile makes an extraction plan of a definition. raw is copied.
func compile(specs []spec, raw []byte, options bool) *template {
	t := &template{raw: bytes.Clone(raw), options: options}
	for _, s := range specs {
		if s.length == variable {
			t.variable = true
			t.length++
		} else {
			t.length += int(s.length)
		}
	}
	if options {
		t.specs = append([]spec(nil), specs...)
		return t
	}
	winners := choose(specs)
	t.segments = make([]segment, 1, 1+variables(specs))
	for i, s := range specs {
		t.add(s, winners[i])
	}
	t.conclude(specs, winners)
	return t
}

func variables(specs []spec) (n int) {
	for _, s := range specs {
		if s.length == variable {
			n++
		}
	}
	return n
}

// choose returns the target of each field, skip for those that another field of the same target goes before.
func choose(specs []spec) []target {
	var best [targets]int // index+1 of the winner
	winners := make([]target, len(specs))
	for i, s := range specs {
		e, ok := lookup(s.id, s.length)
		if !ok || e.target == skip {
			continue
		}
		if b := best[e.target]; b != 0 {
			if other, _ := lookup(specs[b-1].id, specs[b-1].length); other.rank <= e.rank {
				continue
			}
			winners[b-1] = skip
		}
		best[e.target] = i + 1
		winners[i] = e.target
	}
	// The responder's counters (232, 299) pair with the initiator's only; beside delta counters they would count twice.
	pair(specs, winners, best[octets], best[revBytes], 231, 232)
	pair(specs, winners, best[packets], best[revPackets], 298, 299)
	return winners
}

func pair(specs []spec, winners []target, forward, reverse int, initiator, responder uint16) {
	if reverse == 0 || specs[reverse-1].id != (elementID{0, responder}) {
		return
	}
	if forward == 0 || specs[forward-1].id != (elementID{0, initiator}) {
		winners[reverse-1] = skip
	}
}

func (t *template) add(s spec, w target) {
	g := &t.segments[len(t.segments)-1]
	if s.length == variable {
		g.tail, g.isTail = w, true
		t.segments = append(t.segments, segment{})
		return
	}
	if w != skip {
		o := op{offset: uint16(g.length), length: s.length, target: w}
		if c, ok := fastCodes[op{length: s.length, target: w}]; ok {
			o.code = c
		}
		g.ops = append(g.ops, o)
	}
	g.length += int(s.length)
}

// conclude derives what holds for all records of t from which targets it has.
func (t *template) conclude(specs []spec, winners []target) {
	var in [targets]bool
	for i, w := range winners {
		in[w] = true
		if w == skip {
			t.skipped++
		} else {
			t.has |= 1 << targetInfo[w].has
			if id := specs[i].id; id == (elementID{0, 232}) || id == (elementID{0, 299}) {
				t.flags |= oneCount
			}
		}
	}
	for _, f := range flagTargets {
		if in[f.target] {
			t.flags |= f.flag
		}
	}
	v4, v6 := in[srcAddr4] || in[dstAddr4], in[srcAddr6] || in[dstAddr6]
	switch {
	case v4 && v6:
		t.slowAddresses()
		t.flags |= hasVersion
		t.has.Set(flow.NetworkType)
	case v4:
		t.etherType = 0x0800
		t.has.Set(flow.NetworkType)
	case v6:
		t.etherType = 0x86DD
		t.has.Set(flow.NetworkType)
	}
}

var flagTargets = []struct {
	target target
	flag   flags
}{
	{octets, isFlow | hasCounters | hasOctets},
	{packets, isFlow | hasCounters | hasPackets},
	{srcAddr4, isFlow},
	{srcAddr6, isFlow},
	{dstAddr4, isFlow},
	{dstAddr6, isFlow},
	{srcMAC, isFlow},
	{frameSection, isFlow | hasSection},
	{ipSection, isFlow | hasSection | isIP},
	{revBytes, hasReverse},
	{revPackets, hasReverse},
	{startUptime, hasUptime | hasTime},
	{endUptime, hasUptime | hasTime},
	{startDelta, hasDelta | hasTime},
	{endDelta, hasDelta | hasTime},
	{durationMillis, hasDuration | hasTime},
	{durationMicros, hasDuration | hasTime},
	{startSeconds, hasTime},
	{endSeconds, hasTime},
	{startMillis, hasTime},
	{endMillis, hasTime},
	{startNTP, hasTime},
	{endNTP, hasTime},
	{samplingRate, hasRate},
	{samplingInterval, hasRate},
	{samplingSize, hasRate},
	{samplingPopulation, hasRate},
	{samplingProbability, hasRate},
	{samplerID, hasSampler},
	{selectorID, hasSampler},
	{direction, hasDirection},
	{firewallEvent, hasEvent},
	{natEvent, hasEvent},
	{icmpTypeCode, hasICMP},
	{icmpType, hasICMP},
	{icmpCode, hasICMP},
	{transport, hasTransport},
	{ipVersion, hasVersion},
}

// slowAddresses takes the fast paths from addresses of a dual stack template: which family a record uses is in it.
func (t *template) slowAddresses() {
	for i := range t.segments {
		for j := range t.segments[i].ops {
			switch o := &t.segments[i].ops[j]; o.target {
			case srcAddr4, srcAddr6, dstAddr4, dstAddr6:
				o.code = general
			}
		}
	}
}
