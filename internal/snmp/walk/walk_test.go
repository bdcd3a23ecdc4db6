package walk

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// The columns that a poll of interfaces reads: two states, four errors and discards, eight 64-bit counters, a time.
var ports = []Column{
	{pdu.MustOID("1.3.6.1.2.1.2.2.1.7"), 1},
	{pdu.MustOID("1.3.6.1.2.1.2.2.1.8"), 1},
	{pdu.MustOID("1.3.6.1.2.1.2.2.1.13"), 5},
	{pdu.MustOID("1.3.6.1.2.1.2.2.1.14"), 5},
	{pdu.MustOID("1.3.6.1.2.1.2.2.1.19"), 5},
	{pdu.MustOID("1.3.6.1.2.1.2.2.1.20"), 5},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.6"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.7"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.8"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.9"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.10"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.11"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.12"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.13"), 9},
	{pdu.MustOID("1.3.6.1.2.1.31.1.1.1.19"), 5},
}

var upTime, lastChange = pdu.MustOID("1.3.6.1.2.1.1.3.0"), pdu.MustOID("1.3.6.1.2.1.31.1.5.0")

func instance(c pdu.OID, index ...uint32) pdu.OID {
	out := slices.Clone(c)
	for _, x := range index {
		out = pdu.AppendSub(out, x)
	}
	return out
}

func portValue(c Column, index uint32) agenttest.Value {
	switch c.Guess {
	case 1:
		return agenttest.Uint(pdu.Integer, 1)
	case 9:
		return agenttest.Uint(pdu.Counter64, 98765432109876*uint64(index))
	}
	return agenttest.Uint(pdu.Counter32, 98765*uint64(index%1000))
}

func switchAgent(n int) *agenttest.Agent {
	a := &agenttest.Agent{}
	a.Set(upTime, agenttest.Uint(pdu.TimeTicks, 123456789))
	a.Set(lastChange, agenttest.Uint(pdu.TimeTicks, 4711))
	for i := range uint32(n) {
		addPort(a, 10001+i, nil)
	}
	return a
}

func addPort(a *agenttest.Agent, index uint32, without func(column int) bool) {
	for c, col := range ports {
		if without == nil || !without(c) {
			a.Set(instance(col.OID, index), portValue(col, index))
		}
	}
}

func walkPorts(t require.TestingT, conn *agenttest.Conn, m *Memory, l *Limits) *Walk {
	w := &Walk{Columns: ports, Scalars: []pdu.OID{upTime, lastChange}, Known: m, Limits: l, Rows: &Rows{}}
	require.NoError(t, w.Run(context.Background(), conn))
	if w.Whole && len(w.Problems) == 0 {
		m.Remember(w.Rows, func(int, int) bool { return true })
	} else {
		m.Resize(w.Rows)
	}
	return w
}

// same asserts that the walk found exactly what the agent has, each value in its row.
func same(t require.TestingT, a *agenttest.Agent, w *Walk) {
	indexes := map[string]bool{}
	for i := range w.Rows.Len() {
		index := w.Rows.Index(i)
		indexes[string(index)] = true
		for c := range w.Columns {
			name := append(slices.Clone(w.Columns[c].OID), index...)
			want, ok := a.Get(name)
			got := w.Rows.Cell(i, c)
			require.Equal(t, ok, got.Present(), "%s", name)
			if ok {
				v, _ := pdu.Varbind{Type: want.Type, Value: want.Raw}.Uint()
				require.Equal(t, v, got.Num, "%s", name)
			}
		}
	}
	name := ports[0].OID[:len(ports[0].OID)-2]
	for {
		next, v := a.Next(name)
		if v.Type == pdu.EndOfMIBView {
			return
		}
		for _, c := range w.Columns {
			if next.HasPrefix(c.OID) {
				require.True(t, indexes[string(next[len(c.OID):])], "%s was missed", next)
			}
		}
		name = next
	}
}

func TestSteadyPollOf48Ports(t *testing.T) {
	agent := switchAgent(48)
	conn := &agenttest.Conn{Agent: agent, RoomBytes: 1472 - 46}
	var m Memory
	var l Limits
	first := walkPorts(t, conn, &m, &l)
	assert.True(t, first.Whole)
	same(t, agent, first)

	agent.Requests, agent.Sizes = nil, nil
	second := walkPorts(t, conn, &m, &l)
	assert.False(t, second.Whole, "no request goes into finding the end")
	same(t, agent, second)
	assert.LessOrEqual(t, second.Requests, 13)
	assert.LessOrEqual(t, slices.Max(agent.Sizes), conn.Room(), "no reply exceeds the budget")
	assert.EqualValues(t, 123456789, second.Values[0].Num, "sysUpTime rides along")
	assert.EqualValues(t, 4711, second.Values[1].Num)
	t.Logf("%d requests, replies %v", second.Requests, agent.Sizes)
}

func TestSteadyPollOf48PortsOverV3(t *testing.T) {
	conn := &agenttest.Conn{Agent: switchAgent(48), RoomBytes: 1472 - 190} // authPriv with SHA-256
	var m Memory
	var l Limits
	walkPorts(t, conn, &m, &l)
	assert.LessOrEqual(t, walkPorts(t, conn, &m, &l).Requests, 14)
}

func TestBudgetOf8KNeedsThreeRequests(t *testing.T) {
	agent := switchAgent(48)
	conn := &agenttest.Conn{Agent: agent, RoomBytes: 8000}
	var m Memory
	var l Limits
	walkPorts(t, conn, &m, &l)
	assert.LessOrEqual(t, walkPorts(t, conn, &m, &l).Requests, 3)
}

func TestChangedMarkerWalksToTheEnd(t *testing.T) {
	agent := switchAgent(10)
	conn := &agenttest.Conn{Agent: agent}
	var m Memory
	walkPorts(t, conn, &m, &Limits{})
	addPort(agent, 20000, nil)
	w := &Walk{Columns: ports, Scalars: []pdu.OID{lastChange}, Known: &m, Limits: &Limits{}, Rows: &Rows{}, Changed: func([]Cell) bool { return true }}
	require.NoError(t, w.Run(context.Background(), conn))
	assert.True(t, w.Whole)
	same(t, agent, w)
}

func TestRowsThatComeAndGoAreNoticed(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(a *agenttest.Agent)
	}{
		{"gone", func(a *agenttest.Agent) {
			for _, c := range ports {
				a.Delete(instance(c.OID, 10005))
			}
		}},
		{"between", func(a *agenttest.Agent) {
			a.Delete(instance(ports[3].OID, 10007))
		}},
		{"last gone", func(a *agenttest.Agent) {
			for _, c := range ports {
				a.Delete(instance(c.OID, 10012))
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			agent := switchAgent(12)
			conn := &agenttest.Conn{Agent: agent}
			var m Memory
			walkPorts(t, conn, &m, &Limits{})
			tc.change(agent)
			w := walkPorts(t, conn, &m, &Limits{})
			assert.True(t, w.Whole)
			same(t, agent, w)
			assert.False(t, walkPorts(t, conn, &m, &Limits{}).Whole)
		})
	}
}

// Agents of the field. Each walk must end, find what there is, or name what is missing.
func TestQuirks(t *testing.T) {
	col := func(c int, index uint32) pdu.OID { return instance(ports[c].OID, index) }
	for _, tc := range []struct {
		name     string
		quirks   agenttest.Quirks
		complete bool
		problems []string
	}{
		{"caps replies at 20 varbinds", agenttest.Quirks{MaxVarbinds: 20}, true, nil},
		{"caps replies at 300 bytes", agenttest.Quirks{MaxBytes: 300}, true, nil},
		{"tooBig above 30", agenttest.Quirks{TooBigAbove: 30}, true, nil},
		{"tooBig above 4, fewer than there are columns", agenttest.Quirks{TooBigAbove: 4}, true, nil},
		{"always tooBig", agenttest.Quirks{TooBigAbove: -1, Empty: true}, false, []string{NoProgress}},
		{"sends more than asked", agenttest.Quirks{Surplus: 7}, true, nil},
		{"cut short after 9 varbinds", agenttest.Quirks{DamagedAfter: 9}, true, nil},
		{"loops", agenttest.Quirks{LoopAt: col(3, 10010), Loop: col(3, 10004)}, false, []string{NotIncreasing}},
		{"goes back to another column", agenttest.Quirks{LoopAt: col(3, 10010), Loop: col(2, 10004)}, false, []string{NotIncreasing}},
		{"stays on one instance", agenttest.Quirks{LoopAt: col(0, 10001), Loop: col(0, 10001)}, false, []string{NotIncreasing}},
		{"genErr at one instance", agenttest.Quirks{GenErrAt: col(4, 10006)}, false, []string{AgentError}},
		{"v1", agenttest.Quirks{V1: true}, true, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			agent := switchAgent(24)
			agent.Quirks = tc.quirks
			conn := &agenttest.Conn{Agent: agent}
			var m Memory
			l := Limits{NoBulk: tc.quirks.V1}
			for pass := range 3 {
				before := len(agent.Requests)
				w := walkPorts(t, conn, &m, &l)
				require.Less(t, len(agent.Requests)-before, 400)
				if tc.complete {
					same(t, agent, w)
					assert.Empty(t, w.Problems)
				} else {
					for _, reason := range tc.problems {
						assert.True(t, slices.ContainsFunc(w.Problems, func(p Problem) bool { return p.Reason == reason }), "pass %d: %v", pass, w.Problems)
					}
				}
			}
		})
	}
}

func TestSilenceIsAnsweredWithASmallerQuestionOnce(t *testing.T) {
	agent := switchAgent(24)
	conn := &agenttest.Conn{Agent: agent, Silence: session.ErrNoAnswer}
	var m Memory
	var l Limits
	walkPorts(t, conn, &m, &l)
	agent.SilentAbove = 20
	w := &Walk{Columns: ports, Known: &Memory{}, Limits: &l, Rows: &Rows{}}
	w.Requests = 1 // something was answered before
	require.NoError(t, w.Run(context.Background(), conn))
	same(t, agent, w)
	assert.LessOrEqual(t, l.Varbinds, 20)
}

func TestInterruptedKeepsWhatWasRead(t *testing.T) {
	agent := switchAgent(48)
	conn := &agenttest.Conn{Agent: agent, Silence: session.ErrNoAnswer, FailAfter: 3}
	w := &Walk{Columns: ports, Limits: &Limits{}, Rows: &Rows{}}
	require.ErrorIs(t, w.Run(context.Background(), conn), session.ErrNoAnswer)
	assert.Positive(t, w.Rows.Len())
	assert.Equal(t, []Problem{{-1, Interrupted}}, w.Problems)
}

// Whatever rows and holes a table has, and whatever the agent's caps, the second walk finds the same as the first, each
// value in its row, within the budget.
func TestRaggedTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agent := &agenttest.Agent{}
		agent.Set(upTime, agenttest.Uint(pdu.TimeTicks, 5))
		for _, i := range rapid.SliceOfNDistinct(rapid.Uint32(), 0, 40, rapid.ID).Draw(t, "indexes") {
			holes := rapid.SliceOfN(rapid.IntRange(0, 9), len(ports), len(ports)).Draw(t, "holes")
			addPort(agent, i, func(c int) bool { return holes[c] == 0 || c > 5 && holes[5] > 7 })
		}
		agent.MaxVarbinds = rapid.SampledFrom([]int{0, 7, 40}).Draw(t, "cap")
		conn := &agenttest.Conn{Agent: agent, RoomBytes: rapid.IntRange(100, 3000).Draw(t, "room")}
		var m Memory
		l := Limits{NoBulk: rapid.Bool().Draw(t, "noBulk"), MaxRepetitions: rapid.IntRange(0, 5).Draw(t, "max")}
		same(t, agent, walkPorts(t, conn, &m, &l))
		agent.Sizes = nil
		w := walkPorts(t, conn, &m, &l)
		same(t, agent, w)
		for _, n := range agent.Sizes {
			require.LessOrEqual(t, n, max(conn.Room(), 80), "the second walk knows how large rows are")
		}
	})
}

func BenchmarkSteadyWalk(b *testing.B) {
	for _, n := range []int{48, 512} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			agent := switchAgent(n)
			conn := &agenttest.Conn{Agent: agent}
			var m Memory
			var l Limits
			walkPorts(b, conn, &m, &l)
			replay := &replayAgent{}
			record(b, conn, &m, &l, replay)
			rows := &Rows{}
			b.ReportAllocs()
			for b.Loop() {
				replay.at = 0
				w := &Walk{Columns: ports, Scalars: []pdu.OID{upTime}, Known: &m, Limits: &l, Rows: rows}
				if err := w.Run(context.Background(), replay); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*len(ports)), "ns/varbind")
		})
	}
}
