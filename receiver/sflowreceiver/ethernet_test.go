package sflowreceiver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflowtest"
)

func TestEthernetErrors(t *testing.T) {
	set, _ := settings()
	r := start(t, testConfig(), set, componenttest.NewNopHost())
	var values [13]uint32
	for i := range values {
		values[i] = uint32(100 + i)
	}
	values[4] = 1<<32 - 1 // SQE test errors are not kept
	sample := sflowtest.CounterSample{
		Sequence: 1, Source: sflowtest.Source{Index: 7},
		Records: [][]byte{sflowtest.Interface{Index: 7}.Bytes(), sflowtest.EthernetCounters(values)},
	}
	r.send(t, sflowtest.Datagram{Agent: switch1, Sequence: 1, Samples: [][]byte{sample.Bytes()}}.Bytes())
	r.stop()
	assert.Equal(t, map[string]int64{
		"alignment": 100, "fcs": 101, "late_collision": 106, "excessive_collision": 107, "internal_mac_transmit": 108,
		"carrier_sense": 109, "frame_too_long": 110, "internal_mac_receive": 111, "symbol": 112,
	}, r.sums(semconv.MetricEthernetErrors, semconv.ErrorType))
	assert.Equal(t, map[string]int64{"if7": 964}, r.sums(semconv.MetricEthernetErrors, semconv.InterfaceName))
}

// A counter goes on across its wrap, with one start; a restart of the device is a new start.
func TestEthernetCountersAreWidened(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	boot := at.Add(-time.Hour)
	var clock netif.Clock
	var s ethernetState
	read := func(fcs uint32) (int64, time.Time) {
		clock.Observe(netif.Uptime{Ticks: uint32(at.Sub(boot).Milliseconds()), Unit: time.Millisecond, At: at})
		s.observe(&clock, &sflow.Ethernet{FCSErrors: sflow.Counter32(fcs)}, at)
		at = at.Add(30 * time.Second)
		value, start, ok := s.Value(1)
		assert.True(t, ok)
		return value, start
	}
	value, start := read(1<<32 - 10)
	assert.EqualValues(t, 1<<32-10, value)
	assert.True(t, boot.Equal(start))
	value, start = read(5)
	assert.EqualValues(t, 1<<32+5, value)
	assert.True(t, boot.Equal(start))
	boot = at.Add(-time.Second)
	value, start = read(2)
	assert.EqualValues(t, 2, value)
	assert.True(t, boot.Equal(start))
}
