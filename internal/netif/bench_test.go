package netif

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// bench polls a device as a poller does and shows what came out.
type bench struct {
	t     *testing.T
	tr    *Tracker
	now   time.Time
	boot  time.Time // of the agent, as its sysUpTime tells
	box   time.Time // of the host; zero: not told
	notes []Note
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: noon, boot: noon.Add(-time.Hour)}
	b.tr = b.tracker()
	return b
}

func (b *bench) tracker() *Tracker {
	return New(Options{
		Interval: minute, OnNote: func(n Note) { b.notes = append(b.notes, n) }, Now: func() time.Time { return b.now },
	})
}

func (b *bench) uptime() Uptime {
	u := Uptime{Unit: 10 * time.Millisecond, At: b.now, Ticks: uint32(b.now.Sub(b.boot) / (10 * time.Millisecond))}
	if !b.box.IsZero() {
		u.Box = b.now.Sub(b.box)
	}
	return u
}

// ticks is sysUpTime at a moment.
func (b *bench) ticks(at time.Time) uint32 { return uint32(at.Sub(b.boot) / (10 * time.Millisecond)) }

// poll reads the device and lets a minute pass.
func (b *bench) poll(samples ...Sample) points {
	for i := range samples {
		samples[i].At = b.now
	}
	b.tr.Observe(b.uptime(), samples)
	out := pmetric.NewMetricSlice()
	b.tr.Append(out)
	b.now = b.now.Add(minute)
	return read(b.t, out)
}

// points is everything of one Append by "metric{name direction …}".
type points map[string]point

type point struct {
	value    int64
	ratio    float64
	start    time.Time
	at       time.Time
	temporal string
}

func (p points) io(name string) point { return p["system.network.io{"+name+" receive}"] }
func (p points) has(key string) bool  { _, ok := p[key]; return ok }

func read(t *testing.T, ms pmetric.MetricSlice) points {
	out := points{}
	for _, m := range ms.All() {
		var dps pmetric.NumberDataPointSlice
		kind := "gauge"
		if m.Type() == pmetric.MetricTypeSum {
			dps, kind = m.Sum().DataPoints(), "sum"
			require.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())
			if m.Sum().IsMonotonic() {
				kind = "monotonic"
			}
		} else {
			dps = m.Gauge().DataPoints()
		}
		require.NotZero(t, dps.Len(), "%s without points", m.Name())
		for _, dp := range dps.All() {
			var labels []string
			for _, k := range []string{"network.interface.name", "network.io.direction", "network.packet.cast", "network.interface.state", "network.interface.alias"} {
				if v, ok := dp.Attributes().Get(k); ok {
					labels = append(labels, v.Str())
				}
			}
			key := m.Name() + "{" + strings.Join(labels, " ") + "}"
			require.NotContains(t, out, key, "two points of one series")
			require.NotEqual(t, pmetric.NumberDataPointValueTypeEmpty, dp.ValueType(), key)
			require.LessOrEqual(t, dp.StartTimestamp(), dp.Timestamp(), key)
			out[key] = point{dp.IntValue(), dp.DoubleValue(), dp.StartTimestamp().AsTime(), dp.Timestamp().AsTime(), kind + " " + m.Unit()}
		}
	}
	return out
}

func hc(rx, tx uint64) Counter {
	return Counter{HC: Pair{Reading{rx, 64}, Reading{tx, 64}}}
}

func low(rx, tx uint64) Counter {
	return Counter{Low: Pair{Reading{rx & 0xffffffff, 32}, Reading{tx & 0xffffffff, 32}}}
}

func both(high, narrow uint64) Counter {
	return Counter{HC: hc(high, high).HC, Low: low(narrow, narrow).Low}
}

func port(name string, octets Counter) Sample {
	return Sample{Name: name, Octets: octets, ReceiveSpeed: gigabit, TransmitSpeed: gigabit}
}
