//go:generate go tool -modfile=../../tools.mod mdatagen metadata.yaml

// Package netviewexporter shows a network on a local page: it keeps what it receives in an embedded Prometheus TSDB
// and answers the Prometheus query API over it, for the page and for Grafana.
package netviewexporter
