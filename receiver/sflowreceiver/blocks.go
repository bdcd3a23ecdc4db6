package sflowreceiver

import (
	"slices"
	"strconv"
	"time"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// Bounds of the counter records that are kept until they are sent: of one agent, and the numbers in all of one socket's.
const (
	maxAgentBlocks = 1 << 14
	maxKeptValues  = 1 << 19
	maxBlockText   = 255
)

// blockKey is a record of an agent: what kind, of which data source, and of which application where there may be several.
type blockKey struct {
	kind         sflow.BlockKind
	class, index uint32
	name         string
}

// keptBlock is the latest record of its key.
type keptBlock struct {
	values []sflow.Value
	texts  []string
	at     time.Time
	uptime uint32
	fresh  bool
}

func (b *keptBlock) value(i int) sflow.Value {
	if i >= len(b.values) {
		return sflow.Value{}
	}
	return b.values[i]
}

// freshBlock is a record that has not been fetched.
type freshBlock struct {
	agent *sflow.Agent
	key   blockKey
	block *keptBlock
}

// keepBlocks keeps a counter sample's records.
func (h *handler) keepBlocks(a *sflow.Agent, c *sflow.CounterSample) {
	own := a.Attachment.(*agent)
	for i := range c.Blocks {
		b := &c.Blocks[i]
		if b.Kind == sflow.AdaptersBlock {
			own.learnAdapters(b)
			continue
		}
		key := blockKey{kind: b.Kind, class: c.Class, index: c.Index}
		if b.Kind == sflow.ApplicationBlock && len(b.Texts) > 0 {
			key.name = inventory.Clean(string(b.Texts[0]), maxBlockText)
		}
		h.keepBlock(a, own, key, b)
	}
}

func (h *handler) keepBlock(a *sflow.Agent, own *agent, key blockKey, b *sflow.Block) {
	kept := own.blocks[key]
	if kept == nil {
		if len(own.blocks) >= maxAgentBlocks {
			h.refused++
			return
		}
		kept = &keptBlock{}
	}
	if h.keptValues+len(b.Values)-len(kept.values) > maxKeptValues {
		h.refused++
		return
	}
	h.keptValues += len(b.Values) - len(kept.values)
	if own.blocks == nil {
		own.blocks = map[blockKey]*keptBlock{}
	}
	own.blocks[key] = kept
	kept.values = append(kept.values[:0], b.Values...)
	kept.setTexts(b)
	kept.at, kept.uptime = h.at, a.Uptime
	if !kept.fresh {
		kept.fresh = true
		h.freshBlocks = append(h.freshBlocks, freshBlock{a, key, kept})
	}
}

// setTexts keeps a record's texts, without copying those that are what they were.
func (b *keptBlock) setTexts(from *sflow.Block) {
	if len(b.texts) != len(from.Texts) {
		b.texts = make([]string, len(from.Texts))
	}
	for i, text := range from.Texts {
		if from.Kind == sflow.HostBlock && i == 1 {
			b.texts[i] = sflow.ID(text)
		} else if b.texts[i] != string(text) {
			b.texts[i] = inventory.Clean(string(text), maxBlockText)
		}
	}
}

// learnAdapters takes the MAC addresses of a host's interfaces, the first of each.
func (own *agent) learnAdapters(b *sflow.Block) {
	for i, n := 1, b.At(0).N; n > 0; n-- {
		index, macs := b.At(i), b.At(i+1).N
		if latest := own.interfaces[uint32(index.N)]; latest != nil && index.Known() && macs > 0 {
			latest.mac = b.At(i + 2).N
		}
		i += 2 + int(macs) //nolint:gosec // the decoder bounds it
	}
}

// forgetBlocks forgets the records that have not come for long.
func (h *handler) forgetBlocks(own *agent, now time.Time) {
	for key, b := range own.blocks {
		if !b.fresh && now.Sub(b.at) >= interfaceIdle {
			h.keptValues -= len(b.values)
			delete(own.blocks, key)
		}
	}
}

// blockState is what a tracker keeps of a record.
type blockState struct {
	netif.Scalars
	at time.Time
}

// takenBlock is a record on its way from a handler to the flusher.
type takenBlock struct {
	agent          sflow.AgentKey
	key            blockKey
	block          keptBlock
	port, hostName string // what the agent calls the data source, as an interface or as a host; "" nothing

	hostMemoryToo bool // the data source sends host_memory, too
}

// takeBlocks copies the fresh records; to make points of them takes longer than the worker may wait.
func (h *handler) takeBlocks() []takenBlock {
	taken := make([]takenBlock, 0, len(h.freshBlocks))
	for _, f := range h.freshBlocks {
		own := f.agent.Attachment.(*agent)
		b := takenBlock{agent: f.agent.AgentKey, key: f.key, block: *f.block}
		b.block.values, b.block.texts = slices.Clone(b.block.values), slices.Clone(b.block.texts)
		if f.key.class == interfaceClass {
			b.port = own.portName(f.key.index)
		}
		if host := own.blocks[blockKey{kind: sflow.HostBlock, class: f.key.class, index: f.key.index}]; host != nil {
			b.hostName = host.texts[0]
		}
		_, b.hostMemoryToo = own.blocks[blockKey{kind: sflow.HostMemoryBlock, class: f.key.class, index: f.key.index}]
		f.block.fresh = false
		taken = append(taken, b)
	}
	clear(h.freshBlocks)
	h.freshBlocks = h.freshBlocks[:0]
	return taken
}

// addBlock takes one record.
func (r *readings) addBlock(taken *takenBlock) {
	a, key, b := taken.agent, taken.key, &taken.block
	t := r.tracker(a, r.registry.Exporter(a.Address, 0))
	state := t.blocks[key]
	if state == nil {
		state = &blockState{}
		t.blocks[key] = state
	}
	t.clock.Observe(netif.Uptime{Ticks: b.uptime, Unit: time.Millisecond, At: b.at})
	state.Observe(&t.clock, readingsOf(b.values), b.at)
	state.at = b.at
	p := blockPoints{points: t.points, block: b, state: &state.Scalars, at: b.at, common: t.identify(key, taken.port, taken.hostName), hostMemoryToo: taken.hostMemoryToo}
	p.record(key)
	r.touch(t)
	if b.at.After(t.uptime.At) {
		t.uptime = netif.Uptime{Ticks: b.uptime, Unit: time.Millisecond, At: b.at}
	}
	r.emitted.Add(1)
}

// Classes of data sources: interfaces by ifIndex, and what an agent speaks for beside the device, such as virtual machines.
const (
	interfaceClass = 0
	logicalClass   = 3
)

// identify is the attributes that tell records of one kind apart: an interface by its name, anything else by its data
// source. The box as a whole has one, too: SNMP may tell the same metrics of it, and no stream has two writers.
func (t *tracker) identify(key blockKey, port, hostName string) []string {
	switch {
	case key.kind == sflow.VLANBlock:
		return nil // has an identity of its own
	case key.class == interfaceClass && key.index != 0:
		s := netif.Sample{Index: key.index}
		t.name(&s, port)
		pairs := []string{semconv.InterfaceName, s.Name}
		if s.Alias != "" {
			pairs = append(pairs, semconv.InterfaceAlias, s.Alias)
		}
		return pairs
	}
	source := strconv.FormatUint(uint64(key.class), 10) + ":" + strconv.FormatUint(uint64(key.index), 10)
	pairs := []string{semconv.SFlowDataSource, source}
	if hostName != "" && key.class == logicalClass && key.kind != sflow.HostBlock {
		pairs = append(pairs, semconv.SFlowHostName, hostName)
	}
	return pairs
}
