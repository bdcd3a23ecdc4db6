package netsim

import (
	"net/netip"
	"time"
)

// countersEvery is how often an sFlow agent sends its interface counters.
const countersEvery = 5 * time.Second

// maxHeader is how much of a packet a sample holds.
const maxHeader = 128

// sflow encodes the picks that wait, and the counters when they are due, as sFlow version 5.
func (d *Device) sflow(now time.Time, all bool) [][]byte {
	s := &d.sampler
	var samples [][]byte
	for _, p := range s.picks {
		samples = append(samples, d.flowSample(p))
	}
	s.picks = s.picks[:0]
	if all || now.Sub(s.counters) >= countersEvery {
		s.counters = now
		for _, i := range d.interfaces {
			samples = append(samples, d.counterSample(i))
		}
	}
	var out [][]byte
	for len(samples) > 0 {
		n, size := 0, 28
		for n < len(samples) && (n == 0 || size+len(samples[n]) <= maxPayload) {
			size += len(samples[n])
			n++
		}
		out = append(out, d.datagram5(samples[:n], now))
		samples = samples[n:]
	}
	return out
}

func (d *Device) datagram5(samples [][]byte, now time.Time) []byte {
	d.sampler.sequence++
	b := u32(nil, 5)
	b = u32(b, 1) // agent address is IPv4
	b = append(b, d.Address.AsSlice()...)
	b = u32(b, 0) // sub-agent
	b = u32(b, d.sampler.sequence)
	b = u32(b, d.milliseconds(now))
	b = u32(b, uint32(len(samples)))
	for _, s := range samples {
		b = append(b, s...)
	}
	return b
}

// block appends a sample or record: its format, its length, its body.
func block(b []byte, format uint32, body []byte) []byte {
	return append(u32(u32(b, format), uint32(len(body))), body...)
}

func (d *Device) flowSample(p sample) []byte {
	b := u32(nil, p.sequence)
	b = u32(b, p.hop.in.Index) // source id: type 0, ifIndex
	b = u32(b, d.Sampling)
	b = u32(b, p.pool)
	b = u32(b, d.sampler.dropped)
	b = u32(b, p.hop.in.Index)
	b = u32(b, p.hop.out.Index)
	b = u32(b, 1) // records
	b = block(b, 1, p.rawHeader())
	return block(nil, 1, b)
}

// rawHeader is the sampled packet's first octets, in a frame whose FCS was stripped.
func (p sample) rawHeader() []byte {
	const ethernet, fcs = 1, 4
	frame := p.frame()
	b := u32(nil, ethernet)
	b = u32(b, uint32(14+p.conversation.service.sizes[p.side]+fcs))
	b = u32(b, fcs)
	b = u32(b, uint32(len(frame)))
	b = append(b, frame...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// frame builds the packet: Ethernet, IP, transport, and zeros for what it carries.
func (p sample) frame() []byte {
	c := p.conversation
	from, to := c.ends[p.side], c.ends[1-p.side]
	b := append([]byte(nil), to.mac[:]...)
	b = append(b, from.mac[:]...)
	size := int(c.service.sizes[p.side])
	if src := c.addrs[p.side]; src.Is6() {
		b = u16(b, 0x86dd)
		b = header6(b, c, size-40, src, c.addrs[1-p.side])
	} else {
		b = u16(b, 0x0800)
		b = header4(b, c, size, src, c.addrs[1-p.side])
	}
	src, dst := p.ports()
	switch c.service.transport {
	case tcp:
		b = u16(u16(b, int(src)), int(dst))
		b = u32(u32(b, p.sequence), p.sequence)
		b = append(b, 5<<4, 0x18, 0xff, 0xff, 0, 0, 0, 0)
	case udp:
		b = u16(u16(b, int(src)), int(dst))
		b = u16(u16(b, size-20), 0)
	case icmp:
		b = append(b, byte(dst>>8), byte(dst), 0, 0, 0, 1, 0, 1)
	}
	for len(b) < min(14+size, maxHeader) {
		b = append(b, 0)
	}
	return b[:min(len(b), 14+size, maxHeader)]
}

// ports are the conversation's at the time of the sample.
func (p sample) ports() (src, dst uint16) {
	then := *p.conversation
	then.port = p.port
	return then.ports(p.side)
}

func header4(b []byte, c *conversation, size int, src, dst netip.Addr) []byte {
	at := len(b)
	b = append(b, 0x45, c.service.tos)
	b = u16(b, size)
	b = u16(u16(b, int(c.session)), 0x4000) // do not fragment
	b = append(b, 63, c.service.transport, 0, 0)
	b = append(b, src.AsSlice()...)
	b = append(b, dst.AsSlice()...)
	var sum uint32
	for i := at; i < len(b); i += 2 {
		sum += uint32(be.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	be.PutUint16(b[at+10:], ^uint16(sum))
	return b
}

func header6(b []byte, c *conversation, payload int, src, dst netip.Addr) []byte {
	b = u32(b, 6<<28|uint32(c.service.tos)<<20)
	b = u16(b, payload)
	b = append(b, c.service.transport, 63)
	b = append(b, src.AsSlice()...)
	return append(b, dst.AsSlice()...)
}

// counterSample is an interface's generic counters (if_counters).
func (d *Device) counterSample(i *Interface) []byte {
	if d.sampler.order == nil {
		d.sampler.order = map[uint32]uint32{}
	}
	d.sampler.order[i.Index]++
	const fullDuplex = 1
	var status uint32
	if i.adminUp {
		status |= 1
	}
	if i.operUp {
		status |= 2
	}
	b := u32(nil, i.Index)
	b = u32(b, uint32(i.kind))
	b = u64(b, i.Speed)
	b = u32(b, fullDuplex)
	b = u32(b, status)
	b = i.In.counters5(b)
	b = u32(b, 0) // unknown protocols
	b = i.Out.counters5(b)
	b = u32(b, 0) // not promiscuous
	s := u32(nil, d.sampler.order[i.Index])
	s = u32(s, i.Index)
	s = u32(s, 1)
	return block(nil, 2, block(s, 1, b))
}

func (c *Counters) counters5(b []byte) []byte {
	b = u64(b, c.Octets)
	for _, v := range []uint64{c.Unicast, c.Multicast, c.Broadcast, c.Discards, c.Errors} {
		b = u32(b, uint32(v))
	}
	return b
}
