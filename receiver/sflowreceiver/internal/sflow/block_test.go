package sflow

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// blocksOf decodes records as one counter sample.
func blocksOf(t *testing.T, records ...[]byte) ([]Block, *Decoder) {
	t.Helper()
	s := &sink{}
	d := NewDecoder(Options{}, s)
	d.Decode(sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{
		sflowtest.CounterSample{Sequence: 1, Source: sflowtest.Source{Class: 2, Index: 1}, Records: records}.Bytes(),
	}}.Bytes(), peer, start)
	return s.counters[0].Blocks, d
}

func everyCounter() [][]byte {
	port, host, virtual, vlan := sflowtest.EveryCounter()
	return slices.Concat(port, host, virtual, vlan)
}

// Every kind of record with a layout is built here from its published structure, and is read to its last byte: one that
// ends a byte early is not.
func TestEveryBlockIsReadToItsEnd(t *testing.T) {
	seen := map[BlockKind]bool{}
	for _, record := range everyCounter() {
		kind := BlockKind(binary.BigEndian.Uint32(record))
		seen[kind] = true
		blocks, d := blocksOf(t, record)
		if len(blocks) != 1 || blocks[0].Kind != kind || d.fault != None || len(d.Stats().Unknown) > 0 {
			t.Errorf("kind %d: %+v, fault %s", kind, blocks, d.fault)
			continue
		}
		if kind == HostCPUBlock {
			continue // its last numbers may be missing
		}
		body := record[8 : len(record)-4]
		if blocks, d = blocksOf(t, sflowtest.Opaque(uint32(kind), body)); kind != HostTCPBlock && kind != HostUDPBlock && (len(blocks) != 0 || d.fault != RecordShort) {
			t.Errorf("kind %d cut: %+v, fault %s", kind, blocks, d.fault)
		}
		if blocks, _ = blocksOf(t, sflowtest.Opaque(uint32(kind), record[8:], make([]byte, 8))); len(blocks) != 1 {
			t.Errorf("kind %d of a later version is not read", kind)
		}
	}
	for kind := range layouts {
		if !seen[kind] {
			t.Errorf("no record of kind %d is tested", kind)
		}
	}
}

func TestBlockValues(t *testing.T) {
	blocks, _ := blocksOf(t,
		sflowtest.Processor(sflowtest.Unknown, 1000, 1500, sflowtest.Unknown64, 7),
		sflowtest.Adapters(sflowtest.Adapter{Index: 3, MACs: [][6]byte{{2, 0, 0, 0, 0, 9}}}, sflowtest.Adapter{Index: 4}),
		sflowtest.Host("h", [16]byte{0xab, 15: 1}, 3, 2, "5.10"),
	)
	if v := blocks[0].Values; v[0].Known() || v[3].Known() || v[1] != (Value{1000, 32}) || v[4] != (Value{7, 64}) {
		t.Errorf("processor %v", v)
	}
	if got, want := blocks[1].Values, []Value{{2, 32}, {3, 32}, {1, 32}, {0x020000000009, 48}, {4, 32}, {0, 32}}; !slices.Equal(got, want) {
		t.Errorf("adapters %v, want %v", got, want)
	}
	if b := blocks[2]; string(b.Texts[0]) != "h" || ID(b.Texts[1]) != "ab000000-0000-0000-0000-000000000001" || string(b.Texts[2]) != "5.10" {
		t.Errorf("host %q", b.Texts)
	}
	if blocks[0].At(99).Known() || blocks[0].At(-1).Known() {
		t.Error("a value that is not there is known")
	}
}

// A forged count is one record lost, whatever it asks for; its neighbours are read.
func TestForgedBlocksAreHarmless(t *testing.T) {
	good := sflowtest.Processor(1, 2, 3, 4, 5)
	forged := [][]byte{
		sflowtest.Opaque(10, sflowtest.Words(1, 1, 1, 1, 1<<32-1, 5)),       // lanes
		sflowtest.Opaque(2001, sflowtest.Words(1<<32-1, 5)),                 // adapters
		sflowtest.Opaque(2001, sflowtest.Words(1, 5, 1<<32-1, 1)),           // addresses
		sflowtest.Opaque(2001, sflowtest.Words(2000), make([]byte, 2000*8)), // more than may be
		sflowtest.Opaque(2000, sflowtest.Words(1<<32-1, 5)),                 // a name
		sflowtest.Opaque(4413<<12|2, sflowtest.Words(1, 2, 3, 4, 1<<30, 1)), // queues
		sflowtest.Opaque(4413<<12|2, sflowtest.Words(1, 2, 3, 4, 0)),        // no second row of queues
		sflowtest.Opaque(2202, sflowtest.Words(1<<31, 0), make([]byte, 44)), // an application
	}
	for i, f := range forged {
		blocks, d := blocksOf(t, good, f, good)
		if len(blocks) != 2 || d.Stats().Faults[RecordShort] != 1 || len(blocks[1].Values) != 5 {
			t.Errorf("%d: %d blocks, faults %v", i, len(blocks), d.Stats().Faults)
		}
	}
}

// A worker's counter samples cost no memory once it has seen them.
func TestCounterSamplesDoNotAllocate(t *testing.T) {
	d := NewDecoder(Options{}, quiet{})
	datagram := sflowtest.Datagram{Agent: agent1, Sequence: 1, Samples: [][]byte{
		sflowtest.CounterSample{Sequence: 1, Records: everyCounter()}.Bytes(),
	}}.Bytes()
	d.Decode(datagram, peer, start)
	if n := testing.AllocsPerRun(100, func() { d.Decode(datagram, peer, start) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
