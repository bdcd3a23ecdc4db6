//go:build e2e && linux

package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// journal keeps what a child printed.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// lines returns the lines that match pattern.
func (j *journal) lines(pattern string) []string {
	re := regexp.MustCompile(pattern)
	var found []string
	for line := range strings.Lines(j.String()) {
		if re.MatchString(line) {
			found = append(found, strings.TrimRight(line, "\n"))
		}
	}
	return found
}

// tail returns the last n lines.
func (j *journal) tail(n int) string {
	lines := strings.Split(strings.TrimRight(j.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// process is a child of a test. It does not outlive the test.
type process struct {
	name string
	cmd  *exec.Cmd
	log  *journal
	done chan struct{}
	err  error // of Wait; read after done is closed
}

// spawn starts cmd; when the test fails, the end of what the child printed is shown.
func spawn(t *testing.T, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{name: name, cmd: cmd, log: &journal{}, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.log
	}
	cmd.Stderr = p.log
	// A test binary that dies at its timeout must not leave its children behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.end(t)
		if t.Failed() {
			t.Logf("%s (pid %d) printed at last:\n%s", name, cmd.Process.Pid, p.log.tail(60))
		}
	})
	return p
}

// running tells whether the child has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal sends s to this child alone.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal %v to %s: %v", s, p.name, err)
	}
}

// wait returns how the child ended; it fails the test if it does not end within d.
func (p *process) wait(t *testing.T, d time.Duration) error {
	t.Helper()
	select {
	case <-p.done:
		return p.err
	case <-time.After(d):
		t.Fatalf("%s did not end within %v; it printed at last:\n%s", p.name, d, p.log.tail(30))
		return nil
	}
}

// terminate asks the child to end and waits until it has.
func (p *process) terminate(t *testing.T) error {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	return p.wait(t, 20*time.Second)
}

// kill ends the child at once, as a power cut would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	<-p.done
}

// end is kill for cleaning up: politely first, and without judging.
func (p *process) end(t *testing.T) {
	if !p.running() {
		return
	}
	p.signal(t, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		t.Logf("%s ignored SIGTERM for 10s and was killed", p.name)
		p.kill(t)
	}
}

// waitLog waits until the child prints a line that matches pattern.
func (p *process) waitLog(t *testing.T, within time.Duration, pattern string) string {
	t.Helper()
	var line string
	eventually(t, within, p.name+" prints "+pattern, func() (string, bool) {
		if found := p.log.lines(pattern); len(found) > 0 {
			line = found[0]
			return "", true
		}
		if !p.running() {
			t.Fatalf("%s ended (%v) before it printed %s:\n%s", p.name, p.err, pattern, p.log.tail(40))
		}
		return "last line: " + p.log.tail(1), false
	})
	return line
}

// eventually polls condition until it holds. What condition returns beside is shown if it never does.
func eventually(t *testing.T, within time.Duration, what string, condition func() (string, bool)) {
	t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		state, ok := condition()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s\n%s", within, what, state)
		}
		<-tick.C
	}
}
