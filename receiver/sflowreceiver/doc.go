//go:generate go tool -modfile=../../tools.mod mdatagen metadata.yaml

// Package sflowreceiver receives sFlow version 5: flow samples become flow metrics and flow records, counter samples
// interface metrics.
package sflowreceiver // import "github.com/netcol-io/netcol/receiver/sflowreceiver"
