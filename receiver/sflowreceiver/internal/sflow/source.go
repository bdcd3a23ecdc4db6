package sflow

import "github.com/netcol-io/netcol/internal/flow"

// sourceKind tells apart the sequences that one data source has.
type sourceKind uint8

const (
	flowSource sourceKind = iota
	counterSource
	discardSource
)

// sourceKey is a data source of an agent: source_id's class and index, and which of its sequences. Classes have 8
// bits in compact samples; of an expanded one 24 are kept.
type sourceKey uint64

func newSourceKey(k sourceKind, class, index uint32) sourceKey {
	return sourceKey(k)<<56 | sourceKey(class&0xffffff)<<32 | sourceKey(index)
}

// source is the state of one data source.
type source struct {
	sequence
	window
	epoch uint32 // the agent's when this source was last heard
	drops uint32 // as last reported
	heard int64
}

// window measures a data source's loss: how far its sequence moved for each sample that arrived, over whole windows
// of time. The factor of the previous whole window weighs the samples of the current one, so that a steady loss on the
// way leaves totals right. It also holds the agent's sample pool against its sampling rate.
type window struct {
	start    int64
	num, den uint64 // the factor: numbers passed ÷ samples received; 0 for 1
	received uint64
	base     uint32 // the greatest sequence number before the window
	high     uint32 // the greatest so far
	pool     uint32 // the sample pool at base
	lastPool uint32
}

// minPoolSamples is how many samples make a pool worth judging by.
const minPoolSamples = 100

// begin starts anew with sequence number n as the first of its window.
func (w *window) begin(n, pool uint32, at int64) {
	*w = window{start: at, base: n - 1, high: n - 1, pool: pool, lastPool: pool}
}

// roll closes the window if at is past its end, and tells whether its sample pool contradicts rate.
func (w *window) roll(n, pool, rate uint32, at, length int64) (contradicted bool) {
	elapsed := at - w.start
	if elapsed < length {
		return false
	}
	contradicted = w.contradicts(rate)
	passed := uint64(w.high - w.base)
	w.num, w.den = 0, 0
	if elapsed >= 2*length { // silent for a whole window: what it missed meanwhile is lost, not late traffic
		w.begin(n, pool, at)
		return contradicted
	}
	if w.received > 0 && passed > w.received {
		w.num, w.den = passed, w.received
	}
	w.start += length
	w.base, w.received, w.pool = w.high, 0, w.lastPool
	return contradicted
}

// contradicts tells whether the packets that the pool counted are less than half or more than twice what the rate
// says. A pool that stands still is one that the agent does not keep.
func (w *window) contradicts(rate uint32) bool {
	passed, packets := uint64(w.high-w.base), uint64(w.lastPool-w.pool)
	if passed < minPoolSamples || packets == 0 || rate == 0 {
		return false
	}
	expected := passed * uint64(rate)
	return packets > 2*expected || 2*packets < expected
}

// count takes one sample into the window.
func (w *window) count(n, pool uint32) {
	w.received++
	if int32(n-w.high) > 0 {
		w.high, w.lastPool = n, pool
	}
}

// scale returns what one sample at the given rate stands for.
func (w *window) scale(rate uint32) flow.Scale {
	s := flow.Scale{Num: max(uint64(rate), 1), Den: 1}
	if w.den > 0 {
		s.Num, s.Den = s.Num*w.num, w.den
	}
	return s
}
