package sflowreceiver

import (
	"slices"

	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// Attributes of the two ways.
var (
	received    = []string{semconv.IODirection, semconv.DirectionReceive}
	transmitted = []string{semconv.IODirection, semconv.DirectionTransmit}
	read        = []string{semconv.DiskIODirection, "read"}
	written     = []string{semconv.DiskIODirection, "write"}
)

// networkFields are host_net_io's and virt_net_io's.
func networkFields(io, packets, errors, dropped *definition) []field {
	var fields []field
	for _, way := range [][]string{received, transmitted} {
		fields = append(fields, io.of(way...), packets.of(way...), errors.of(way...), dropped.of(way...))
	}
	return fields
}

func cpuMode(mode string) field { return cpuTime.of(semconv.CPUMode, mode) }

func paging(kind, way string) field {
	return pagingOperations.of(semconv.PagingType, kind, semconv.PagingDirection, way)
}

func pdus(way []string) (fields []field) {
	for _, f := range named(lacpPDUs, semconv.LACPPDUType, "lacp", "marker", "marker_response", "unknown", "illegal") {
		f.attributes = append(f.attributes, way...)
		fields = append(fields, f)
	}
	return fields
}

// tableFields are hw_tables', which for most tables gives the limit behind the usage.
func tableFields() (fields []field) {
	limited := func(names ...string) {
		for _, n := range names {
			fields = append(fields, tableUsage.of(semconv.TableName, n), tableLimit.of(semconv.TableName, n))
		}
	}
	limited("host", "ipv4", "ipv6", "ipv4_ipv6", "long_ipv6", "total_routes", "ecmp_nexthops", "mac")
	fields = append(fields, named(tableUsage, semconv.TableName, "ipv4_neighbors", "ipv6_neighbors", "ipv4_routes", "ipv6_routes")...)
	limited("acl_ingress_entries", "acl_ingress_counters", "acl_ingress_meters", "acl_ingress_slices",
		"acl_egress_entries", "acl_egress_counters", "acl_egress_meters", "acl_egress_slices")
	return fields
}

func jvmMemory(kind string) []field {
	return []field{
		jvmInit.of(semconv.JVMMemoryType, kind), jvmUsed.of(semconv.JVMMemoryType, kind),
		jvmCommitted.of(semconv.JVMMemoryType, kind), jvmLimit.of(semconv.JVMMemoryType, kind),
	}
}

var gpu = []string{semconv.HWID, "gpu", semconv.HWType, "gpu"}

// The transmitted frames of LACP come without "unknown" and "illegal".
const lacpTransmitted = 3

// tables are the records whose numbers are points, in the order of their structures.
var tables = map[sflow.BlockKind][]field{
	sflow.VLANBlock: {
		{},
		vlanIO.of(), vlanPackets.of(semconv.PacketCast, semconv.CastUnicast), vlanPackets.of(semconv.PacketCast, semconv.CastMulticast),
		vlanPackets.of(semconv.PacketCast, semconv.CastBroadcast), vlanDropped.of(),
	},
	sflow.WLANBlock: slices.Concat(named(wlanEvents, semconv.SFlowCounter,
		"dot11TransmittedFragmentCount", "dot11MulticastTransmittedFrameCount", "dot11FailedCount", "dot11RetryCount", "dot11MultipleRetryCount",
		"dot11FrameDuplicateCount", "dot11RTSSuccessCount", "dot11RTSFailureCount", "dot11ACKFailureCount", "dot11ReceivedFragmentCount",
		"dot11MulticastReceivedFrameCount", "dot11FCSErrorCount", "dot11TransmittedFrameCount", "dot11WEPUndecryptableCount",
		"dot11QoSDiscardedFragmentCount"),
		[]field{wlanStations.of()}, named(wlanEvents, semconv.SFlowCounter, "dot11QosCFPollsReceivedCount", "dot11QosCFPollsUnusedCount",
			"dot11QosCFPollsUnusableCount", "dot11QosCFPollsLostCount")),
	sflow.LACPBlock:  slices.Concat(make([]field, 4), pdus(received), pdus(transmitted)[:lacpTransmitted]),
	sflow.RadioBlock: named(wlanChannel, semconv.ChannelState, "elapsed", "on_channel", "busy"),
	sflow.HostCPUBlock: {
		{},
		{},
		{},
		{},
		{},
		cpuCount.of(), cpuFrequency.of(), uptime.of(),
		cpuMode("user"), cpuMode("nice"), cpuMode("system"), cpuMode("idle"), cpuMode("iowait"), cpuMode("interrupt"), cpuMode("softirq"),
		interrupts.of(), switches.of(), cpuMode("steal"),
	},
	sflow.HostMemoryBlock: {
		memoryLimit.of(),
		{},
		{},
		{},
		{},
		{},
		{},
		paging("page", "in"), paging("page", "out"), paging("swap", "in"), paging("swap", "out"),
	},
	sflow.HostDiskBlock: {
		filesystemLimit.of(),
		{},
		filesystemFullest.of(), diskOperations.of(read...), diskIO.of(read...), diskTime.of(read...),
		diskOperations.of(written...), diskIO.of(written...), diskTime.of(written...),
	},
	sflow.HostNetworkBlock: networkFields(hostIO, hostPackets, hostErrors, hostDropped),
	sflow.HostIPBlock: named(mib2, semconv.SFlowCounter, notCounting, notCounting,
		"ipInReceives", "ipInHdrErrors", "ipInAddrErrors", "ipForwDatagrams", "ipInUnknownProtos", "ipInDiscards", "ipInDelivers",
		"ipOutRequests", "ipOutDiscards", "ipOutNoRoutes", notCounting, "ipReasmReqds", "ipReasmOKs", "ipReasmFails", "ipFragOKs",
		"ipFragFails", "ipFragCreates"),
	sflow.HostICMPBlock: named(mib2, semconv.SFlowCounter,
		"icmpInMsgs", "icmpInErrors", "icmpInDestUnreachs", "icmpInTimeExcds", "icmpInParmProbs", "icmpInSrcQuenchs", "icmpInRedirects",
		"icmpInEchos", "icmpInEchoReps", "icmpInTimestamps", "icmpInAddrMasks", "icmpInAddrMaskReps", "icmpOutMsgs", "icmpOutErrors",
		"icmpOutDestUnreachs", "icmpOutTimeExcds", "icmpOutParmProbs", "icmpOutSrcQuenchs", "icmpOutRedirects", "icmpOutEchos",
		"icmpOutEchoReps", "icmpOutTimestamps", "icmpOutTimestampReps", "icmpOutAddrMasks", "icmpOutAddrMaskReps"),
	sflow.HostTCPBlock: slices.Concat(named(mib2, semconv.SFlowCounter, notCounting, notCounting, notCounting, notCounting,
		"tcpActiveOpens", "tcpPassiveOpens", "tcpAttemptFails", "tcpEstabResets"), []field{tcpConnections.of()},
		named(mib2, semconv.SFlowCounter, "tcpInSegs", "tcpOutSegs", "tcpRetransSegs", "tcpInErrs", "tcpOutRsts", "tcpInCsumErrors")),
	sflow.HostUDPBlock: named(mib2, semconv.SFlowCounter,
		"udpInDatagrams", "udpNoPorts", "udpInErrors", "udpOutDatagrams", "udpRcvbufErrors", "udpSndbufErrors", "udpInCsumErrors"),
	sflow.VirtualNodeBlock:    {{}, {}, {}, {}, domains.of()}, // the rest is in the node's own host records,
	sflow.VirtualCPUBlock:     {{}, virtualCPUTime.of(), virtualCPUCount.of()},
	sflow.VirtualMemoryBlock:  {virtualMemory.of(), virtualMemoryMax.of()},
	sflow.VirtualDiskBlock:    {virtualDiskMax.of(), virtualDisk.of(), {}, virtualDiskOps.of(read...), virtualDiskIO.of(read...), virtualDiskOps.of(written...), virtualDiskIO.of(written...), virtualDiskErrors.of()},
	sflow.VirtualNetworkBlock: networkFields(virtualIO, virtualPackets, virtualErrors, virtualDropped),
	sflow.JVMBlock: slices.Concat(jvmMemory("heap"), jvmMemory("non_heap"), []field{
		jvmGCs.of(), jvmGCTime.of(), jvmClasses.of(), jvmLoaded.of(), jvmUnloaded.of(), {}, {}, {}, {}, jvmFiles.of(), jvmFilesLimit.of(),
	}),
	sflow.HTTPBlock: slices.Concat(
		named(httpRequests, semconv.HTTPMethod, "OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "_OTHER"),
		named(httpResponses, semconv.HTTPClass, "1xx", "2xx", "3xx", "4xx", "5xx", "other")),
	sflow.ApplicationBlock: named(operations, semconv.AppStatus, "success", "other", "timeout", "internal_error", "bad_request", "forbidden",
		"too_large", "not_implemented", "not_found", "unavailable", "unauthorized"),
	sflow.ResourcesBlock: {
		appCPUTime.of(semconv.CPUMode, "user"), appCPUTime.of(semconv.CPUMode, "system"), appMemory.of(), appMemoryMax.of(),
		appOpen.of(semconv.AppResource, "file"), appOpenMax.of(semconv.AppResource, "file"),
		appOpen.of(semconv.AppResource, "connection"), appOpenMax.of(semconv.AppResource, "connection"),
	},
	sflow.WorkersBlock: {
		appWorkers.of(semconv.AppWorkerState, "active"), appWorkers.of(semconv.AppWorkerState, "idle"), appWorkersMax.of(),
		appRequests.of(semconv.AppStatus, "delayed"), appRequests.of(semconv.AppStatus, "dropped"),
	},
	sflow.MemcacheBlock: slices.Concat(named(memcache, semconv.SFlowCounter,
		"cmd_set", "cmd_touch", "cmd_flush", "get_hits", "get_misses", "delete_hits", "delete_misses", "incr_hits", "incr_misses", "decr_hits",
		"decr_misses", "cas_hits", "cas_misses", "cas_badval", "auth_cmds", "auth_errors", notCounting, "conn_yields", "listen_disabled_num"),
		[]field{memcacheConns.of()}, named(memcache, semconv.SFlowCounter, "rejected_connections", "total_connections", notCounting, "evictions", "reclaimed"),
		[]field{memcacheItems.of(), memcache.of(semconv.SFlowCounter, "total_items"), memcacheIO.of(received...), memcacheIO.of(transmitted...), memcacheUsage.of(), memcacheLimit.of()}),
	sflow.BuffersBlock: named(bufferUtilization, semconv.PacketCast, semconv.CastUnicast, semconv.CastMulticast),
	sflow.TablesBlock:  tableFields(),
	sflow.GPUBlock: {
		{},
		{},
		gpuTime.of(append(gpu[:4:4], semconv.SFlowCounter, "compute")...), gpuTime.of(append(gpu[:4:4], semconv.SFlowCounter, "memory")...),
		gpuMemoryLimit.of(gpu...),
		{},
		hwErrors.of(append(gpu[:4:4], semconv.ErrorType, "ecc")...), hwEnergy.of(gpu...),
		temperature.of(gpu...), fanSpeedRatio.of(gpu...),
	},
}
