package netsim

import (
	"math"
	"time"
)

// records5 is how many records a NetFlow v5 datagram holds at most.
const records5 = 30

// netflow5 encodes records as NetFlow v5.
func (d *Device) netflow5(records []Record, now time.Time) [][]byte {
	records = split32(records)
	var out [][]byte
	for len(records) > 0 {
		n := min(len(records), records5)
		b := u16(nil, 5)
		b = u16(b, n)
		b = u32(b, d.milliseconds(now))
		b = u32(b, uint32(now.Unix()))
		b = u32(b, uint32(now.Nanosecond()))
		b = u32(b, d.exporter.sequence)
		b = append(b, 0, 0) // engine type and id
		b = u16(b, 0)       // unsampled
		for _, r := range records[:n] {
			b = d.record5(b, r)
		}
		d.exporter.sequence += uint32(n)
		out, records = append(out, b), records[n:]
	}
	return out
}

func (d *Device) record5(b []byte, r Record) []byte {
	b = append(b, r.Src.AsSlice()...)
	b = append(b, r.Dst.AsSlice()...)
	b = append(b, r.NextHop.AsSlice()...)
	b = u16(b, int(r.In))
	b = u16(b, int(r.Out))
	b = u32(b, uint32(r.Packets))
	b = u32(b, uint32(r.Octets))
	b = u32(b, d.milliseconds(r.First))
	b = u32(b, d.milliseconds(r.Last))
	b = u16(b, int(r.SrcPort))
	b = u16(b, int(r.DstPort))
	b = append(b, 0, r.TCPFlags, r.Transport, r.TOS)
	b = u16(b, int(r.SrcAS))
	b = u16(b, int(r.DstAS))
	return append(b, 24, 24, 0, 0)
}

// split32 divides what does not fit 32 bits of octets into several records.
func split32(records []Record) []Record {
	var out []Record
	for _, r := range records {
		for r.Octets > math.MaxUint32 {
			part := r
			part.Packets = r.Packets / 2
			part.Octets = r.Octets / r.Packets * part.Packets // all of a flow's packets are of one size
			r.Packets -= part.Packets
			r.Octets -= part.Octets
			out = append(out, split32([]Record{part})...)
		}
		out = append(out, r)
	}
	return out
}
