package sflow

import "encoding/binary"

// BlockKind is a kind of counter record that is a row of numbers: its format, enterprise << 12 | format.
type BlockKind uint32

// The kinds, with the names of their structures.
const (
	VLANBlock           BlockKind = 5            // vlan_counters
	WLANBlock           BlockKind = 6            // ieee80211_counters
	LACPBlock           BlockKind = 7            // lag_port_stats
	OpticsBlock         BlockKind = 10           // sfp
	ProcessorBlock      BlockKind = 1001         // processor
	RadioBlock          BlockKind = 1002         // radio_utilization
	HostBlock           BlockKind = 2000         // host_descr
	AdaptersBlock       BlockKind = 2001         // host_adapters
	HostCPUBlock        BlockKind = 2003         // host_cpu
	HostMemoryBlock     BlockKind = 2004         // host_memory
	HostDiskBlock       BlockKind = 2005         // host_disk_io
	HostNetworkBlock    BlockKind = 2006         // host_net_io
	HostIPBlock         BlockKind = 2007         // mib2_ip_group
	HostICMPBlock       BlockKind = 2008         // mib2_icmp_group
	HostTCPBlock        BlockKind = 2009         // mib2_tcp_group
	HostUDPBlock        BlockKind = 2010         // mib2_udp_group
	VirtualNodeBlock    BlockKind = 2100         // virt_node
	VirtualCPUBlock     BlockKind = 2101         // virt_cpu
	VirtualMemoryBlock  BlockKind = 2102         // virt_memory
	VirtualDiskBlock    BlockKind = 2103         // virt_disk_io
	VirtualNetworkBlock BlockKind = 2104         // virt_net_io
	JVMBlock            BlockKind = 2106         // jmx_statistics
	HTTPBlock           BlockKind = 2201         // http_counters
	ApplicationBlock    BlockKind = 2202         // app_operations
	ResourcesBlock      BlockKind = 2203         // app_resources
	MemcacheBlock       BlockKind = 2204         // memcache_counters
	WorkersBlock        BlockKind = 2206         // app_workers
	BuffersBlock        BlockKind = 4413<<12 | 1 // bst_device_buffers
	PortBuffersBlock    BlockKind = 4413<<12 | 2 // bst_port_buffers
	TablesBlock         BlockKind = 4413<<12 | 3 // hw_tables
	GPUBlock            BlockKind = 5703<<12 | 1 // nvidia_gpu
)

// layouts are the structures: u and U are 32 and 64 bits, M is a MAC address padded to 8 bytes, I 16 bytes, s a string; a
// group in brackets is an array of what is in it. What is behind | may be missing: later versions added it. A longer
// record than its layout is one of a later version, too.
var layouts = map[BlockKind]string{
	VLANBlock:           "uUuuuu",
	WLANBlock:           "uuuuuuuuuuuuuuuuuuuu",
	LACPBlock:           "MMuuuuuuuuuu",
	OpticsBlock:         "uuuu(uuuuuuuuuu)",
	ProcessorBlock:      "uuuUU",
	RadioBlock:          "uuu",
	HostBlock:           "sIuus",
	AdaptersBlock:       "(u(M))",
	HostCPUBlock:        "uuuuuuuuuuuuuuuuu|uuu",
	HostMemoryBlock:     "UUUUUUUuuuu",
	HostDiskBlock:       "UUuuUuuUu",
	HostNetworkBlock:    "UuuuUuuu",
	HostIPBlock:         "uuuuuuuuuuuuuuuuuuu",
	HostICMPBlock:       "uuuuuuuuuuuuuuuuuuuuuuuuu",
	HostTCPBlock:        "uuuuuuuuuuuuuu|u",
	HostUDPBlock:        "uuuu|uuu",
	VirtualNodeBlock:    "uuUUu",
	VirtualCPUBlock:     "uuu",
	VirtualMemoryBlock:  "UU",
	VirtualDiskBlock:    "UUUuUuUu",
	VirtualNetworkBlock: "UuuuUuuu",
	JVMBlock:            "UUUUUUUUuuuuuuuuuuu",
	HTTPBlock:           "uuuuuuuuuuuuuuu",
	ApplicationBlock:    "suuuuuuuuuuu",
	ResourcesBlock:      "uuUUuuuu",
	MemcacheBlock:       "uuuuuuuuuuuuuuuuuuuuuuuuuuuUUUU",
	WorkersBlock:        "uuuuu",
	BuffersBlock:        "uu",
	PortBuffersBlock:    "uuuu(u)(u)",
	TablesBlock:         "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
	GPUBlock:            "uuuuUUuuuu",
}

// maxBlockValues bounds the numbers of one record: arrays are of lanes, queues, adapters.
const maxBlockValues = 1024

// Block is one counter record. Its values are those of the structure in order, with the length of an array before its
// elements; its texts the strings and 16-byte identifiers.
type Block struct {
	Kind   BlockKind
	Values []Value
	Texts  [][]byte
}

// Value is one number. Bits is its width on the wire, 0 if it is all ones: the agent does not know it, or missing.
type Value struct {
	N    uint64
	Bits uint8
}

// Known tells whether the agent knows the value.
func (v Value) Known() bool { return v.Bits != 0 }

// At returns value i; one that is not there is unknown.
func (b *Block) At(i int) Value {
	if i < 0 || i >= len(b.Values) {
		return Value{}
	}
	return b.Values[i]
}

// block decodes a record of a kind that has a layout into the current counter sample.
func (d *Decoder) block(kind BlockKind, layout string, c cursor) {
	from, texts := len(d.values), len(d.texts)
	r := blockReader{d: d, c: c, limit: from + maxBlockValues}
	if !r.read(layout) {
		d.values, d.texts = d.values[:from], d.texts[:texts]
		d.fail(RecordShort)
		return
	}
	d.counters.Blocks = append(d.counters.Blocks, Block{
		Kind: kind, Values: d.values[from:len(d.values):len(d.values)], Texts: d.texts[texts:len(d.texts):len(d.texts)],
	})
}

type blockReader struct {
	d     *Decoder
	c     cursor
	limit int // of d.values
}

// read reads what a layout says and tells whether it was all there.
func (r *blockReader) read(layout string) bool {
	for i := 0; i < len(layout); i++ {
		switch layout[i] {
		case '|':
			if len(r.c.b) == 0 {
				return true
			}
		case '(':
			group := layout[i+1 : closing(layout, i)]
			if !r.array(group) {
				return false
			}
			i += len(group) + 1
		default:
			if !r.field(layout[i]) {
				return false
			}
		}
	}
	return true
}

// closing returns where the group that opens at i closes.
func closing(layout string, i int) int {
	for depth := 0; ; i++ {
		switch layout[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
}

// array reads a length and that many groups.
func (r *blockReader) array(group string) bool {
	n := r.c.u32()
	if r.c.short || uint64(n)*4 > uint64(len(r.c.b)) || !r.add(Value{uint64(n), 32}) {
		return false
	}
	for ; n > 0; n-- {
		if !r.read(group) {
			return false
		}
	}
	return true
}

func (r *blockReader) field(kind byte) bool {
	switch kind {
	case 'u':
		v := r.c.u32()
		return !r.c.short && r.add(number(uint64(v), 32, v == 1<<32-1))
	case 'U':
		v := r.c.u64()
		return !r.c.short && r.add(number(v, 64, v == 1<<64-1))
	case 'M':
		v := r.c.mac()
		return !r.c.short && r.add(Value{v, 48})
	case 'I':
		id, ok := r.c.fixed(16)
		r.d.texts = append(r.d.texts, id)
		return ok
	default: // a string
		text, ok := r.c.take(r.c.u32())
		r.d.texts = append(r.d.texts, text)
		return ok && !r.c.short
	}
}

func number(n uint64, bits uint8, allOnes bool) Value {
	if allOnes {
		return Value{}
	}
	return Value{n, bits}
}

func (r *blockReader) add(v Value) bool {
	if len(r.d.values) >= r.limit {
		return false
	}
	r.d.values = append(r.d.values, v)
	return true
}

// ID writes a 16-byte identifier as UUIDs are written, "" for none.
func ID(b []byte) string {
	if len(b) != 16 || binary.BigEndian.Uint64(b)|binary.BigEndian.Uint64(b[8:]) == 0 {
		return ""
	}
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, o := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hex[o>>4], hex[o&15])
	}
	return string(out)
}
