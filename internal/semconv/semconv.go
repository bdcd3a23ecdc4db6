// Package semconv holds every metric, attribute and event name that netcol emits, once.
//
// Names come from OpenTelemetry's semantic conventions 1.44 where they exist; the constants marked
// "own" exist in none of them and are proposals. A rename is a change to this package and regenerated docs.
package semconv

// SchemaURL is the schema every resource and scope of netcol refers to.
const SchemaURL = "https://opentelemetry.io/schemas/1.44.0"

// ServiceNameDefault is the service.name of a network device unless configured otherwise.
const ServiceNameDefault = "network-device"

// Resource attributes: who the data is about.
const (
	ServiceInstanceID = "service.instance.id"
	ServiceName       = "service.name"
	HostName          = "host.name"
	HostID            = "host.id"
)

// Descriptive attributes: on snmp.device.info only, never on the resource.
const (
	HostIP            = "host.ip"
	OSName            = "os.name"
	OSVersion         = "os.version"
	HWVendor          = "hw.vendor"
	HWModel           = "hw.model"
	HWSerialNumber    = "hw.serial_number"
	HWFirmwareVersion = "hw.firmware_version"
	SysDescr          = "snmp.sys_descr"     // own
	SysLocation       = "snmp.sys_location"  // own
	SysContact        = "snmp.sys_contact"   // own
	SysObjectID       = "snmp.sys_object_id" // own
)

// Interface metrics, the same from SNMP and from sFlow counter samples.
const (
	MetricNetworkIO            = "system.network.io"
	MetricNetworkPackets       = "system.network.packet.count"
	MetricNetworkErrors        = "system.network.errors"
	MetricNetworkDropped       = "system.network.packet.dropped"
	MetricEthernetErrors       = "network.ethernet.errors"               // own
	MetricBandwidthLimit       = "system.network.bandwidth.limit"        // own
	MetricBandwidthUtilization = "system.network.bandwidth.utilization"  // own
	MetricInterfaceStatus      = "system.network.interface.status"       // own
	MetricInterfaceAdminStatus = "system.network.interface.admin_status" // own
	MetricInterfaceInfo        = "network.interface.info"                // own
)

// Interface attributes.
const (
	InterfaceName  = "network.interface.name"
	InterfaceAlias = "network.interface.alias" // own
	InterfaceIndex = "network.interface.index" // own
	InterfaceType  = "network.interface.type"  // own
	InterfaceMAC   = "network.interface.mac"   // own
	InterfaceSpeed = "network.interface.speed" // own, bit/s
	InterfaceState = "network.interface.state" // own
	IODirection    = "network.io.direction"
	PacketCast     = "network.packet.cast" // own
	ErrorType      = "error.type"
)

// Values of network.io.direction and network.packet.cast.
const (
	DirectionReceive  = "receive"
	DirectionTransmit = "transmit"
	CastUnicast       = "unicast"
	CastMulticast     = "multicast"
	CastBroadcast     = "broadcast"
	CastNonUnicast    = "non_unicast"
)

// The box itself, and the poll of it.
const (
	MetricSystemUptime = "system.uptime"
	MetricDeviceUp     = "snmp.device.up"     // own
	MetricDeviceInfo   = "snmp.device.info"   // own
	MetricPollDuration = "snmp.poll.duration" // own
)

// Sensors and processors of the box; profiles name their metrics.
const (
	MetricFanSpeed = "hw.fan.speed"
	MetricPower    = "hw.power"

	CPULogicalNumber = "cpu.logical_number"
	HWName           = "hw.name"
)

// Flow metrics and the attributes that say whose and which way.
const (
	MetricFlowIO              = "network.flow.io"
	MetricFlowPackets         = "network.flow.packet.count"
	MetricFlowCount           = "network.flow.count"
	MetricFlowEgressIO        = "network.flow.egress.io"            // own
	MetricFlowEgressPackets   = "network.flow.egress.packet.count"  // own
	MetricConversationIO      = "network.conversation.io"           // own
	MetricConversationPackets = "network.conversation.packet.count" // own
	MetricFlowPacketDropped   = "network.flow.packet.dropped"       // own

	// What the metrics of a view begin with; .io, .packet.count and .count follow.
	ViewFlow         = "network.flow"
	ViewEgress       = "network.flow.egress"      // own
	ViewConversation = "network.conversation"     // own
	ViewAS           = "network.flow.as"          // own
	ViewNextHop      = "network.flow.next_hop"    // own
	ViewPrefix       = "network.flow.prefix"      // own
	ViewApplication  = "network.flow.application" // own
	ViewClass        = "network.flow.class"       // own

	InterfaceDirection        = "network.interface.direction"
	InterfaceDirectionIngress = "ingress"
	InterfaceDirectionEgress  = "egress"
	MetricOverflow            = "otel.metric.overflow"
	FlowSamplingRate          = "network.flow.sampling_rate"   // own
	FlowSamplingSource        = "network.flow.sampling_source" // own
	FlowDropReason            = "network.flow.drop.reason"     // own
)

// Flow dimensions (telemetry attributes of views and of flow records).
const (
	SourceAddress        = "source.address"
	SourcePort           = "source.port"
	SourceCIDR           = "source.cidr"
	SourceASNumber       = "source.as.number"
	SourceASOrganization = "source.as.organization.name"
	SourceGeoCountry     = "source.geo.country.iso_code"
	SourceMAC            = "source.mac"

	DestinationAddress        = "destination.address"
	DestinationPort           = "destination.port"
	DestinationCIDR           = "destination.cidr"
	DestinationASNumber       = "destination.as.number"
	DestinationASOrganization = "destination.as.organization.name"
	DestinationGeoCountry     = "destination.geo.country.iso_code"
	DestinationMAC            = "destination.mac"

	NetworkTransport    = "network.transport"
	NetworkType         = "network.type"
	NetworkProtocolName = "network.protocol.name"

	FlowDSCP               = "network.flow.dscp"
	FlowTCPFlags           = "network.flow.tcp_flags"
	FlowICMPType           = "network.flow.icmp_type"
	FlowICMPCode           = "network.flow.icmp_code"
	FlowVLAN               = "network.flow.vlan.id"
	FlowVRF                = "network.flow.vrf.name"
	FlowNextHop            = "network.flow.next_hop.address"
	FlowBGPNextHop         = "network.flow.bgp.next_hop.address"
	FlowIngressInterface   = "network.flow.ingress.interface.name"
	FlowIngressIndex       = "network.flow.ingress.interface.index"
	FlowEgressInterface    = "network.flow.egress.interface.name"
	FlowEgressIndex        = "network.flow.egress.interface.index"
	FlowForwardingStatus   = "network.flow.forwarding_status"
	FlowEndReason          = "network.flow.end_reason"
	FlowNATSource          = "network.flow.nat.source.address"
	FlowNATSourcePort      = "network.flow.nat.source.port"
	FlowNATDestination     = "network.flow.nat.destination.address"
	FlowNATDestinationPort = "network.flow.nat.destination.port"
	FlowFirewallEvent      = "network.flow.firewall_event"
	FlowMPLSLabel          = "network.flow.mpls.label"
	FlowTunnelID           = "network.flow.tunnel.id"
	FlowObservationDomain  = "network.flow.observation_domain.id"
)

// Traps and informs as logs. Varbinds are attributes by the name that their MIB gives them, such as IF-MIB::ifIndex.
const (
	EventTrap          = "snmp.trap"            // own
	TrapOID            = "snmp.trap.oid"        // own: snmpTrapOID
	TrapName           = "snmp.trap.name"       // own: MODULE::notification, where it is known
	TrapVersion        = "snmp.trap.version"    // own: v1, v2c, v3
	TrapKind           = "snmp.trap.kind"       // own: trap, inform
	TrapContext        = "snmp.trap.context"    // own: SNMPv3 context name
	TrapIncomplete     = "snmp.trap.incomplete" // own: true if not all varbinds could be read
	NetworkPeerAddress = "network.peer.address"
)

// Flow records as logs: raw (unscaled) counts beside the sampling rate.
const (
	EventFlow     = "network.flow"
	EventFlowDrop = "network.flow.drop"     // own
	FlowBytes     = "network.flow.bytes"    // own
	FlowPackets   = "network.flow.packets"  // own
	FlowStart     = "network.flow.start"    // own, RFC 3339 with nanoseconds
	FlowType      = "network.flow.protocol" // own: netflow_v5, netflow_v9, ipfix, sflow_5
)
