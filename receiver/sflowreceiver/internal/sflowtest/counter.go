package sflowtest

import "math"

// Unknown is what an agent writes for a number that it does not know, and Unknown64 for a wide one.
const (
	Unknown   = 1<<32 - 1
	Unknown64 = 1<<64 - 1
)

// VLAN is vlan_counters.
func VLAN(id uint32, octets uint64, unicast, multicast, broadcast, discards uint32) []byte {
	return Opaque(5, Words(id), Hypers(octets), Words(unicast, multicast, broadcast, discards))
}

// WLAN is ieee80211_counters: all twenty in the order of the structure.
func WLAN(v [20]uint32) []byte { return Opaque(6, Words(v[:]...)) }

// LACP is lag_port_stats: states are actorAdmin, actorOper, partnerAdmin, partnerOper; received are LACPDUs, markers,
// marker responses, unknown and illegal frames, transmitted the first three of them.
func LACP(actor, partner [6]byte, aggregator uint32, states [4]byte, received [5]uint32, transmitted [3]uint32) []byte {
	return Opaque(7, actor[:], make([]byte, 2), partner[:], make([]byte, 2), Words(aggregator), states[:], Words(received[:]...), Words(transmitted[:]...))
}

// Lane is one lane of an sfp record: powers in µW, the current in µA, wavelengths in nm.
type Lane struct {
	Index, Bias                         uint32
	TxPower, TxMin, TxMax, TxWavelength uint32
	RxPower, RxMin, RxMax, RxWavelength uint32
}

// Optics is sfp: voltage in mV, temperature in thousandths of a degree.
func Optics(module, voltage uint32, temperature int32, lanes ...Lane) []byte {
	b := Words(module, uint32(len(lanes)), voltage, uint32(temperature), uint32(len(lanes)))
	for _, l := range lanes {
		b = Join(b, Words(l.Index, l.Bias, l.TxPower, l.TxMin, l.TxMax, l.TxWavelength, l.RxPower, l.RxMin, l.RxMax, l.RxWavelength))
	}
	return Opaque(10, b)
}

// Processor is processor: loads in hundredths of a percent.
func Processor(seconds5, minute1, minutes5 uint32, total, free uint64) []byte {
	return Opaque(1001, Words(seconds5, minute1, minutes5), Hypers(total, free))
}

// Radio is radio_utilization, in ms.
func Radio(elapsed, onChannel, busy uint32) []byte {
	return Opaque(1002, Words(elapsed, onChannel, busy))
}

// Host is host_descr.
func Host(name string, id [16]byte, machine, os uint32, release string) []byte {
	return Opaque(2000, Bytes([]byte(name)), id[:], Words(machine, os), Bytes([]byte(release)))
}

// Adapter is an interface of a host with its addresses.
type Adapter struct {
	Index uint32
	MACs  [][6]byte
}

// Adapters is host_adapters.
func Adapters(all ...Adapter) []byte {
	b := Words(uint32(len(all)))
	for _, a := range all {
		b = Join(b, Words(a.Index, uint32(len(a.MACs))))
		for _, m := range a.MACs {
			b = Join(b, m[:], make([]byte, 2))
		}
	}
	return Opaque(2001, b)
}

// HostCPU is host_cpu: loads, then running and all processes, processors, MHz, uptime in s; ms in user, nice, system, idle,
// iowait, interrupt and softirq; interrupts and context switches; and, in later versions, ms stolen, guest, niced guest.
func HostCPU(loads [3]float32, counts [4]uint32, uptime uint32, ms [7]uint32, interrupts, switches uint32, later ...uint32) []byte {
	var b []byte
	for _, l := range loads {
		b = Join(b, Words(math.Float32bits(l)))
	}
	return Opaque(2003, b, Words(counts[:]...), Words(uptime), Words(ms[:]...), Words(interrupts, switches), Words(later...))
}

// HostMemory is host_memory: total, free, shared, buffers, cached, swap total, swap free; pages in, out, swapped in, out.
func HostMemory(memory [7]uint64, pages [4]uint32) []byte {
	return Opaque(2004, Hypers(memory[:]...), Words(pages[:]...))
}

// HostDisk is host_disk_io: the fullest partition in hundredths of a percent, times in ms.
func HostDisk(total, free uint64, fullest, reads uint32, bytesRead uint64, readTime, writes uint32, bytesWritten uint64, writeTime uint32) []byte {
	return Opaque(2005, Hypers(total, free), Words(fullest, reads), Hypers(bytesRead), Words(readTime, writes), Hypers(bytesWritten), Words(writeTime))
}

// network is what host_net_io and virt_net_io hold: octets, packets, errors, drops in, and the same out.
func network(format uint32, in uint64, inRest [3]uint32, out uint64, outRest [3]uint32) []byte {
	return Opaque(format, Hypers(in), Words(inRest[:]...), Hypers(out), Words(outRest[:]...))
}

// HostNetwork is host_net_io, VirtualNetwork virt_net_io.
func HostNetwork(in uint64, inRest [3]uint32, out uint64, outRest [3]uint32) []byte {
	return network(2006, in, inRest, out, outRest)
}

func VirtualNetwork(in uint64, inRest [3]uint32, out uint64, outRest [3]uint32) []byte {
	return network(2104, in, inRest, out, outRest)
}

// MIB2 is mib2_ip_group (2007), mib2_icmp_group (2008), mib2_tcp_group (2009) or mib2_udp_group (2010).
func MIB2(format uint32, v ...uint32) []byte { return Opaque(format, Words(v...)) }

// VirtualNode, VirtualCPU, VirtualMemory, VirtualDisk are virt_node, virt_cpu, virt_memory, virt_disk_io.
func VirtualNode(mhz, cpus uint32, memory, free uint64, domains uint32) []byte {
	return Opaque(2100, Words(mhz, cpus), Hypers(memory, free), Words(domains))
}
func VirtualCPU(state, ms, cpus uint32) []byte { return Opaque(2101, Words(state, ms, cpus)) }
func VirtualMemory(used, limit uint64) []byte  { return Opaque(2102, Hypers(used, limit)) }
func VirtualDisk(capacity, allocation, available uint64, reads uint32, bytesRead uint64, writes uint32, bytesWritten uint64, errors uint32) []byte {
	return Opaque(2103, Hypers(capacity, allocation, available), Words(reads), Hypers(bytesRead), Words(writes), Hypers(bytesWritten), Words(errors))
}

// JVM is jmx_statistics: heap and other memory (initial, used, committed, max), then collections, their ms, classes loaded, in
// all, unloaded, ms compiling, threads live, daemon, started, files open and at most.
func JVM(memory [8]uint64, rest [11]uint32) []byte {
	return Opaque(2106, Hypers(memory[:]...), Words(rest[:]...))
}

// HTTP is http_counters: nine methods, six classes of status.
func HTTP(v [15]uint32) []byte { return Opaque(2201, Words(v[:]...)) }

// Application is app_operations: success first, then ten errors.
func Application(name string, v [11]uint32) []byte {
	return Opaque(2202, Bytes([]byte(name)), Words(v[:]...))
}

// Resources is app_resources: ms of user and system time, memory, files and connections and their limits.
func Resources(user, system uint32, memory, limit uint64, files, filesMax, connections, connectionsMax uint32) []byte {
	return Opaque(2203, Words(user, system), Hypers(memory, limit), Words(files, filesMax, connections, connectionsMax))
}

// Memcache is memcache_counters: 27 counters, then bytes read, written, held and at most.
func Memcache(v [27]uint32, bytes [4]uint64) []byte {
	return Opaque(2204, Words(v[:]...), Hypers(bytes[:]...))
}

// Workers is app_workers.
func Workers(active, idle, limit, delayed, dropped uint32) []byte {
	return Opaque(2206, Words(active, idle, limit, delayed, dropped))
}

const broadcom = 4413 << 12

// Buffers is bst_device_buffers and PortBuffers bst_port_buffers, in hundredths of a percent.
func Buffers(unicast, multicast uint32) []byte { return Opaque(broadcom|1, Words(unicast, multicast)) }

func PortBuffers(v [4]uint32, unicast, multicast []uint32) []byte {
	return Opaque(broadcom|2, Words(v[:]...), Words(uint32(len(unicast))), Words(unicast...), Words(uint32(len(multicast))), Words(multicast...))
}

// Tables is hw_tables.
func Tables(v [36]uint32) []byte { return Opaque(broadcom|3, Words(v[:]...)) }

// GPU is nvidia_gpu: devices, processes, ms computing, ms of memory traffic; memory; ECC errors, mJ, degrees, percent.
func GPU(devices, processes, compute, memoryTime uint32, total, free uint64, errors, energy, temperature, fan uint32) []byte {
	return Opaque(5703<<12|1, Words(devices, processes, compute, memoryTime), Hypers(total, free), Words(errors, energy, temperature, fan))
}

// EveryCounter is a record of every kind but an interface's, its numbers all different: those of a port, of a host, of a
// virtual machine with an application, and of a VLAN.
func EveryCounter() (port, host, virtual, vlan [][]byte) {
	row := func(n int, first uint32) []uint32 {
		v := make([]uint32, n)
		for i := range v {
			v[i] = first + uint32(i)
		}
		return v
	}
	lane := Lane{Index: 1, Bias: 6500, TxPower: 501, TxMin: 500, TxMax: 502, TxWavelength: 850, RxPower: 401, RxMin: 400, RxMax: Unknown, RxWavelength: 850}
	second := lane
	second.Index, second.RxPower = 2, 0
	port = [][]byte{
		LACP([6]byte{2, 1}, [6]byte{2, 2}, 1000, [4]byte{7, 0x3d, 5, 0x0f}, [5]uint32(row(5, 70)), [3]uint32(row(3, 80))),
		Optics(1, 3300, -5125, lane, second),
		WLAN([20]uint32(row(20, 600))), Radio(9000, 8000, 7000),
		PortBuffers([4]uint32{100, 200, 300, 400}, []uint32{500, 600}, []uint32{700}),
	}
	host = [][]byte{
		Processor(500, 1000, 1500, 4000, 1000),
		Host("leaf1", [16]byte{1, 2, 3, 15: 16}, 3, 2, "5.10.0"),
		Adapters(Adapter{Index: 1, MACs: [][6]byte{{2, 0, 0, 0, 0, 9}, {2, 0, 0, 0, 0, 10}}}, Adapter{Index: 2}),
		HostCPU([3]float32{0.5, 1.25, 2}, [4]uint32{3, 200, 8, 2400}, 86400, [7]uint32(row(7, 1000)), 2001, 2002, 2003, 2004, 2005),
		HostMemory([7]uint64{16000, 6000, 100, 1000, 3000, 800, 300}, [4]uint32(row(4, 40))),
		HostDisk(5000, 2000, 7550, 51, 52, 53, 54, 55, 56),
		HostNetwork(61, [3]uint32{62, 63, 64}, 65, [3]uint32{66, 67, 68}),
		MIB2(2007, row(19, 100)...), MIB2(2008, row(25, 200)...), MIB2(2009, row(15, 300)...), MIB2(2010, row(7, 400)...),
		VirtualNode(2400, 8, 16000, 8000, 4),
		Buffers(1100, 1200), Tables([36]uint32(row(36, 800))),
		GPU(1, 2, 3000, 4000, 24000, 4000, 7, 8000, 65, 40),
	}
	virtual = [][]byte{
		Host("vm1", [16]byte{9}, 3, 2, "6.1"),
		VirtualCPU(1, 5000, 2), VirtualMemory(3000, 4000), VirtualDisk(100, 60, 40, 11, 12, 13, 14, 15),
		VirtualNetwork(21, [3]uint32{22, 23, 24}, 25, [3]uint32{26, 27, 28}),
		JVM([8]uint64{1, 2, 3, 4, 5, 6, 7, Unknown64}, [11]uint32(row(11, 30))),
		HTTP([15]uint32(row(15, 500))), Application("billing", [11]uint32(row(11, 520))),
		Resources(1500, 2500, 3500, 4500, 5, 6, 7, 8), Workers(4, 5, 6, 7, 8),
		Memcache([27]uint32(row(27, 700)), [4]uint64{1, 2, 3, 4}),
	}
	return port, host, virtual, [][]byte{VLAN(42, 1<<40, 1, 2, 3, 4)}
}
