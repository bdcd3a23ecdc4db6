package agenttest

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Listen answers datagrams on a loopback port of its own until the test ends.
func Listen(t testing.TB, handle func(request []byte, from netip.AddrPort, answer func([]byte))) netip.AddrPort {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			handle(slices.Clone(buf[:n]), from, func(b []byte) { _, _ = conn.WriteToUDPAddrPort(b, from) })
		}
	})
	t.Cleanup(func() { _ = conn.Close(); done.Wait() })
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Server is a model agent behind a socket, for v1 and v2c. Change it only within Do.
type Server struct {
	Address   netip.AddrPort
	Community string

	mu    sync.Mutex
	agent *Agent
}

// Serve puts an agent behind a socket until the test ends.
func Serve(t testing.TB, a *Agent) *Server {
	s := &Server{agent: a, Community: "public"}
	s.Address = Listen(t, func(b []byte, _ netip.AddrPort, answer func([]byte)) {
		if out := s.answer(b); out != nil {
			answer(out)
		}
	})
	return s
}

// Do changes the agent between requests.
func (s *Server) Do(change func(a *Agent)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.agent)
}

func (s *Server) answer(b []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := pdu.ParseCommunity(b)
	if err != nil || string(m.Community) != s.Community {
		return nil
	}
	time.Sleep(s.agent.RoundTrip)
	r := Request(&m.Reply)
	s.agent.Requests = append(s.agent.Requests, r)
	binds, status, index, ok := s.agent.Answer(&r)
	if !ok {
		return nil
	}
	return CommunityMessage(m.Version, s.Community, s.agent.ResponsePDU(m.Reply.RequestID, binds, status, index))
}

// Request reads a request off a PDU.
func Request(p *pdu.Reply) pdu.Request {
	r := pdu.Request{Kind: p.Kind}
	if p.Kind == pdu.GetBulk {
		r.NonRepeaters, r.MaxRepetitions = int(p.Status), p.ErrorIndex
	}
	for {
		v, ok := p.Next()
		if !ok {
			return r
		}
		r.Names = append(r.Names, slices.Clone(v.OID))
	}
}
