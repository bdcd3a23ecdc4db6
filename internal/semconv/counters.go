package semconv

// The box itself, as sFlow's counter records tell it.
const (
	MetricCPUUtilization    = "system.cpu.utilization"
	MetricCPUTime           = "system.cpu.time"
	MetricCPUCount          = "system.cpu.logical.count"
	MetricCPUFrequency      = "system.cpu.frequency"
	MetricLoad1             = "system.cpu.load_average.1m"  // own
	MetricLoad5             = "system.cpu.load_average.5m"  // own
	MetricLoad15            = "system.cpu.load_average.15m" // own
	MetricInterrupts        = "system.cpu.interrupts"       // own
	MetricContextSwitches   = "system.cpu.context_switches" // own
	MetricProcesses         = "system.process.count"
	MetricMemoryUsage       = "system.memory.usage"
	MetricMemoryLimit       = "system.memory.limit"
	MetricMemoryUtilization = "system.memory.utilization"
	MetricPagingUsage       = "system.paging.usage"
	MetricPagingOperations  = "system.paging.operations"
	MetricFilesystemUsage   = "system.filesystem.usage"
	MetricFilesystemLimit   = "system.filesystem.limit"
	MetricFilesystemFullest = "system.filesystem.utilization.max" // own
	MetricDiskIO            = "system.disk.io"
	MetricDiskOperations    = "system.disk.operations"
	MetricDiskOperationTime = "system.disk.operation_time"
	MetricHostInfo          = "sflow.host.info"                   // own
	MetricHostNetworkIO     = "sflow.host.network.io"             // own
	MetricHostNetPackets    = "sflow.host.network.packet.count"   // own
	MetricHostNetErrors     = "sflow.host.network.errors"         // own
	MetricHostNetDropped    = "sflow.host.network.packet.dropped" // own
	MetricHostMIB2          = "sflow.host.mib2.count"             // own
	MetricTCPConnections    = "network.tcp.connection.count"      // own

	CPUMode         = "cpu.mode"
	ProcessState    = "process.state"
	MemoryState     = "system.memory.state"
	PagingState     = "system.paging.state"
	PagingDirection = "system.paging.direction"
	PagingType      = "system.paging.type"
	FilesystemState = "system.filesystem.state"
	DiskIODirection = "disk.io.direction"
	SFlowDataSource = "sflow.data_source" // own: class:index
	SFlowCounter    = "sflow.counter"     // own
	SFlowHostName   = "sflow.host.name"   // own
	SFlowHostID     = "sflow.host.id"     // own
	SFlowHostArch   = "host.arch"
	SFlowHostOS     = "os.type"
)

// Ports, chips and optics.
const (
	MetricLACPPDUs          = "network.lacp.pdu.count"      // own
	MetricLACPState         = "network.lacp.port.state"     // own
	MetricVLANIO            = "network.vlan.io"             // own
	MetricVLANPackets       = "network.vlan.packet.count"   // own
	MetricVLANDropped       = "network.vlan.packet.dropped" // own
	MetricWLANEvents        = "network.wlan.events"         // own
	MetricWLANStations      = "network.wlan.station.count"  // own
	MetricWLANChannelTime   = "network.wlan.channel.time"   // own
	MetricTemperature       = "hw.temperature"
	MetricVoltage           = "hw.voltage"
	MetricFanSpeedRatio     = "hw.fan.speed_ratio"
	MetricHWErrors          = "hw.errors"
	MetricHWEnergy          = "hw.energy"
	MetricOpticsPower       = "hw.optics.power"        // own
	MetricOpticsPowerMin    = "hw.optics.power.min"    // own
	MetricOpticsPowerMax    = "hw.optics.power.max"    // own
	MetricOpticsBias        = "hw.optics.bias_current" // own
	MetricBufferUtilization = "hw.buffer.utilization"  // own
	MetricTableUsage        = "hw.table.usage"         // own
	MetricTableLimit        = "hw.table.limit"         // own
	MetricGPUMemoryUsage    = "hw.gpu.memory.usage"
	MetricGPUMemoryLimit    = "hw.gpu.memory.limit"
	MetricGPUTime           = "hw.gpu.time" // own

	LACPPDUType  = "network.lacp.pdu.type"      // own
	LACPRole     = "network.lacp.role"          // own: actor, partner
	LACPState    = "network.lacp.state"         // own
	VLANID       = "network.vlan.id"            // own
	ChannelState = "network.wlan.channel.state" // own
	HWID         = "hw.id"
	HWType       = "hw.type"
	OpticsLane   = "hw.optics.lane"   // own
	QueueID      = "network.queue.id" // own
	TableName    = "hw.table.name"    // own
)

// Virtual machines and applications.
const (
	MetricVirtualCPUTime     = "sflow.virtual.cpu.time"               // own
	MetricVirtualCPUCount    = "sflow.virtual.cpu.count"              // own
	MetricVirtualState       = "sflow.virtual.state"                  // own
	MetricVirtualMemoryUsage = "sflow.virtual.memory.usage"           // own
	MetricVirtualMemoryLimit = "sflow.virtual.memory.limit"           // own
	MetricVirtualDiskUsage   = "sflow.virtual.disk.usage"             // own
	MetricVirtualDiskLimit   = "sflow.virtual.disk.limit"             // own
	MetricVirtualDiskIO      = "sflow.virtual.disk.io"                // own
	MetricVirtualDiskOps     = "sflow.virtual.disk.operations"        // own
	MetricVirtualDiskErrors  = "sflow.virtual.disk.errors"            // own
	MetricVirtualNetIO       = "sflow.virtual.network.io"             // own
	MetricVirtualNetPackets  = "sflow.virtual.network.packet.count"   // own
	MetricVirtualNetErrors   = "sflow.virtual.network.errors"         // own
	MetricVirtualNetDropped  = "sflow.virtual.network.packet.dropped" // own
	MetricDomains            = "sflow.virtual.domain.count"           // own
	MetricJVMMemoryUsed      = "jvm.memory.used"
	MetricJVMMemoryCommitted = "jvm.memory.committed"
	MetricJVMMemoryLimit     = "jvm.memory.limit"
	MetricJVMMemoryInit      = "jvm.memory.init"
	MetricJVMThreads         = "jvm.thread.count"
	MetricJVMClasses         = "jvm.class.count"
	MetricJVMClassesLoaded   = "jvm.class.loaded"
	MetricJVMClassesUnloaded = "jvm.class.unloaded"
	MetricJVMFiles           = "jvm.file_descriptor.count"
	MetricJVMFilesLimit      = "jvm.file_descriptor.limit"
	MetricJVMGCCount         = "sflow.jvm.gc.count"              // own
	MetricJVMGCTime          = "sflow.jvm.gc.time"               // own
	MetricHTTPRequests       = "sflow.http.request.count"        // own
	MetricHTTPResponses      = "sflow.http.response.count"       // own
	MetricOperations         = "sflow.application.operations"    // own
	MetricAppCPUTime         = "sflow.application.cpu.time"      // own
	MetricAppMemoryUsage     = "sflow.application.memory.usage"  // own
	MetricAppMemoryLimit     = "sflow.application.memory.limit"  // own
	MetricAppOpen            = "sflow.application.open"          // own
	MetricAppOpenLimit       = "sflow.application.open.limit"    // own
	MetricAppWorkers         = "sflow.application.worker.count"  // own
	MetricAppWorkersLimit    = "sflow.application.worker.limit"  // own
	MetricAppRequests        = "sflow.application.request.count" // own
	MetricMemcache           = "sflow.memcache.count"            // own
	MetricMemcacheIO         = "sflow.memcache.io"               // own
	MetricMemcacheUsage      = "sflow.memcache.usage"            // own
	MetricMemcacheLimit      = "sflow.memcache.limit"            // own
	MetricMemcacheItems      = "sflow.memcache.item.count"       // own
	MetricMemcacheConns      = "sflow.memcache.connection.count" // own

	VirtualState   = "sflow.virtual.state.name" // own
	JVMMemoryType  = "jvm.memory.type"
	ThreadDaemon   = "jvm.thread.daemon"
	HTTPMethod     = "http.request.method"
	HTTPClass      = "sflow.http.response.class"      // own
	AppName        = "sflow.application.name"         // own
	AppStatus      = "sflow.application.status"       // own
	AppResource    = "sflow.application.resource"     // own: file, connection
	AppWorkerState = "sflow.application.worker.state" // own
)
