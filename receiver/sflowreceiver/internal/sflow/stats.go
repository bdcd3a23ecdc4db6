package sflow

import "strconv"

// Fault is why a datagram, sample or record was not, or not wholly, understood.
type Fault uint8

// The faults.
const (
	None          Fault = iota
	Truncated           // the datagram ends inside its header
	Version             // not version 5
	AddressType         // the agent's address is neither IPv4 nor IPv6 nor unknown
	TooManyAgents       // more agents than may be kept
	SampleCount         // fewer samples than announced
	SampleLength        // a sample is longer than the datagram
	SampleShort         // a sample ends inside its header
	RecordCount         // fewer records than announced
	RecordLength        // a record is longer than its sample
	RecordShort         // a record is shorter than its structure
	HeaderLength        // a sampled header is longer than its record
	faults
)

// Faults is how many kinds of faults there are, None included.
const Faults = int(faults)

var faultNames = [faults]string{
	None: "none", Truncated: "truncated", Version: "version", AddressType: "address_type", TooManyAgents: "too_many_agents",
	SampleCount: "sample_count", SampleLength: "sample_length", SampleShort: "sample_short",
	RecordCount: "record_count", RecordLength: "record_length", RecordShort: "record_short", HeaderLength: "header_length",
}

// String returns the fault as metrics name it.
func (f Fault) String() string {
	if f >= faults {
		return "unknown"
	}
	return faultNames[f]
}

// Kind tells what a Format is a format of.
type Kind uint8

// The kinds.
const (
	UnknownSample Kind = iota
	UnknownFlowRecord
	UnknownCounterRecord
	UnknownHeader // a sampled header's protocol
)

// String returns the kind as metrics name it.
func (k Kind) String() string {
	return [...]string{"sample", "flow_record", "counter_record", "header_protocol"}[k&3]
}

// Format is a format that was skipped: Number is enterprise << 12 | format, or a header protocol.
type Format struct {
	Kind   Kind
	Number uint32
}

// Enterprise and Format return the two parts.
func (f Format) Enterprise() uint32 { return f.Number >> 12 }

// Format returns the format within the enterprise.
func (f Format) Format() uint32 { return f.Number & 0xfff }

// String returns both, as 0:1001.
func (f Format) String() string {
	return strconv.FormatUint(uint64(f.Enterprise()), 10) + ":" + strconv.FormatUint(uint64(f.Format()), 10)
}

// maxFormats bounds how many skipped formats are told apart: a forger has 2^32.
const maxFormats = 128

// Stats is what a decoder counted.
type Stats struct {
	Datagrams, Bytes            uint64
	FlowSamples, CounterSamples uint64
	Discards                    uint64 // discarded-packet samples
	WithoutPacket               uint64 // flow samples that describe no packet, such as application transactions
	Faults                      [faults]uint64
	Versions                    [6]uint64              // datagrams refused, by version; 0 stands for any other
	DiscardReasons              [DropReasons]uint64    // Discards by DropReason.Ordinal
	Skipped                     [SkippedRecords]uint64 // flow records that say nothing a flow has a dimension for
	Unknown                     map[Format]uint64
	UnknownOther                uint64 // skipped formats beyond those that are told apart
	Untracked                   uint64 // samples of data sources whose sequence is not kept
}

func (s *Stats) refuseVersion(v uint32) {
	if v >= uint32(len(s.Versions)) {
		v = 0
	}
	s.Versions[v]++
}

func (s *Stats) unknown(k Kind, number uint32) {
	f := Format{k, number}
	if _, seen := s.Unknown[f]; !seen && len(s.Unknown) >= maxFormats {
		s.UnknownOther++
		return
	}
	if s.Unknown == nil {
		s.Unknown = map[Format]uint64{}
	}
	s.Unknown[f]++
}

// Stats returns what was counted so far. It belongs to the decoder: read it where Decode is not running.
func (d *Decoder) Stats() *Stats { return &d.stats }
