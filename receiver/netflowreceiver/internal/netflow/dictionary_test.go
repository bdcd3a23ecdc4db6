package netflow

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"

	goflow "github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sizes are the longest encodings of the types of RFC 7011 §6.1 that have one.
var sizes = map[string]uint16{
	"unsigned8": 1, "unsigned16": 2, "unsigned32": 4, "unsigned64": 8, "signed32": 4, "float64": 8, "boolean": 1,
	"macAddress": 6, "ipv4Address": 4, "ipv6Address": 16, "dateTimeSeconds": 4, "dateTimeMilliseconds": 8,
	"dateTimeMicroseconds": 8, "dateTimeNanoseconds": 8, "string": variable, "octetArray": variable,
	"basicList": variable, "subTemplateList": variable, "subTemplateMultiList": variable,
}

// IANA's names are those that another decoder has.
func TestDictionaryAgreesWithGoflow2(t *testing.T) {
	n := 0
	for id := uint16(1); id < 512; id++ {
		if theirs := goflow.IPFIXTypeToString(id); theirs != "" && theirs != "Unassigned" && !strings.Contains(theirs, " ") {
			assert.Equal(t, theirs, elementID{0, id}.name(), id)
			n++
		}
	}
	assert.Greater(t, n, 400)
}

// What is taken from a field fits the type that the dictionary has for it, and every type is one of RFC 7011 or 6313.
func TestElementsFitTheirTypes(t *testing.T) {
	f, err := os.Open("elements.csv")
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	types := map[elementID]uint16{}
	for _, r := range rows[1:] {
		pen, err := strconv.ParseUint(r[0], 10, 32)
		require.NoError(t, err)
		id, err := strconv.ParseUint(r[1], 10, 16)
		require.NoError(t, err)
		require.Contains(t, sizes, r[3], r[2])
		types[elementID{uint32(pen), uint16(id)}] = sizes[r[3]]
		assert.Equal(t, r[2], elementNames[elementID{uint32(pen), uint16(id)}], "run go generate")
	}
	assert.Len(t, elementNames, len(types), "run go generate")
	for id, e := range elements {
		if id.pen == reversePEN {
			id.pen = 0
		}
		size, ok := types[id]
		assert.True(t, ok, id)
		assert.LessOrEqual(t, targetInfo[e.target].min, size, id.name())
	}
}

func TestElementNames(t *testing.T) {
	for want, id := range map[string]elementID{
		"octetDeltaCount": {0, 1}, "0/700": {0, 700}, "cisco/connectionId": {9, 12242}, "cisco/1": {9, 1}, "fortinet/5": {12356, 5},
		"4242/7": {4242, 7}, "reverse/octetDeltaCount": {reversePEN, 1}, "reverse/700": {reversePEN, 700},
		"ntop/L7_PROTO": {0, 57590}, "0/65000": {0, 65000}, "other": otherElements,
	} {
		assert.Equal(t, want, id.name())
	}
}

// What templates have and records do not is counted by element, in bounded memory whatever is announced.
func TestSkippedElements(t *testing.T) {
	counted := func(d *Decoder) map[string]uint64 {
		m := map[string]uint64{}
		d.Skipped(func(element string, fields uint64) { m[element] += fields })
		return m
	}
	var c collected
	d := decode(&c, ipfix(ipfixHeader{}, set(2, definition(256, f{8, 4, 0}, f{20, 8, 0}, f{210, 3, 0}, f{12242, 4, 9}, f{2, 4, 0}, f{24, 4, 0}), true)))
	assert.Equal(t, map[string]uint64{"postMCastOctetDeltaCount": 1, "cisco/connectionId": 1, "postPacketDeltaCount": 1}, counted(d))

	d = New(&c, Limits{})
	for i := range 3 * maxSkipped {
		feed(d, router, ipfix(ipfixHeader{}, set(2, definition(uint16(256+i%64), f{8, 4, 0}, f{uint16(i), 4, 4242}), true)))
	}
	all := counted(d)
	assert.Len(t, all, maxSkipped+1)
	assert.EqualValues(t, 2*maxSkipped, all["other"])
}

// Structured data (RFC 6313) is skipped by its length, whatever is in it, and counted; what stands around it is read.
func TestStructuredData(t *testing.T) {
	template := set(2, definition(256, f{8, 4, 0}, f{291, variable, 0}, f{12, 4, 0}, f{293, variable, 0}, f{1, 4, 0}, f{292, variable, 0}, f{2, 4, 0}), true)
	record := func(basic, multi, sub wire) (b wire) {
		b = append(b.ip("10.0.0.1").u8(uint8(len(basic))), basic...).ip("10.0.0.2")
		b = append(b.u8(255).u16(uint16(len(multi))), multi...).u32(100)
		return append(b.u8(uint8(len(sub))), sub...).u32(2)
	}
	basic := wire{}.u8(3).u16(1, 4).u32(7, 8)                           // allOf octetDeltaCount of 4 octets: 7, 8
	multi := wire{}.u8(4).u16(300, 8).u32(1).u16(301, 8).u32(2)         // of templates 300 and 301, which do not exist
	nested := append(wire{}.u8(3).u16(291, 65535).u8(255), 255, 255, 0) // a list of lists, the inner one cut off
	var c collected
	body := append(append(record(basic, multi, wire{}.u8(3).u16(256)), record(nil, nested, wire{1, 2, 3})...), record(nested, nil, nil)...)
	d := decode(&c, ipfix(ipfixHeader{}, template, set(256, body, true)))
	require.Len(t, c.records, 3)
	for _, r := range c.records {
		assert.Equal(t, []uint64{100, 2}, []uint64{r.Bytes, r.Packets})
	}
	assert.Zero(t, d.Counters().Errors[RecordTruncated])
	d.Skipped(func(element string, fields uint64) {
		assert.Contains(t, []string{"basicList", "subTemplateList", "subTemplateMultiList"}, element)
		assert.EqualValues(t, 1, fields)
	})
}
