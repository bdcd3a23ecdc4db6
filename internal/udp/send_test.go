package udp

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// echo answers every datagram from the socket that it came to.
type echo struct {
	group  *Group
	socket int
}

func (e echo) Datagrams(batch []Datagram) {
	for _, d := range batch {
		_ = e.group.Send(e.socket, d.Payload, d.Source)
	}
}

// An answer comes from the endpoint that was asked, whichever family asked and however many sockets there are.
func TestSendAnswersFromTheEndpoint(t *testing.T) {
	for _, endpoint := range []string{"127.0.0.1:0", "[::]:0"} {
		cfg := DefaultConfig(endpoint)
		cfg.Sockets, cfg.ReceiveBuffer = 3, 0
		g, err := Listen(cfg)
		require.NoError(t, err)
		handlers := make([]Handler, g.Sockets())
		for i := range handlers {
			handlers[i] = echo{g, i}
		}
		g.Serve(handlers)
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), g.Addr().Port())
		c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = c.Write([]byte("ping"))
		require.NoError(t, err)
		b := make([]byte, 8)
		n, err := c.Read(b) // a connected socket takes answers from the endpoint only
		require.NoError(t, err)
		require.Equal(t, "ping", string(b[:n]))
		require.NoError(t, c.Close())
		require.NoError(t, g.Close())
		require.Error(t, g.Send(0, b, to))
	}
}
