// Package store keeps metrics in an embedded Prometheus TSDB and evaluates PromQL over it.
//
// It is the only package that imports Prometheus: what goes in is pdata, what comes out are this package's own
// small types, so that a new Prometheus release is a change to this folder alone.
package store
