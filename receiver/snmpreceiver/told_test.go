package snmpreceiver

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// living plays a store: the series of states that are alive after all that was sent, by resource and attributes, and
// the values that they have.
func living(all []pmetric.Metrics, names ...string) map[string]string {
	out := map[string]string{}
	for _, md := range all {
		for _, rm := range md.ResourceMetrics().All() {
			host, _ := rm.Resource().Attributes().Get(semconv.HostName)
			for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
				for _, name := range names {
					if m.Name() == name {
						take(out, host.Str(), m)
					}
				}
			}
		}
	}
	return out
}

func take(alive map[string]string, host string, m pmetric.Metric) {
	var points pmetric.NumberDataPointSlice
	if m.Type() == pmetric.MetricTypeSum {
		points = m.Sum().DataPoints()
	} else {
		points = m.Gauge().DataPoints()
	}
	for _, p := range points.All() {
		key := fmt.Sprint(host, " ", p.Attributes().AsRaw())
		if p.Flags().NoRecordedValue() {
			delete(alive, key)
			continue
		}
		alive[key] = fmt.Sprint(p.IntValue())
	}
}

func TestADeviceThatComesUpIsOneSeries(t *testing.T) {
	t.Parallel()
	server := agenttest.Serve(t, modelSwitch(1))
	server.Do(func(*agenttest.Agent) { server.Community = "another" })
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	address := server.Address.Addr().String()
	require.Eventually(t, func() bool { return len(r.sink.AllMetrics()) >= 2 }, 15*time.Second, time.Millisecond)
	assert.Equal(t, map[string]string{address + " map[error.type:timeout]": "0"}, living(r.sink.AllMetrics(), semconv.MetricDeviceUp),
		"not_yet_answered is over")

	sent := r.sink.AllMetrics()
	server.Do(func(*agenttest.Agent) { server.Community = "public" })
	sent = append(sent, r.poll(t))
	assert.Equal(t, map[string]string{"sw1 map[]": "1"}, living(sent, semconv.MetricDeviceUp),
		"what was told before its name was known is over under the old name")
	md := r.poll(t)
	assert.Equal(t, 1, md.ResourceMetrics().Len(), "an end is told once")
	assert.Equal(t, map[string]string{"sw1 map[]": "1"}, living([]pmetric.Metrics{md}, semconv.MetricDeviceUp))

	server.Do(func(*agenttest.Agent) { server.Community = "another" })
	sent = append(sent, md, r.poll(t))
	assert.Equal(t, map[string]string{"sw1 map[error.type:timeout]": "0"}, living(sent, semconv.MetricDeviceUp))
}

func TestADescriptionThatChangesIsOneSeries(t *testing.T) {
	t.Parallel()
	a := modelSwitch(2)
	addSensor(a, 7, "Inlet", 215)
	addSensor(a, 8, "Outlet", 310)
	server := agenttest.Serve(t, a)
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	sent := r.sink.AllMetrics()
	server.Do(func(a *agenttest.Agent) {
		set(a, "SNMPv2-MIB::sysUpTime.0", agenttest.Uint(pdu.TimeTicks, 50)) // a restart: all is read anew
		set(a, "SNMPv2-MIB::sysLocation.0", agenttest.Text("elsewhere"))
		set(a, "IF-MIB::ifAlias", agenttest.Text("to the roof"), 102)
		set(a, "IF-MIB::ifName", agenttest.Text("Gi0/9"), 101)
		removeSensor(a, 7)
	})
	sent = append(sent, r.poll(t), r.poll(t))
	info := living(sent, semconv.MetricDeviceInfo)
	require.Len(t, info, 1)
	for attributes := range info {
		assert.Contains(t, attributes, "elsewhere")
	}
	ports := living(sent, semconv.MetricInterfaceInfo)
	require.Len(t, ports, 2)
	for attributes, v := range ports {
		assert.Equal(t, "1", v)
		assert.Regexp(t, "to the roof|Gi0/9", attributes)
	}
	assert.Len(t, living(sent, "hw.temperature"), 1, "a sensor that was pulled is over")

	again := living([]pmetric.Metrics{r.poll(t)}, semconv.MetricDeviceInfo, semconv.MetricInterfaceInfo)
	assert.Len(t, again, 3, "and what is, is told on")
}

func TestADeviceThatIsRenamedEndsUnderItsOldName(t *testing.T) {
	t.Parallel()
	a := modelSwitch(2)
	addSensor(a, 7, "Inlet", 215)
	server := agenttest.Serve(t, a)
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	d := r.devices[0]
	states := []string{semconv.MetricDeviceUp, semconv.MetricDeviceInfo, semconv.MetricInterfaceInfo, "hw.temperature"}
	sent := append(r.sink.AllMetrics(), r.poll(t))
	require.Len(t, living(sent, states...), 5)
	// Configuration names it, as another component's may while we run.
	renamed := *r.registry.Device(d.id)
	renamed.Name = "before"
	d.told.dev, d.told.info = &renamed, &renamed
	md := r.poll(t)
	require.Equal(t, 3, md.ResourceMetrics().Len())
	ended := 0
	for _, rm := range md.ResourceMetrics().All() {
		host, _ := rm.Resource().Attributes().Get(semconv.HostName)
		if host.Str() == "before" {
			ended += rm.ScopeMetrics().At(0).Metrics().Len()
		}
	}
	assert.Equal(t, len(states), ended)
	assert.Len(t, living([]pmetric.Metrics{md}, states...), 5, "all lives under the new name alone")
}

func TestEverySumHasAStartThatStays(t *testing.T) {
	t.Parallel()
	server := agenttest.Serve(t, modelSwitch(2))
	r := start(t, componenttest.NewNopHost(), configFor(server.Address))
	starts := func(md pmetric.Metrics) map[string]pcommon.Timestamp {
		out := map[string]pcommon.Timestamp{}
		for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if m.Type() != pmetric.MetricTypeSum {
				continue
			}
			for _, p := range m.Sum().DataPoints().All() {
				key := fmt.Sprint(m.Name(), p.Attributes().AsRaw())
				assert.NotZero(t, p.StartTimestamp(), key)
				assert.LessOrEqual(t, p.StartTimestamp(), p.Timestamp(), key)
				out[key] = p.StartTimestamp()
			}
		}
		return out
	}
	first := starts(r.poll(t))
	assert.Equal(t, first, starts(r.poll(t)))
	assert.Greater(t, len(first), 2*(7+3+2))
}
