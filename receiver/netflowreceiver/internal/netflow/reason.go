package netflow

// Reason is why something of a datagram could not be decoded. The zero Reason is none.
type Reason uint8

// The reasons.
const (
	None Reason = iota
	TooShort
	UnknownVersion
	CountBeyondDatagram
	MessageLength
	TrailingBytes
	SetLength
	SetTruncated
	ReservedSet
	TemplateTruncated
	TemplateID
	TemplateEmpty
	TemplateTooLarge
	OptionsScope
	TooManyTemplates
	RecordTruncated
	TooManyExporters
	TooManyStreams
	Reasons // how many there are
)

var reasons = [Reasons]struct{ name, text string }{
	TooShort:            {"too_short", "the datagram is shorter than its header"},
	UnknownVersion:      {"unknown_version", "the version is none of NetFlow 1, 5, 7, 9 and IPFIX (10): something else, such as sFlow, is sent to this port"},
	CountBeyondDatagram: {"count_beyond_datagram", "the header announces more records than the datagram has room for"},
	MessageLength:       {"message_length", "the IPFIX message length does not fit the datagram: it was cut on its way, or its header is damaged"},
	TrailingBytes:       {"trailing_bytes", "the datagram goes on after its last record or message"},
	SetLength:           {"set_length", "a set is shorter than its own header"},
	SetTruncated:        {"set_truncated", "a set is longer than the rest of the datagram: it was cut on its way"},
	ReservedSet:         {"reserved_set", "a set has a reserved id"},
	TemplateTruncated:   {"template_truncated", "a template announces more fields than its set has room for"},
	TemplateID:          {"template_id", "a template has an id below 256"},
	TemplateEmpty:       {"template_empty", "a template's records would have no length"},
	TemplateTooLarge:    {"template_too_large", "a template has more fields than are accepted"},
	OptionsScope:        {"options_scope", "an options template's scope does not fit its fields"},
	TooManyTemplates:    {"too_many_templates", "the exporter announces more templates than are kept"},
	RecordTruncated:     {"record_truncated", "a variable length field reaches past the end of its set"},
	TooManyExporters:    {"too_many_exporters", "more exporters send than may be known at a time"},
	TooManyStreams:      {"too_many_streams", "one address sends from more ports and of more observation domains than are kept"},
}

// String returns the reason's name, as in attributes.
func (r Reason) String() string { return reasons[r].name }

// Text says what is wrong, for people.
func (r Reason) Text() string { return reasons[r].text }

// Counters is what a decoder has counted since it was made.
type Counters struct {
	Datagrams, Bytes, Records [Versions]uint64 // by Version
	Errors                    [Reasons]uint64

	Templates          uint64 // definitions taken, unchanged repetitions left out
	Redefinitions      uint64 // of those, under an id that had another shape
	Withdrawals        uint64 // ignored: over UDP they do not count (RFC 7011 §8.4)
	OptionsRecords     uint64
	CountMismatches    uint64 // v9 headers whose count is not that of the records; lengths are trusted
	ImplausibleClocks  uint64 // datagrams and records whose times were replaced by the receipt time
	TemplateMisses     uint64 // data sets ahead of their template
	HeldSets           uint64 // of those, kept until it comes
	ReplayedSets       uint64
	ReplayedRecords    uint64
	DroppedSets        uint64 // template misses for which there was no room, or whose template did not come in time
	HeldRecords        uint64 // records kept until their sampler is announced
	UnresolvedRecords  uint64 // records sent on at 1 because it never was
	NotFlows           uint64 // data records of templates without addresses and counters
	EvictedExporters   uint64
	EvictedStreams     uint64
	SkippedFields      uint64 // fields of accepted templates that have no place in a record
	NamesRefused       uint64 // names in options data for which there was no room, each time they come
	ProvisionalRefused uint64 // data sets that did not fit the template remembered for them
}

// Version numbers the export protocols in Counters.
type Version uint8

// The versions.
const (
	V1 Version = iota
	V5
	V7
	V9
	V10
	Other
	Versions
)

// String returns the version as it is in attributes.
func (v Version) String() string {
	return [...]string{"netflow_v1", "netflow_v5", "netflow_v7", "netflow_v9", "ipfix", "unknown"}[min(v, Other)]
}
