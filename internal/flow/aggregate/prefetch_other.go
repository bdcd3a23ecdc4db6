//go:build !amd64 && !arm64

package aggregate

import "unsafe"

func prefetch(unsafe.Pointer) {}
