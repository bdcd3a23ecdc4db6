package main

import (
	"os/exec"
	"syscall"
)

// apart keeps a terminal's Ctrl-C from the child, which is told when it is its turn, and lets it not outlive us.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
