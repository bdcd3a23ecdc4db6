package sflowreceiver

import (
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// handler is one socket's worker: it decodes, gives flow samples to its part of the pipeline, and keeps the latest
// counters of each interface until they are fetched.
type handler struct {
	worker   *pipeline.Worker
	rates    map[netip.Addr]uint32 // configured sampling rates
	counters bool                  // interface counters are wanted
	log      *zap.Logger
	said     [sflow.Faults]time.Time // when a fault was last logged

	mu        sync.Mutex // guards what follows against the flusher and telemetry
	decoder   *sflow.Decoder
	at        time.Time
	exporters map[netip.Addr]*exporter
	fresh     []freshReading // interfaces read since they were last fetched
	kept      int            // interfaces whose latest reading is kept
	refused   uint64         // readings of interfaces beyond the bounds

	freshBlocks []freshBlock
	keptValues  int // numbers in the records that are kept

	discarded   map[netip.Addr]*discards // by agent address
	discardKeys int                      // of all of them
}

// Names of interfaces that are none.
const (
	internalName = "internal"
	multipleName = "multiple"
)

// Bounds of the interfaces whose readings are kept: of one agent, and of all of one socket's agents. One not heard of
// for interfaceIdle is forgotten.
const (
	maxAgentInterfaces = 1 << 14
	maxInterfaces      = 1 << 16
	interfaceIdle      = 30 * time.Minute
)

// agent is what the receiver keeps of an agent.
type agent struct {
	exporter   *exporter
	interfaces map[uint32]*reading // by ifIndex
	blocks     map[blockKey]*keptBlock
}

// exporter is the pipeline's handle of an agent's address, which its sub-agents share.
type exporter struct {
	*pipeline.Exporter
	users int
}

// reading is the latest counters of one interface.
type reading struct {
	sflow.Generic
	ethernet    sflow.Ethernet
	hasEthernet bool
	name        string // as the agent calls it, "" unknown
	mac         uint64 // 0 unknown
	at          time.Time
	uptime      uint32
	fresh       bool
}

// freshReading is an interface of an agent whose reading has not been fetched.
type freshReading struct {
	agent   *sflow.Agent
	reading *reading
}

func newHandler(w *pipeline.Worker, o sflow.Options, rates map[netip.Addr]uint32, counters bool, log *zap.Logger) *handler {
	h := &handler{worker: w, rates: rates, counters: counters, log: log, exporters: map[netip.Addr]*exporter{}}
	h.decoder = sflow.NewDecoder(o, h)
	return h
}

// Datagrams decodes a batch.
func (h *handler) Datagrams(batch []udp.Datagram) {
	h.worker.Lock()
	defer h.worker.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range batch {
		d := &batch[i]
		h.at = d.At
		if f := h.decoder.Decode(d.Payload, d.Source.Addr(), d.At.UnixNano()); f != sflow.None {
			h.explain(f, d)
		}
	}
}

// explainEvery is how often one kind of fault is logged.
const explainEvery = time.Minute

// explain logs a fault, the first of its kind in a minute.
func (h *handler) explain(f sflow.Fault, d *udp.Datagram) {
	if !h.said[f].IsZero() && d.At.Sub(h.said[f]) < explainEvery {
		return
	}
	h.said[f] = d.At
	fields := []zap.Field{zap.Stringer("source", d.Source), zap.Stringer("reason", f), zap.Int("bytes", len(d.Payload))}
	switch f {
	case sflow.Version:
		h.log.Warn("Not sFlow version 5: have the agent send version 5", append(fields, zap.Uint32("version", sflow.VersionOf(d.Payload)))...)
	case sflow.TooManyAgents:
		h.log.Warn("Too many sFlow agents: the datagram was dropped; name the agents' addresses under allow to keep forgers out", fields...)
	default:
		h.log.Warn("An sFlow datagram was not wholly understood; the rest of it is used", fields...)
	}
}

// Begin gives a new agent its handle and its configured rate.
func (h *handler) Begin(a *sflow.Agent) bool {
	e, ok := h.exporters[a.Address]
	if !ok {
		handle := h.worker.Exporter(a.Address, 0)
		if handle == nil {
			return false
		}
		e = &exporter{Exporter: handle}
		h.exporters[a.Address] = e
		h.worker.NameInterface(handle, sflow.Internal, internalName, "")
		h.worker.NameInterface(handle, sflow.Multiple, multipleName, "")
	}
	e.users++
	a.Attachment = &agent{exporter: e, interfaces: map[uint32]*reading{}}
	a.OverrideRate = h.rates[a.Address]
	return true
}

// End lets go of a silent agent.
func (h *handler) End(a *sflow.Agent) {
	own := a.Attachment.(*agent)
	h.kept -= len(own.interfaces)
	for _, b := range own.blocks {
		h.keptValues -= len(b.values)
	}
	if own.exporter.users--; own.exporter.users == 0 {
		h.worker.Forget(own.exporter.Exporter)
		delete(h.exporters, a.Address)
	}
}

// Flow counts a sampled packet.
func (h *handler) Flow(a *sflow.Agent, r *flow.Record) {
	h.worker.Add(a.Attachment.(*agent).exporter.Exporter, h.at, r)
}

// Counters keeps the latest counters of an interface and of everything else.
func (h *handler) Counters(a *sflow.Agent, c *sflow.CounterSample) {
	if !h.counters {
		return
	}
	h.keepInterface(a, c)
	h.keepBlocks(a, c)
}

func (h *handler) keepInterface(a *sflow.Agent, c *sflow.CounterSample) {
	if !c.Has.Contains(sflow.GenericKind) || c.Generic.Index == 0 {
		return
	}
	own := a.Attachment.(*agent)
	latest, ok := own.interfaces[c.Generic.Index]
	if !ok {
		if h.kept >= maxInterfaces || len(own.interfaces) >= maxAgentInterfaces {
			h.refused++
			return
		}
		h.kept++
		latest = &reading{}
		own.interfaces[c.Generic.Index] = latest
	}
	latest.Generic, latest.at, latest.uptime = c.Generic, h.at, c.Uptime
	latest.ethernet, latest.hasEthernet = c.Ethernet, c.Has.Contains(sflow.EthernetKind)
	if c.Has.Contains(sflow.PortNameKind) && latest.name != string(c.PortName) {
		h.rename(own, latest, c.PortName)
	}
	if !latest.fresh {
		latest.fresh = true
		h.fresh = append(h.fresh, freshReading{a, latest})
	}
}

// sweep forgets the silent.
func (h *handler) sweep(now time.Time) {
	h.worker.Lock()
	defer h.worker.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decoder.Sweep(now.UnixNano())
	h.decoder.Agents(func(a *sflow.Agent) {
		own := a.Attachment.(*agent)
		for index, latest := range own.interfaces {
			if !latest.fresh && now.Sub(latest.at) >= interfaceIdle {
				delete(own.interfaces, index)
				h.kept--
			}
		}
		h.forgetBlocks(own, now)
	})
}

// takeReadings moves the fresh readings to where they are sent from.
func (h *handler) takeReadings(to *readings) {
	for _, b := range h.take(to) {
		to.addBlock(&b)
	}
}

func (h *handler) take(to *readings) []takenBlock {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.fresh {
		f.reading.fresh = false
		to.add(f.agent.AgentKey, f.reading)
	}
	clear(h.fresh)
	h.fresh = h.fresh[:0]
	return h.takeBlocks()
}
