package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

const (
	// tailLines is how much of a log is shown when its writer died.
	tailLines = 15
	// grace is how long the collector may take to flush and end before it is killed.
	grace = 20 * time.Second
	// maxLine bounds a log line in memory.
	maxLine = 1 << 20
	// maxShown is how many errors of a running collector are shown; the rest are in its log.
	maxShown = 10
)

// Words of the Collector: when all its components have started, and what it dies with.
const (
	everythingReady = "Everything is ready"
	lastWords       = "Error: "
)

// errDied is that the collector ended by itself.
var errDied = errors.New("the collector ended by itself")

// child is the collector's process.
type child struct {
	cmd   *exec.Cmd
	log   string
	ready chan struct{} // closed when it says that all its components run
	done  chan struct{} // closed when it has ended and its output is read

	// Written before done is closed.
	tail  []string
	words string // what it died with, as it says itself
	err   error
}

// spawn starts cmd with its output in a log file; errors of a collector that runs go to out as well.
func spawn(cmd *exec.Cmd, log string, out io.Writer) (*child, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		file.Close()
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	apart(cmd)
	c := &child{cmd: cmd, log: log, ready: make(chan struct{}), done: make(chan struct{})}
	started, copied := make(chan error), make(chan struct{})
	go func() {
		// Where a parent's death ends its child, it is the death of the thread that forked.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		w.Close()
		started <- err
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		<-copied
		close(c.done)
	}()
	if err := <-started; err != nil {
		r.Close()
		file.Close()
		return nil, fmt.Errorf("the collector does not start: %w", err)
	}
	go func() {
		defer close(copied)
		defer file.Close()
		defer r.Close()
		c.copy(r, file, out)
	}()
	return c, nil
}

// end ends the collector if it still runs, and returns how it went: cause is why it is ended, nil if in good order.
func (c *child) end(cause error) error {
	select {
	case <-c.done:
	default:
		c.terminate()
	}
	switch {
	case cause != nil && c.words != "":
		return fmt.Errorf("%w: %s (its log is %s)", cause, c.words, c.log)
	case cause != nil:
		return fmt.Errorf("%w (%s); its last lines, of %s:\n  %s", cause, c.cmd.ProcessState, c.log, strings.Join(c.tail, "\n  "))
	case c.err != nil:
		return fmt.Errorf("the collector did not end in good order: %w; its log is %s", c.err, c.log)
	}
	return nil
}

// terminate returns when the collector has ended, killed if it takes too long.
func (c *child) terminate() {
	_ = terminate(c.cmd.Process)
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-c.done:
	case <-late.C:
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// copy reads the collector's output until it ends.
func (c *child) copy(r io.Reader, log, out io.Writer) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	ready, shown := false, 0
	for lines.Scan() {
		line := lines.Text()
		say(log, "%s\n", line)
		if c.tail = append(c.tail, line); len(c.tail) > tailLines {
			c.tail = c.tail[1:]
		}
		if words, ok := strings.CutPrefix(line, lastWords); ok {
			c.words = words
		} else if c.words != "" && len(c.words) < maxLine && strings.TrimSpace(line) != "" {
			c.words += " " + strings.TrimSpace(line) // they may take several lines
		}
		if !ready && strings.Contains(line, everythingReady) {
			ready = true
			close(c.ready)
		}
		if ready && isError(line) && shown < maxShown {
			shown++
			say(out, "netcol: %s\n", line)
		}
	}
	_, _ = io.Copy(log, r) // after a line too long for the scanner
}

// isError recognizes errors in the Collector's console log.
func isError(line string) bool {
	return strings.Contains(line, "\terror\t") || strings.Contains(line, "\tfatal\t")
}
