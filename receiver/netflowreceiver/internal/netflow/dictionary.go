package netflow

import "strconv"

//go:generate go run ../elementgen

// maxSkipped bounds the elements that are told apart among those skipped.
const maxSkipped = 512

// otherElements stands for what is skipped beyond that.
var otherElements = elementID{0, 0}

// padding is paddingOctets.
var padding = elementID{0, 210}

// ntopBase is what nProbe adds to the numbers of its elements in NetFlow v9, which knows no enterprises.
const (
	ntop     = 35632
	ntopBase = 57472
)

// name returns what an element is called: IANA's name, <enterprise>/<name> for one of an enterprise, with numbers for
// what the dictionary does not know.
func (id elementID) name() string {
	if id == otherElements {
		return "other"
	}
	if id.pen == 0 && id.id >= ntopBase && elementNames[elementID{ntop, id.id - ntopBase}] != "" {
		id = elementID{ntop, id.id - ntopBase}
	}
	own := elementNames[id]
	if id.pen == reversePEN { // RFC 5103 §6.1: IANA's elements, the other way round
		own = elementNames[elementID{0, id.id}]
	}
	if own == "" {
		own = strconv.Itoa(int(id.id))
	}
	if id.pen == 0 && elementNames[id] != "" {
		return own
	}
	enterprise := enterpriseNames[id.pen]
	if enterprise == "" {
		enterprise = strconv.FormatUint(uint64(id.pen), 10)
	}
	return enterprise + "/" + own
}

// skip counts the fields of a template that have no place in a record, by element.
func (d *Decoder) skip(specs []spec, winners []target) {
	for i, w := range winners {
		id := specs[i].id
		if w != skip || id == padding {
			continue
		}
		if _, ok := d.skipped[id]; !ok && len(d.skipped) >= maxSkipped {
			id = otherElements
		}
		d.skipped[id]++
	}
}

// Skipped calls f for each element that has no place in a record, with how many fields of accepted templates are it.
func (d *Decoder) Skipped(f func(element string, fields uint64)) {
	for id, n := range d.skipped {
		f(id.name(), n)
	}
}
