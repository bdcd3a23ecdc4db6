package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// patience is how long the collector may take until its page answers: it opens its store first.
const patience = time.Minute

// demo is what a demonstration consists of.
type demo struct {
	sim     simFlags
	netcol  string
	config  string
	page    string
	state   string
	patient time.Duration
}

func runDemo(ctx context.Context, args []string, out, errs io.Writer) error {
	d := demo{}
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(errs)
	d.sim.register(f)
	// An onlooker sees a long transfer grow every few seconds, not every minute.
	d.sim.config.Active = 2 * time.Second
	f.StringVar(&d.netcol, "netcol", "_build/netcol", "the collector's `binary`")
	f.StringVar(&d.config, "config", "config/demo.yaml", "its configuration `file`")
	f.StringVar(&d.page, "page", "http://127.0.0.1:8810", "`URL` of the page that the configuration's netview exporter serves")
	f.StringVar(&d.state, "state", ".demo", "`folder` for the collector's state and log; the configuration finds it as NETCOL_DEMO_STATE")
	f.DurationVar(&d.patient, "patience", patience, "how long to wait for the page")
	if err := parse(f, args); err != nil {
		return err
	}
	return d.run(ctx, out)
}

// run starts both, tells where the page is, and ends both when ctx does or the collector dies.
func (d *demo) run(ctx context.Context, out io.Writer) error {
	if err := d.check(); err != nil {
		return err
	}
	network, sim, err := d.sim.open()
	if err != nil {
		return err
	}
	defer sim.Shutdown()
	sim.Start()
	devices := network.Devices()
	say(out, "%d simulated devices at %s to %s; starting %s --config %s\n",
		len(devices), devices[0].Address, devices[len(devices)-1].Address, d.netcol, d.config)

	c, err := d.start(out)
	if err != nil {
		return err
	}
	if err := d.wait(ctx, c); err != nil {
		return c.end(err)
	}
	if ctx.Err() == nil {
		say(out, "\n  The network is on this page: %s\n\nCtrl-C ends it. The collector's log is %s.\n", d.page, c.log)
	}
	select {
	case <-ctx.Done():
	case <-c.done:
		return c.end(errDied)
	}
	say(out, "ending the network and the collector\n")
	sim.Shutdown() // first, so that the collector counts what was still to be exported
	return c.end(nil)
}

// check finds what can be known to be wrong before anything starts.
func (d *demo) check() error {
	if _, err := exec.LookPath(d.netcol); err != nil {
		return fmt.Errorf("no collector at %s (make build builds one): %w", d.netcol, err)
	}
	if _, err := os.Stat(d.config); err != nil {
		return fmt.Errorf("no configuration for the collector: %w", err)
	}
	page, err := url.Parse(d.page)
	if err != nil || page.Host == "" {
		return fmt.Errorf("--page %s is not a URL such as http://127.0.0.1:8810", d.page)
	}
	// Whoever answers there now is not the collector that is about to start.
	if c, err := net.DialTimeout("tcp", page.Host, time.Second); err == nil {
		c.Close()
		return fmt.Errorf("something already listens on %s: is another demo, or another netcol, running? End it first", page.Host)
	}
	return nil
}

// wait returns when all of the collector runs and the page answers, or ctx ends, or an error if the collector dies or takes too long.
func (d *demo) wait(ctx context.Context, c *child) error {
	deadline := time.NewTimer(d.patient)
	defer deadline.Stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.done:
			return errDied
		case <-deadline.C:
			return fmt.Errorf("the collector runs, but %s did not answer within %s", d.page, d.patient)
		case <-again.C:
			select {
			case <-c.ready: // the page is up before the receivers are, and they may fail
				if answers(ctx, d.page) {
					return nil
				}
			default:
			}
		}
	}
}

func answers(ctx context.Context, page string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// start runs the collector with its state in the demo's folder.
func (d *demo) start(out io.Writer) (*child, error) {
	if err := os.MkdirAll(d.state, 0o750); err != nil {
		return nil, err
	}
	cmd := exec.Command(d.netcol, "--config", d.config)
	cmd.Env = append(os.Environ(), "NETCOL_DEMO_STATE="+d.state)
	return spawn(cmd, filepath.Join(d.state, "netcol.log"), out)
}
