package pipeline

import (
	"time"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/inventory"
)

// How long a stream and a fact about an interface outlive the last record that spoke for them.
const (
	streamIdle = 5 * time.Minute
	egressIdle = time.Hour
	// liveStreams is how many times a view's top its streams may be: the best of each window stay until they are idle.
	liveStreams = 4
)

// device is one network device's streams, whichever of its addresses and whichever worker spoke.
type device struct {
	id      string
	slot    uint32
	info    *inventory.Device
	views   [][]*streams     // by group and view, nil until something was counted
	metered map[uint32]int64 // interfaces metered at egress themselves, by ifIndex, and when they last were (Unix ns)
	dead    map[uint32]bool  // interface names that moved away since the last window
	orphan  bool             // its exporters turned out to be another device's
	spoke   int64            // end of the last window with records of it, Unix ns
	retired bool             // silent, and too many others speak
}

// stream is what a cumulative sum needs besides its value.
type stream struct {
	start, last int64  // Unix ns: start of the window that admitted it; end of the last window that added to it
	recent      uint64 // bytes of the window being closed
	shown       bool   // emitted at least once
	touched     bool   // by the window being closed
	leaving     bool   // had to make room: goes unless it is among the top again
}

// streams are one view of one device: a sum and a stream for each key.
type streams struct {
	view     *view
	sums     *aggregate.Sums
	states   [2][]stream // of the narrow and of the wide entries
	overflow struct {
		stream
		aggregate.Cell
		live bool
	}
}

func at(s *streams, r aggregate.Ref) *stream {
	if r.Wide {
		return &s.states[1][r.I]
	}
	return &s.states[0][r.I]
}

func (s *streams) len() int { return s.sums.Len() }

// touch adds c to the stream at r.
func (s *streams) touch(r aggregate.Ref, c aggregate.Cell, w span) {
	s.sums.Bump(r, c)
	st := at(s, r)
	st.last, st.touched = w.end, true
	st.recent += c.Bytes
}

// admit starts a stream for row. It returns false when the process holds as many as it may.
func (s *streams) admit(row *aggregate.Row, c aggregate.Cell, w span) bool {
	r, ok := s.sums.Insert(row, c)
	if !ok {
		return false
	}
	s.track(r, stream{start: w.start, last: w.end, recent: c.Bytes, touched: true})
	return true
}

func (s *streams) track(r aggregate.Ref, st stream) {
	n := 0
	if r.Wide {
		n = 1
	}
	s.states[n] = append(s.states[n], st)
}

// spill adds c to the overflow stream.
func (s *streams) spill(c aggregate.Cell, w span) {
	o := &s.overflow
	if !o.live {
		o.live, o.Cell = true, aggregate.Cell{}
		o.stream = stream{start: w.start}
	}
	o.Add(c)
	o.last = w.end
}

// refersToDead tells whether row refers to one of the dead names.
func (d *device) refersToDead(row *aggregate.Row) bool {
	if len(d.dead) == 0 {
		return false
	}
	return row.Has.Contains(flow.InterfaceName) && d.dead[row.InterfaceName] ||
		row.Has.Contains(flow.IngressInterface) && d.dead[row.IngressName] ||
		row.Has.Contains(flow.EgressInterface) && d.dead[row.EgressName]
}

// span is a window's beginning and end, Unix ns.
type span struct{ start, end int64 }
