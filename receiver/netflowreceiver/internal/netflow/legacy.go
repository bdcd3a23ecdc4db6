package netflow

import (
	"net/netip"

	"github.com/netcol-io/netcol/internal/flow"
)

// legacy is the layout of a version without templates: its header, and a plan for its records as for a template's.
type legacy struct {
	header, length int
	sequence       bool // flow_sequence at octet 16
	plan           *template
}

// fixed lists the fields of a layout with pads as elements of no meaning.
func fixed(fields ...[2]uint16) *template {
	specs := make([]spec, len(fields))
	for i, f := range fields {
		specs[i] = spec{id: elementID{0, f[0]}, length: f[1]}
	}
	return compile(specs, nil, false)
}

const pad = 210 // paddingOctets

// The layouts, in IPFIX terms: Cisco's NetFlow Services Solutions Guide, tables B-1 to B-6.
var layouts = [Versions]legacy{
	V1: {header: 16, length: 52, plan: fixed([2]uint16{8, 4}, [2]uint16{12, 4}, [2]uint16{15, 4}, [2]uint16{10, 2},
		[2]uint16{14, 2}, [2]uint16{2, 4}, [2]uint16{1, 4}, [2]uint16{22, 4}, [2]uint16{21, 4}, [2]uint16{7, 2},
		[2]uint16{11, 2}, [2]uint16{pad, 2}, [2]uint16{4, 1}, [2]uint16{5, 1}, [2]uint16{6, 1}, [2]uint16{pad, 11})},
	V5: {header: 24, length: 48, sequence: true, plan: fixed([2]uint16{8, 4}, [2]uint16{12, 4}, [2]uint16{15, 4},
		[2]uint16{10, 2}, [2]uint16{14, 2}, [2]uint16{2, 4}, [2]uint16{1, 4}, [2]uint16{22, 4}, [2]uint16{21, 4},
		[2]uint16{7, 2}, [2]uint16{11, 2}, [2]uint16{pad, 1}, [2]uint16{6, 1}, [2]uint16{4, 1}, [2]uint16{5, 1},
		[2]uint16{16, 2}, [2]uint16{17, 2}, [2]uint16{9, 1}, [2]uint16{13, 1}, [2]uint16{pad, 2})},
	V7: {header: 24, length: 52, sequence: true, plan: fixed([2]uint16{8, 4}, [2]uint16{12, 4}, [2]uint16{15, 4},
		[2]uint16{10, 2}, [2]uint16{14, 2}, [2]uint16{2, 4}, [2]uint16{1, 4}, [2]uint16{22, 4}, [2]uint16{21, 4},
		[2]uint16{7, 2}, [2]uint16{11, 2}, [2]uint16{pad, 1}, [2]uint16{6, 1}, [2]uint16{4, 1}, [2]uint16{5, 1},
		[2]uint16{16, 2}, [2]uint16{17, 2}, [2]uint16{9, 1}, [2]uint16{13, 1}, [2]uint16{pad, 2}, [2]uint16{pad, 4})},
}

// datagramLegacy decodes NetFlow v1, v5 and v7. A count that the datagram has no room for is a damaged header, which
// yields nothing: there is no telling which of its fields are right.
func (d *Decoder) datagramLegacy(m *message, src netip.AddrPort, b []byte) {
	l := &layouts[m.version]
	if len(b) < l.header {
		d.wrong(TooShort)
		return
	}
	count := int(be.Uint16(b[2:]))
	body := b[l.header:]
	if count*l.length > len(body) {
		d.wrong(CountBeyondDatagram)
		return
	}
	if count*l.length < len(body) {
		d.wrong(TrailingBytes)
	}
	domain := uint32(0)
	if m.version == V5 {
		domain = uint32(be.Uint16(b[20:])) // engine type and id
	}
	s := d.stream(m, src, domain)
	if s == nil {
		return
	}
	m.uptime, m.hasUptime = be.Uint32(b[4:]), true
	d.clock(m, int64(be.Uint32(b[8:]))*1e9+int64(be.Uint32(b[12:])%1e9))
	if m.version == V5 {
		// The upper two bits are the mode, which exporters leave 0 while they sample.
		if n := be.Uint16(b[22:]) & 0x3fff; n > 0 {
			m.header = flow.Scale{Num: uint64(n), Den: 1}
		}
	}
	if s.rebooted(m) {
		s.seq.restart()
	}
	if l.sequence {
		s.seq.advance(be.Uint32(b[16:]), uint32(count), m.now)
	}
	for range count {
		r, f := d.begin(m, l.plan)
		run(l.plan.segments[0].ops, body, r, f)
		d.finish(m, l.plan, r, f)
		body = body[l.length:]
	}
}
