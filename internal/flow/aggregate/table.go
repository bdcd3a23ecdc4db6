package aggregate

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// Table maps keys to cells. It is an array of entries in the order of their arrival and an open-addressing index of
// their numbers beside it, so that iterating and emptying are linear and growing moves no entry. Entries lie in chunks,
// each as long as all before it together: nothing is copied, and memory follows the greatest number of keys held.
//
// Not safe for concurrent use.
type Table struct {
	words, stride int // of a key; of an entry, that is key and cell
	n             int
	index         []uint32 // entry number + 1 in the lower 24 bits, 8 bits of the hash above; 0 is free
	shift         uint8    // 64 - log2(len(index))
	chunks        [21][]uint64
	budget        *Budget
	reserved      int
	quarters      int64 // how much of the budget all tables may have used before this one gets no more
	peak          int   // most keys since the last trim
}

const (
	cellWords  = 3
	lineWords  = 8         // of a cache line
	firstLog   = 4         // the first chunk holds 16 entries
	maxEntries = 1<<24 - 1 // what an index slot can number
	minIndex   = 2 * (1 << firstLog)
)

// newTable returns an empty table of keys of so many words. budget may be nil.
func newTable(words int, budget *Budget, quarters int64) *Table {
	stride := words + cellWords
	if stride == lineWords-1 {
		stride = lineWords // an entry to a cache line
	}
	return &Table{words: words, stride: stride, budget: budget, quarters: quarters}
}

// Len returns how many keys the table holds.
func (t *Table) Len() int { return t.n }

// entry returns the key and cell of entry i.
func (t *Table) entry(i int) []uint64 {
	c := bits.Len(uint(i >> firstLog))
	if c > 0 {
		i -= 1 << (c + firstLog - 1)
	}
	i *= t.stride
	return t.chunks[c][i : i+t.stride : i+t.stride]
}

// Key returns the words of entry i's key. They must not be changed.
func (t *Table) Key(i int) []uint64 { return t.entry(i)[:t.words] }

// Cell returns entry i's sums.
func (t *Table) Cell(i int) Cell {
	e := t.entry(i)[t.words:]
	return Cell{e[0], e[1], e[2]}
}

// SetCell replaces entry i's sums.
func (t *Table) SetCell(i int, c Cell) {
	e := t.entry(i)[t.words:]
	e[0], e[1], e[2] = c.Bytes, c.Packets, c.Flows
}

// Find returns the number of key's entry, or -1.
func (t *Table) Find(key *Key) int {
	if t.n == 0 {
		return -1
	}
	_, i := t.probe(key, hash(key[:t.words]))
	return i
}

// probe returns where in the index key is or belongs, and its entry or -1.
func (t *Table) probe(key *Key, h uint64) (at, entry int) {
	slotMask := len(t.index) - 1
	tag := uint32(h) << 24
	for at = int(h >> t.shift); ; at = (at + 1) & slotMask {
		x := t.index[at]
		if x == 0 {
			return at, -1
		}
		if x&0xff000000 != tag {
			continue
		}
		i := int(x&0xffffff) - 1
		if equal(t.entry(i), key, t.words) {
			return at, i
		}
	}
}

func equal(entry []uint64, key *Key, words int) bool {
	for w := range words {
		if entry[w] != key[w] {
			return false
		}
	}
	return true
}

// Add adds c to key's cell. A key that is not there is inserted if room says so (nil: always) and the table and its
// budget have place. It tells whether c was added, and whether the key is new.
func (t *Table) Add(key *Key, c Cell, room *int) (added, fresh bool) {
	return t.add(key, hash(key[:t.words]), c, room)
}

// add is Add for a key whose hash is known.
func (t *Table) add(key *Key, h uint64, c Cell, room *int) (added, fresh bool) {
	if t.index == nil {
		t.rehash(minIndex)
	}
	at, i := t.probe(key, h)
	if i >= 0 {
		t.bump(i, c)
		return true, false
	}
	if room != nil && *room <= 0 || !t.reserve() {
		return false, true
	}
	if room != nil {
		*room--
	}
	t.insert(key, h, at, c)
	return true, true
}

func (t *Table) bump(i int, c Cell) {
	e := t.entry(i)[t.words:]
	e[0], e[1], e[2] = saturate(e[0], c.Bytes), saturate(e[1], c.Packets), saturate(e[2], c.Flows)
}

// reserve makes sure that one more key may be held.
func (t *Table) reserve() bool {
	if t.n >= maxEntries {
		return false
	}
	if t.budget == nil || t.n < t.reserved {
		return true
	}
	step := min(max(t.n, 16), 256)
	if !t.budget.reserve(step, t.quarters) {
		return false
	}
	t.reserved += step
	return true
}

// insert appends an entry for key, whose place in the index is at.
func (t *Table) insert(key *Key, h uint64, at int, c Cell) int {
	i := t.n
	n := bits.Len(uint(i >> firstLog))
	if t.chunks[n] == nil {
		t.chunks[n] = make([]uint64, max(1<<firstLog, i)*t.stride)
	}
	t.n++
	t.index[at] = uint32(h)<<24 | uint32(t.n)
	e := t.entry(i)
	copy(e, key[:t.words])
	e = e[t.words:]
	e[0], e[1], e[2] = c.Bytes, c.Packets, c.Flows
	if t.n*4 > len(t.index)*3 {
		t.rehash(len(t.index) * 2)
	}
	return i
}

// rehash makes the index n slots long, a power of two.
func (t *Table) rehash(n int) {
	t.index = make([]uint32, n)
	t.shift = uint8(64 - bits.TrailingZeros(uint(n)))
	t.fill()
}

// fill enters all entries into an empty index.
func (t *Table) fill() {
	n := len(t.index)
	for i := range t.n {
		h := hash(t.entry(i)[:t.words])
		at := int(h >> t.shift)
		for t.index[at] != 0 {
			at = (at + 1) & (n - 1)
		}
		t.index[at] = uint32(h)<<24 | uint32(i+1)
	}
}

// Release gives the table's share of the budget back; the table may still be read.
func (t *Table) Release() {
	if t.budget != nil {
		t.budget.Release(t.reserved)
	}
	t.reserved = 0
}

// Reset empties the table. Memory that neither this nor the previous filling needed is let go.
func (t *Table) Reset() { t.Retain(nil) }

// Retain removes the entries that keep (nil: none) does not want and zeroes the sums of the others, which stay in order
// but get new numbers. The budget is asked for them anew; without it, none stays.
func (t *Table) Retain(keep func(i int) bool) {
	t.Release()
	had := t.n
	kept := 0
	for i := 0; keep != nil && i < had; i++ {
		if !keep(i) {
			continue
		}
		to := t.entry(kept)
		copy(to, t.entry(i)[:t.words])
		clear(to[t.words:])
		kept++
	}
	if t.budget != nil && kept > 0 {
		if t.budget.reserve(kept, 4) {
			t.reserved = kept
		} else {
			kept = 0
		}
	}
	t.n = kept
	t.trim(had)
}

// trim lets memory go that neither the last nor the previous filling needed, and rebuilds the index.
func (t *Table) trim(had int) {
	need := max(had, t.peak)
	t.peak = had
	for c := range t.chunks {
		if c > bits.Len(uint(need>>firstLog)) {
			t.chunks[c] = nil
		}
	}
	size := len(t.index)
	switch {
	case size > minIndex && need*8 < size:
		size = max(minIndex, size/4)
		for t.n*4 > size*3 {
			size *= 2
		}
		t.rehash(size)
	case t.n > 0:
		clear(t.index)
		t.fill()
	default:
		clear(t.index)
	}
}

// seed makes hashes differ between processes: whoever forges flows cannot aim at one slot of the index.
var seed = func() [3]uint64 {
	var b [24]byte
	rand.Read(b[:]) // never fails
	return [3]uint64{binary.NativeEndian.Uint64(b[:]), binary.NativeEndian.Uint64(b[8:]), binary.NativeEndian.Uint64(b[16:]) | 1}
}()

// hash folds 128-bit products, as wyhash does.
func hash(key []uint64) uint64 {
	h := seed[0]
	for len(key) >= 2 {
		a, b := bits.Mul64(key[0]^seed[1], key[1]^h)
		h = a ^ b
		key = key[2:]
	}
	if len(key) == 1 {
		a, b := bits.Mul64(key[0]^seed[1], h)
		h = a ^ b
	}
	a, b := bits.Mul64(h, seed[2])
	return a ^ b
}
