package sflow

import "net/netip"

// AgentKey names an agent: its own address, as its datagrams tell it, and the sub-agent.
type AgentKey struct {
	Address  netip.Addr
	SubAgent uint32
}

// Agent is what is kept of one agent. Fields are the decoder's; read them where Decode is not running.
type Agent struct {
	AgentKey
	Attachment   any    // the sink's
	OverrideRate uint32 // the sink's: a configured sampling rate, 0 for none

	Heard                       int64  // when it last spoke, Unix nanoseconds
	Uptime                      uint32 // milliseconds, modulo 2^32, as last told
	Datagrams, Bytes            uint64
	FlowSamples, CounterSamples uint64
	Duplicates                  uint64 // datagrams that arrived twice
	Restarts                    uint64
	Drops                       uint64 // samples that the agent says it dropped itself
	Contradictions              uint64 // windows whose sample pool is not what the sampling rate makes of it
	SamplingRate                uint32 // as last announced, or overridden

	datagrams  sequence
	lost       [3]uint64 // samples lost by sources that are no longer kept, by kind
	sources    map[sourceKey]*source
	epoch      uint32 // counts restarts: sources of an older epoch start anew
	uptimeAt   int64
	uptimeHigh uint32
	before     past // the agent before it restarted
	stale      bool // the current datagram is from before
}

// past is where an agent was when it restarted: datagrams from before may still be on their way.
type past struct {
	at     int64
	next   uint32
	uptime uint32
}

// LostDatagrams returns how many datagrams never arrived.
func (a *Agent) LostDatagrams() uint64 { return a.datagrams.lost }

// LostSamples returns how many flow, counter and discard samples never arrived.
func (a *Agent) LostSamples() (flows, counters, discards uint64) {
	lost := a.lost
	for k, s := range a.sources {
		lost[sourceKind(k>>56)] += s.lost
	}
	return lost[flowSource], lost[counterSource], lost[discardSource]
}

// Bounds of what an uptime may do without a restart.
const (
	uptimeSlack = 5_000        // ms that a late datagram's uptime lies back
	clockSlack  = 60 * second  // how far the agent's clock may be off ours since it last spoke, and
	driftShare  = 16           // one part in so many of the time between
	millisecond = second / 1e3 // in nanoseconds
)

// arrive takes a datagram's header into account.
func (a *Agent) arrive(n, uptime uint32, at int64) {
	a.Datagrams++
	a.Heard = at
	if a.stale = a.before.has(n, uptime, at); a.stale {
		return
	}
	before := past{at: at, next: a.datagrams.next, uptime: a.uptimeHigh}
	known := a.datagrams.begun
	v := anew
	if fell := a.restarted(uptime, at); fell && n-a.datagrams.next >= reorderWindow {
		a.datagrams.restart(n)
	} else {
		v = a.datagrams.arrive(n, at)
	}
	switch {
	case v == anew && known:
		a.Restarts++
		a.epoch++
		a.before = before
	case v == duplicate:
		a.Duplicates++
	}
	a.Uptime = uptime
}

// has tells whether a datagram is one from before a restart that came late.
func (p *past) has(n, uptime uint32, at int64) bool {
	if p.at == 0 || at-p.at > settleAfter {
		return false
	}
	return p.next-1-n < reorderLimit && p.uptime-uptime < uptimeSlack
}

// restarted tells whether uptime fell for another reason than a datagram that came late or the wrap of 2^32 ms after
// 49.7 days: a wrap goes on as the clock does.
func (a *Agent) restarted(uptime uint32, at int64) bool {
	last, lastAt := a.uptimeHigh, a.uptimeAt
	moved := int64(int32(uptime - last))
	if lastAt != 0 && moved < 0 && moved >= -uptimeSlack {
		return false
	}
	a.uptimeHigh, a.uptimeAt = uptime, at
	if lastAt == 0 || uptime >= last {
		return false
	}
	elapsed := at - lastAt
	off := int64(uptime-last)*millisecond - elapsed // modulo 2^32 ms
	slack := clockSlack + elapsed/driftShare
	return off > slack || off < -slack
}

// agents is the bounded set of agents and their sources.
type agents struct {
	all     map[AgentKey]*Agent
	last    *Agent // most datagrams come in runs
	sources int
	swept   int64
}

func newAgents(Options) agents { return agents{all: map[AgentKey]*Agent{}} }

// sweepEvery is how often the silent are looked for while the set is full.
const sweepEvery = 60 * second

// agent returns the state of an agent, made on first sight, or nil if it may not be kept.
func (d *Decoder) agent(k AgentKey, at int64) *Agent {
	if a := d.agents.last; a != nil && a.AgentKey == k {
		return a
	}
	a, ok := d.agents.all[k]
	if !ok {
		if len(d.agents.all) >= d.options.MaxAgents && !d.sweepWhenFull(at) {
			return nil
		}
		a = &Agent{AgentKey: k, Heard: at, sources: map[sourceKey]*source{}}
		if !d.sink.Begin(a) {
			return nil
		}
		d.agents.all[k] = a
	}
	d.agents.last = a
	return a
}

// source returns the state of an agent's data source, made on first sight, or nil if it may not be kept.
func (d *Decoder) source(a *Agent, k sourceKey, at int64) *source {
	s, ok := a.sources[k]
	if !ok {
		if d.agents.sources >= d.options.MaxSources {
			d.sweepWhenFull(at)
			if d.agents.sources >= d.options.MaxSources {
				d.stats.Untracked++
				return nil
			}
		}
		s = &source{epoch: a.epoch}
		a.sources[k] = s
		d.agents.sources++
	}
	s.heard = at
	return s
}

// sweepWhenFull makes room, at most once in sweepEvery, and tells whether there is room for an agent.
func (d *Decoder) sweepWhenFull(at int64) bool {
	if at-d.agents.swept >= sweepEvery {
		d.Sweep(at)
	}
	return len(d.agents.all) < d.options.MaxAgents
}

// Sweep forgets agents and data sources that have been silent for Options.IdleAfter, and gives up sequence numbers that are overdue.
// Call it now and then.
func (d *Decoder) Sweep(at int64) {
	d.agents.swept = at
	for k, a := range d.agents.all {
		if at-a.Heard >= d.options.IdleAfter {
			d.agents.sources -= len(a.sources)
			delete(d.agents.all, k)
			d.agents.last = nil
			d.sink.End(a)
			continue
		}
		d.sweepSources(a, at)
	}
}

func (d *Decoder) sweepSources(a *Agent, at int64) {
	a.datagrams.settle(at)
	for k, s := range a.sources {
		s.settle(at)
		if at-s.heard >= d.options.IdleAfter {
			a.lost[sourceKind(k>>56)] += s.lost + s.pending
			delete(a.sources, k)
			d.agents.sources--
		}
	}
}

// Agents calls each for every agent that is kept, in no order. Do not decode meanwhile.
func (d *Decoder) Agents(each func(*Agent)) {
	for _, a := range d.agents.all {
		each(a)
	}
}
