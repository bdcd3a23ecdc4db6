package netif

import (
	"cmp"
	"slices"
	"time"
)

// State is what a restart must not lose of a tracker: when counters started, never what they count. It is small: an
// interface has a row only where it differs from its device. Encode it as JSON.
type State struct {
	Version int           `json:"version"`
	Boot    int64         `json:"boot"` // Unix nanoseconds: when the device's counters were zero
	Ticks   uint32        `json:"ticks,omitempty"`
	Unit    time.Duration `json:"unit,omitempty"`
	Box     time.Duration `json:"box,omitempty"`
	At      int64         `json:"at"` // Unix nanoseconds: when the device said so
	Rows    []RowState    `json:"rows,omitempty"`
}

// RowState is an interface's.
type RowState struct {
	Name          string         `json:"n"`
	Start         int64          `json:"s,omitempty"` // Unix nanoseconds
	Discontinuity uint32         `json:"d,omitempty"`
	OtherAgent    bool           `json:"a,omitempty"` // the agent restarted since it told Discontinuity
	Counters      []CounterState `json:"c,omitempty"`
}

// CounterState is a counter's.
type CounterState struct {
	Counter int    `json:"i"` // column × 2, + 1 for transmit
	Start   int64  `json:"s,omitempty"`
	Offset  uint64 `json:"o,omitempty"`
	Wraps   uint64 `json:"w,omitempty"` // of a 32-bit counter
	Narrow  bool   `json:"n,omitempty"` // read from 32 bits as the 64-bit column is dead
}

// StateVersion is that of State.
const StateVersion = 1

// Changes moves whenever State would give something else that is worth storing. (The uptime in it moves always.)
func (t *Tracker) Changes() uint64 { return t.changes }

// State returns what to store.
func (t *Tracker) State() State {
	u := t.clock.last
	s := State{Version: StateVersion, Boot: t.boot, Ticks: u.Ticks, Unit: u.Unit, Box: u.Box}
	if t.clock.seen {
		s.At = u.At.UnixNano()
	}
	for _, r := range t.rows {
		if r.generation != t.generation {
			continue // the device restarted since it was read
		}
		if row := t.rowState(r); row.Start != 0 || row.Discontinuity != 0 || len(row.Counters) > 0 {
			s.Rows = append(s.Rows, row)
		}
	}
	for name, row := range t.remembered {
		if t.rows[name] == nil {
			row.OtherAgent = row.OtherAgent || t.clock.agents > 0
			s.Rows = append(s.Rows, row)
		}
	}
	slices.SortFunc(s.Rows, func(a, b RowState) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

func (t *Tracker) rowState(r *row) RowState {
	s := RowState{Name: r.name, Discontinuity: r.disc, OtherAgent: r.agents != t.clock.agents}
	if r.start != t.boot {
		s.Start = r.start
	}
	for i := range r.counters {
		c := CounterState{Counter: i, Narrow: r.counters[i].has(narrowed)}
		if r.odd != nil {
			c.Start, c.Offset = r.odd[i].start, r.odd[i].offset
		}
		if r.counters[i].narrow() {
			c.Wraps = r.counters[i].wide >> 32
		}
		if c != (CounterState{Counter: i}) {
			s.Counters = append(s.Counters, c)
		}
	}
	return s
}

// Restore takes a stored state before the first Observe. What is not plausible is left out: a state of another
// version, or from the future, changes nothing.
func (t *Tracker) Restore(s State) {
	now := t.clockNow().UnixNano()
	if s.Version != StateVersion || s.At <= 0 || s.At > now+int64(time.Hour) || s.Boot > s.At || s.Unit < 0 || s.Box < 0 || t.polls > 0 {
		return
	}
	t.restored, t.boot = true, max(s.Boot, 0)
	t.clock.last = Uptime{Ticks: s.Ticks, Unit: s.Unit, Box: s.Box, At: time.Unix(0, s.At)}
	t.clock.seen = true
	t.remembered = make(map[string]RowState, min(len(s.Rows), maxRows))
	for _, r := range s.Rows {
		if len(t.remembered) < maxRows && r.Name != "" && r.Start >= 0 && r.Start <= now {
			t.remembered[r.Name] = r
		}
	}
}

// recall gives a new row what was stored of it, unless its counters had a discontinuity meanwhile.
func (t *Tracker) recall(r *row, s *Sample) {
	stored, ok := t.remembered[r.name]
	if !ok || stored.Discontinuity != s.Discontinuity && t.clock.agents == 0 && !stored.OtherAgent {
		return
	}
	if stored.Start != 0 {
		r.start = stored.Start
	}
	for _, c := range stored.Counters {
		if c.Counter < 0 || c.Counter >= counters || c.Start < 0 || c.Start > t.clockNow().UnixNano() {
			continue
		}
		if c.Start != 0 || c.Offset != 0 {
			*r.exception(c.Counter) = exception{start: c.Start, offset: c.Offset}
		}
		if c.Narrow {
			r.counters[c.Counter].bits = 32
			r.counters[c.Counter].set(narrowed)
		}
	}
}

// epoch returns how often a 32-bit counter had wrapped when it was stored.
func (t *Tracker) epoch(r *row, i int) uint64 {
	if len(t.remembered) == 0 || r.generation != 0 {
		return 0
	}
	for _, c := range t.remembered[r.name].Counters {
		if c.Counter == i {
			return min(c.Wraps, 1<<32-1)
		}
	}
	return 0
}
