package netsim

import (
	"net/netip"
	"time"
)

// inactive is how long a flow may pause before its record is exported.
const inactive = 15 * time.Second

// tcpFlags of a session's packets in sum: the start was seen (SYN), data pushed, acknowledged.
const tcpFlags = 0x1a

// Record is one flow as a device metered it at the interface it came in by.
type Record struct {
	Src, Dst         netip.Addr
	NextHop          netip.Addr // of Src's family; unspecified: none
	SrcPort, DstPort uint16
	Transport, TOS   byte
	TCPFlags         byte
	In, Out          uint32
	SrcAS, DstAS     uint32
	Packets, Octets  uint64 // as metered: of the sampled packets only where the device samples
	First, Last      time.Time
	Ended            bool // the session is over, not merely long
}

// flowKey tells flows apart on one device.
type flowKey struct {
	conversation, session uint32
	side                  int
	in, out               *Interface
}

// flowCache holds a device's open flows in the order they began, so that a run repeats exactly.
type flowCache struct {
	open  map[flowKey]*Record
	order []flowKey
}

func (f *flowCache) init() { f.open = map[flowKey]*Record{} }

// end marks a conversation's flows as over.
func (f *flowCache) end(conversation uint32) {
	for _, k := range f.order {
		if k.conversation == conversation {
			f.open[k].Ended = true
		}
	}
}

// due removes and returns the records that are to be exported: ended, paused, or open for the active timeout.
func (f *flowCache) due(now time.Time, active time.Duration, all bool) []Record {
	var out []Record
	kept := f.order[:0]
	for _, k := range f.order {
		r := f.open[k]
		if all || r.Ended || now.Sub(r.Last) >= inactive || now.Sub(r.First) >= active {
			out = append(out, *r)
			delete(f.open, k)
			continue
		}
		kept = append(kept, k)
	}
	f.order = kept
	return out
}

// flowSequence is an input interface's sampling: every N-th packet of those that came in by it.
type flowSequence struct {
	pool     uint64 // packets that could have been sampled
	sequence uint32 // sFlow samples taken
}

// take returns how many of the next packets are sampled at 1 in rate.
func (s *flowSequence) take(packets uint64, rate uint32) uint64 {
	before := s.pool / uint64(rate)
	s.pool += packets
	return s.pool/uint64(rate) - before
}

// sample is a packet an sFlow agent picked.
type sample struct {
	conversation *conversation
	side         int
	port         uint16 // the client's, as it was then
	hop          hop
	pool         uint32
	sequence     uint32
}

// sampler holds an sFlow agent's picks until the next export.
type sampler struct {
	picks    []sample
	dropped  uint32 // picks that found no room
	sequence uint32 // datagrams sent
	counters time.Time
	order    map[uint32]uint32 // counter samples sent by ifIndex
}

// maxPicks bounds what waits for the next export; an agent out of buffer drops samples and says how many.
const maxPicks = 4096

// meter accounts for packets of one conversation's side that went through the device.
func (d *Device) meter(c *conversation, side int, h hop, packets uint64, now time.Time) {
	if d.Sampling > 1 {
		packets = h.in.sampled.take(packets, d.Sampling)
	}
	switch {
	case packets == 0:
	case d.Protocol == SFlow:
		d.pick(c, side, h, packets)
	default:
		d.cache.add(c, side, h, packets, now)
	}
}

func (d *Device) pick(c *conversation, side int, h hop, packets uint64) {
	for range packets {
		h.in.sampled.sequence++
		if len(d.sampler.picks) >= maxPicks {
			d.sampler.dropped++
			continue
		}
		d.sampler.picks = append(d.sampler.picks, sample{
			conversation: c, side: side, port: c.port, hop: h,
			pool: uint32(h.in.sampled.pool), sequence: h.in.sampled.sequence,
		})
	}
}

func (f *flowCache) add(c *conversation, side int, h hop, packets uint64, now time.Time) {
	k := flowKey{c.id, c.session, side, h.in, h.out}
	r, ok := f.open[k]
	if !ok {
		r = c.record(side, h, now)
		f.open[k] = r
		f.order = append(f.order, k)
	}
	r.Packets += packets
	r.Octets += packets * c.service.sizes[side]
	r.Last = now
}

// record returns an empty record of the conversation's side.
func (c *conversation) record(side int, h hop, now time.Time) *Record {
	r := &Record{
		Src: c.addrs[side], Dst: c.addrs[1-side],
		Transport: c.service.transport, TOS: c.service.tos,
		In: h.in.Index, Out: h.out.Index,
		SrcAS: c.ends[side].as, DstAS: c.ends[1-side].as,
		First: now, Last: now,
	}
	r.SrcPort, r.DstPort = c.ports(side)
	if r.Transport == tcp {
		r.TCPFlags = tcpFlags
	}
	r.NextHop = netip.IPv4Unspecified()
	if r.Src.Is6() {
		r.NextHop = netip.IPv6Unspecified()
	} else if h.out.link != nil {
		r.NextHop = h.out.link.other(h.out).address.Addr()
	}
	return r
}
