package profile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/walk"
)

// told reads an agent as the receiver does, first whole and then what is left to read, and writes its points down.
func told(t *testing.T, a *agenttest.Agent) []string {
	m := &Generic().Measures
	rows := read(t, a, m.Columns)
	fixed, wanted := m.Fix(rows)
	var memory walk.Memory
	memory.Remember(rows, wanted)
	w := &walk.Walk{Columns: m.Columns, Known: &memory, Named: true, Limits: &walk.Limits{}, Rows: rows}
	a.Requests = nil
	require.NoError(t, w.Run(t.Context(), &agenttest.Conn{Agent: a}))
	assert.LessOrEqual(t, len(a.Requests), 1, "all in one request")
	assert.False(t, w.Stale)
	var out []string
	for _, v := range m.Measure(nil, &fixed, rows) {
		line := fmt.Sprintf("%s %.6g", v.Metric.Name, v.Value)
		if v.Metric.Number != "" {
			line += fmt.Sprintf(" %s=%d", v.Metric.Number, v.Row.Number)
		}
		if v.Metric.ID != "" {
			line += fmt.Sprintf(" %s=%s", v.Metric.ID, v.Row.ID)
		}
		if v.Metric.RowName != "" {
			line += fmt.Sprintf(" %s=%s", v.Metric.RowName, v.Row.Name)
		}
		for _, kv := range v.Point.Attributes {
			line += fmt.Sprintf(" %s=%s", kv[0], kv[1])
		}
		out = append(out, line)
	}
	return out
}

func integer(v int64) agenttest.Value {
	if v < 0 {
		return agenttest.Value{Type: pdu.Integer, Raw: []byte{byte(v >> 8), byte(v)}}
	}
	return agenttest.Uint(pdu.Integer, uint64(v))
}

func TestProcessors(t *testing.T) {
	a := &agenttest.Agent{}
	for i, load := range []int64{3, 100, 0} {
		set(a, "HOST-RESOURCES-MIB::hrProcessorLoad", integer(load), uint32(196608+i))
	}
	assert.Equal(t, []string{
		"system.cpu.utilization 0.03 cpu.logical_number=0",
		"system.cpu.utilization 1 cpu.logical_number=1",
		"system.cpu.utilization 0 cpu.logical_number=2",
	}, told(t, a))
}

func storage(a *agenttest.Agent, index uint32, kind pdu.OID, unit, size, used int64) {
	set(a, "HOST-RESOURCES-MIB::hrStorageType", agenttest.Value{Type: pdu.ObjectIdentifier, Raw: kind}, index)
	set(a, "HOST-RESOURCES-MIB::hrStorageAllocationUnits", integer(unit), index)
	set(a, "HOST-RESOURCES-MIB::hrStorageSize", integer(size), index)
	set(a, "HOST-RESOURCES-MIB::hrStorageUsed", integer(used), index)
}

func TestMemory(t *testing.T) {
	ram, err := pdu.ParseOID("1.3.6.1.2.1.25.2.1.2")
	require.NoError(t, err)
	disk, err := pdu.ParseOID("1.3.6.1.2.1.25.2.1.4")
	require.NoError(t, err)
	a := &agenttest.Agent{}
	storage(a, 1, ram, 4096, 1000, 250)
	storage(a, 31, disk, 4096, 9000, 1)
	assert.Equal(t, []string{
		"system.memory.usage 1.024e+06 system.memory.state=used",
		"system.memory.usage 3.072e+06 system.memory.state=free",
		"system.memory.limit 4.096e+06",
		"system.memory.utilization 0.25",
	}, told(t, a), "RAM alone, in its allocation units")

	set(a, "UCD-SNMP-MIB::memTotalReal.0", integer(8000))
	set(a, "UCD-SNMP-MIB::memAvailReal.0", integer(1000))
	set(a, "UCD-SNMP-MIB::memCached.0", integer(3000))
	assert.Equal(t, []string{
		"system.memory.usage 4.096e+06 system.memory.state=used",
		"system.memory.usage 1.024e+06 system.memory.state=free",
		"system.memory.usage 3.072e+06 system.memory.state=cached",
		"system.memory.limit 8.192e+06",
		"system.memory.utilization 0.5",
	}, told(t, a), "UCD goes first; without buffers; both are not told")
}

func sensor(a *agenttest.Agent, index uint32, name string, kind, scale, precision, value, status int64) {
	for column, v := range map[string]int64{"Type": kind, "Scale": scale, "Precision": precision, "Value": value, "OperStatus": status} {
		set(a, "ENTITY-SENSOR-MIB::entPhySensor"+column, integer(v), index)
	}
	set(a, "ENTITY-MIB::entPhysicalName", agenttest.Text(name), index)
}

func TestSensors(t *testing.T) {
	const voltsDC, watts, celsius, humidity, rpm = 4, 6, 8, 9, 10
	const milli, units, kilo = 8, 9, 10
	const ok, unavailable = 1, 2
	a := &agenttest.Agent{}
	sensor(a, 1001, "Inlet", celsius, units, 1, 235, ok)
	sensor(a, 1002, "Outlet", celsius, milli, 0, -5500, ok)
	sensor(a, 1003, "Fan", rpm, units, -2, 4200, ok)
	sensor(a, 1004, "Fan", rpm, units, 0, 4300, ok)
	sensor(a, 1005, "", watts, kilo, 2, 125, ok)
	sensor(a, 1006, "12V", voltsDC, milli, 0, 12040, ok)
	sensor(a, 1007, "Broken", celsius, units, 0, 0, unavailable)
	sensor(a, 1008, "Humidity", humidity, units, 0, 40, ok)
	set(a, "ENTITY-MIB::entPhysicalDescr", agenttest.Text("PSU input"), 1005)
	assert.Equal(t, []string{
		"hw.temperature 23.5 hw.id=Inlet hw.name=Inlet",
		"hw.temperature -5.5 hw.id=Outlet hw.name=Outlet",
		"hw.fan.speed 4200 hw.id=Fan#1003 hw.name=Fan",
		"hw.fan.speed 4300 hw.id=Fan#1004 hw.name=Fan",
		"hw.power 1250 hw.id=PSU input hw.name=PSU input hw.type=power_supply",
		"hw.voltage 12.04 hw.id=12V hw.name=12V",
	}, told(t, a))
}

func TestAnAgentWithoutAny(t *testing.T) {
	m := &Generic().Measures
	a := &agenttest.Agent{}
	set(a, "SNMPv2-MIB::sysName.0", agenttest.Text("x"))
	set(a, "ENTITY-MIB::entPhysicalName", agenttest.Text("chassis"), 1)
	fixed, _ := m.Fix(read(t, a, m.Columns))
	assert.True(t, fixed.Empty())
}

// What the built-in profile tells is what is documented.
func TestMeasuresAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/telemetry.md")
	require.NoError(t, err)
	documented := func(name string) { assert.Contains(t, string(doc), "`"+name+"`") }
	units := map[string]string{}
	for _, table := range Generic().Measures.tables {
		for _, m := range table.metrics {
			documented(m.Name)
			for _, name := range []string{m.Number, m.ID, m.RowName} {
				if name != "" {
					documented(name)
				}
			}
			for _, p := range m.Points {
				for _, kv := range p.Attributes {
					documented(kv[0])
				}
			}
			key := strings.Join([]string{m.Unit, m.Description, fmt.Sprint(m.UpDown)}, " ")
			if before, ok := units[m.Name]; ok {
				assert.Equal(t, before, key, "%s is one metric, whichever table tells it", m.Name)
			}
			units[m.Name] = key
		}
	}
	assert.GreaterOrEqual(t, len(units), 8)
}

func TestMistakesInMetricsNameTheirKey(t *testing.T) {
	const head = "name: x\nuptime: {agent: SNMPv2-MIB::sysUpTime.0}\n"
	const good = "{name: m, unit: '1', instrument: gauge, points: [{add: [1.3.6.1]}]}"
	for text, want := range map[string]string{
		"metrics: []": "metrics: none",
		"metrics: [{name: m, unit: '1', instrument: sum, points: [{add: [1.3.6.1]}]}]":                         `metrics: "m": instrument: "sum": want gauge`,
		"metrics: [{name: m, instrument: gauge, points: [{add: [1.3.6.1]}]}]":                                  "want name and unit",
		"metrics: [{name: m, unit: '1', instrument: gauge}]":                                                   "points: none",
		"metrics: [{name: m, unit: '1', instrument: gauge, points: [{}]}]":                                     "points: 0: add: want at least one object",
		"metrics: [{name: m, unit: '1', instrument: gauge, points: [{add: [A::b]}]}]":                          "points: 0: add: no object",
		"metrics: [{name: m, unit: '1', instrument: gauge, points: [{add: [1.3.6.1], scale: A::b}]}]":          "scale: no object",
		"metrics: [{name: m, unit: '1', instrument: gauge, points: [{add: [1.3.6.1], where: {A::b: ['1']}}]}]": "where: no object",
		"metrics: [{name: m, unit: '1', instrument: gauge, points: [{add: [1.3.6.1], adds: [1.3.6.1]}]}]":      "adds",
		"unless: other, metrics: [" + good + "]":                                                               `unless: "other" is no table above`,
		"rows: {names: [A::b]}, metrics: [" + good + "]":                                                       "rows: names: no object",
	} {
		_, err := Compile([]byte(head + "tables: [{name: a, role: metrics, " + text + "}]"))
		assert.ErrorContains(t, err, want, text)
	}
}
