package netsim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ask encodes a request with somebody else's codec, gives it to an agent, and decodes the reply.
func ask(t testing.TB, a *agent, now time.Time, p gosnmp.SnmpPacket) *gosnmp.SnmpPacket {
	t.Helper()
	raw, err := (&gosnmp.GoSNMP{Version: p.Version, Community: p.Community}).SnmpEncodePacket(p.PDUType, p.Variables, p.NonRepeaters, p.MaxRepetitions)
	require.NoError(t, err)
	reply := a.answer(raw, now)
	if reply == nil {
		return nil
	}
	require.LessOrEqual(t, len(reply), a.maxReply)
	out, err := (&gosnmp.GoSNMP{Version: p.Version, Community: p.Community}).SnmpDecodePacket(reply)
	require.NoError(t, err)
	return out
}

func request2c(pdu gosnmp.PDUType, repetitions uint32, names ...string) gosnmp.SnmpPacket {
	p := gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: "public", PDUType: pdu, MaxRepetitions: repetitions}
	for _, n := range names {
		p.Variables = append(p.Variables, gosnmp.SnmpPDU{Name: n, Type: gosnmp.Null})
	}
	return p
}

func demo(t testing.TB) (*Network, []*agent) {
	t.Helper()
	n, err := New(DefaultConfig(start))
	require.NoError(t, err)
	var agents []*agent
	for _, d := range n.Devices() {
		agents = append(agents, d.agent("public"))
	}
	return n, agents
}

func TestAWalkFindsEveryInstanceOnce(t *testing.T) {
	n, agents := demo(t)
	n.Advance(start.Add(time.Second))
	for k, a := range agents {
		for _, pdu := range []gosnmp.PDUType{gosnmp.GetNextRequest, gosnmp.GetBulkRequest} {
			var walked []string
			at, ended := ".1.3", false
			for !ended {
				reply := ask(t, a, start, request2c(pdu, 50, at))
				require.NotEmpty(t, reply.Variables)
				for _, v := range reply.Variables {
					if v.Type == gosnmp.EndOfMibView {
						ended = true
						break
					}
					walked = append(walked, v.Name)
					at = v.Name
				}
			}
			require.Len(t, walked, len(a.entries), n.devices[k].Name)
			for i, e := range a.entries {
				require.Equal(t, dotted(e.name), walked[i])
			}
		}
	}
}

func dotted(o oid) string {
	var b strings.Builder
	for _, s := range o {
		fmt.Fprintf(&b, ".%d", s)
	}
	return b.String()
}

func TestInstancesAreSortedAndDistinct(t *testing.T) {
	_, agents := demo(t)
	for _, a := range agents {
		for i := range a.entries[1:] {
			require.Negative(t, slices.Compare(a.entries[i].name, a.entries[i+1].name), dotted(a.entries[i].name))
		}
	}
}

func TestAnAgentTellsTheCounters(t *testing.T) {
	n, agents := demo(t)
	n.Advance(start.Add(30 * time.Second))
	now := start.Add(31 * time.Second)
	for k, d := range n.Devices() {
		for _, i := range d.Interfaces() {
			x := func(table string, column uint32) string { return fmt.Sprintf("%s.%d.%d", table, column, i.Index) }
			const ifEntry, ifXEntry = ".1.3.6.1.2.1.2.2.1", ".1.3.6.1.2.1.31.1.1.1"
			got := map[string]any{}
			reply := ask(t, agents[k], now, request2c(gosnmp.GetRequest, 0,
				x(ifXEntry, 1), x(ifXEntry, 6), x(ifXEntry, 10), x(ifXEntry, 15), x(ifEntry, 10), x(ifEntry, 8), x(ifEntry, 14), x(ifEntry, 5), ".1.3.6.1.2.1.1.3.0"))
			for _, v := range reply.Variables {
				got[v.Name] = v.Value
			}
			assert.Equal(t, []byte(i.Name), got[x(ifXEntry, 1)])
			assert.Equal(t, i.In.Octets, got[x(ifXEntry, 6)])
			assert.Equal(t, i.Out.Octets, got[x(ifXEntry, 10)])
			assert.EqualValues(t, i.Speed/1e6, got[x(ifXEntry, 15)])
			assert.EqualValues(t, uint32(i.In.Octets), got[x(ifEntry, 10)])
			assert.EqualValues(t, status(i.operUp), got[x(ifEntry, 8)])
			assert.EqualValues(t, i.In.Errors, got[x(ifEntry, 14)])
			assert.EqualValues(t, min(i.Speed, 4294967295), got[x(ifEntry, 5)])
			assert.EqualValues(t, now.Sub(d.booted).Milliseconds()/10, got[".1.3.6.1.2.1.1.3.0"])
		}
	}
}

func TestVersion1KnowsNoCounter64AndNoExceptions(t *testing.T) {
	_, agents := demo(t)
	a := agents[0]
	v1 := func(pdu gosnmp.PDUType, names ...string) *gosnmp.SnmpPacket {
		p := request2c(pdu, 0, names...)
		p.Version = gosnmp.Version1
		return ask(t, a, start, p)
	}
	reply := v1(gosnmp.GetRequest, ".1.3.6.1.2.1.1.5.0")
	assert.Equal(t, []byte("core-1"), reply.Variables[0].Value)
	reply = v1(gosnmp.GetRequest, ".1.3.6.1.2.1.1.5.0", ".1.3.6.1.2.1.31.1.1.1.6.1")
	assert.Equal(t, gosnmp.NoSuchName, reply.Error)
	assert.EqualValues(t, 2, reply.ErrorIndex)
	reply = v1(gosnmp.GetNextRequest, ".1.3.6.1.2.1.31.1.1.1.5.999999") // the next columns are 64 bits wide
	assert.Equal(t, ".1.3.6.1.2.1.31.1.1.1.14.1", reply.Variables[0].Name)
	reply = v1(gosnmp.GetNextRequest, ".2.1")
	assert.Equal(t, gosnmp.NoSuchName, reply.Error)
	assert.Nil(t, v1(gosnmp.GetBulkRequest, ".1.3"), "v1 has no GetBulk")
}

func TestWhatIsNotThereIsSaid(t *testing.T) {
	_, agents := demo(t)
	reply := ask(t, agents[0], start, request2c(gosnmp.GetRequest, 0,
		".1.3.6.1.2.1.2.2.1.2.77", ".1.3.6.1.2.1.2.2.1.99.1", ".1.3.6.1.9.9", ".1.3.6.1.2.1.1.5.0"))
	var types []gosnmp.Asn1BER
	for _, v := range reply.Variables {
		types = append(types, v.Type)
	}
	assert.Equal(t, []gosnmp.Asn1BER{gosnmp.NoSuchInstance, gosnmp.NoSuchObject, gosnmp.NoSuchObject, gosnmp.OctetString}, types)
	reply = ask(t, agents[0], start, request2c(gosnmp.SetRequest, 0, ".1.3.6.1.2.1.1.5.0"))
	assert.Equal(t, gosnmp.NotWritable, reply.Error)
}

func TestNonRepeatersRideAlong(t *testing.T) {
	_, agents := demo(t)
	p := request2c(gosnmp.GetBulkRequest, 3, ".1.3.6.1.2.1.1.3", ".1.3.6.1.2.1.2.2.1.1", ".1.3.6.1.2.1.31.1.1.1.1")
	p.NonRepeaters = 1
	reply := ask(t, agents[0], start, p)
	var names []string
	for _, v := range reply.Variables {
		names = append(names, v.Name)
	}
	assert.Equal(t, []string{
		".1.3.6.1.2.1.1.3.0",
		".1.3.6.1.2.1.2.2.1.1.1", ".1.3.6.1.2.1.31.1.1.1.1.1",
		".1.3.6.1.2.1.2.2.1.1.2", ".1.3.6.1.2.1.31.1.1.1.1.2",
		".1.3.6.1.2.1.2.2.1.1.11", ".1.3.6.1.2.1.31.1.1.1.1.11",
	}, names)
}

func TestRepliesStayWithinAPacket(t *testing.T) {
	_, agents := demo(t)
	reply := ask(t, agents[4], start, request2c(gosnmp.GetBulkRequest, 1<<30, ".1.3.6.1.2.1.2.2.1.2"))
	assert.Greater(t, len(reply.Variables), 20, "what fits is sent")

	var many []string
	for i := range 60 {
		many = append(many, fmt.Sprintf(".1.3.6.1.2.1.2.2.1.2.%d", 10101+i%24))
	}
	reply = ask(t, agents[4], start, request2c(gosnmp.GetRequest, 0, many...))
	assert.Equal(t, gosnmp.TooBig, reply.Error)
	assert.Empty(t, reply.Variables)
}

func TestStrangersGetNoAnswer(t *testing.T) {
	_, agents := demo(t)
	p := request2c(gosnmp.GetRequest, 0, ".1.3.6.1.2.1.1.5.0")
	p.Community = "wrong"
	assert.Nil(t, ask(t, agents[0], start, p))
	for _, junk := range []string{"", "0", "\x30\x84\xff\xff\xff\xff", "\x30\x03\x02\x01\x01", strings.Repeat("\x30\x80", 1000)} {
		assert.Nil(t, agents[0].answer([]byte(junk), start))
	}
}

func TestCountersAbove63BitsAreUnsigned(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 1<<31 - 1, 1 << 31, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		a := newAgent("public", DefaultMaxReply, []entry{fixed(oid{1, 3, 6, 1}, counter64(v)), fixed(oid{1, 3, 6, 2}, integer(int64(v)))})
		reply := ask(t, a, start, request2c(gosnmp.GetRequest, 0, ".1.3.6.1"))
		assert.Equal(t, v, reply.Variables[0].Value)
	}
	for _, v := range []int64{0, 1, -1, 127, 128, -128, -129, 1<<31 - 1, -1 << 31} {
		a := newAgent("public", DefaultMaxReply, []entry{fixed(oid{1, 3, 6, 1}, integer(v))})
		reply := ask(t, a, start, request2c(gosnmp.GetRequest, 0, ".1.3.6.1"))
		assert.EqualValues(t, v, reply.Variables[0].Value)
	}
}

func TestNamesSurviveTheirEncoding(t *testing.T) {
	for _, o := range []oid{{0, 0}, {1, 3}, {2, 999, 3}, {1, 3, 6, 1, 4, 1, 4294967295, 0, 127, 128, 16384}} {
		r := reader{appendElement(nil, tagOID, appendOID(nil, o))}
		assert.Equal(t, o, r.oid())
	}
}

func FuzzAgent(f *testing.F) {
	n, agents := demo(f)
	n.Advance(start.Add(time.Second))
	for _, p := range []gosnmp.SnmpPacket{
		request2c(gosnmp.GetRequest, 0, ".1.3.6.1.2.1.1.1.0", ".1.3"),
		request2c(gosnmp.GetNextRequest, 0, ".1.3.6.1.2.1.31"),
		request2c(gosnmp.GetBulkRequest, 1<<31-1, ".1.3.6.1.2.1.2", ".1.3.6.1.2.1.31"),
		request2c(gosnmp.SetRequest, 0, ".1.3.6.1.2.1.1.1.0"),
	} {
		for _, v := range []gosnmp.SnmpVersion{gosnmp.Version1, gosnmp.Version2c} {
			raw, err := (&gosnmp.GoSNMP{Version: v, Community: "public"}).SnmpEncodePacket(p.PDUType, p.Variables, 0, p.MaxRepetitions)
			require.NoError(f, err)
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		reply := agents[0].answer(message, start)
		if len(reply) > DefaultMaxReply {
			t.Fatalf("%d octets of reply", len(reply))
		}
		if reply == nil {
			return
		}
		r, err := parseRequest(reply)
		if err != nil || r.pdu != pduResponse {
			t.Fatalf("reply % x is not one: %v", reply, err)
		}
	})
}
