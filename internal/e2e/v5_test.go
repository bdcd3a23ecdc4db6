//go:build e2e && linux

package e2e

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"
)

// v5 is a NetFlow v5 exporter of the test's own: known flows, one by one.
type v5 struct {
	conn *net.UDPConn
	to   *net.UDPAddr
	seq  uint32
	sent counts
}

// newV5 returns an exporter that speaks from an address to a port of 127.0.0.1.
func newV5(t *testing.T, from string, port int) *v5 {
	t.Helper()
	return &v5{conn: speaker(t, from), to: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}}
}

// send exports n flows through interface in and out in one datagram (at most 30), each of another size.
func (x *v5) send(t *testing.T, n int, in, out uint16) {
	t.Helper()
	now := time.Now()
	const uptime = 3_600_000
	b := binary.BigEndian.AppendUint16(nil, 5)
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	b = binary.BigEndian.AppendUint32(b, uptime)
	b = binary.BigEndian.AppendUint32(b, uint32(now.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(now.Nanosecond()))
	b = binary.BigEndian.AppendUint32(b, x.seq)
	b = append(b, 0, 0, 0, 0) // engine type and id, no sampling
	for range n {
		b = x.appendFlow(b, uptime, in, out)
	}
	if _, err := x.conn.WriteToUDP(b, x.to); err != nil {
		t.Fatal(err)
	}
}

func (x *v5) appendFlow(b []byte, uptime uint32, in, out uint16) []byte {
	source := netip.AddrFrom4([4]byte{198, 51, 100, byte(x.seq%200 + 1)}).As4()
	packets, bytes := 1+x.seq%7, 64*(1+x.seq%7)+x.seq%13
	b = append(b, source[:]...)
	b = append(b, 203, 0, 113, 9, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, in)
	b = binary.BigEndian.AppendUint16(b, out)
	b = binary.BigEndian.AppendUint32(b, packets)
	b = binary.BigEndian.AppendUint32(b, bytes)
	b = binary.BigEndian.AppendUint32(b, uptime-2000)
	b = binary.BigEndian.AppendUint32(b, uptime-1000)
	b = binary.BigEndian.AppendUint16(b, 40000)
	b = binary.BigEndian.AppendUint16(b, 443)
	b = append(b, 0, 0x18, 6, 0) // padding, ACK and PSH, TCP, ToS
	b = append(b, make([]byte, 8)...)
	x.seq++
	x.sent.add(counts{bytes: int64(bytes), packets: int64(packets), flows: 1})
	return b
}
