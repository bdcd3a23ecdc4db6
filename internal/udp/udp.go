// Package udp receives datagrams: a group of sockets on one endpoint, each with its own worker, every source address
// steered to one of them, with receive buffers, kernel drop counts and an allow-list.
package udp

import (
	"net/netip"
	"time"
)

// Datagram is one datagram. Payload is valid until the handler returns.
type Datagram struct {
	Source  netip.AddrPort // unmapped: IPv4 peers as IPv4; without a zone
	Payload []byte
	At      time.Time // when its batch was read
}

// Handler takes what one socket received. It is called from that socket's goroutine only.
type Handler interface {
	Datagrams(batch []Datagram)
}

// Stats is what one socket counted since it opened.
type Stats struct {
	Datagrams, Bytes uint64
	Refused          uint64 // outside Allow
	Truncated        uint64 // longer than the longest datagram that UDP can carry; 0 unless the kernel errs
	KernelDrops      uint64 // dropped by the kernel: for want of buffer, or while the group opened or closed; always 0 where KernelDropsCounted is false
	QueuedBytes      int    // bytes of kernel buffer in use now, 0 unknown; to be compared with twice GrantedBuffer
	GrantedBuffer    int    // bytes the kernel granted, 0 unknown
}

const (
	// maxDatagram is the longest payload that a UDP length field can announce, and one byte more than any that fits.
	maxDatagram = 65535
	// batchSize is how many datagrams one system call takes at most.
	batchSize = 64
	// drainTime bounds how long Close hands over what the kernel had queued.
	drainTime = 2 * time.Second
)
