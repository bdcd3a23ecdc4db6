package netsim

import (
	"bytes"
	"testing"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
	"github.com/netsampler/goflow2/v2/decoders/sflow"
	"github.com/stretchr/testify/require"
)

// sums are what a collector adds up for one interface of one device.
type sums struct{ packets, octets uint64 }

// oracle is a collector made of somebody else's decoders.
type oracle struct {
	t         *testing.T
	templates map[*Device]netflow.NetFlowTemplateSystem
	in, out   map[*Device]map[uint32]sums
	flows     map[*Device]int
	names     map[*Device]map[uint32]string // from options
	sampler   map[*Device]uint64            // interval from options
	counters  map[*Device]map[uint32]sflow.IfCounters
	next      map[*Device]uint32 // sequence number expected
	endings   map[byte]int       // flowEndReason
	v6        int                // IPv6 records or samples
}

func newOracle(t *testing.T) *oracle {
	return &oracle{
		t:         t,
		templates: map[*Device]netflow.NetFlowTemplateSystem{},
		in:        map[*Device]map[uint32]sums{},
		out:       map[*Device]map[uint32]sums{},
		flows:     map[*Device]int{},
		names:     map[*Device]map[uint32]string{},
		sampler:   map[*Device]uint64{},
		counters:  map[*Device]map[uint32]sflow.IfCounters{},
		next:      map[*Device]uint32{},
		endings:   map[byte]int{},
	}
}

func (o *oracle) take(datagrams []Datagram) {
	for _, d := range datagrams {
		require.LessOrEqual(o.t, len(d.Payload), 1472, "fits an Ethernet packet")
		switch d.Device.Protocol {
		case NetFlow5:
			o.netflow5(d)
		case SFlow:
			o.sflow(d)
		default:
			o.templated(d)
		}
	}
}

func (o *oracle) add(d *Device, in, out uint32, packets, octets uint64) {
	for m, index := range map[*map[*Device]map[uint32]sums]uint32{&o.in: in, &o.out: out} {
		if (*m)[d] == nil {
			(*m)[d] = map[uint32]sums{}
		}
		s := (*m)[d][index]
		(*m)[d][index] = sums{s.packets + packets, s.octets + octets}
	}
	o.flows[d]++
}

func (o *oracle) sequence(d *Device, got uint32, advance int) {
	require.Equal(o.t, o.next[d], got, "sequence of %s", d.Name)
	o.next[d] += uint32(advance)
}

func (o *oracle) netflow5(d Datagram) {
	var p netflowlegacy.PacketNetFlowV5
	require.NoError(o.t, netflowlegacy.DecodeMessageVersion(bytes.NewBuffer(d.Payload), &p))
	require.Len(o.t, p.Records, int(p.Count))
	o.sequence(d.Device, p.FlowSequence, int(p.Count))
	for _, r := range p.Records {
		require.LessOrEqual(o.t, int32(r.First-r.Last), int32(0))
		o.add(d.Device, uint32(r.Input), uint32(r.Output), uint64(r.DPkts), uint64(r.DOctets))
	}
}

func (o *oracle) templated(d Datagram) {
	ts := o.templates[d.Device]
	if ts == nil {
		ts = netflow.CreateTemplateSystem()
		o.templates[d.Device] = ts
	}
	var v9 netflow.NFv9Packet
	var ipfix netflow.IPFIXPacket
	require.NoError(o.t, netflow.DecodeMessageVersion(bytes.NewBuffer(d.Payload), ts, &v9, &ipfix))
	sets, count, data := append(v9.FlowSets, ipfix.FlowSets...), 0, 0
	for _, set := range sets {
		switch set := set.(type) {
		case netflow.TemplateFlowSet:
			count += len(set.Records)
		case netflow.NFv9OptionsTemplateFlowSet:
			count += len(set.Records)
		case netflow.IPFIXOptionsTemplateFlowSet:
			count += len(set.Records)
		case netflow.OptionsDataFlowSet:
			data += len(set.Records)
			for _, r := range set.Records {
				o.options(d.Device, r)
			}
		case netflow.DataFlowSet:
			data += len(set.Records)
			for _, r := range set.Records {
				o.record(d.Device, r.Values)
			}
		default:
			o.t.Fatalf("a set of type %T", set)
		}
	}
	if d.Device.Protocol == NetFlow9 {
		require.Equal(o.t, count+data, int(v9.Count))
		o.sequence(d.Device, v9.SequenceNumber, 1)
	} else {
		o.sequence(d.Device, ipfix.SequenceNumber, data)
	}
}

func number(v any) uint64 {
	var n uint64
	for _, b := range v.([]byte) {
		n = n<<8 | uint64(b)
	}
	return n
}

func (o *oracle) record(d *Device, values []netflow.DataField) {
	f := map[uint16]uint64{}
	for _, v := range values {
		if len(v.Value.([]byte)) <= 8 {
			f[v.Type] = number(v.Value)
		} else if v.Type == 27 {
			o.v6++
		}
	}
	if d.Sampling > 1 {
		require.EqualValues(o.t, samplerID, f[48])
	}
	if d.Protocol == IPFIX {
		o.endings[byte(f[136])]++
		require.LessOrEqual(o.t, f[152], f[153], "a flow starts before it ends")
	}
	o.add(d, uint32(f[10]), uint32(f[14]), f[2], f[1])
}

func (o *oracle) options(d *Device, r netflow.OptionsDataRecord) {
	for _, v := range r.OptionsValues {
		switch v.Type {
		case 50:
			o.sampler[d] = number(v.Value)
		case 82:
			if o.names[d] == nil {
				o.names[d] = map[uint32]string{}
			}
			o.names[d][uint32(number(r.ScopesValues[0].Value))] = string(v.Value.([]byte))
		}
	}
}

func (o *oracle) sflow(d Datagram) {
	var p sflow.Packet
	require.NoError(o.t, sflow.DecodeMessageVersion(bytes.NewBuffer(d.Payload), &p))
	require.Len(o.t, p.Samples, int(p.SamplesCount))
	o.sequence(d.Device, p.SequenceNumber-1, 1)
	for _, s := range p.Samples {
		switch s := s.(type) {
		case sflow.FlowSample:
			o.sample(d.Device, s)
		case sflow.CounterSample:
			require.Len(o.t, s.Records, 1)
			if o.counters[d.Device] == nil {
				o.counters[d.Device] = map[uint32]sflow.IfCounters{}
			}
			o.counters[d.Device][s.Header.SourceIdValue] = s.Records[0].Data.(sflow.IfCounters)
		default:
			o.t.Fatalf("a sample of type %T", s)
		}
	}
}

// sample reads the packet's IP length where RFC 791 and RFC 8200 have it.
func (o *oracle) sample(d *Device, s sflow.FlowSample) {
	require.Len(o.t, s.Records, 1)
	h := s.Records[0].Data.(sflow.SampledHeader)
	require.EqualValues(o.t, 1, h.Protocol)
	require.Equal(o.t, (int(h.OriginalLength)+3)/4*4, len(h.HeaderData), "padded to 32 bits")
	require.Equal(o.t, s.Input, s.Header.SourceIdValue, "metered where it came in")
	var size uint64
	switch be.Uint16(h.HeaderData[12:]) {
	case 0x0800:
		size = uint64(be.Uint16(h.HeaderData[16:]))
		require.Zero(o.t, checksum(h.HeaderData[14:34]))
	case 0x86dd:
		size = 40 + uint64(be.Uint16(h.HeaderData[18:]))
		o.v6++
	default:
		o.t.Fatalf("ethertype of %x", h.HeaderData[:14])
	}
	require.EqualValues(o.t, size+18, h.FrameLength)
	o.add(d, s.Input, s.Output, uint64(s.SamplingRate), uint64(s.SamplingRate)*size)
}

// checksum is 0 over a header that carries its own.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(be.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
