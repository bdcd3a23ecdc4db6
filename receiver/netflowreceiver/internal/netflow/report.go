package netflow

import (
	"time"

	"github.com/netcol-io/netcol/internal/flow"
)

// Streams calls f for every stream.
func (d *Decoder) Streams(f func(*Stream)) {
	for _, x := range d.exporters {
		for _, s := range x.streams {
			f(s)
		}
	}
}

// Version returns the stream's protocol as in Counters.
func (s *Stream) Version() Version { return s.version }

// Heard returns when the stream's last datagram came.
func (s *Stream) Heard() time.Time { return time.Unix(0, s.lastSeen) }

// Records returns how many flows the stream brought.
func (s *Stream) Records() uint64 { return s.records }

// Sampling returns the scale of the stream's last flow and where it came from.
func (s *Stream) Sampling() (flow.Scale, flow.SamplingSource) { return s.scale, s.source }

// Missing returns how many templates the stream's data waits for, and since when the longest.
func (s *Stream) Missing() (n int, since time.Time) {
	oldest := int64(1<<63 - 1)
	for _, m := range s.missing {
		oldest = min(oldest, m.first)
	}
	return len(s.missing), time.Unix(0, oldest)
}

// Losses is what the sequence numbers of a stream tell. Units are flows (v5, v7), export packets (v9) or data records
// (IPFIX); v1 has none.
type Losses struct {
	Lost      uint64 // units that never came
	LostFlows uint64 // the same in flows: exact for v5, v7 and IPFIX, for v9 an estimate from the flows per packet
	Reordered uint64 // datagrams that came late
	Repeated  uint64 // datagrams that came twice
	Restarts  uint64 // of the exporter
}

// Losses returns what was lost of the stream. Gaps younger than the reordering time are not in it.
func (s *Stream) Losses() Losses {
	q := &s.seq
	l := Losses{Lost: q.lost, LostFlows: q.lost, Reordered: q.reordered, Repeated: q.repeated, Restarts: q.restarts}
	if s.version == V9 && q.counts.by == countsPackets {
		l.LostFlows = flow.Scale{Num: max(s.records, 1), Den: max(q.received, 1)}.Apply(q.lost)
		if s.records == 0 {
			l.LostFlows = 0
		}
	}
	return l
}

// Unit returns what the stream's sequence numbers count: what its version says, unless they show that they count
// something else.
func (s *Stream) Unit() string {
	switch s.seq.counts.by {
	case countsFlows:
		return "flow"
	case countsRecords:
		return "record"
	}
	return s.version.Unit()
}

// Unit returns what a version's sequence numbers count.
func (v Version) Unit() string {
	switch v {
	case V5, V7:
		return "flow"
	case V9:
		return "packet"
	case V10:
		return "record"
	}
	return ""
}
