//go:build amd64 || arm64

package aggregate

import "unsafe"

// prefetch asks for the cache line of p without waiting for it.
//
//go:noescape
func prefetch(p unsafe.Pointer)
