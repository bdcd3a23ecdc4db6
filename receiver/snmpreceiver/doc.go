//go:generate go tool -modfile=../../tools.mod mdatagen metadata.yaml

// Package snmpreceiver polls network devices by SNMP: who they are, their interfaces and their addresses.
package snmpreceiver
