package aggregate

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/netcol-io/netcol/internal/flow"
)

var defaultViews = []View{
	{Name: "interfaces", Limit: 2000, Dimensions: []flow.Dimension{flow.InterfaceName, flow.InterfaceDirection, flow.Transport, flow.NetworkType}},
	{Name: "egress", Kind: Forwarded, Limit: 2000, Dimensions: []flow.Dimension{flow.InterfaceName, flow.InterfaceDirection, flow.Transport, flow.NetworkType}},
	{Name: "conversations", Limit: 1 << 17, Dimensions: []flow.Dimension{flow.SourceAddress, flow.DestinationAddress, flow.DestinationPort, flow.Transport, flow.Application, flow.IngressInterface, flow.EgressInterface}},
}

func record(t *rapid.T) flow.Record {
	small := func(name string, n uint64) uint64 { return rapid.Uint64Range(0, n).Draw(t, name) }
	var r flow.Record
	r.Has = flow.Fields(rapid.Uint64().Draw(t, "has") & (1<<len(flow.Dimensions()) - 1))
	addr := func(a *[16]byte, name string) {
		if rapid.Bool().Draw(t, name+"4") {
			flow.MapV4(a, []byte{10, 0, 0, byte(small(name, 3))})
		} else {
			*a = [16]byte{0x20, 1, 15: byte(small(name, 3))}
		}
	}
	addr(&r.SrcAddr, "src")
	addr(&r.DstAddr, "dst")
	addr(&r.NextHop, "nh")
	r.In, r.Out = uint32(small("in", 3)), uint32(small("out", 3))
	r.Direction = flow.Direction(small("direction", 2))
	r.Dropped = rapid.Bool().Draw(t, "dropped")
	r.Transport = uint8(small("transport", 17))
	r.SrcPort, r.DstPort = uint16(small("sport", 100)), uint16(small("dport", 100))
	r.TOS = uint8(small("tos", 255))
	r.SrcMask, r.DstMask = uint8(small("smask", 255)), uint8(small("dmask", 130))
	r.EtherType = rapid.SampledFrom([]uint16{0x800, 0x86dd, 0x806}).Draw(t, "type")
	r.Bytes = rapid.OneOf(rapid.Uint64Range(0, 1<<20), rapid.Uint64()).Draw(t, "bytes")
	r.Packets, r.Flows = small("packets", 1<<20), small("flows", 1)
	r.Scale = flow.Scale{Num: small("num", 1000), Den: small("den", 7)}
	return r
}

// Whatever records come, for every view cells and overflow add up to the records that the view counts, exactly.
func TestConservation(t *testing.T) {
	dims := flow.Dimensions()
	rapid.Check(t, func(t *rapid.T) {
		views := append([]View(nil), defaultViews...)
		for i := range views {
			views[i].Limit = rapid.IntRange(0, 12).Draw(t, "limit")
		}
		if rapid.Bool().Draw(t, "large") {
			views[2].Limit = largeLimit // looked up over several records
		}
		var some []flow.Dimension
		for _, d := range dims {
			if Supported(d) && rapid.IntRange(0, 3).Draw(t, "dim") == 0 {
				some = append(some, d)
			}
		}
		views = append(views, View{Name: "any", Limit: 5, Dimensions: some})
		p := NewPlan(views)
		w := p.NewWindow(NewBudget(rapid.IntRange(0, 100).Draw(t, "budget"), nil))
		w.Grow(3)
		for window := range 2 {
			want := make([]Cell, len(views))
			for range rapid.IntRange(0, 60).Draw(t, "records") {
				r := record(t)
				owner := uint32(rapid.IntRange(0, 2).Draw(t, "owner"))
				w.Add(owner, &r)
				var row Row
				row.Read(&r, owner)
				for i := range views {
					if views[i].accepts(&row) {
						want[i].Add(Cell{r.ScaledBytes(), r.ScaledPackets(), r.Flows})
					}
				}
			}
			w.Drain()
			w.RollUp(func() {})
			got := make([]Cell, len(views))
			w.Each(func(view int, _ *Row, c Cell) { got[view].Add(c) })
			for i := range views {
				for o := range 3 {
					got[i].Add(w.Overflow(i, o))
				}
			}
			require.Equal(t, want, got, "window %d", window)
			w.Close()
			w.Reset()
		}
	})
}

// Whatever dimensions a view has, its rows say of them what the records said.
func TestKeysHoldWhatRecordsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set flow.Fields
		for _, d := range flow.Dimensions() {
			if Supported(d) && rapid.Bool().Draw(t, "dim") {
				set.Set(d)
			}
		}
		l := newLayout(set, false, true)
		r := record(t)
		var row Row
		row.Read(&r, 7)
		var key Key
		v, _ := l.pick(&row)
		l.encode(v, &row, &key)
		back := Row{Record: &flow.Record{}}
		l.decode(v, key[:v.words], &back)
		require.Equal(t, row.Has&set, back.Has)
		require.EqualValues(t, 7, back.Owner)
		require.Equal(t, r.Dropped, back.Dropped)
		for i, d := range l.dims {
			if !back.Has.Contains(d) {
				continue
			}
			for _, s := range v.byDim[i] {
				require.Equal(t, row.load(s.field), back.load(s.field), "%v", d)
			}
		}
	})
}
