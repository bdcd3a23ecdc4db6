package netsim

import (
	"math"
	"time"
)

// Template ids, the same for v9 and IPFIX.
const (
	template4       = 256
	template6       = 257
	templateOptions = 258
)

// field is an information element in a template.
type field struct{ id, length int }

// fields9 returns a v9 template's fields in the order record9 writes them.
func fields9(v6, sampled bool) []field {
	src, dst, srcMask, dstMask, hop, length := 8, 12, 9, 13, 15, 4
	if v6 {
		src, dst, srcMask, dstMask, hop, length = 27, 28, 29, 30, 62, 16
	}
	f := []field{
		{1, 8},
		{2, 8},
		{4, 1},
		{5, 1},
		{6, 1},
		{7, 2},
		{src, length},
		{srcMask, 1},
		{10, 4},
		{11, 2},
		{dst, length},
		{dstMask, 1},
		{14, 4},
		{hop, length},
		{16, 4},
		{17, 4},
		{21, 4},
		{22, 4},
		{61, 1},
	}
	if sampled {
		f = append(f, field{48, 1})
	}
	return f
}

// samplerID is the one sampler of an exporter that samples.
const samplerID = 1

// netflow9 encodes records as NetFlow v9, with templates and the sampler's options in front when they are due.
func (d *Device) netflow9(records []Record, now time.Time) [][]byte {
	p := &packer{limit: maxPayload, start: func(b []byte) []byte {
		b = u16(b, 9)
		b = u16(b, 0) // count, when it is known
		b = u32(b, d.milliseconds(now))
		b = u32(b, uint32(now.Unix()))
		b = u32(b, d.exporter.sequence)
		d.exporter.sequence++
		return u32(b, uint32(d.index))
	}, finish: func(b []byte, records int) { be.PutUint16(b[2:], uint16(records)) }}
	sampled := d.Sampling > 1
	if now.Sub(d.exporter.templates) >= templateEvery {
		d.exporter.templates = now
		p.add(0, templateRecord(template4, fields9(false, sampled)))
		p.add(0, templateRecord(template6, fields9(true, sampled)))
		if sampled {
			p.add(1, samplerTemplate9())
			p.add(templateOptions, d.samplerOptions())
		}
	}
	for _, r := range records {
		p.add(templateOf(r), d.record9(r, sampled))
	}
	return p.done()
}

func templateOf(r Record) int {
	if r.Src.Is6() {
		return template6
	}
	return template4
}

func templateRecord(id int, fields []field) []byte {
	b := u16(nil, id)
	b = u16(b, len(fields))
	for _, f := range fields {
		b = u16(u16(b, f.id), f.length)
	}
	return b
}

// samplerTemplate9 is scoped to the system: sampler id, mode, and interval (IE 48–50).
func samplerTemplate9() []byte {
	b := u16(nil, templateOptions)
	b = u16(b, 4)  // octets of scope fields
	b = u16(b, 12) // octets of option fields
	for _, f := range []field{{1, 4}, {48, 1}, {49, 1}, {50, 4}} {
		b = u16(u16(b, f.id), f.length)
	}
	return b
}

func (d *Device) samplerOptions() []byte {
	const deterministic = 1
	b := u32(nil, uint32(d.index))
	b = append(b, samplerID, deterministic)
	return u32(b, d.Sampling)
}

func (d *Device) record9(r Record, sampled bool) []byte {
	b := u64(nil, r.Octets)
	b = u64(b, r.Packets)
	b = append(b, r.Transport, r.TOS, r.TCPFlags)
	b = u16(b, int(r.SrcPort))
	b = append(b, r.Src.AsSlice()...)
	b = append(b, r.mask())
	b = u32(b, r.In)
	b = u16(b, int(r.DstPort))
	b = append(b, r.Dst.AsSlice()...)
	b = append(b, r.mask())
	b = u32(b, r.Out)
	b = append(b, r.NextHop.AsSlice()...)
	b = u32(b, r.SrcAS)
	b = u32(b, r.DstAS)
	b = u32(b, d.milliseconds(r.Last))
	b = u32(b, d.milliseconds(r.First))
	b = append(b, 0) // metered at ingress
	if sampled {
		b = append(b, samplerID)
	}
	return b
}

// mask returns the prefix length of every route here.
func (r Record) mask() byte {
	if r.Src.Is6() {
		return 64
	}
	return 24
}

// packer fills datagrams with sets of records; a set ends where another begins or the datagram is full.
type packer struct {
	limit   int
	start   func([]byte) []byte // writes a header
	finish  func(b []byte, records int)
	out     [][]byte
	b       []byte
	set     int // id of the open set, -1 none
	at      int // where it starts
	records int
}

func (p *packer) add(set int, record []byte) {
	if p.b != nil && (len(p.b)+4+len(record)+3 > p.limit || p.records == math.MaxUint16) {
		p.close()
	}
	if p.b == nil {
		p.b, p.set, p.records = p.start(nil), -1, 0
	}
	if set != p.set {
		p.endSet()
		p.set, p.at = set, len(p.b)
		p.b = u16(u16(p.b, set), 0)
	}
	p.b = append(p.b, record...)
	p.records++
}

// endSet pads the open set and writes its length.
func (p *packer) endSet() {
	if p.set < 0 {
		return
	}
	for (len(p.b)-p.at)%4 != 0 {
		p.b = append(p.b, 0)
	}
	be.PutUint16(p.b[p.at+2:], uint16(len(p.b)-p.at))
}

func (p *packer) close() {
	p.endSet()
	p.finish(p.b, p.records)
	p.out, p.b = append(p.out, p.b), nil
}

func (p *packer) done() [][]byte {
	if p.b != nil {
		p.close()
	}
	return p.out
}
