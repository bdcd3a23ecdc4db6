package main

import "os"

// terminate ends a process: Windows has no way of asking one without a window.
func terminate(p *os.Process) error { return p.Kill() }
