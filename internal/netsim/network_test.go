package netsim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

// before is every interface's counters when a run begins.
func before(n *Network) map[*Interface]Interface {
	m := map[*Interface]Interface{}
	for _, d := range n.Devices() {
		for _, i := range d.Interfaces() {
			m[i] = *i
		}
	}
	return m
}

// run advances the network in steps for as long as told, and hands what it exports to each, with the rest at the end.
func run(n *Network, step, total time.Duration, each func([]Datagram)) {
	end := n.now.Add(total)
	for n.now.Before(end) {
		n.Advance(n.now.Add(step))
		each(n.Export())
	}
	each(n.Flush())
}

func packets(after, before Counters) uint64 {
	return after.Unicast + after.Multicast - before.Unicast - before.Multicast
}

// What flow records say and what counters say, told by decoders that are not ours, over networks of every shape.
func TestFlowsAndCountersAgree(t *testing.T) {
	for devices := 1; devices <= 9; devices++ {
		t.Run(fmt.Sprintf("%d devices", devices), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(devices), 1))
			cfg := DefaultConfig(start)
			cfg.Devices = devices
			cfg.Seed = random.Uint64()
			cfg.Active = time.Duration(1+random.IntN(60)) * time.Second
			cfg.Sampling = 64 + random.Uint32N(2000) // lower rates fill an agent's buffer
			step := time.Duration(200+random.IntN(4800)) * time.Millisecond
			n, err := New(cfg)
			require.NoError(t, err)
			past := before(n)
			o := newOracle(t)
			run(n, step, 3*time.Minute, o.take)
			for _, d := range n.Devices() {
				for _, i := range d.Interfaces() {
					agree(t, o, d, i, past[i])
				}
			}
		})
	}
}

func agree(t *testing.T, o *oracle, d *Device, i *Interface, past Interface) {
	t.Helper()
	where := fmt.Sprintf("%s %s by %s", d.Name, i.Name, d.Protocol)
	in, out := o.in[d][i.Index], o.out[d][i.Index]
	switch {
	case d.Protocol == SFlow:
		c, ok := o.counters[d][i.Index]
		require.True(t, ok, "counters of %s", where)
		require.Equal(t, i.In.Octets, c.IfInOctets, where)
		require.Equal(t, i.Out.Octets, c.IfOutOctets, where)
		require.Equal(t, uint32(i.In.Unicast), c.IfInUcastPkts, where)
		require.Equal(t, uint32(i.Out.Multicast), c.IfOutMulticastPkts, where)
		require.Equal(t, uint32(i.In.Errors), c.IfInErrors, where)
		fallthrough
	case d.Sampling > 1: // every N-th packet: what is missing is less than one interval
		estimate := in.packets
		if d.Protocol != SFlow {
			estimate *= uint64(d.Sampling)
		}
		lack := int64(packets(i.In, past.In)) - int64(estimate)
		require.True(t, 0 <= lack && lack < int64(d.Sampling), "%s: %d packets missing at 1 in %d", where, lack, d.Sampling)
	default:
		require.Equal(t, packets(i.In, past.In), in.packets, where)
		require.Equal(t, packets(i.Out, past.Out), out.packets, where)
		require.Equal(t, i.In.Octets-past.In.Octets, in.octets, where)
		require.Equal(t, i.Out.Octets-past.Out.Octets, out.octets, where)
	}
}

func TestWhatOneEndSendsTheOtherReceives(t *testing.T) {
	cfg := DefaultConfig(start)
	cfg.Devices = 8
	n, err := New(cfg)
	require.NoError(t, err)
	past := before(n)
	moved, flapped := 0, 0
	run(n, time.Second, 20*time.Minute, func([]Datagram) {
		for _, l := range n.links {
			a, b := l.a, l.b
			require.Equal(t, a.operUp, b.operUp)
			require.Equal(t, a.Out.Octets-past[a].Out.Octets, b.In.Octets-past[b].In.Octets)
			require.Equal(t, b.Out.Octets-past[b].Out.Octets, a.In.Octets-past[a].In.Octets)
			if !a.operUp {
				flapped++
			}
			if a.Out.Octets != past[a].Out.Octets {
				moved++
			}
		}
	})
	assert.NotZero(t, moved)
	assert.NotZero(t, flapped, "in twenty minutes a link went down")
}

func TestATraceRepeatsExactly(t *testing.T) {
	trace := func(seed uint64) (all [][]byte) {
		cfg := DefaultConfig(start)
		cfg.Seed = seed
		n, err := New(cfg)
		require.NoError(t, err)
		run(n, time.Second, time.Minute, func(ds []Datagram) {
			for _, d := range ds {
				all = append(all, d.Payload)
			}
		})
		return all
	}
	assert.Equal(t, trace(7), trace(7))
	assert.NotEqual(t, trace(7), trace(8))
}

func TestTheDemoNetworkHasSomethingOfEverything(t *testing.T) {
	n, err := New(DefaultConfig(start))
	require.NoError(t, err)
	o := newOracle(t)
	past := before(n)
	run(n, time.Second, 5*time.Minute, o.take)

	protocols, elsewhere := map[Protocol]int{}, 0
	for _, d := range n.Devices() {
		protocols[d.Protocol]++
		if d.Export != d.Address {
			elsewhere++
		}
		assert.NotZero(t, o.flows[d], "%s exports", d.Name)
	}
	assert.Len(t, protocols, 4, "each protocol has a device")
	assert.Equal(t, 1, elsewhere, "one exports from another address than it is polled at")
	assert.Len(t, o.sampler, 1, "one NetFlow exporter announces a sampler")
	for d, rate := range o.sampler {
		assert.EqualValues(t, d.Sampling, rate)
	}
	assert.NotZero(t, o.v6)
	assert.NotZero(t, o.endings[endActive])
	assert.NotZero(t, o.endings[endOfFlow])
	for d, names := range o.names {
		for _, i := range d.Interfaces() {
			assert.Equal(t, i.Name, names[i.Index])
		}
	}
	errors, idle := 0, 0
	for i, p := range past {
		errors += int(i.In.Errors - p.In.Errors)
		if !i.operUp {
			idle++
		}
	}
	assert.NotZero(t, errors, "a port with a bad cable counts errors")
	assert.NotZero(t, idle, "not every port has a cable")
}

func TestRatesChangeOverTime(t *testing.T) {
	n, err := New(DefaultConfig(start))
	require.NoError(t, err)
	var wan *Interface
	for _, i := range n.Devices()[2].Interfaces() {
		if i.Name == "wan1" {
			wan = i
		}
	}
	require.NotNil(t, wan)
	low, high := uint64(1<<63), uint64(0)
	for range 60 {
		was := wan.In.Octets
		for range 10 {
			n.Advance(n.now.Add(time.Second))
		}
		low, high = min(low, wan.In.Octets-was), max(high, wan.In.Octets-was)
	}
	assert.NotZero(t, low, "something always flows")
	assert.Greater(t, high, low+low/4)
}

func TestAPauseOfTheMachineIsNotCaughtUpOn(t *testing.T) {
	n, err := New(DefaultConfig(start))
	require.NoError(t, err)
	past := before(n)
	n.Advance(start.Add(24 * time.Hour))
	for i, p := range past {
		assert.Less(t, i.In.Octets-p.In.Octets, i.Speed/8*60+1, "%s %s", i.device.Name, i.Name)
	}
	n.Advance(start) // time that runs backwards moves nothing
	assert.Equal(t, start.Add(24*time.Hour), n.now)
}

func TestTrafficKeepsToItsTime(t *testing.T) {
	cfg := DefaultConfig(start)
	cfg.Quiet, cfg.Traffic = 10*time.Second, 20*time.Second
	n, err := New(cfg)
	require.NoError(t, err)
	total := func() (sum uint64) {
		for _, d := range n.Devices() {
			for _, i := range d.Interfaces() {
				sum += i.In.Octets
			}
		}
		return sum
	}
	var moved []bool
	for range 4 {
		was := total()
		for range 10 {
			n.Advance(n.now.Add(time.Second))
		}
		moved = append(moved, total() != was)
	}
	assert.Equal(t, []bool{false, true, true, false}, moved)
	n.Export()
	n.Advance(n.now.Add(inactive))
	n.Export()
	for _, d := range n.Devices() {
		assert.Empty(t, d.cache.order, "%s has told everything without being shut down", d.Name)
	}
}

func TestV5SplitsWhatDoesNotFit(t *testing.T) {
	r := Record{Packets: 10_000_001, Octets: 1500 * 10_000_001}
	var packets, octets uint64
	parts := split32([]Record{r})
	for _, p := range parts {
		assert.Less(t, p.Octets, uint64(1)<<32)
		assert.Equal(t, p.Packets*1500, p.Octets)
		packets, octets = packets+p.Packets, octets+p.Octets
	}
	assert.Greater(t, len(parts), 3)
	assert.Equal(t, sums{r.Packets, r.Octets}, sums{packets, octets})
}

func TestConfigMistakesAreNamed(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"devices: 0 is not from 1 to 200":   func(c *Config) { c.Devices = 0 },
		"devices: 201 is not from 1 to 200": func(c *Config) { c.Devices = 201 },
		"base: 127.0.200.0 is not":          func(c *Config) { c.Base = netip.MustParseAddr("127.0.200.0") },
		"base: ::1 is not":                  func(c *Config) { c.Base = netip.MustParseAddr("::1") },
		"active timeout: 0s is under 1s":    func(c *Config) { c.Active = 0 },
		"sampling: 1 in 0 is not":           func(c *Config) { c.Sampling = 0 },
	} {
		cfg := DefaultConfig(start)
		change(&cfg)
		_, err := New(cfg)
		assert.ErrorContains(t, err, want)
	}
}

func BenchmarkAdvance(b *testing.B) {
	n, err := New(DefaultConfig(start))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		n.Advance(n.now.Add(time.Second))
		n.Export()
	}
}
