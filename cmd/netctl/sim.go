package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/netcol-io/netcol/internal/netsim"
)

// simFlags are what a simulation can be told; sim and demo share them.
type simFlags struct {
	config netsim.Config
	ports  netsim.Ports
}

func (s *simFlags) register(f *flag.FlagSet) {
	s.config, s.ports = netsim.DefaultConfig(time.Now()), netsim.DefaultPorts()
	f.IntVar(&s.config.Devices, "devices", s.config.Devices, fmt.Sprintf("how many devices, 1 to %d", netsim.MaxDevices))
	f.TextVar(&s.config.Base, "base", s.config.Base, "device `n` is polled at this address + n·256 + 1")
	f.StringVar(&s.config.Community, "community", s.config.Community, "SNMP community of every device")
	f.Uint64Var(&s.config.Seed, "seed", s.config.Seed, "draws everything that looks random; the same seed, the same network")
	f.DurationVar(&s.config.Active, "active-timeout", s.config.Active, "how often exporters tell of a flow that lasts, from 1s up")
	f.DurationVar(&s.config.Quiet, "quiet", 0, "send no traffic for so long at first")
	f.DurationVar(&s.config.Traffic, "traffic", 0, "send traffic for so long and no more, while agents go on; 0 is always")
	f.Func("sampling", fmt.Sprintf("sFlow agents sample 1 in `n` packets (default %d)", s.config.Sampling), func(v string) error {
		_, err := fmt.Sscanf(v, "%d", &s.config.Sampling)
		return err
	})
	f.Func("snmp-port", fmt.Sprintf("UDP `port` of every device's SNMP agent (default %d)", s.ports.SNMP), func(v string) error {
		_, err := fmt.Sscanf(v, "%d", &s.ports.SNMP)
		return err
	})
	collector(f, "netflow", &s.ports.NetFlow)
	collector(f, "sflow", &s.ports.SFlow)
}

// collector registers where exporters send to; empty is nowhere.
func collector(f *flag.FlagSet, name string, to *netip.AddrPort) {
	f.Func(name, fmt.Sprintf("`address:port` that %s exporters send to, empty for none (default %s)", name, *to), func(v string) (err error) {
		*to = netip.AddrPort{}
		if v != "" {
			*to, err = netip.ParseAddrPort(v)
		}
		return err
	})
}

// open builds the network and its sockets.
func (s *simFlags) open() (*netsim.Network, *netsim.Sim, error) {
	network, err := netsim.New(s.config)
	if err != nil {
		return nil, nil, err
	}
	sim, err := netsim.Listen(network, s.ports)
	return network, sim, err
}

func runSim(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flag.NewFlagSet("sim", flag.ContinueOnError)
	f.SetOutput(errs)
	var s simFlags
	s.register(f)
	duration := f.Duration("duration", 0, "how long to run; 0 is until Ctrl-C")
	if err := parse(f, args); err != nil {
		return err
	}
	network, sim, err := s.open()
	if err != nil {
		return err
	}
	targets(out, network, s)
	if *duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *duration)
		defer cancel()
	}
	sim.Start()
	<-ctx.Done()
	sim.Shutdown()
	sent, refused := sim.Sent()
	say(out, "# ended; %d datagrams exported, %d refused\n", sent, refused)
	return nil
}

// targets prints what runs as the snmp receiver is told of it.
func targets(w io.Writer, network *netsim.Network, s simFlags) {
	say(w, "# NetFlow and IPFIX go to %s, sFlow to %s. For the snmp receiver:\n", collectorName(s.ports.NetFlow), collectorName(s.ports.SFlow))
	say(w, "credentials:\n  sim: {version: v2c, community: %q}\ntargets:\n", s.config.Community)
	for _, d := range network.Devices() {
		sampling := ""
		if d.Sampling > 1 {
			sampling = fmt.Sprintf(" 1 in %d", d.Sampling)
		}
		say(w, "  - {endpoint: \"%s:%d\", credentials: [sim]} # %s, %d interfaces, exports %s%s from %s\n",
			d.Address, s.ports.SNMP, d.Name, len(d.Interfaces()), d.Protocol, sampling, d.Export)
	}
}

func collectorName(a netip.AddrPort) string {
	if !a.IsValid() {
		return "nowhere"
	}
	return a.String()
}
