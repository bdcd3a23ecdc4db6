package netsim

import "time"

// variable is the length of a variable-length element in a template (RFC 7011 §7).
const variable = 65535

// Reasons a flow ended (IE 136).
const (
	endActive = 2
	endOfFlow = 3
)

// fieldsIPFIX returns a template's fields in the order recordIPFIX writes them.
func fieldsIPFIX(v6 bool) []field {
	src, dst, hop, length := 8, 12, 15, 4
	if v6 {
		src, dst, hop, length = 27, 28, 62, 16
	}
	return []field{
		{1, 8},
		{2, 8},
		{4, 1},
		{5, 1},
		{6, 2},
		{7, 2},
		{src, length},
		{10, 4},
		{11, 2},
		{dst, length},
		{14, 4},
		{hop, length},
		{16, 4},
		{17, 4},
		{152, 8},
		{153, 8},
		{61, 1},
		{136, 1},
	}
}

// ipfix encodes records as IPFIX, with templates and the interfaces' names in front when they are due.
func (d *Device) ipfix(records []Record, now time.Time) [][]byte {
	data := 0 // data records in the message: what the sequence counts
	p := &packer{limit: maxPayload, start: func(b []byte) []byte {
		b = u16(b, 10)
		b = u16(b, 0) // length, when it is known
		b = u32(b, uint32(now.Unix()))
		b = u32(b, d.exporter.sequence)
		return u32(b, uint32(d.index))
	}, finish: func(b []byte, _ int) {
		be.PutUint16(b[2:], uint16(len(b)))
		d.exporter.sequence += uint32(data)
		data = 0
	}}
	add := func(set int, record []byte) {
		p.add(set, record)
		data++
	}
	if now.Sub(d.exporter.templates) >= templateEvery {
		d.exporter.templates = now
		p.add(2, templateRecord(template4, fieldsIPFIX(false)))
		p.add(2, templateRecord(template6, fieldsIPFIX(true)))
		p.add(3, namesTemplate())
		for _, i := range d.interfaces {
			add(templateOptions, i.names())
		}
	}
	for _, r := range records {
		add(templateOf(r), recordIPFIX(r))
	}
	return p.done()
}

// namesTemplate is scoped to an interface: its name and description, of variable length.
func namesTemplate() []byte {
	b := u16(nil, templateOptions)
	b = u16(b, 3) // fields
	b = u16(b, 1) // of those, scope
	for _, f := range []field{{10, 4}, {82, variable}, {83, variable}} {
		b = u16(u16(b, f.id), f.length)
	}
	return b
}

func (i *Interface) names() []byte {
	b := u32(nil, i.Index)
	for _, s := range []string{i.Name, i.Alias} {
		b = append(append(b, byte(len(s))), s...)
	}
	return b
}

func recordIPFIX(r Record) []byte {
	b := u64(nil, r.Octets)
	b = u64(b, r.Packets)
	b = append(b, r.Transport, r.TOS)
	b = u16(b, int(r.TCPFlags))
	b = u16(b, int(r.SrcPort))
	b = append(b, r.Src.AsSlice()...)
	b = u32(b, r.In)
	b = u16(b, int(r.DstPort))
	b = append(b, r.Dst.AsSlice()...)
	b = u32(b, r.Out)
	b = append(b, r.NextHop.AsSlice()...)
	b = u32(b, r.SrcAS)
	b = u32(b, r.DstAS)
	b = u64(b, uint64(r.First.UnixMilli()))
	b = u64(b, uint64(r.Last.UnixMilli()))
	reason := byte(endActive)
	if r.Ended {
		reason = endOfFlow
	}
	return append(b, 0, reason) // metered at ingress
}
