//go:build !linux

package netflowreceiver

import (
	"errors"
	"net/netip"
)

func openRaw(netip.AddrPort) (relayConn, error) {
	return nil, errors.New("exporters' addresses can be preserved on Linux only: set preserve_source: false")
}
