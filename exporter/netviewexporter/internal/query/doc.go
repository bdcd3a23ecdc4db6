// Package query answers the read-only part of the Prometheus HTTP API over a store: what Grafana's Prometheus data
// source and the page ask for. Forms and errors are those of
// https://prometheus.io/docs/prometheus/latest/querying/api/.
package query
