package sflowreceiver

import "github.com/netcol-io/netcol/internal/semconv"

// Scales of numbers on the wire.
const (
	milli       = 1e-3
	micro       = 1e-6
	mega        = 1e6
	hundredths  = 1e-4 // hundredths of a percent
	percent     = 1e-2
	notCounting = "" // a number that says nothing by itself
)

// The metrics of counter records.
var (
	cpuUtilization = &definition{semconv.MetricCPUUtilization, "Share of time that the processor was busy, over the last minute.", "1", gauge, hundredths}
	cpuTime        = &definition{semconv.MetricCPUTime, "Time that processors spent in each mode.", "s", counter, milli}
	cpuCount       = &definition{semconv.MetricCPUCount, "Logical processors.", "{cpu}", upDown, 0}
	cpuFrequency   = &definition{semconv.MetricCPUFrequency, "Clock of the processors.", "Hz", gauge, mega}
	load1          = &definition{semconv.MetricLoad1, "Load average of the last minute.", "{thread}", gauge, 1}
	load5          = &definition{semconv.MetricLoad5, "Load average of the last five minutes.", "{thread}", gauge, 1}
	load15         = &definition{semconv.MetricLoad15, "Load average of the last fifteen minutes.", "{thread}", gauge, 1}
	interrupts     = &definition{semconv.MetricInterrupts, "Interrupts served.", "{interrupt}", counter, 0}
	switches       = &definition{semconv.MetricContextSwitches, "Context switches.", "{switch}", counter, 0}
	processes      = &definition{semconv.MetricProcesses, "Processes by state.", "{process}", upDown, 0}
	uptime         = &definition{semconv.MetricSystemUptime, "Time since the system started.", "s", gauge, 1}

	memoryUsage       = &definition{semconv.MetricMemoryUsage, "Memory by state.", "By", upDown, 0}
	memoryLimit       = &definition{semconv.MetricMemoryLimit, "Memory there is.", "By", upDown, 0}
	memoryUtilization = &definition{semconv.MetricMemoryUtilization, "Share of memory in use.", "1", gauge, 1}
	pagingUsage       = &definition{semconv.MetricPagingUsage, "Swap space by state.", "By", upDown, 0}
	pagingOperations  = &definition{semconv.MetricPagingOperations, "Pages moved: page between memory and disk, swap to and from swap space.", "{operation}", counter, 0}

	filesystemUsage   = &definition{semconv.MetricFilesystemUsage, "Space of all file systems by state.", "By", upDown, 0}
	filesystemLimit   = &definition{semconv.MetricFilesystemLimit, "Space that all file systems have.", "By", upDown, 0}
	filesystemFullest = &definition{semconv.MetricFilesystemFullest, "Share in use of the fullest file system.", "1", gauge, hundredths}
	diskIO            = &definition{semconv.MetricDiskIO, "Bytes read from and written to disks.", "By", counter, 0}
	diskOperations    = &definition{semconv.MetricDiskOperations, "Reads and writes of disks.", "{operation}", counter, 0}
	diskTime          = &definition{semconv.MetricDiskOperationTime, "Time that reads and writes took.", "s", counter, milli}

	hostInfo       = &definition{semconv.MetricHostInfo, "A host and what describes it; always 1.", "1", upDown, 0}
	hostIO         = &definition{semconv.MetricHostNetworkIO, "Bytes of all the host's interfaces together.", "By", counter, 0}
	hostPackets    = &definition{semconv.MetricHostNetPackets, "Packets of all the host's interfaces together.", "{packet}", counter, 0}
	hostErrors     = &definition{semconv.MetricHostNetErrors, "Packets in error of all the host's interfaces together.", "{error}", counter, 0}
	hostDropped    = &definition{semconv.MetricHostNetDropped, "Packets dropped by all the host's interfaces together.", "{packet}", counter, 0}
	mib2           = &definition{semconv.MetricHostMIB2, "Counters of the host's IP, ICMP, TCP and UDP by their names in MIB-II.", "{event}", counter, 0}
	tcpConnections = &definition{semconv.MetricTCPConnections, "TCP connections that are open.", "{connection}", upDown, 0}

	lacpPDUs     = &definition{semconv.MetricLACPPDUs, "Frames of link aggregation by type.", "{pdu}", counter, 0}
	lacpState    = &definition{semconv.MetricLACPState, "Operational state of the port's link aggregation, 1 for each bit that is set.", "1", upDown, 0}
	vlanIO       = &definition{semconv.MetricVLANIO, "Bytes of a VLAN.", "By", counter, 0}
	vlanPackets  = &definition{semconv.MetricVLANPackets, "Packets of a VLAN.", "{packet}", counter, 0}
	vlanDropped  = &definition{semconv.MetricVLANDropped, "Packets of a VLAN that were discarded.", "{packet}", counter, 0}
	wlanEvents   = &definition{semconv.MetricWLANEvents, "Counters of an access point's radio by their names in IEEE802dot11-MIB.", "{event}", counter, 0}
	wlanStations = &definition{semconv.MetricWLANStations, "Stations associated.", "{station}", upDown, 0}
	wlanChannel  = &definition{semconv.MetricWLANChannelTime, "Time that a radio counted, was on its channel, and found it busy; each includes the next.", "s", counter, milli}

	temperature       = &definition{semconv.MetricTemperature, "Temperature.", "Cel", gauge, 1}
	voltage           = &definition{semconv.MetricVoltage, "Voltage.", "V", gauge, milli}
	opticsPower       = &definition{semconv.MetricOpticsPower, "Optical power of a transceiver's lane.", "W", gauge, micro}
	opticsPowerMin    = &definition{semconv.MetricOpticsPowerMin, "Least optical power of a transceiver's lane.", "W", gauge, micro}
	opticsPowerMax    = &definition{semconv.MetricOpticsPowerMax, "Greatest optical power of a transceiver's lane.", "W", gauge, micro}
	opticsBias        = &definition{semconv.MetricOpticsBias, "Bias current of the laser of a transceiver's lane.", "A", gauge, micro}
	bufferUtilization = &definition{semconv.MetricBufferUtilization, "Share of packet buffers in use, the highest since the last reading.", "1", gauge, hundredths}
	tableUsage        = &definition{semconv.MetricTableUsage, "Entries in a table of the switching chip.", "{entry}", upDown, 0}
	tableLimit        = &definition{semconv.MetricTableLimit, "Entries that a table of the switching chip has room for.", "{entry}", upDown, 0}
	gpuTime           = &definition{semconv.MetricGPUTime, "Time that GPUs computed, and that their memory was read or written.", "s", counter, milli}
	gpuMemoryUsage    = &definition{semconv.MetricGPUMemoryUsage, "Memory of all GPUs in use.", "By", upDown, 0}
	gpuMemoryLimit    = &definition{semconv.MetricGPUMemoryLimit, "Memory of all GPUs.", "By", upDown, 0}
	hwErrors          = &definition{semconv.MetricHWErrors, "Errors of hardware.", "{error}", counter, 0}
	hwEnergy          = &definition{semconv.MetricHWEnergy, "Energy consumed.", "J", counter, milli}
	fanSpeedRatio     = &definition{semconv.MetricFanSpeedRatio, "Speed of the fastest fan as a share of its greatest.", "1", gauge, percent}

	domains           = &definition{semconv.MetricDomains, "Virtual machines that are active.", "{domain}", upDown, 0}
	virtualState      = &definition{semconv.MetricVirtualState, "State of a virtual machine: 1 for the current one, 0 for the others.", "1", upDown, 0}
	virtualCPUTime    = &definition{semconv.MetricVirtualCPUTime, "Processor time of a virtual machine.", "s", counter, milli}
	virtualCPUCount   = &definition{semconv.MetricVirtualCPUCount, "Processors of a virtual machine.", "{cpu}", upDown, 0}
	virtualMemory     = &definition{semconv.MetricVirtualMemoryUsage, "Memory that a virtual machine uses.", "By", upDown, 0}
	virtualMemoryMax  = &definition{semconv.MetricVirtualMemoryLimit, "Memory that a virtual machine may use.", "By", upDown, 0}
	virtualDisk       = &definition{semconv.MetricVirtualDiskUsage, "Disk space that a virtual machine has allocated.", "By", upDown, 0}
	virtualDiskMax    = &definition{semconv.MetricVirtualDiskLimit, "Disk space that a virtual machine may use.", "By", upDown, 0}
	virtualDiskIO     = &definition{semconv.MetricVirtualDiskIO, "Bytes that a virtual machine read from and wrote to disks.", "By", counter, 0}
	virtualDiskOps    = &definition{semconv.MetricVirtualDiskOps, "Reads and writes of a virtual machine's disks.", "{operation}", counter, 0}
	virtualDiskErrors = &definition{semconv.MetricVirtualDiskErrors, "Errors of a virtual machine's disks.", "{error}", counter, 0}
	virtualIO         = &definition{semconv.MetricVirtualNetIO, "Bytes that a virtual machine received and transmitted.", "By", counter, 0}
	virtualPackets    = &definition{semconv.MetricVirtualNetPackets, "Packets that a virtual machine received and transmitted.", "{packet}", counter, 0}
	virtualErrors     = &definition{semconv.MetricVirtualNetErrors, "Packets in error of a virtual machine.", "{error}", counter, 0}
	virtualDropped    = &definition{semconv.MetricVirtualNetDropped, "Packets dropped of a virtual machine.", "{packet}", counter, 0}

	jvmInit       = &definition{semconv.MetricJVMMemoryInit, "Memory asked for at start.", "By", upDown, 0}
	jvmUsed       = &definition{semconv.MetricJVMMemoryUsed, "Memory in use.", "By", upDown, 0}
	jvmCommitted  = &definition{semconv.MetricJVMMemoryCommitted, "Memory committed.", "By", upDown, 0}
	jvmLimit      = &definition{semconv.MetricJVMMemoryLimit, "Memory there may be.", "By", upDown, 0}
	jvmGCs        = &definition{semconv.MetricJVMGCCount, "Garbage collections.", "{collection}", counter, 0}
	jvmGCTime     = &definition{semconv.MetricJVMGCTime, "Time that garbage collections took.", "s", counter, milli}
	jvmClasses    = &definition{semconv.MetricJVMClasses, "Classes that are loaded.", "{class}", upDown, 0}
	jvmLoaded     = &definition{semconv.MetricJVMClassesLoaded, "Classes loaded since the start.", "{class}", counter, 0}
	jvmUnloaded   = &definition{semconv.MetricJVMClassesUnloaded, "Classes unloaded since the start.", "{class}", counter, 0}
	jvmThreads    = &definition{semconv.MetricJVMThreads, "Threads.", "{thread}", upDown, 0}
	jvmFiles      = &definition{semconv.MetricJVMFiles, "Open file descriptors.", "{file_descriptor}", upDown, 0}
	jvmFilesLimit = &definition{semconv.MetricJVMFilesLimit, "File descriptors there may be.", "{file_descriptor}", upDown, 0}
	httpRequests  = &definition{semconv.MetricHTTPRequests, "HTTP requests by method.", "{request}", counter, 0}
	httpResponses = &definition{semconv.MetricHTTPResponses, "HTTP responses by class of status.", "{response}", counter, 0}
	operations    = &definition{semconv.MetricOperations, "Operations of an application by how they ended.", "{operation}", counter, 0}
	appCPUTime    = &definition{semconv.MetricAppCPUTime, "Processor time of an application.", "s", counter, milli}
	appMemory     = &definition{semconv.MetricAppMemoryUsage, "Memory that an application uses.", "By", upDown, 0}
	appMemoryMax  = &definition{semconv.MetricAppMemoryLimit, "Memory that an application may use.", "By", upDown, 0}
	appOpen       = &definition{semconv.MetricAppOpen, "Files and connections that an application has open.", "{descriptor}", upDown, 0}
	appOpenMax    = &definition{semconv.MetricAppOpenLimit, "Files and connections that an application may have open.", "{descriptor}", upDown, 0}
	appWorkers    = &definition{semconv.MetricAppWorkers, "Workers of an application by state.", "{worker}", upDown, 0}
	appWorkersMax = &definition{semconv.MetricAppWorkersLimit, "Workers that an application may have.", "{worker}", upDown, 0}
	appRequests   = &definition{semconv.MetricAppRequests, "Requests that found no worker, by what became of them.", "{request}", counter, 0}
	memcache      = &definition{semconv.MetricMemcache, "Counters of a memcached server by name.", "{event}", counter, 0}
	memcacheIO    = &definition{semconv.MetricMemcacheIO, "Bytes that a memcached server received and transmitted.", "By", counter, 0}
	memcacheUsage = &definition{semconv.MetricMemcacheUsage, "Memory that a memcached server's items use.", "By", upDown, 0}
	memcacheLimit = &definition{semconv.MetricMemcacheLimit, "Memory that a memcached server's items may use.", "By", upDown, 0}
	memcacheItems = &definition{semconv.MetricMemcacheItems, "Items that a memcached server holds.", "{item}", upDown, 0}
	memcacheConns = &definition{semconv.MetricMemcacheConns, "Connections of a memcached server.", "{connection}", upDown, 0}
)

// named are fields of one metric, told apart by an attribute; an empty value leaves a number out.
func named(m *definition, attribute string, values ...string) []field {
	fields := make([]field, len(values))
	for i, v := range values {
		if v != notCounting {
			fields[i] = m.of(attribute, v)
		}
	}
	return fields
}
