package aggregate

import "math/bits"

// Cell is a sum of records: scaled bytes and packets, and flows as they were counted.
type Cell struct{ Bytes, Packets, Flows uint64 }

// Add adds o. Sums saturate rather than wrap: a forged record may carry any number.
func (c *Cell) Add(o Cell) {
	c.Bytes = saturate(c.Bytes, o.Bytes)
	c.Packets = saturate(c.Packets, o.Packets)
	c.Flows = saturate(c.Flows, o.Flows)
}

// Zero tells whether nothing was counted.
func (c Cell) Zero() bool { return c == Cell{} }

func saturate(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	return sum | -carry
}
