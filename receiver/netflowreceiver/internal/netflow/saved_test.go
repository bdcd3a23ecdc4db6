package netflow

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// saved returns what d would keep, through JSON as it would be stored.
func saved(t *testing.T, d *Decoder) map[netip.Addr]*Saved {
	all := map[netip.Addr]*Saved{}
	d.Changed(func(a netip.Addr, s *Saved) {
		b, err := json.Marshal(s)
		require.NoError(t, err)
		v := &Saved{}
		require.NoError(t, json.Unmarshal(b, v))
		all[a] = v
	})
	return all
}

func restarted(c *collected, all map[netip.Addr]*Saved) *Decoder {
	d := New(c, Limits{})
	d.Restore(func(a netip.Addr) *Saved { return all[a] })
	return d
}

// After a restart of the collector data is decoded, scaled and named without waiting for the exporter's announcements.
func TestRestored(t *testing.T) {
	sampled := append([]f{{48, 1, 0}}, plain...)
	var c collected
	d := decode(&c, v9(v9Header{count: 3}, set(0, definition(256, sampled...), true), set(1, optionsV9(257, 0, f{48, 1, 0}, f{50, 4, 0}), true),
		set(257, wire{}.u8(1).u32(100), true)),
		v9(v9Header{count: 2}, set(1, optionsV9(258, 1, f{2, 4, 0}, f{82, 16, 0}), true), set(258, wire{}.u32(1).str("Te0/0/0", 16), true)))
	all := saved(t, d)
	require.Len(t, all, 1)
	assert.Empty(t, saved(t, d), "nothing new")
	data := v9(v9Header{count: 1, seq: 2}, set(256, append(wire{}.u8(1), plainRecord...), true))

	t.Run("same port", func(t *testing.T) {
		var c collected
		feed(restarted(&c, all), router, data)
		require.Len(t, c.records, 1)
		assert.Equal(t, uint64(100), c.records[0].Scale.Num)
		assert.Equal(t, "Te0/0/0", c.interfaces[1])
	})
	t.Run("another port", func(t *testing.T) {
		var c collected
		feed(restarted(&c, all), mustPort(router, 50000), data)
		assert.Len(t, c.records, 1)
	})
	t.Run("another shape", func(t *testing.T) {
		var c collected
		d := restarted(&c, all)
		feed(d, router, v9(v9Header{count: 1}, set(256, append(wire{}.u32(7).u8(1), plainRecord...), false)))
		assert.Empty(t, c.records)
		assert.Equal(t, uint64(1), d.Counters().ProvisionalRefused)
		feed(d, router, v9(v9Header{count: 1}, set(0, definition(256, append([]f{{10, 4, 0}}, sampled...)...), true)))
		assert.Len(t, c.records, 1, "held until the new shape came")
	})
	t.Run("the exporter rebooted meanwhile", func(t *testing.T) {
		var c collected
		later := t0.Add(time.Hour)
		d := restarted(&c, all)
		d.Datagram(router, later, v9(v9Header{count: 1, uptime: 60_000, at: later}, set(256, append(wire{}.u8(1), plainRecord...), true)))
		assert.Empty(t, c.records)
	})
	t.Run("the uptime went on", func(t *testing.T) {
		var c collected
		later := t0.Add(time.Hour)
		d := restarted(&c, all)
		d.Datagram(router, later, v9(v9Header{count: 1, uptime: uptime + 3_600_000, at: later}, set(256, append(wire{}.u8(1), plainRecord...), true)))
		assert.Len(t, c.records, 1)
	})
	t.Run("damaged", func(t *testing.T) {
		broken := &Saved{Streams: []SavedStream{{Port: router.Port(), Version: V9, Templates: []SavedTemplate{{ID: 256, Raw: []byte{0, 9, 1}}, {ID: 1}, {ID: 300, Raw: []byte{0, 0}}}}}}
		var c collected
		d := restarted(&c, map[netip.Addr]*Saved{router.Addr(): broken})
		feed(d, router, data)
		assert.Empty(t, c.records)
	})
}

func TestMergeKeepsWhatDidNotComeBack(t *testing.T) {
	old := &Saved{Heard: 1, Streams: []SavedStream{{Port: 1, Boot: 1}, {Port: 2}}, Interfaces: []SavedName{{ID: 1, Name: "old"}, {ID: 2, Name: "b"}}}
	v := (&Saved{Heard: 2, Streams: []SavedStream{{Port: 1, Boot: 2}}, Interfaces: []SavedName{{ID: 1, Name: "new"}}}).Merge(old)
	assert.Equal(t, []SavedStream{{Port: 1, Boot: 2}, {Port: 2}}, v.Streams)
	assert.Equal(t, []SavedName{{ID: 1, Name: "new"}, {ID: 2, Name: "b"}}, v.Interfaces)
	assert.Equal(t, v, v.Merge(nil))
}
