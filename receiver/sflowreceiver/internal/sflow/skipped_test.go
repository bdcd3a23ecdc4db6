package sflow

import (
	"slices"
	"testing"

	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

// A published record without a dimension is skipped by its length, whatever is in it, counted by name, and is no unknown
// one; the packet beside it is whole.
func TestRecordsWithoutADimensionAreSkippedByName(t *testing.T) {
	s := &sink{}
	d := NewDecoder(Options{}, s)
	for i, r := range skippedRecords {
		flowSample := sflowtest.FlowSample{Sequence: uint32(i + 1), Rate: 1, Records: [][]byte{
			sflowtest.Opaque(r.format, sflowtest.Words(1<<32-1, 1<<32-1)), udp4, sflowtest.Opaque(r.format),
		}}
		d.Decode(sflowtest.Datagram{Agent: agent1, Sequence: uint32(i + 1), Samples: [][]byte{flowSample.Bytes()}}.Bytes(), peer, start)
	}
	st := d.Stats()
	for i, n := range st.Skipped {
		if n != 2 {
			t.Errorf("%s counted %d times", SkippedName(i), n)
		}
	}
	if len(s.flows) != SkippedRecords || len(st.Unknown) != 0 || st.WithoutPacket != 0 || d.fault != None {
		t.Errorf("%d flows, unknown %v, without packet %d", len(s.flows), st.Unknown, st.WithoutPacket)
	}
	if !slices.IsSortedFunc(skippedRecords[:], func(a, b struct {
		format uint32
		name   string
	},
	) int {
		return int(a.format) - int(b.format)
	}) {
		t.Error("not in ascending order")
	}
}
