//go:generate go tool -modfile=../../tools.mod mdatagen metadata.yaml

// Package netflowreceiver receives NetFlow v1, v5, v7, v9 and IPFIX over UDP and turns it into flow metrics and, in a
// logs pipeline, flow records.
package netflowreceiver
