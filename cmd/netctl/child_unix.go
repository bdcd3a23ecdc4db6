//go:build unix

package main

import (
	"os"
	"syscall"
)

// terminate asks a process to end in its own time.
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
