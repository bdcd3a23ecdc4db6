package sflow

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

var (
	agent1 = netip.MustParseAddr("192.0.2.1")
	peer   = netip.MustParseAddr("198.51.100.9")
	client = netip.MustParseAddrPort("10.0.0.1:40000")
	server = netip.MustParseAddrPort("10.0.0.2:53")
)

// start is when tests begin, Unix nanoseconds.
const start = int64(1_700_000_000) * second

// sink keeps what a decoder found.
type sink struct {
	begun, ended []AgentKey
	flows        []flow.Record
	discards     []DropReason
	counters     []CounterSample
	override     uint32
	refuse       bool
}

func (s *sink) Begin(a *Agent) bool {
	if s.refuse {
		return false
	}
	s.begun = append(s.begun, a.AgentKey)
	a.OverrideRate = s.override
	return true
}
func (s *sink) End(a *Agent)                  { s.ended = append(s.ended, a.AgentKey) }
func (s *sink) Flow(_ *Agent, r *flow.Record) { s.flows = append(s.flows, *r) }
func (s *sink) Discard(_ *Agent, why DropReason, r *flow.Record) {
	s.discards = append(s.discards, why)
}

func (s *sink) Counters(_ *Agent, c *CounterSample) {
	kept := *c
	kept.PortName = slices.Clone(c.PortName)
	kept.Blocks = nil
	for _, b := range c.Blocks {
		b.Values = slices.Clone(b.Values)
		texts := b.Texts
		b.Texts = nil
		for _, text := range texts {
			b.Texts = append(b.Texts, slices.Clone(text))
		}
		kept.Blocks = append(kept.Blocks, b)
	}
	s.counters = append(s.counters, kept)
}

// quiet takes everything and keeps nothing.
type quiet struct{}

func (quiet) Begin(*Agent) bool                        { return true }
func (quiet) End(*Agent)                               {}
func (quiet) Flow(*Agent, *flow.Record)                {}
func (quiet) Discard(*Agent, DropReason, *flow.Record) {}
func (quiet) Counters(*Agent, *CounterSample)          {}

// switchPort is an agent with one sampling port, as the decoder's peer.
type switchPort struct {
	agent             netip.Addr
	datagram, sample  uint32
	pool, rate, drops uint32
	uptime            uint32
}

// datagram makes one with n samples of a packet of 1,000 IP bytes.
func (p *switchPort) next(n int) []byte {
	var samples [][]byte
	for range n {
		p.sample++
		p.pool += p.rate
		samples = append(samples, sflowtest.FlowSample{
			Sequence: p.sample, Source: sflowtest.Source{Index: 7}, Rate: p.rate, Pool: p.pool, Drops: p.drops,
			In: sflowtest.Port{Value: 7}, Out: sflowtest.Port{Value: 8},
			Records: [][]byte{sflowtest.Header(1, 1018, 4, sflowtest.UDPFrame(client, server, 1000))},
		}.Bytes())
	}
	p.datagram++
	return sflowtest.Datagram{Agent: p.agent, Sequence: p.datagram, Uptime: p.uptime, Samples: samples}.Bytes()
}

// only returns the decoder's one agent.
func only(t *testing.T, d *Decoder) *Agent {
	t.Helper()
	var found *Agent
	d.Agents(func(a *Agent) {
		if found != nil {
			t.Fatalf("two agents: %v and %v", found.AgentKey, a.AgentKey)
		}
		found = a
	})
	if found == nil {
		t.Fatal("no agent")
	}
	return found
}

// describe writes what a record has.
func describe(r *flow.Record) string {
	s := fmt.Sprintf("%d bytes ×%d/%d %s", r.Bytes, r.Scale.Num, r.Scale.Den, [...]string{"unknown", "ingress", "egress"}[r.Direction])
	for _, f := range []struct {
		d    flow.Dimension
		text string
	}{
		{flow.IngressInterface, fmt.Sprintf(" in %#x", r.In)},
		{flow.EgressInterface, fmt.Sprintf(" out %#x", r.Out)},
		{flow.NetworkType, fmt.Sprintf(" type %#x", r.EtherType)},
		{flow.SourceMAC, fmt.Sprintf(" mac %012x>%012x", r.SrcMAC, r.DstMAC)},
		{flow.SourceAddress, fmt.Sprintf(" %s>%s", flow.Addr(r.SrcAddr), flow.Addr(r.DstAddr))},
		{flow.Transport, fmt.Sprintf(" proto %d", r.Transport)},
		{flow.SourcePort, fmt.Sprintf(" ports %d>%d", r.SrcPort, r.DstPort)},
		{flow.TCPFlags, fmt.Sprintf(" flags %#x", r.TCPFlags)},
		{flow.DSCP, fmt.Sprintf(" tos %#x", r.TOS)},
		{flow.VLAN, fmt.Sprintf(" vlan %d", r.VLAN)},
		{flow.NextHop, fmt.Sprintf(" hop %s", flow.Addr(r.NextHop))},
		{flow.SourceCIDR, fmt.Sprintf(" masks /%d>/%d", r.SrcMask, r.DstMask)},
		{flow.BGPNextHop, fmt.Sprintf(" bgp %s", flow.Addr(r.BGPNextHop))},
		{flow.SourceAS, fmt.Sprintf(" as %d>", r.SrcAS)},
		{flow.DestinationAS, fmt.Sprintf(" as >%d", r.DstAS)},
		{flow.MPLSLabel, fmt.Sprintf(" label %d", r.MPLSLabel)},
		{flow.NATSource, fmt.Sprintf(" nat %s>", flow.Addr(r.NATSrcAddr))},
		{flow.NATDestination, fmt.Sprintf(" nat >%s", flow.Addr(r.NATDstAddr))},
		{flow.NATSourcePort, fmt.Sprintf(" natports %d>%d", r.NATSrcPort, r.NATDstPort)},
		{flow.TunnelID, fmt.Sprintf(" tunnel %d", r.TunnelID)},
		{flow.ForwardingStatus, fmt.Sprintf(" status %d", r.ForwardingStatus)},
	} {
		if r.Has.Contains(f.d) {
			s += f.text
		}
	}
	if r.Dropped {
		s += " dropped"
	}
	return s
}
