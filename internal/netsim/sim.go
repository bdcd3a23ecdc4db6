package netsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Step is how often a Sim's network moves and exports.
const Step = time.Second

// Ports are where a Sim's sockets are: the agents' port, and the collectors that exporters send to. A collector that
// is not valid gets nothing.
type Ports struct {
	SNMP    uint16
	NetFlow netip.AddrPort
	SFlow   netip.AddrPort
}

// DefaultPorts need no privileges and are netcol's defaults, but for SNMP's, which 161 would be.
func DefaultPorts() Ports {
	return Ports{
		SNMP:    1161,
		NetFlow: netip.MustParseAddrPort("127.0.0.1:2055"),
		SFlow:   netip.MustParseAddrPort("127.0.0.1:6343"),
	}
}

// Sim is a network with sockets.
type Sim struct {
	ports Ports

	mu      sync.Mutex // guards the network, which agents read
	network *Network

	agents    []*net.UDPConn
	exporters map[*Device]*net.UDPConn
	stop      context.CancelFunc
	stopping  sync.Once
	running   sync.WaitGroup
	sent      atomic.Uint64
	unsent    atomic.Uint64
}

// Listen opens every device's sockets; Start lets the network run.
func Listen(network *Network, ports Ports) (*Sim, error) {
	s := &Sim{ports: ports, network: network, exporters: map[*Device]*net.UDPConn{}}
	for _, d := range network.Devices() {
		if err := s.open(d); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *Sim) open(d *Device) error {
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(d.Address, s.ports.SNMP)))
	if err != nil {
		return fmt.Errorf("SNMP agent of %s: %w%s", d.Name, err, hint(err))
	}
	s.agents = append(s.agents, c)
	to := s.ports.NetFlow
	if d.Protocol == SFlow {
		to = s.ports.SFlow
	}
	if !to.IsValid() {
		return nil
	}
	e, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(d.Export, 0)), net.UDPAddrFromAddrPort(to))
	if err != nil {
		return fmt.Errorf("%s exporter of %s: %w%s", d.Protocol, d.Name, err, hint(err))
	}
	s.exporters[d] = e
	return nil
}

// hint says what an operator can do about a socket that does not open.
func hint(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) {
		return ""
	}
	if runtime.GOOS != "linux" {
		return ": only Linux has all of 127.0.0.0/8 without being told; add the address to the loopback interface first"
	}
	return ": is another simulation running? Stop it, or choose another base address or port"
}

// Start runs the network and its agents until Shutdown.
func (s *Sim) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	for i, d := range s.network.Devices() {
		a, c := d.agent(s.network.cfg.Community), s.agents[i]
		s.running.Go(func() { s.answer(a, c) })
	}
	s.running.Go(func() { s.run(ctx) })
}

// Shutdown exports what is still open, as devices do that are switched off in an orderly way, and closes the sockets. It
// may be called more than once.
func (s *Sim) Shutdown() { s.stopping.Do(s.shutdown) }

func (s *Sim) shutdown() {
	if s.stop != nil {
		s.stop()
	}
	for _, c := range s.agents {
		_ = c.Close()
	}
	s.running.Wait()
	if s.stop != nil {
		s.send(s.network.Flush())
	}
	s.close()
}

func (s *Sim) close() {
	for _, c := range s.agents {
		_ = c.Close()
	}
	for _, c := range s.exporters {
		_ = c.Close()
	}
}

// Sent returns how many datagrams left, and how many the kernel refused, as it does while no collector listens.
func (s *Sim) Sent() (sent, refused uint64) { return s.sent.Load(), s.unsent.Load() }

func (s *Sim) run(ctx context.Context) {
	t := time.NewTicker(Step)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			s.send(s.advance(now))
		}
	}
}

func (s *Sim) advance(now time.Time) []Datagram {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.network.Advance(now)
	return s.network.Export()
}

// send lets go of what cannot be sent: exporters do not know whether anyone listens.
func (s *Sim) send(datagrams []Datagram) {
	for _, d := range datagrams {
		c, ok := s.exporters[d.Device]
		if !ok {
			continue
		}
		if _, err := c.Write(d.Payload); err != nil {
			s.unsent.Add(1)
			continue
		}
		s.sent.Add(1)
	}
}

// answer is a device's agent.
func (s *Sim) answer(a *agent, c *net.UDPConn) {
	buffer := make([]byte, 65536)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		s.mu.Lock()
		reply := a.answer(buffer[:n], time.Now())
		s.mu.Unlock()
		if reply != nil {
			_, _ = c.WriteToUDPAddrPort(reply, from) // a manager that is gone asks again
		}
	}
}
