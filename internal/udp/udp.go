// Package udp receives datagrams: a group of sockets on one endpoint, each with its own worker, every source address
// steered to one of them, with receive buffers, kernel drop counts and an allow-list.
package udp

import (
	"net/netip"
	"time"
)

// Config is the part of a receiver's configuration that is about its sockets.
type Config struct {
	Endpoint      string         `mapstructure:"endpoint"`
	Sockets       int            `mapstructure:"sockets"`        // 0: one per core
	ReceiveBuffer Size           `mapstructure:"receive_buffer"` // bytes asked of the kernel per socket
	Allow         []netip.Prefix `mapstructure:"allow"`          // empty: everyone
}

// Size is a number of bytes, written 16MiB in configuration.
type Size int64

// Datagram is one datagram. Payload is valid until the handler returns.
type Datagram struct {
	Source  netip.AddrPort // unmapped: IPv4 peers as IPv4
	Payload []byte
	At      time.Time
}

// Handler takes what one socket received. It is called from that socket's goroutine only.
type Handler interface {
	Datagrams(batch []Datagram)
}

// Group is the sockets of one endpoint.
type Group struct{}

// Listen opens cfg's sockets: the first exclusively, so that an occupied port is an error, then the rest.
func Listen(cfg Config) (*Group, error) { return &Group{}, nil }

// Sockets returns how many there are; workers are numbered from 0.
func (g *Group) Sockets() int { return 0 }

// Serve starts one goroutine per socket that hands batches to handlers[socket] until Close.
func (g *Group) Serve(handlers []Handler) {}

// Close ends the goroutines and closes the sockets; what the kernel had already queued is handed over first, bounded in time.
func (g *Group) Close() error { return nil }

// Stats is what one socket counted since it opened.
type Stats struct {
	Datagrams, Bytes uint64
	Refused          uint64 // outside Allow
	Truncated        uint64 // longer than the receive buffer
	KernelDrops      uint64 // SO_RXQ_OVFL; always 0 where the platform does not count (see KernelDropsCounted)
	GrantedBuffer    int    // bytes the kernel granted, 0 unknown
}

// Stats returns socket i's counts; safe while serving.
func (g *Group) Stats(i int) Stats { return Stats{} }

// Notes returns what the operator should know about how the group opened, one sentence each: a smaller buffer than
// asked for, steering or drop counts that this platform does not have.
func (g *Group) Notes() []string { return nil }
