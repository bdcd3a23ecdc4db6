package udp

import (
	"errors"
	"runtime"
	"syscall"
)

// Winsock's own numbers of the errors below: package syscall's constants of the same names are inventions on Windows.
const (
	wsaeacces        = syscall.Errno(10013)
	wsaeaddrinuse    = syscall.Errno(10048)
	wsaeaddrnotavail = syscall.Errno(10049)
)

func isErrno(err error, unix, windows syscall.Errno) bool {
	return errors.Is(err, unix) || runtime.GOOS == "windows" && errors.Is(err, windows)
}

func isInUse(err error) bool      { return isErrno(err, syscall.EADDRINUSE, wsaeaddrinuse) }
func isNotHere(err error) bool    { return isErrno(err, syscall.EADDRNOTAVAIL, wsaeaddrnotavail) }
func isNotAllowed(err error) bool { return isErrno(err, syscall.EACCES, wsaeacces) }
