package netflow

import "github.com/netcol-io/netcol/internal/flow"

// target is what an information element means to a flow record: where its value goes.
type target uint8

const (
	skip target = iota // length only

	// Counters. The reverse ones are the other direction of a biflow.
	octets
	packets
	flows
	revBytes
	revPackets
	revTCPFlags
	revTOS

	srcAddr4
	srcAddr6
	dstAddr4
	dstAddr6
	nextHop4
	nextHop6
	bgpNextHop4
	bgpNextHop6
	natSrc4
	natSrc6
	natDst4
	natDst6
	srcPort
	dstPort
	natSrcPort
	natDstPort

	transport
	tos
	dscp
	tcpFlags
	icmpTypeCode
	icmpType
	icmpCode
	ipVersion
	etherType

	inInterface
	outInterface
	srcAS
	dstAS
	srcMask
	dstMask
	srcMAC
	dstMAC
	vlan
	vrf
	mplsLabel
	tunnelID
	appID
	direction
	forwardingStatus
	endReason
	firewallEvent
	natEvent

	// Times. Uptimes are milliseconds since the exporter's (line card's) start, modulo 2³².
	startUptime
	endUptime
	startSeconds
	endSeconds
	startMillis
	endMillis
	startNTP // RFC 7011 §6.1.9–10: NTP timestamps
	endNTP
	startDelta // microseconds before the export time
	endDelta
	durationMillis
	durationMicros
	systemInit // Unix milliseconds at which uptime was 0

	// Sampling.
	samplingRate // 1 out of N packets
	samplerID
	selectorID
	samplingInterval // packets taken in a row
	samplingSpace    // packets left out after them
	samplingSize     // n out of …
	samplingPopulation
	samplingProbability

	// Piece of the packet itself.
	frameSection
	ipSection
	frameSize

	// What options data tells.
	interfaceName
	interfaceDescription
	appDescription
	appName
	vrfName
	exporterAddr4
	exporterAddr6

	targets
)

// reversePEN marks an element as being about the reverse direction (RFC 5103 §6.1).
const reversePEN = 29305

// element is how an information element is used: of all fields of a template with the same slot the lowest rank
// wins and the others are skipped, so that post-, total and layer 2 counters never add to the delta ones.
type element struct {
	target target
	rank   uint8
}

type elementID struct {
	pen uint32
	id  uint16
}

// elements are IANA's information elements (and NetFlow v9's field types, which share their numbers up to 127) that
// have a place in a flow record.
var elements = map[elementID]element{
	{0, 1}: {octets, 0}, {0, 231}: {octets, 1}, {0, 85}: {octets, 2}, {0, 23}: {octets, 3}, {0, 171}: {octets, 4},
	{0, 352}: {octets, 5}, {0, 353}: {octets, 6}, {0, 414}: {octets, 7}, {0, 417}: {octets, 8},
	{0, 2}: {packets, 0}, {0, 298}: {packets, 1}, {0, 86}: {packets, 2}, {0, 24}: {packets, 3}, {0, 172}: {packets, 4},
	{0, 3}:          {flows, 0},
	{reversePEN, 1}: {revBytes, 0}, {0, 232}: {revBytes, 1}, {reversePEN, 85}: {revBytes, 2},
	{reversePEN, 2}: {revPackets, 0}, {0, 299}: {revPackets, 1}, {reversePEN, 86}: {revPackets, 2},
	{reversePEN, 6}: {revTCPFlags, 0}, {reversePEN, 5}: {revTOS, 0},

	{0, 8}: {srcAddr4, 0}, {0, 44}: {srcAddr4, 1}, {0, 27}: {srcAddr6, 0}, {0, 170}: {srcAddr6, 1},
	{0, 12}: {dstAddr4, 0}, {0, 45}: {dstAddr4, 1}, {0, 28}: {dstAddr6, 0}, {0, 169}: {dstAddr6, 1},
	{0, 15}: {nextHop4, 0}, {0, 62}: {nextHop6, 0}, {0, 18}: {bgpNextHop4, 0}, {0, 63}: {bgpNextHop6, 0},
	{0, 225}: {natSrc4, 0}, {0, 281}: {natSrc6, 0}, {0, 226}: {natDst4, 0}, {0, 282}: {natDst6, 0},
	{0, 7}: {srcPort, 0}, {0, 182}: {srcPort, 1}, {0, 180}: {srcPort, 2},
	{0, 11}: {dstPort, 0}, {0, 183}: {dstPort, 1}, {0, 181}: {dstPort, 2},
	{0, 227}: {natSrcPort, 0}, {0, 228}: {natDstPort, 0},

	{0, 4}: {transport, 0}, {0, 5}: {tos, 0}, {0, 55}: {tos, 1}, {0, 195}: {dscp, 0}, {0, 98}: {dscp, 1},
	{0, 6}: {tcpFlags, 0}, {0, 32}: {icmpTypeCode, 0}, {0, 139}: {icmpTypeCode, 1},
	{0, 176}: {icmpType, 0}, {0, 178}: {icmpType, 1}, {0, 177}: {icmpCode, 0}, {0, 179}: {icmpCode, 1},
	{0, 60}: {ipVersion, 0}, {0, 256}: {etherType, 0},

	{0, 10}: {inInterface, 0}, {0, 252}: {inInterface, 1}, {0, 14}: {outInterface, 0}, {0, 253}: {outInterface, 1},
	{0, 16}: {srcAS, 0}, {0, 129}: {srcAS, 1}, {0, 17}: {dstAS, 0}, {0, 128}: {dstAS, 1},
	{0, 9}: {srcMask, 0}, {0, 29}: {srcMask, 1}, {0, 13}: {dstMask, 0}, {0, 30}: {dstMask, 1},
	{0, 56}: {srcMAC, 0}, {0, 81}: {srcMAC, 1}, {0, 80}: {dstMAC, 0}, {0, 57}: {dstMAC, 1},
	{0, 58}: {vlan, 0}, {0, 243}: {vlan, 1}, {0, 59}: {vlan, 2}, {0, 254}: {vlan, 3},
	{0, 234}: {vrf, 0}, {0, 70}: {mplsLabel, 0}, {0, 351}: {tunnelID, 0}, {0, 95}: {appID, 0},
	{0, 61}: {direction, 0}, {0, 89}: {forwardingStatus, 0}, {0, 136}: {endReason, 0},
	{0, 233}: {firewallEvent, 0}, {0, 40005}: {firewallEvent, 1}, {0, 230}: {natEvent, 0},

	{0, 22}: {startUptime, 0}, {0, 21}: {endUptime, 0}, {0, 150}: {startSeconds, 0}, {0, 151}: {endSeconds, 0},
	{0, 152}: {startMillis, 0}, {0, 153}: {endMillis, 0}, {0, 154}: {startNTP, 1}, {0, 155}: {endNTP, 1},
	{0, 156}: {startNTP, 0}, {0, 157}: {endNTP, 0}, {0, 158}: {startDelta, 0}, {0, 159}: {endDelta, 0},
	{0, 161}: {durationMillis, 0}, {0, 162}: {durationMicros, 0}, {0, 160}: {systemInit, 0},
	{0, 322}: {endSeconds, 1}, {0, 323}: {endMillis, 1}, {0, 324}: {endNTP, 3}, {0, 325}: {endNTP, 2},

	{0, 34}: {samplingRate, 0}, {0, 50}: {samplingRate, 1}, {0, 48}: {samplerID, 0}, {0, 302}: {selectorID, 0},
	{0, 305}: {samplingInterval, 0}, {0, 306}: {samplingSpace, 0}, {0, 309}: {samplingSize, 0},
	{0, 310}: {samplingPopulation, 0}, {0, 311}: {samplingProbability, 0},

	{0, 315}: {frameSection, 0}, {0, 104}: {frameSection, 1}, {0, 313}: {ipSection, 0}, {0, 312}: {frameSize, 0}, {0, 103}: {frameSize, 1},

	{0, 82}: {interfaceName, 0}, {0, 83}: {interfaceDescription, 0}, {0, 94}: {appDescription, 0},
	{0, 96}: {appName, 0}, {0, 236}: {vrfName, 0}, {0, 130}: {exporterAddr4, 0}, {0, 131}: {exporterAddr6, 0},
}

// targetInfo says of a target how long its values may be, and which dimension of a record it sets. A field whose
// length does not fit is skipped: its exporter means something else by it.
var targetInfo = [targets]struct {
	min, max uint16
	has      flow.Dimension
}{
	octets: {1, 8, none}, packets: {1, 8, none}, flows: {1, 8, none},
	revBytes: {1, 8, none}, revPackets: {1, 8, none}, revTCPFlags: {1, 2, none}, revTOS: {1, 1, none},
	srcAddr4: {4, 4, flow.SourceAddress}, srcAddr6: {16, 16, flow.SourceAddress},
	dstAddr4: {4, 4, flow.DestinationAddress}, dstAddr6: {16, 16, flow.DestinationAddress},
	nextHop4: {4, 4, flow.NextHop}, nextHop6: {16, 16, flow.NextHop},
	bgpNextHop4: {4, 4, flow.BGPNextHop}, bgpNextHop6: {16, 16, flow.BGPNextHop},
	natSrc4: {4, 4, flow.NATSource}, natSrc6: {16, 16, flow.NATSource},
	natDst4: {4, 4, flow.NATDestination}, natDst6: {16, 16, flow.NATDestination},
	srcPort: {1, 2, flow.SourcePort}, dstPort: {1, 2, flow.DestinationPort},
	natSrcPort: {1, 2, flow.NATSourcePort}, natDstPort: {1, 2, flow.NATDestinationPort},
	transport: {1, 1, flow.Transport}, tos: {1, 1, flow.DSCP}, dscp: {1, 1, flow.DSCP},
	tcpFlags: {1, 2, flow.TCPFlags}, icmpTypeCode: {1, 2, none}, icmpType: {1, 1, flow.ICMPType},
	icmpCode: {1, 1, flow.ICMPCode}, ipVersion: {1, 1, flow.NetworkType}, etherType: {2, 2, flow.NetworkType},
	inInterface: {1, 8, flow.IngressIndex}, outInterface: {1, 8, flow.EgressIndex},
	srcAS: {1, 4, flow.SourceAS}, dstAS: {1, 4, flow.DestinationAS},
	srcMask: {1, 1, flow.SourceCIDR}, dstMask: {1, 1, flow.DestinationCIDR},
	srcMAC: {6, 6, flow.SourceMAC}, dstMAC: {6, 6, flow.DestinationMAC}, vlan: {1, 2, flow.VLAN},
	vrf: {1, 4, flow.VRF}, mplsLabel: {3, 4, flow.MPLSLabel}, tunnelID: {1, 8, flow.TunnelID},
	appID: {1, 8, flow.Application}, direction: {1, 1, none}, forwardingStatus: {1, 4, flow.ForwardingStatus},
	endReason: {1, 1, flow.EndReason}, firewallEvent: {1, 1, flow.FirewallEvent}, natEvent: {1, 1, none},
	startUptime: {4, 4, none}, endUptime: {4, 4, none}, startSeconds: {4, 4, none}, endSeconds: {4, 4, none},
	startMillis: {1, 8, none}, endMillis: {1, 8, none}, startNTP: {8, 8, none}, endNTP: {8, 8, none},
	startDelta: {1, 4, none}, endDelta: {1, 4, none}, durationMillis: {1, 4, none}, durationMicros: {1, 4, none},
	systemInit: {1, 8, none}, samplingRate: {1, 8, none}, samplerID: {1, 8, none}, selectorID: {1, 8, none},
	samplingInterval: {1, 8, none}, samplingSpace: {1, 8, none}, samplingSize: {1, 8, none},
	samplingPopulation: {1, 8, none}, samplingProbability: {4, 8, none},
	frameSection: {1, variable, none}, ipSection: {1, variable, none}, frameSize: {1, 8, none},
	interfaceName: {1, variable, none}, interfaceDescription: {1, variable, none},
	appDescription: {1, variable, none}, appName: {1, variable, none}, vrfName: {1, variable, none},
	exporterAddr4: {4, 4, none}, exporterAddr6: {16, 16, none},
}

// none is no dimension: shifting by it sets no bit.
const none flow.Dimension = 64

// variable is the length that announces variable length fields (RFC 7011 §7).
const variable = 65535

// lookup returns what the element means, if a field of that length can mean it.
func lookup(id elementID, length uint16) (element, bool) {
	e, ok := elements[id]
	if !ok {
		return element{}, false
	}
	i := &targetInfo[e.target]
	return e, length == variable || length >= i.min && length <= i.max
}
