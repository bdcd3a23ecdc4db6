// Package netsim is a simulated network: SNMP agents and flow exporters on loopback addresses, driven by one traffic
// model, so that what the agents count and what the exporters report agree to the byte.
//
// The model is pure: Network moves only when Advance is told the time, draws everything from its seed, and does no
// I/O. Sim puts sockets around it.
//
// Octet counters count what flow records count, IP bytes, without link framing: the sum of a device's unsampled
// records by input interface equals the growth of ifHCInOctets exactly, and by output interface that of
// ifHCOutOctets. (Real interfaces count 18 bytes an Ethernet frame more.)
//
// Its SNMP and flow encoders are an implementation of their own, which shares nothing with netcol's decoders.
package netsim
