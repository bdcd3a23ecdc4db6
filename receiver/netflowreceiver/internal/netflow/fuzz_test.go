package netflow

import (
	"net/netip"
	"testing"
	"time"

	"github.com/netcol-io/netcol/internal/flow"
)

// sequenceOf cuts fuzz input into datagrams: two octets of length, one that chooses port and passing time, the datagram.
func sequenceOf(b []byte) (all []wire) {
	for len(b) >= 3 {
		n := min(int(be.Uint16(b)), len(b)-2)
		if n > 0 {
			all = append(all, b[2:2+n])
		}
		b = b[2+n:]
	}
	return all
}

func joined(version uint16, datagrams ...wire) (b []byte) {
	for _, d := range datagrams {
		if len(d) >= 2 && be.Uint16(d) == version {
			b = append(append(be.AppendUint16(b, uint16(len(d)+1)), 0), d...)
		}
	}
	return b
}

// checked is a Sink that asserts what holds of every record.
type checked struct {
	discard
	t    *testing.T
	open int
}

func (c *checked) Open(*Stream) bool { c.open++; return true }
func (c *checked) Close(*Stream)     { c.open-- }
func (c *checked) Record(s *Stream, at time.Time, r *flow.Record) {
	c.records++
	if r.Scale.Num == 0 || r.Scale.Den == 0 {
		c.t.Fatalf("no scale: %+v", r)
	}
	if r.Start > r.End || r.End > at.UnixNano()+maxSkew {
		c.t.Fatalf("times: %+v", r)
	}
}

// fuzzSequences feeds sequences of datagrams of one version through one decoder, whose state persists between them,
// and checks that nothing panics or grows, and that everything held is accounted for.
func fuzzSequences(f *testing.F, version uint16, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	for _, files := range devices {
		var all []wire
		for _, name := range files {
			b, ok := read(name)
			if !ok {
				continue
			}
			all = append(all, cut(name, b)...)
		}
		if b := joined(version, all...); len(b) > 0 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sink := &checked{t: t}
		d := New(sink, Limits{Exporters: 4, Streams: 8, Templates: 16, Fields: 64, NameBytes: 1 << 12, TemplateBytes: 1 << 16, HeldBytes: 1 << 14, AllHeldBytes: 1 << 15})
		now := t0
		for _, g := range sequenceOf(b) {
			control, datagram := g[0], g[1:]
			if len(datagram) >= 2 {
				datagram = append(wire(nil), datagram...)
				be.PutUint16(datagram, version)
			}
			src := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, control >> 2 & 7}), uint16(control&3)+1)
			now = now.Add(time.Duration(control>>5) * 10 * time.Second)
			before := sink.records
			d.Datagram(src, now, datagram)
			// A record takes an octet at least; what was held adds to it.
			if n := sink.records - before; n > uint64(2*len(datagram)+2*(1<<14)) {
				t.Fatalf("%d records of %d octets", n, len(datagram))
			}
			if control&0x10 != 0 {
				d.Tick(now)
			}
			if d.heldBytes < 0 || d.heldBytes > 1<<15 || d.templateBytes < 0 || d.nameBytes < 0 || d.nameBytes > 1<<12 {
				t.Fatal(d.heldBytes, d.templateBytes, d.nameBytes)
			}
		}
		d.Finish()
		c := d.Counters()
		if d.heldBytes != 0 || c.HeldSets > c.TemplateMisses {
			t.Fatalf("%d held, %+v", d.heldBytes, c)
		}
		for _, x := range d.exporters {
			if x.heldBytes != 0 {
				t.Fatal(x.heldBytes)
			}
		}
		if len(d.exporters) > 4 {
			t.Fatal(len(d.exporters))
		}
		d.Changed(func(_ netip.Addr, s *Saved) { s.names() })
		d.Tick(now.Add(24 * time.Hour))
		if sink.open != 0 || len(d.exporters) != 0 || d.templateBytes != 0 || d.nameBytes != 0 {
			t.Fatal(sink.open, len(d.exporters), d.templateBytes, d.nameBytes)
		}
	})
}

func FuzzV5(f *testing.F) {
	fuzzSequences(f, 5, joined(5, v5(1, 0, 0, 1), v5(30, 0x4064, 1, 30), v5(2, 0, 31, 1)))
}

func FuzzV9(f *testing.F) {
	sampled := append([]spec1{{48, 1, 0}}, plain...)
	fuzzSequences(f, 9, joined(9,
		v9(v9Header{count: 1}, set(256, append(wire{}.u8(1), plainRecord...), true)),
		v9(v9Header{count: 1}, set(0, definition(256, sampled...), true)),
		v9(v9Header{count: 2}, set(1, optionsV9(257, 1, spec1{2, 4, 0}, spec1{48, 1, 0}, spec1{50, 4, 0}, spec1{82, 8, 0}), true),
			set(257, wire{}.u32(1).u8(1).u32(100).str("Gi1", 8), true)),
		v9(v9Header{count: 1}, set(0, definition(256, plain...), true), set(256, plainRecord, true))))
}

func FuzzIPFIX(f *testing.F) {
	biflow := append(append([]spec1{{371, variable, 0}}, plain...), spec1{1, 4, reversePEN}, spec1{315, variable, 0})
	fuzzSequences(f, 10, joined(10,
		ipfix(ipfixHeader{}, set(2, definition(256, biflow...), true), set(3, optionsIPFIX(257, 1, spec1{149, 4, 0}, spec1{305, 4, 0}, spec1{306, 4, 0}), true)),
		ipfix(ipfixHeader{}, set(256, append(append(wire{}.u8(2, 'a', 'b'), plainRecord...), wire{}.u32(9).u8(3, 1, 2, 3)...), true), set(257, wire{}.u32(0, 1, 9), true)),
		ipfix(ipfixHeader{}, set(2, wire{}.u16(256, 0), true))))
}

// Whatever width a fixed field has, the fast path stores what the general one does.
func FuzzFastPathsAgree(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 16 {
			return
		}
		for o, c := range fastCodes {
			var fast, general flow.Record
			var ff, gf fields
			run([]op{{length: o.length, target: o.target, code: c}}, b, &fast, &ff)
			run([]op{{length: o.length, target: o.target}}, b, &general, &gf)
			if o.length == 16 && [16]byte(b) == [16]byte{} {
				continue // the general path leaves an empty address out
			}
			ff.section, gf.section = nil, nil
			if fast != general || ff.rate != gf.rate || ff.direction != gf.direction || ff.startUptime != gf.startUptime || ff.endUptime != gf.endUptime {
				t.Fatalf("%v: %+v, %+v", o, fast, general)
			}
		}
	})
}

// spec1 is f, whose name a fuzz target's parameter takes.
type spec1 = f
