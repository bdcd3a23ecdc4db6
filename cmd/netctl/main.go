// Command netctl is the network operator's tool beside netcol, the collector: it runs a simulated network, alone or
// with a collector that watches it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is one of netctl's.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, out, errs io.Writer) error
}

var commands = []command{
	{"sim", "run a simulated network on loopback: SNMP agents and flow exporters that agree", runSim},
	{"demo", "run a simulated network and a collector that shows it on a local page", runDemo},
}

// errUsage is a mistake on the command line that was already explained.
var errUsage = errors.New("usage")

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit status: 0 done, 1 failed, 2 misused.
func run(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 0 {
		usage(errs)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(out)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:], out, errs)
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return 2
		}
		say(errs, "netctl %s: %v\n", c.name, err)
		return 1
	}
	say(errs, "netctl: there is no command %q\n\n", args[0])
	usage(errs)
	return 2
}

// say writes to a terminal or a log; if that is gone, nobody is there to be told.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

func usage(w io.Writer) {
	say(w, "usage: netctl <command> [flags]\n\ncommands:\n")
	for _, c := range commands {
		say(w, "  %-6s %s\n", c.name, c.summary)
	}
	say(w, "\n'netctl <command> -h' lists a command's flags.\n")
}

// parse reads flags that are all there is on a command line.
func parse(f *flag.FlagSet, args []string) error {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return errUsage
	case f.NArg() > 0:
		say(f.Output(), "netctl %s: does not know what to do with %q\n", f.Name(), f.Arg(0))
		return errUsage
	}
	return nil
}
