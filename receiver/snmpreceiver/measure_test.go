package snmpreceiver

import (
	"bufio"
	"bytes"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

func addSensor(a *agenttest.Agent, index uint32, name string, value uint64) {
	const celsius, units, ok = 8, 9, 1
	for column, v := range map[string]uint64{"Type": celsius, "Scale": units, "Precision": 1, "Value": value, "OperStatus": ok} {
		set(a, "ENTITY-SENSOR-MIB::entPhySensor"+column, agenttest.Uint(pdu.Integer, v), index)
	}
	set(a, "ENTITY-MIB::entPhysicalName", agenttest.Text(name), index)
}

func removeSensor(a *agenttest.Agent, index uint32) {
	for _, object := range []string{
		"ENTITY-SENSOR-MIB::entPhySensorType", "ENTITY-SENSOR-MIB::entPhySensorScale", "ENTITY-SENSOR-MIB::entPhySensorPrecision",
		"ENTITY-SENSOR-MIB::entPhySensorValue", "ENTITY-SENSOR-MIB::entPhySensorOperStatus", "ENTITY-MIB::entPhysicalName",
	} {
		o, _ := mib.Lookup(object)
		a.Delete(pdu.AppendSub(o.OID, index))
	}
}

// metricOf finds a metric and reports how often it is there.
func metricOf(md pmetric.Metrics, name string) (found pmetric.Metric, times int) {
	ms := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	for i := range ms.Len() {
		if ms.At(i).Name() == name {
			found = ms.At(i)
			times++
		}
	}
	return found, times
}

func TestProcessorsMemoryAndSensorsAreTold(t *testing.T) {
	t.Parallel()
	a := modelSwitch(2)
	set(a, "HOST-RESOURCES-MIB::hrProcessorLoad", agenttest.Uint(pdu.Integer, 40), 196608)
	set(a, "HOST-RESOURCES-MIB::hrProcessorLoad", agenttest.Uint(pdu.Integer, 60), 196609)
	set(a, "UCD-SNMP-MIB::memTotalReal.0", agenttest.Uint(pdu.Integer, 2000))
	set(a, "UCD-SNMP-MIB::memAvailReal.0", agenttest.Uint(pdu.Integer, 500))
	addSensor(a, 7, "Inlet", 215)
	addSensor(a, 8, "Outlet", 310)
	server := agenttest.Serve(t, a)
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	server.Do(func(a *agenttest.Agent) {
		a.Requests = nil
		set(a, "HOST-RESOURCES-MIB::hrProcessorLoad", agenttest.Uint(pdu.Integer, 90), 196609)
		set(a, "ENTITY-SENSOR-MIB::entPhySensorValue", agenttest.Uint(pdu.Integer, 333), 8)
	})
	md := r.poll(t)
	server.Do(func(a *agenttest.Agent) { assert.LessOrEqual(t, len(a.Requests), 2, "one more than for the ports") })
	cpu, ok := value(md, "system.cpu.utilization", semconv.CPULogicalNumber, "1")
	require.True(t, ok)
	assert.InDelta(t, 0.9, cpu.DoubleValue(), 1e-9)
	used, ok := value(md, "system.memory.usage", "system.memory.state", "used")
	require.True(t, ok)
	assert.EqualValues(t, 1500*1024, used.IntValue())
	usage, times := metricOf(md, "system.memory.usage")
	assert.Equal(t, 1, times, "a metric is there once, with all its points")
	assert.Equal(t, 2, usage.Sum().DataPoints().Len())
	assert.False(t, usage.Sum().IsMonotonic())
	assert.Equal(t, pmetric.AggregationTemporalityCumulative, usage.Sum().AggregationTemporality())
	limit, _ := value(md, "system.memory.limit")
	assert.EqualValues(t, 2000*1024, limit.IntValue())
	outlet, ok := value(md, "hw.temperature", "hw.id", "Outlet")
	require.True(t, ok)
	assert.InDelta(t, 33.3, outlet.DoubleValue(), 1e-9)
	assert.Equal(t, map[string]any{"hw.id": "Outlet", semconv.HWName: "Outlet"}, outlet.Attributes().AsRaw())

	// A sensor is pulled, and another put in: the poll that misses it finds out.
	server.Do(func(a *agenttest.Agent) {
		removeSensor(a, 7)
		addSensor(a, 9, "Core", 500)
	})
	md = r.poll(t)
	inlet, ok := value(md, "hw.temperature", "hw.id", "Inlet")
	assert.True(t, ok && inlet.Flags().NoRecordedValue(), "it is told that it is over")
	core, ok := value(md, "hw.temperature", "hw.id", "Core")
	require.True(t, ok)
	assert.InDelta(t, 50, core.DoubleValue(), 1e-9)
}

// An agent that falls silent over one table loses that one, be it so from the start or later.
func TestATablesSilenceCostsThatTable(t *testing.T) {
	t.Parallel()
	sensors, err := mib.Lookup("ENTITY-SENSOR-MIB::entPhySensorType")
	require.NoError(t, err)
	silence := sensors.OID[:len(sensors.OID)-1]
	a := modelSwitch(1)
	set(a, "HOST-RESOURCES-MIB::hrProcessorLoad", agenttest.Uint(pdu.Integer, 40), 1)
	set(a, "UCD-SNMP-MIB::memTotalReal.0", agenttest.Uint(pdu.Integer, 2000))
	addSensor(a, 7, "Inlet", 215)
	a.SilentUnder = silence
	server := agenttest.Serve(t, a)
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	told := func(md pmetric.Metrics) (out []string) {
		for _, name := range []string{"system.cpu.utilization", "system.memory.limit", "hw.temperature"} {
			if _, times := metricOf(md, name); times > 0 {
				out = append(out, name)
			}
		}
		return out
	}
	before := r.pool.Stats.Requests.Load()
	assert.Equal(t, []string{"system.cpu.utilization", "system.memory.limit"}, told(r.poll(t)))
	assert.LessOrEqual(t, int(r.pool.Stats.Requests.Load()-before), 2, "the silent table is left alone")
	assert.Len(t, r.logs.FilterMessage("Table is incomplete").All(), 1)

	d := r.devices[0]
	server.Do(func(a *agenttest.Agent) { a.SilentUnder = nil })
	d.fixedAt = time.Now().Add(-staticEvery)
	assert.Len(t, told(r.poll(t)), 3, "after a while it is tried again")

	server.Do(func(a *agenttest.Agent) { a.SilentUnder = silence })
	d.fixedAt = time.Now().Add(-staticEvery)
	r.poll(t)
	md := r.poll(t)
	assert.Equal(t, []string{"system.cpu.utilization", "system.memory.limit"}, told(md))
	up, _ := value(md, semconv.MetricDeviceUp)
	assert.EqualValues(t, 1, up.IntValue())
}

func TestWhatADeviceHasNotIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	server := agenttest.Serve(t, modelSwitch(1))
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	server.Do(func(a *agenttest.Agent) { a.Requests = nil })
	md := r.poll(t)
	server.Do(func(a *agenttest.Agent) { assert.Len(t, a.Requests, 1, "the port and the scalars alone") })
	_, times := metricOf(md, "system.cpu.utilization")
	assert.Zero(t, times)

	// It restarts with other software: what it has then is told, also what it has only after a while.
	server.Do(func(a *agenttest.Agent) {
		set(a, "SNMPv2-MIB::sysUpTime.0", agenttest.Uint(pdu.TimeTicks, 50))
		set(a, "SNMPv2-MIB::sysDescr.0", agenttest.Text("new software"))
		set(a, "HOST-RESOURCES-MIB::hrProcessorLoad", agenttest.Uint(pdu.Integer, 40), 1)
	})
	r.poll(t)
	_, ok := value(r.poll(t), "system.cpu.utilization", semconv.CPULogicalNumber, "0")
	assert.True(t, ok)
	server.Do(func(a *agenttest.Agent) {
		set(a, "SNMPv2-MIB::sysUpTime.0", agenttest.Uint(pdu.TimeTicks, 30001))
		set(a, "UCD-SNMP-MIB::memTotalReal.0", agenttest.Uint(pdu.Integer, 2000))
	})
	_, ok = value(r.poll(t), "system.memory.limit")
	assert.True(t, ok)
	assert.Equal(t, "new software", r.registry.Device(r.devices[0].id).SysDescr)
}

// get reads one value with net-snmp's own tool.
func get(t *testing.T, addr, oid string) float64 {
	out, err := exec.Command(program(t, "snmpget"), "-v2c", "-cpublic", "-Oqv", "-OU", "-m", "", addr, oid).Output()
	require.NoError(t, err)
	line, _, _ := bufio.NewReader(bytes.NewReader(out)).ReadLine()
	v, err := strconv.ParseFloat(string(bytes.TrimSpace(bytes.TrimSuffix(line, []byte(" kB")))), 64)
	require.NoError(t, err, string(line))
	return v
}

func TestSnmpdAgreesOnProcessorsAndMemory(t *testing.T) {
	t.Parallel()
	addr := startSnmpd(t)
	r := start(t, componenttest.NewNopHost(), configFor(addr))
	md := r.poll(t)
	// In its first minute snmpd has processors without a load.
	loads := table(t, addr, "1.3.6.1.2.1.25.3.3.1.2")
	for index, load := range loads {
		if _, err := strconv.Atoi(load); err != nil {
			delete(loads, index)
		}
	}
	cpu, times := metricOf(md, "system.cpu.utilization")
	if assert.Equal(t, len(loads) > 0, times == 1) && times == 1 {
		assert.Equal(t, len(loads), cpu.Gauge().DataPoints().Len(), "one point a processor")
	}
	total := get(t, addr.String(), "1.3.6.1.4.1.2021.4.5.0")
	limit, ok := value(md, "system.memory.limit")
	require.True(t, ok)
	assert.EqualValues(t, total*1024, limit.IntValue())
	sum := int64(0)
	usage, _ := metricOf(md, "system.memory.usage")
	for i := range usage.Sum().DataPoints().Len() {
		sum += usage.Sum().DataPoints().At(i).IntValue()
	}
	assert.Equal(t, limit.IntValue(), sum, "the states of memory make all of it")
	free, _ := value(md, "system.memory.usage", "system.memory.state", "free")
	assert.InDelta(t, get(t, addr.String(), "1.3.6.1.4.1.2021.4.6.0")*1024, free.IntValue(), 0.3*total*1024, "some was taken or freed meanwhile")
}
