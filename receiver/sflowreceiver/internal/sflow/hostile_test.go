package sflow

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

func TestFaults(t *testing.T) {
	good := sflowtest.FlowSample{Sequence: 1, Rate: 1, Records: [][]byte{udp4}}.Bytes()
	datagram := func(samples ...[]byte) []byte {
		return sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: samples}.Bytes()
	}
	put := func(b []byte, at int, v uint32) []byte {
		binary.BigEndian.PutUint32(b[at:], v)
		return b
	}
	const sampleAt = 28 // where the first sample begins
	for _, c := range []struct {
		name  string
		b     []byte
		fault Fault
		flows int
	}{
		{"empty", nil, Truncated, 0},
		{"version only", sflowtest.Words(5), Truncated, 0},
		{"header cut", datagram(good)[:20], Truncated, 0},
		{"version 2", sflowtest.Words(2, 1, 2, 3, 4), Version, 0},
		{"address type", put(datagram(good), 4, 9), AddressType, 0},
		{"more samples announced", put(datagram(good), 24, 1<<32-1), SampleCount, 1},
		{"fewer samples announced", put(datagram(good, good), 24, 1), None, 1},
		{"sample length", put(datagram(good), sampleAt+4, 1<<32-1), SampleLength, 0},
		{"sample cut in its header", datagram(sflowtest.Opaque(1, make([]byte, 8)), good), SampleShort, 1},
		{"record count", put(datagram(good, good), sampleAt+8+28, 1<<32-1), RecordCount, 2},
		{"record length", put(datagram(good, good), sampleAt+8+32+4, 1<<32-1), RecordLength, 1},
		{"header length", put(datagram(good, good), sampleAt+8+32+8+12, 1<<32-1), HeaderLength, 2},
		{"short record", datagram(sflowtest.FlowSample{Sequence: 1, Records: [][]byte{sflowtest.Opaque(1002, make([]byte, 4)), udp4}}.Bytes()), RecordShort, 1},
		{"forged path", datagram(sflowtest.FlowSample{Sequence: 1, Records: [][]byte{
			udp4,
			sflowtest.Opaque(1003, sflowtest.Words(0, 1, 2, 3, 1<<32-1, 2, 1<<32-1)),
		}}.Bytes()), RecordShort, 1},
		{"forged labels", datagram(sflowtest.FlowSample{Sequence: 1, Records: [][]byte{
			udp4,
			sflowtest.Opaque(1006, sflowtest.Words(0, 1<<32-1, 5)),
		}}.Bytes()), RecordShort, 1},
		{"expanded, forged record count", datagram(put(sflowtest.FlowSample{Expanded: true, Records: [][]byte{udp4}}.Bytes(), 8+40, 1<<32-1)), RecordCount, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &sink{}
			d := NewDecoder(Options{}, s)
			if f := d.Decode(c.b, peer, start); f != c.fault {
				t.Errorf("fault %s, want %s", f, c.fault)
			}
			if len(s.flows) != c.flows {
				t.Errorf("%d flows, want %d", len(s.flows), c.flows)
			}
			if c.fault != None && d.Stats().Faults[c.fault] != 1 {
				t.Errorf("counted %v", d.Stats().Faults)
			}
		})
	}
}

// Half a set of counters is no set.
func TestShortCountersAreNotUsed(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	cut := sflowtest.Opaque(1, make([]byte, 84))
	d.Decode(sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{
		sflowtest.CounterSample{Sequence: 1, Records: [][]byte{cut, sflowtest.EthernetCounters([13]uint32{})}}.Bytes(),
	}}.Bytes(), peer, start)
	if c := s.counters[0]; c.Has.Contains(GenericKind) || !c.Has.Contains(EthernetKind) {
		t.Errorf("has %b", c.Has)
	}
}

func TestOldVersionsAreCounted(t *testing.T) {
	d := NewDecoder(Options{}, &sink{})
	for _, v := range []uint32{2, 4, 4, 0, 77} {
		d.Decode(sflowtest.Datagram{Agent: agent1, Version: v}.Bytes(), peer, start)
	}
	if v := d.Stats().Versions; v[2] != 1 || v[4] != 2 {
		t.Errorf("versions %v", v)
	}
}

// Agents, data sources and formats that nobody has cost no memory beyond their bounds, and none of the real ones.
func TestForgersAreBounded(t *testing.T) {
	d := NewDecoder(Options{MaxAgents: 10, MaxSources: 100}, quiet{})
	honest := &switchPort{agent: agent1, rate: 10}
	d.Decode(honest.next(1), peer, start)
	for i := range uint32(20_000) {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		sample := sflowtest.FlowSample{Sequence: i, Expanded: true, Source: sflowtest.Source{Index: i}, Rate: 1, Records: [][]byte{sflowtest.Opaque(i<<4, nil)}}
		d.Decode(sflowtest.Datagram{Agent: a, Samples: [][]byte{sample.Bytes()}}.Bytes(), peer, start)
		d.Decode(sflowtest.Datagram{Agent: agent1, Samples: [][]byte{sample.Bytes()}}.Bytes(), peer, start)
	}
	if n, m := len(d.agents.all), d.agents.sources; n > 10 || m > 100 {
		t.Errorf("%d agents, %d sources", n, m)
	}
	if st := d.Stats(); len(st.Unknown) > maxFormats || st.UnknownOther == 0 || st.Untracked == 0 || st.Faults[TooManyAgents] == 0 {
		t.Errorf("formats %d + %d, untracked %d, refused %d", len(st.Unknown), st.UnknownOther, st.Untracked, st.Faults[TooManyAgents])
	}
	later := start + 20*60*second
	d.Decode(sflowtest.Datagram{Agent: hop4, Sequence: 1}.Bytes(), peer, later)
	if len(d.agents.all) != 1 || d.agents.sources != 0 {
		t.Errorf("after silence: %d agents, %d sources", len(d.agents.all), d.agents.sources)
	}
}

func TestRefusedAgentsAreNotKept(t *testing.T) {
	d := NewDecoder(Options{}, &sink{refuse: true})
	if f := d.Decode((&switchPort{agent: agent1}).next(1), peer, start); f != TooManyAgents || len(d.agents.all) != 0 {
		t.Errorf("fault %s, %d agents", f, len(d.agents.all))
	}
}

func TestSilentAgentsEnd(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	d.Decode((&switchPort{agent: agent1}).next(1), peer, start)
	d.Sweep(start + 14*60*second)
	if len(s.ended) != 0 {
		t.Fatal("ended too early")
	}
	d.Sweep(start + 15*60*second)
	if len(s.ended) != 1 || s.ended[0].Address != agent1 {
		t.Errorf("ended %v", s.ended)
	}
	d.Decode((&switchPort{agent: agent1}).next(1), peer, start+16*60*second)
	if len(s.begun) != 2 {
		t.Errorf("begun %v", s.begun)
	}
}

// counts are counts only: they ask for no memory.
func TestForgedCountsAllocateNothing(t *testing.T) {
	b := sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{sflowtest.FlowSample{Expanded: true, Records: [][]byte{udp4}}.Bytes()}}.Bytes()
	for i := 24; i+4 <= len(b)-128; i += 4 {
		forged := append([]byte(nil), b...)
		binary.BigEndian.PutUint32(forged[i:], 1<<32-1)
		d := NewDecoder(Options{}, quiet{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d.Decode(forged, peer, start)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<10 {
			t.Errorf("word at %d forged: %d bytes allocated", i, grown)
		}
	}
}

func FuzzDecode(f *testing.F) {
	port := &switchPort{agent: agent1, rate: 10}
	f.Add(port.next(2), port.next(1), uint32(1000))
	f.Add(sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{
		sflowtest.CounterSample{Sequence: 1, Records: [][]byte{sflowtest.Interface{Index: 1}.Bytes(), sflowtest.PortName("x")}}.Bytes(),
		sflowtest.DiscardSample{Sequence: 1, Records: [][]byte{udp4}}.Bytes(),
	}}.Bytes(), sflowtest.Words(5, 1), uint32(0))
	f.Add(sflowtest.Datagram{Agent: hop6, Sequence: 9, Samples: [][]byte{sflowtest.FlowSample{Expanded: true, Records: [][]byte{
		udp4,
		sflowtest.Gateway(hop6, 1, 2, 3, []sflowtest.ASSegment{{Type: 2, AS: []uint32{4, 5}}}, []uint32{1}, 1), sflowtest.Router(hop4, 1, 2),
		sflowtest.MPLS(hop4, []uint32{1}, []uint32{2}), sflowtest.NAT(hop4, hop6),
	}}.Bytes()}}.Bytes(), []byte{}, uint32(1<<31))
	f.Add(sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{
		sflowtest.CounterSample{Sequence: 1, Expanded: true, Records: everyCounter()}.Bytes(),
	}}.Bytes(), []byte{}, uint32(7))
	for _, record := range everyCounter() {
		f.Add(sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{
			sflowtest.CounterSample{Sequence: 1, Records: [][]byte{record}}.Bytes(),
		}}.Bytes(), []byte{}, uint32(7))
	}
	for _, c := range captures(f) {
		f.Add(c, c, uint32(1))
	}
	f.Fuzz(func(t *testing.T, a, b []byte, step uint32) {
		d := NewDecoder(Options{MaxAgents: 3, MaxSources: 5, LossWindow: second}, checked{t})
		at := start
		for _, datagram := range [][]byte{a, b, a, a, b} {
			d.Decode(datagram[:len(datagram):len(datagram)], peer, at)
			at += int64(step) * 1000
			d.Sweep(at)
		}
		if len(d.agents.all) > 3 || d.agents.sources > 5 || d.agents.sources < 0 {
			t.Fatalf("%d agents, %d sources", len(d.agents.all), d.agents.sources)
		}
	})
}

// checked holds what it is given against what must always be true.
type checked struct{ t *testing.T }

func (checked) Begin(*Agent) bool { return true }
func (checked) End(*Agent)        {}
func (c checked) Flow(_ *Agent, r *flow.Record) {
	if r.Packets != 1 || r.Flows != 1 || r.Scale.Num == 0 || r.Scale.Den == 0 || r.Dropped && r.Has.Contains(flow.EgressInterface) {
		c.t.Fatalf("record %+v", r)
	}
}

func (c checked) Discard(_ *Agent, _ DropReason, r *flow.Record) {
	if !r.Dropped {
		c.t.Fatalf("record %+v", r)
	}
}
func (checked) Counters(*Agent, *CounterSample) {}
