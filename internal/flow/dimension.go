package flow

import "github.com/netcol-io/netcol/internal/semconv"

// Dimension is one property of a record by which a view may group.
type Dimension uint8

// The dimensions. Their order is that of points' attributes; Fields uses them as bit numbers, so at most 64.
const (
	SourceAddress Dimension = iota
	SourcePort
	SourceCIDR
	SourceAS
	SourceASOrganization
	SourceCountry
	SourceMAC
	DestinationAddress
	DestinationPort
	DestinationCIDR
	DestinationAS
	DestinationASOrganization
	DestinationCountry
	DestinationMAC
	Transport
	NetworkType
	Application
	DSCP
	TCPFlags
	ICMPType
	ICMPCode
	VLAN
	VRF
	NextHop
	BGPNextHop
	InterfaceName      // the interface at the observation point
	InterfaceDirection // which side of it
	IngressInterface
	IngressIndex
	EgressInterface
	EgressIndex
	ForwardingStatus
	EndReason
	NATSource
	NATSourcePort
	NATDestination
	NATDestinationPort
	FirewallEvent
	MPLSLabel
	TunnelID
	ObservationDomain
	dimensions // how many there are
)

var dimensionNames = [dimensions]string{
	SourceAddress:             semconv.SourceAddress,
	SourcePort:                semconv.SourcePort,
	SourceCIDR:                semconv.SourceCIDR,
	SourceAS:                  semconv.SourceASNumber,
	SourceASOrganization:      semconv.SourceASOrganization,
	SourceCountry:             semconv.SourceGeoCountry,
	SourceMAC:                 semconv.SourceMAC,
	DestinationAddress:        semconv.DestinationAddress,
	DestinationPort:           semconv.DestinationPort,
	DestinationCIDR:           semconv.DestinationCIDR,
	DestinationAS:             semconv.DestinationASNumber,
	DestinationASOrganization: semconv.DestinationASOrganization,
	DestinationCountry:        semconv.DestinationGeoCountry,
	DestinationMAC:            semconv.DestinationMAC,
	Transport:                 semconv.NetworkTransport,
	NetworkType:               semconv.NetworkType,
	Application:               semconv.NetworkProtocolName,
	DSCP:                      semconv.FlowDSCP,
	TCPFlags:                  semconv.FlowTCPFlags,
	ICMPType:                  semconv.FlowICMPType,
	ICMPCode:                  semconv.FlowICMPCode,
	VLAN:                      semconv.FlowVLAN,
	VRF:                       semconv.FlowVRF,
	NextHop:                   semconv.FlowNextHop,
	BGPNextHop:                semconv.FlowBGPNextHop,
	InterfaceName:             semconv.InterfaceName,
	InterfaceDirection:        semconv.InterfaceDirection,
	IngressInterface:          semconv.FlowIngressInterface,
	IngressIndex:              semconv.FlowIngressIndex,
	EgressInterface:           semconv.FlowEgressInterface,
	EgressIndex:               semconv.FlowEgressIndex,
	ForwardingStatus:          semconv.FlowForwardingStatus,
	EndReason:                 semconv.FlowEndReason,
	NATSource:                 semconv.FlowNATSource,
	NATSourcePort:             semconv.FlowNATSourcePort,
	NATDestination:            semconv.FlowNATDestination,
	NATDestinationPort:        semconv.FlowNATDestinationPort,
	FirewallEvent:             semconv.FlowFirewallEvent,
	MPLSLabel:                 semconv.FlowMPLSLabel,
	TunnelID:                  semconv.FlowTunnelID,
	ObservationDomain:         semconv.FlowObservationDomain,
}

// String returns the attribute name of d.
func (d Dimension) String() string {
	if d >= dimensions {
		return "unknown"
	}
	return dimensionNames[d]
}

// ParseDimension returns the dimension with the attribute name s.
func ParseDimension(s string) (Dimension, bool) {
	for d, name := range dimensionNames {
		if name == s {
			return Dimension(d), true
		}
	}
	return 0, false
}

// Dimensions returns every dimension, in order.
func Dimensions() []Dimension {
	all := make([]Dimension, dimensions)
	for d := range all {
		all[d] = Dimension(d)
	}
	return all
}
