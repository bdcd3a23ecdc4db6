package sflow

import "github.com/netcol-io/netcol/internal/flow"

// Interface numbers that stand for no single interface. They are beyond what an ifIndex in sFlow can be (30 bits), or, as
// Internal, reserved by it.
const (
	Internal uint32 = 0x3fffffff // the packet began or ended in the device itself
	Multiple uint32 = 0x80000000 // the packet left by several interfaces
)

// Formats of an interface.
const (
	portSingle   = 0
	portDropped  = 1 // the value is a DropReason
	portMultiple = 2 // the value is how many, 0 unknown
)

const allOnes = 0xffffffff

// port is an interface as a flow sample gives it.
type port struct{ format, value uint32 }

// compactPort splits the 2-bit format from the 30-bit value.
func compactPort(v uint32) port { return port{v >> 30, v & 0x3fffffff} }

// internal tells the reserved value; some expanded agents write all ones.
func (p port) internal() bool { return p.value == Internal || p.value == allOnes }

// setIn writes the input interface. 0 is unknown.
func (p port) setIn(r *flow.Record) {
	switch {
	case p.format != portSingle || p.value == 0:
	case p.internal():
		r.In = Internal
		r.Has.Set(flow.IngressInterface)
	default:
		r.In = p.value
		r.Has.Set(flow.IngressInterface)
		r.Has.Set(flow.IngressIndex)
	}
}

// setOut writes the output interface, or that there is none: a dropped packet left by no interface.
func (p port) setOut(r *flow.Record) {
	switch {
	case p.format == portDropped:
		setDropped(r, DropReason(p.value))
	case p.format == portMultiple:
		r.Out = Multiple
		r.Has.Set(flow.EgressInterface)
	case p.format != portSingle || p.value == 0:
	case p.internal():
		r.Out = Internal
		r.Has.Set(flow.EgressInterface)
	default:
		r.Out = p.value
		r.Has.Set(flow.EgressInterface)
		r.Has.Set(flow.EgressIndex)
	}
}

// direction tells at which side of its data source a packet was sampled. Only an ifIndex source has sides.
func direction(class, index uint32, in, out port) flow.Direction {
	const ifIndexClass = 0
	switch {
	case class != ifIndexClass || index == 0:
		return flow.DirectionUnknown
	case in == port{portSingle, index}:
		return flow.Ingress
	case out == port{portSingle, index}:
		return flow.Egress
	}
	return flow.DirectionUnknown
}

func setDropped(r *flow.Record, reason DropReason) {
	r.Dropped = true
	r.ForwardingStatus = reason.forwardingStatus()
	r.Has.Set(flow.ForwardingStatus)
}
