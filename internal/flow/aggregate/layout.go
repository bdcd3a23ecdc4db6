package aggregate

import (
	"math/bits"

	"github.com/netcol-io/netcol/internal/flow"
)

// maxWords is how long a key can get: every dimension at its longest.
const maxWords = 40

// Key is room for the longest key; a layout uses its first Words words.
type Key [maxWords]uint64

// slot is where a field lies in a key.
type slot struct {
	field field
	word  uint8
	shift uint8
}

// variant is one way to lay out a view's key.
type variant struct {
	words    int
	presence slot // one bit per dimension, in the order of dims
	always   []slot
	byDim    [][]slot // slots of dims[i]
	whole    []slot   // every slot but the presence, for reading a key back
	cache    [16]program
}

// program is the part of a layout that applies to records with one set of dimensions.
type program struct {
	has      flow.Fields
	valid    bool
	presence uint64
	slots    []slot
}

// layout maps the dimensions of a view to words of a key and back. A layout belongs to one goroutine: it remembers
// the programs of the sets of dimensions it met.
type layout struct {
	dims         []flow.Dimension
	set          flow.Fields
	narrow, wide variant
	onlyNarrow   bool // no addresses: the two variants are one
}

// newLayout lays out dims, in order. dropped adds the record's Dropped flag.
func newLayout(dims flow.Fields, resolved, dropped bool) *layout {
	l := &layout{set: dims, onlyNarrow: dims&addressBits == 0}
	for _, d := range flow.Dimensions() {
		if dims.Contains(d) {
			l.dims = append(l.dims, d)
		}
	}
	l.narrow = l.compile(form{resolved, true}, dropped)
	l.wide = l.compile(form{resolved, false}, dropped)
	return l
}

// clone returns a copy for another goroutine.
func (l *layout) clone() *layout {
	c := *l
	c.narrow.cache, c.wide.cache = [16]program{}, [16]program{}
	return &c
}

// compile packs the fields, the longest first, into the first word that has room.
func (l *layout) compile(f form, dropped bool) variant {
	v := variant{byDim: make([][]slot, len(l.dims))}
	var room []uint8
	place := func(x field, n uint8) slot {
		for w, free := range room {
			if free >= n {
				room[w] -= n
				return slot{x, uint8(w), 64 - free}
			}
		}
		room = append(room, 64-n)
		return slot{x, uint8(len(room) - 1), 0}
	}
	shared := map[field]slot{} // a raw key holds an interface once, for its name and its index
	for n := uint8(64); n > 0; n-- {
		if n == uint8(len(l.dims)) {
			v.presence = place(fields, n)
		}
		if n == fieldBits[fOwner] {
			v.always = append(v.always, place(fOwner, n))
		}
		if n == fieldBits[fDropped] && dropped {
			v.always = append(v.always, place(fDropped, n))
		}
		for i, d := range l.dims {
			for _, x := range f.fieldsOf(d) {
				if fieldBits[x] != n {
					continue
				}
				s, ok := shared[x]
				if !ok {
					s = place(x, n)
					shared[x] = s
				}
				v.byDim[i] = append(v.byDim[i], s)
			}
		}
	}
	v.words = len(room)
	v.whole = append(v.whole, v.always...)
	for i, d := range l.dims {
		if d == flow.SourceCIDR && l.set.Contains(flow.SourceAddress) ||
			d == flow.DestinationCIDR && l.set.Contains(flow.DestinationAddress) {
			for _, s := range v.byDim[i] { // the whole address says it; its network would overwrite it
				if s.field == fSrcMask || s.field == fDstMask {
					v.whole = append(v.whole, s)
				}
			}
			continue
		}
		v.whole = append(v.whole, v.byDim[i]...)
	}
	return v
}

// pick returns the shortest variant that holds row.
func (l *layout) pick(row *Row) (v *variant, isNarrow bool) {
	if l.onlyNarrow || row.narrow(l.set) {
		return &l.narrow, true
	}
	return &l.wide, false
}

// encode writes row's key. Words that hold nothing are zero.
func (l *layout) encode(v *variant, row *Row, key *Key) {
	has := row.Has & l.set
	p := &v.cache[uint64(has)*0x9e3779b97f4a7c15>>60]
	if p.has != has || !p.valid {
		l.program(v, p, has)
	}
	clear(key[:v.words])
	key[v.presence.word] = p.presence
	for _, s := range p.slots {
		key[s.word] |= row.load(s.field) << s.shift
	}
}

// program prepares p for records that have exactly has. It reuses p's memory, so that alternating templates cost
// time but no garbage.
func (l *layout) program(v *variant, p *program, has flow.Fields) {
	p.has, p.valid, p.presence = has, true, 0
	p.slots = append(p.slots[:0], v.always...)
	var seen [fields]bool
	for i, d := range l.dims {
		if !has.Contains(d) {
			continue
		}
		p.presence |= 1 << i << v.presence.shift
		for _, s := range v.byDim[i] {
			if !seen[s.field] {
				p.slots = append(p.slots, s)
				seen[s.field] = true
			}
		}
	}
}

// decode fills row from a key; row.Record must point to a zero record.
func (l *layout) decode(v *variant, key []uint64, row *Row) {
	*row = Row{Record: row.Record}
	present := key[v.presence.word] >> v.presence.shift
	if n := len(l.dims); n < 64 {
		present &= 1<<n - 1
	}
	for present != 0 {
		i := bits.TrailingZeros64(present)
		present &= present - 1
		row.Has |= bit(l.dims[i])
	}
	for _, s := range v.whole {
		row.store(s.field, key[s.word]>>s.shift&(1<<fieldBits[s.field]-1))
	}
	row.Record.Has = row.Has
}
