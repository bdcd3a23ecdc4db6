package netflow

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
)

// wire builds datagrams.
type wire []byte

func (w wire) u8(v ...uint8) wire   { return append(w, v...) }
func (w wire) u16(v ...uint16) wire { return each(w, v, binary.BigEndian.AppendUint16) }
func (w wire) u32(v ...uint32) wire { return each(w, v, binary.BigEndian.AppendUint32) }
func (w wire) u64(v ...uint64) wire { return each(w, v, binary.BigEndian.AppendUint64) }
func (w wire) str(s string, n int) wire {
	b := make([]byte, n)
	copy(b, s)
	return append(w, b...)
}

func (w wire) ip(s ...string) wire {
	for _, a := range s {
		w = append(w, netip.MustParseAddr(a).AsSlice()...)
	}
	return w
}

func each[T any](w wire, vs []T, add func([]byte, T) []byte) wire {
	for _, v := range vs {
		w = add(w, v)
	}
	return w
}

// set wraps a body as a set, padded to four octets if padded.
func set(id uint16, body wire, padded bool) wire {
	for padded && len(body)%4 != 0 {
		body = append(body, 0)
	}
	return append(wire{}.u16(id, uint16(len(body)+4)), body...)
}

// f is a template field: element, length and, if enterprise, PEN.
type f struct {
	id, length uint16
	pen        uint32
}

func fieldList(fields []f) (w wire) {
	for _, x := range fields {
		if x.pen != 0 {
			w = w.u16(x.id|0x8000, x.length).u32(x.pen)
		} else {
			w = w.u16(x.id, x.length)
		}
	}
	return w
}

func definition(id uint16, fields ...f) wire {
	return append(wire{}.u16(id, uint16(len(fields))), fieldList(fields)...)
}

// optionsV9 is an options template of NetFlow v9, optionsIPFIX one of IPFIX; scope fields first.
func optionsV9(id uint16, scopes int, fields ...f) wire {
	return append(wire{}.u16(id, uint16(4*scopes), uint16(4*(len(fields)-scopes))), fieldList(fields)...)
}

func optionsIPFIX(id uint16, scopes int, fields ...f) wire {
	return append(wire{}.u16(id, uint16(len(fields)), uint16(scopes)), fieldList(fields)...)
}

var (
	t0     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	router = netip.MustParseAddrPort("192.0.2.1:40000")
)

const uptime = 360_000_000

type v9Header struct {
	count  uint16
	uptime uint32
	at     time.Time
	seq    uint32
	domain uint32
}

func v9(h v9Header, sets ...wire) wire {
	if h.uptime == 0 {
		h.uptime = uptime
	}
	if h.at.IsZero() {
		h.at = t0
	}
	w := wire{}.u16(9, h.count).u32(h.uptime, uint32(h.at.Unix()), h.seq, h.domain)
	for _, s := range sets {
		w = append(w, s...)
	}
	return w
}

type ipfixHeader struct {
	at     time.Time
	seq    uint32
	domain uint32
}

func ipfix(h ipfixHeader, sets ...wire) wire {
	if h.at.IsZero() {
		h.at = t0
	}
	w := wire{}.u16(10, 0).u32(uint32(h.at.Unix()), h.seq, h.domain)
	for _, s := range sets {
		w = append(w, s...)
	}
	binary.BigEndian.PutUint16(w[2:], uint16(len(w)))
	return w
}

// collected is a Sink that keeps everything.
type collected struct {
	records      []flow.Record
	at           []time.Time
	streams      []*Stream
	interfaces   map[uint32]string
	descriptions map[uint32]string
	applications map[uint64]string
	vrfs         map[uint32]string
	addresses    []netip.Addr
	override     flow.Scale
	refuse       bool
	opened       int
	closed       int
}

func (c *collected) Open(s *Stream) bool {
	s.Override = c.override
	if c.refuse {
		return false
	}
	c.opened++
	return true
}
func (c *collected) Close(*Stream) { c.closed++ }
func (c *collected) Record(s *Stream, at time.Time, r *flow.Record) {
	c.records = append(c.records, *r)
	c.at = append(c.at, at)
	c.streams = append(c.streams, s)
}

func (c *collected) Interface(_ *Stream, i uint32, name, description string) {
	if c.interfaces == nil {
		c.interfaces, c.descriptions = map[uint32]string{}, map[uint32]string{}
	}
	c.interfaces[i], c.descriptions[i] = name, description
}

func (c *collected) Application(_ *Stream, id uint64, name string) {
	if c.applications == nil {
		c.applications = map[uint64]string{}
	}
	c.applications[id] = name
}

func (c *collected) VRF(_ *Stream, id uint32, name string) {
	if c.vrfs == nil {
		c.vrfs = map[uint32]string{}
	}
	c.vrfs[id] = name
}
func (c *collected) Address(_ *Stream, a netip.Addr) { c.addresses = append(c.addresses, a) }

// decode feeds datagrams from one port, a millisecond apart.
func decode(c *collected, datagrams ...wire) *Decoder {
	d := New(c, Limits{})
	feed(d, router, datagrams...)
	return d
}

func feed(d *Decoder, src netip.AddrPort, datagrams ...wire) {
	for i, b := range datagrams {
		d.Datagram(src, t0.Add(time.Duration(i)*time.Millisecond), b)
	}
}

func mustPort(a netip.AddrPort, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr(), port)
}
