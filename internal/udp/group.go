package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
)

// Group is the sockets of one endpoint.
type Group struct {
	sockets []*socket
	notes   []string
	closing sync.Once
	err     error
}

// Listen opens cfg's sockets: the first exclusively, so that an occupied port is an error, then the rest. Port 0
// takes a free one (see Addr).
func Listen(cfg Config) (*Group, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Sockets == 0 {
		cfg.Sockets = min(runtime.GOMAXPROCS(0), maxSockets)
	}
	g := &Group{}
	if err := g.open(cfg); err != nil {
		for _, s := range g.sockets {
			_ = s.shut()
		}
		return nil, err
	}
	return g, nil
}

// network returns the network that listens on what the endpoint says: Go takes 0.0.0.0 on "udp" for both families.
func network(endpoint string) string {
	host, _, _ := net.SplitHostPort(endpoint)
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
		return "udp4"
	}
	return "udp"
}

// listen opens one socket, with control run on it before it binds.
func (g *Group) listen(network, endpoint string, cfg Config, control func(fd uintptr) error) error {
	lc := net.ListenConfig{Control: controlFunc(control)}
	pc, err := lc.ListenPacket(context.Background(), network, endpoint)
	if err != nil {
		return explain(cfg.Endpoint, err)
	}
	s, err := newSocket(pc.(*net.UDPConn), cfg)
	if err != nil {
		_ = pc.Close()
		return fmt.Errorf("endpoint %s: %w", cfg.Endpoint, err)
	}
	g.sockets = append(g.sockets, s)
	return nil
}

// explain turns a failed bind into a sentence that says what to do.
func explain(endpoint string, err error) error {
	_, port, _ := net.SplitHostPort(endpoint)
	switch {
	case isInUse(err):
		return fmt.Errorf("endpoint %s: another program, or another netcol, already receives on UDP port %s: stop it (find it with: ss -ulnp 'sport = :%s') or configure another endpoint: %w", endpoint, port, port, err)
	case isNotHere(err):
		return fmt.Errorf("endpoint %s: this machine does not have that address: use one of its own, or 0.0.0.0 for all: %w", endpoint, err)
	case isNotAllowed(err):
		return fmt.Errorf("endpoint %s: not permitted to bind that port: use one from 1024 up, or grant CAP_NET_BIND_SERVICE: %w", endpoint, err)
	}
	return fmt.Errorf("endpoint %s: %w", endpoint, err)
}

func (g *Group) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// Sockets returns how many there are; workers are numbered from 0.
func (g *Group) Sockets() int { return len(g.sockets) }

// Addr returns where the group listens, which is the endpoint unless that had a name or port 0.
func (g *Group) Addr() netip.AddrPort {
	a := g.sockets[0].local
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// Serve starts one goroutine per socket that hands batches to handlers[socket] until Close. It is called once.
func (g *Group) Serve(handlers []Handler) {
	if len(handlers) != len(g.sockets) {
		panic(fmt.Sprintf("udp: %d handlers for %d sockets", len(handlers), len(g.sockets)))
	}
	for i, s := range g.sockets {
		s.serving.Add(1)
		go func() {
			defer s.serving.Done()
			s.serve(handlers[i])
		}()
	}
}

// Close ends the goroutines and closes the sockets; what the kernel had already queued is handed over first, bounded
// in time. When it returns no handler is called any more.
func (g *Group) Close() error {
	g.closing.Do(func() {
		for _, s := range g.sockets {
			s.quiesce()
		}
		for _, s := range g.sockets {
			g.err = errors.Join(g.err, s.close())
		}
	})
	return g.err
}

// Stats returns socket i's counts; safe while serving, and after Close.
func (g *Group) Stats(i int) Stats { return g.sockets[i].stats() }

// Notes returns what the operator should know about how the group opened, one sentence each: a smaller buffer than
// asked for, steering or drop counts that this platform does not have.
func (g *Group) Notes() []string { return g.notes }
