package sflowreceiver

import (
	"net/netip"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/enrich"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// Bounds of the kinds of discarded packets that are told apart in a window: of one agent address, and of all of one
// socket's. What finds no place is counted in overflow.
const (
	maxAgentDiscards = 2000
	maxDiscards      = 1 << 15
)

// discardKey is what discarded packets are grouped by.
type discardKey struct {
	reason          sflow.DropReason
	in, out         string // names of interfaces; "" unknown
	inIndex         uint32
	outIndex        uint32
	source, target  netip.Addr
	port            uint16 // destination's
	hasPort         bool
	family          string // network.type
	transport       uint8
	hasTransport    bool
	ingress, egress bool // there is such an interface
}

// discards are one agent address' discarded packets of the open window.
type discards struct {
	keys     map[discardKey]uint64
	overflow uint64
}

// Discard counts a dropped packet by why and what it was. It is no traffic, so no view counts it.
func (h *handler) Discard(a *sflow.Agent, reason sflow.DropReason, r *flow.Record) {
	own := a.Attachment.(*agent)
	h.worker.LogDiscard(own.exporter.Exporter, h.at, r, reason.String())
	if !h.counters {
		return
	}
	d := h.discarded[a.Address]
	if d == nil {
		if h.discarded == nil {
			h.discarded = map[netip.Addr]*discards{}
		}
		d = &discards{keys: map[discardKey]uint64{}}
		h.discarded[a.Address] = d
	}
	k := own.discardKey(reason, r)
	if _, known := d.keys[k]; !known {
		if len(d.keys) >= maxAgentDiscards || h.discardKeys >= maxDiscards {
			d.overflow++
			return
		}
		h.discardKeys++
	}
	d.keys[k]++
}

// discardKey is the group of a dropped packet.
func (own *agent) discardKey(reason sflow.DropReason, r *flow.Record) discardKey {
	k := discardKey{reason: reason}
	if k.ingress = r.Has.Contains(flow.IngressInterface); k.ingress {
		k.inIndex, k.in = r.In, own.portName(r.In)
	}
	if k.egress = r.Has.Contains(flow.EgressInterface); k.egress {
		k.outIndex, k.out = r.Out, own.portName(r.Out)
	}
	if r.Has.Contains(flow.SourceAddress) {
		k.source, k.target = flow.Addr(r.SrcAddr), flow.Addr(r.DstAddr)
	}
	if r.Has.Contains(flow.NetworkType) {
		switch r.EtherType {
		case 0x0800:
			k.family = "ipv4"
		case 0x86dd:
			k.family = "ipv6"
		}
	}
	if k.hasTransport = r.Has.Contains(flow.Transport); k.hasTransport {
		k.transport = r.Transport
	}
	if k.hasPort = r.Has.Contains(flow.DestinationPort); k.hasPort {
		k.port = r.DstPort
	}
	return k
}

// portName is what the agent itself calls an interface, "" for nothing.
func (own *agent) portName(index uint32) string {
	switch index {
	case sflow.Internal:
		return internalName
	case sflow.Multiple:
		return multipleName
	}
	if latest := own.interfaces[index]; latest != nil {
		return latest.name
	}
	return ""
}

// transportName is the value of network.transport.
func (k *discardKey) transportName() string { return enrich.Transport(k.transport) }

// takeDiscards moves the discarded packets of the open window to where they are summed.
func (h *handler) takeDiscards(to *drops, w window) {
	h.mu.Lock()
	taken := h.discarded
	h.discarded, h.discardKeys = nil, 0
	h.mu.Unlock()
	for address, d := range taken {
		to.add(address, d, w)
	}
}
