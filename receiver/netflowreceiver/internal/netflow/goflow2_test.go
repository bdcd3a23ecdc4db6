package netflow

import (
	"bytes"
	"testing"

	goflow2 "github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/flow"
)

// sums is what two decoders should agree on.
type sums struct{ records, bytes, packets, ports uint64 }

// oracle decodes with goflow2, which is given no withdrawals (they hang it) and templates before their data only.
func oracle(t *testing.T, all []wire) (s sums) {
	templates := goflow2.CreateTemplateSystem()
	for _, b := range all {
		switch be.Uint16(b) {
		case 5:
			var p netflowlegacy.PacketNetFlowV5
			require.NoError(t, netflowlegacy.DecodeMessageVersion(bytes.NewBuffer(b), &p))
			for _, r := range p.Records {
				s.add(uint64(r.DOctets), uint64(r.DPkts), uint64(r.SrcPort))
			}
		case 9:
			var p goflow2.NFv9Packet
			require.NoError(t, goflow2.DecodeMessageNetFlow(bytes.NewBuffer(b[2:]), templates, &p))
			s.sets(p.FlowSets)
		case 10:
			var p goflow2.IPFIXPacket
			require.NoError(t, goflow2.DecodeMessageIPFIX(bytes.NewBuffer(b[2:]), templates, &p))
			s.sets(p.FlowSets)
		}
	}
	return s
}

func (s *sums) add(octets, packets, port uint64) {
	s.records++
	s.bytes += octets
	s.packets += packets
	s.ports += port
}

func (s *sums) sets(all []interface{}) {
	for _, set := range all {
		data, ok := set.(goflow2.DataFlowSet)
		if !ok {
			continue
		}
		for _, r := range data.Records {
			var octets, packets, port uint64
			for _, v := range r.Values {
				b, ok := v.Value.([]byte)
				if !ok || v.PenProvided || len(b) > 8 {
					continue
				}
				switch v.Type {
				case 1:
					octets = unsigned(b)
				case 2:
					packets = unsigned(b)
				case 7:
					port = unsigned(b)
				}
			}
			s.add(octets, packets, port)
		}
	}
}

// Where goflow2 survives, it reads the same.
func TestAgreesWithGoflow2(t *testing.T) {
	for _, device := range []string{"1941", "asr1001x", "softflowd", "valid01", "mikrotik", "pflow", "v5", "mx80", "viptela"} {
		t.Run(device, func(t *testing.T) {
			c, _ := play(t, device)
			var all []wire
			for _, file := range devices[device] {
				all = append(all, messages(t, file)...)
			}
			want := oracle(t, all)
			got := sums{records: uint64(len(c.records))}
			for _, r := range c.records {
				got.bytes, got.packets = got.bytes+r.Bytes, got.packets+r.Packets
				if r.Has.Contains(flow.SourcePort) {
					got.ports += uint64(r.SrcPort)
				}
			}
			assert.Equal(t, want.records, got.records)
			assert.Equal(t, want.bytes, got.bytes)
			assert.Equal(t, want.packets, got.packets)
			assert.Equal(t, want.ports, got.ports)
		})
	}
}
