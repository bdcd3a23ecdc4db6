package sflowreceiver

import (
	"math"
	"strconv"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// record adds the points of one record: those of its table, and what takes more than one number.
func (p *blockPoints) record(key blockKey) {
	if key.kind == sflow.VLANBlock {
		p.common = append(p.common, semconv.VLANID, strconv.FormatUint(p.block.value(0).N, 10))
	}
	if key.name != "" {
		p.common = append(p.common, semconv.AppName, key.name)
	}
	p.all(tables[key.kind])
	switch key.kind {
	case sflow.LACPBlock:
		p.lacp()
	case sflow.OpticsBlock:
		p.optics(key)
	case sflow.ProcessorBlock:
		p.processor()
	case sflow.HostBlock:
		p.host()
	case sflow.HostCPUBlock:
		p.hostCPU()
	case sflow.HostMemoryBlock:
		p.hostMemory()
	case sflow.HostDiskBlock:
		p.usage(filesystemUsage, semconv.FilesystemState, 0, 1)
	case sflow.VirtualCPUBlock:
		p.virtualState()
	case sflow.JVMBlock:
		p.jvmThreads()
	case sflow.PortBuffersBlock:
		p.portBuffers()
	case sflow.GPUBlock:
		if total, free := p.block.value(4), p.block.value(5); total.Known() && free.Known() && free.N <= total.N {
			p.put(gpuMemoryUsage.of(gpu...), 0, total.N-free.N)
		}
	}
}

// usage adds what is used and what is free of a total, by their places in the record.
func (p *blockPoints) usage(m *definition, state string, totalAt, freeAt int) {
	total, free := p.block.value(totalAt), p.block.value(freeAt)
	if !free.Known() {
		return
	}
	p.put(m.of(state, "free"), 0, free.N)
	if total.Known() && total.N >= free.N {
		p.put(m.of(state, "used"), 0, total.N-free.N)
	}
}

// lacp adds the bits of actorOper and partnerOper (IEEE 802.1AX, LacpState).
func (p *blockPoints) lacp() {
	states := p.block.value(3)
	if !states.Known() {
		return
	}
	for _, role := range [...]struct {
		name  string
		shift int
	}{{"actor", 16}, {"partner", 0}} {
		for bit, name := range [...]string{
			"activity", "timeout", "aggregation", "synchronization", "collecting", "distributing", "defaulted", "expired",
		} {
			p.put(lacpState.of(semconv.LACPRole, role.name, semconv.LACPState, name), 0, states.N>>(role.shift+bit)&1)
		}
	}
}

// Places in the sfp record: module, and the fields of a lane.
const (
	opticsVoltage     = 2
	opticsTemperature = 3
	opticsLanes       = 4
	laneFields        = 10
)

// optics adds a transceiver and its lanes.
func (p *blockPoints) optics(key blockKey) {
	id := "transceiver " + strconv.FormatUint(uint64(key.index), 10)
	if module := p.block.value(0); key.class != interfaceClass && module.Known() {
		id += "/" + strconv.FormatUint(module.N, 10)
	}
	p.common = append(p.common, semconv.HWID, id, semconv.HWType, "transceiver")
	p.value(opticsVoltage, voltage.of())
	if t := p.block.value(opticsTemperature); t.Known() {
		p.put(temperature.of(), float64(int32(uint32(t.N)))/1000, 0) //nolint:gosec // a signed number on the wire
	}
	for i := opticsLanes + 1; i+laneFields <= len(p.block.values); i += laneFields {
		p.lane(i)
	}
}

func (p *blockPoints) lane(i int) {
	number := []string{semconv.OpticsLane, strconv.FormatUint(p.block.value(i).N, 10)}
	p.value(i+1, opticsBias.of(number...))
	for _, way := range [...]struct {
		at         int
		attributes []string
	}{{i + 2, transmitted}, {i + 6, received}} {
		attributes := append(number[:2:2], way.attributes...)
		p.value(way.at, opticsPower.of(attributes...))
		p.value(way.at+1, opticsPowerMin.of(attributes...))
		p.value(way.at+2, opticsPowerMax.of(attributes...))
	}
}

// processor adds the load of the last minute, else that of five seconds, else of five minutes; and memory,
// unless a host_memory record of the same data source tells that better.
func (p *blockPoints) processor() {
	for _, at := range [...]int{1, 0, 2} {
		if p.block.value(at).Known() {
			p.value(at, cpuUtilization.of())
			break
		}
	}
	if p.hostMemoryToo {
		return
	}
	p.value(3, memoryLimit.of())
	p.usage(memoryUsage, semconv.MemoryState, 3, 4)
	if total, free := p.block.value(3), p.block.value(4); total.Known() && free.Known() && total.N > 0 && free.N <= total.N {
		p.put(memoryUtilization.of(), float64(total.N-free.N)/float64(total.N), 0)
	}
}

// Values of machine_type and os_name by number, as host.arch and os.type have them.
var (
	architectures = [...]string{"", "", "x86", "amd64", "ia64", "sparc", "alpha", "ppc64", "m68k", "mips", "arm64", "hppa", "s390x"}
	systems       = [...]string{"", "", "linux", "windows", "darwin", "hpux", "aix", "dragonflybsd", "freebsd", "netbsd", "openbsd", "osf", "solaris"}
)

func (p *blockPoints) host() {
	var attributes []string
	put := func(key, value string) {
		if value != "" {
			attributes = append(attributes, key, value)
		}
	}
	texts := p.block.texts // hostname, UUID, release
	put(semconv.SFlowHostName, texts[0])
	put(semconv.SFlowHostID, texts[1])
	put(semconv.SFlowHostArch, nameOf(architectures[:], p.block.value(0)))
	put(semconv.SFlowHostOS, nameOf(systems[:], p.block.value(1)))
	put(semconv.OSVersion, texts[2])
	p.put(hostInfo.of(attributes...), 0, 1)
}

func nameOf(names []string, v sflow.Value) string {
	if !v.Known() || v.N >= uint64(len(names)) {
		return ""
	}
	return names[v.N]
}

// hostCPU adds the load averages, which are floats on the wire, and processes.
func (p *blockPoints) hostCPU() {
	for i, m := range [...]*definition{load1, load5, load15} {
		if v := p.block.value(i); v.Known() {
			load := float64(math.Float32frombits(uint32(v.N))) //nolint:gosec // 32 bits
			if load >= 0 && !math.IsInf(load, 0) {
				p.put(m.of(), load, 0)
			}
		}
	}
	running, all := p.block.value(3), p.block.value(4)
	if running.Known() && all.Known() && running.N <= all.N {
		p.put(processes.of(semconv.ProcessState, "running"), 0, running.N)
		p.put(processes.of(semconv.ProcessState, "other"), 0, all.N-running.N)
	}
}

// hostMemory adds memory by state, which together are all of it, and swap space.
func (p *blockPoints) hostMemory() {
	total, used := p.block.value(0), p.block.value(0).N
	known := total.Known()
	for _, part := range [...]struct {
		at    int
		state string
	}{{1, "free"}, {3, "buffers"}, {4, "cached"}} {
		v := p.block.value(part.at)
		if !v.Known() {
			continue
		}
		p.put(memoryUsage.of(semconv.MemoryState, part.state), 0, v.N)
		known = known && v.N <= used
		used -= v.N
	}
	if known && total.N > 0 && p.block.value(1).Known() {
		p.put(memoryUsage.of(semconv.MemoryState, "used"), 0, used)
		p.put(memoryUtilization.of(), float64(used)/float64(total.N), 0)
	}
	p.usage(pagingUsage, semconv.PagingState, 5, 6)
}

// virtualState adds a point for each state of libvirt's virDomainState.
func (p *blockPoints) virtualState() {
	state := p.block.value(0)
	names := [...]string{"no_state", "running", "blocked", "paused", "shutdown", "shutoff", "crashed"}
	if nameOf(names[:], state) == "" {
		return
	}
	for i, name := range names {
		n := uint64(0)
		if uint64(i) == state.N {
			n = 1
		}
		p.put(virtualState.of(semconv.VirtualState, name), 0, n)
	}
}

// jvmThreads adds daemon threads and the others.
func (p *blockPoints) jvmThreads() {
	if live, daemon := p.block.value(14), p.block.value(15); live.Known() && daemon.Known() && daemon.N <= live.N {
		p.put(jvmThreads.of(semconv.ThreadDaemon, isDaemon), 0, daemon.N)
		p.put(jvmThreads.of(semconv.ThreadDaemon, "false"), 0, live.N-daemon.N)
	}
}

// portBuffers adds a port's buffers, and those of its egress queues by number.
func (p *blockPoints) portBuffers() {
	casts := [...]string{semconv.CastUnicast, semconv.CastMulticast}
	for i, way := range [][]string{received, transmitted} {
		for j, cast := range casts {
			p.value(2*i+j, bufferUtilization.of(append(way[:2:2], semconv.PacketCast, cast)...))
		}
	}
	at := 4
	for _, cast := range casts {
		queues := int(p.block.value(at).N) //nolint:gosec // the decoder bounds it
		for q := range queues {
			p.value(at+1+q, bufferUtilization.of(append(transmitted[:2:2], semconv.PacketCast, cast, semconv.QueueID, strconv.Itoa(q))...))
		}
		at += 1 + queues
	}
}
