// Package e2e holds the end-to-end tests: the built netcol, driven as a child process on loopback, against programs
// that others wrote.
//
//	go test -tags e2e ./internal/e2e/...
//
// They need the binary (make build) and, each test, its own peers: net-snmp's snmpd, softflowd with nfcapd and nfdump,
// pmacctd with sfcapd, tcpdump, Prometheus, Chromium. A test whose peer is absent is skipped and says so; with
// E2E_REQUIRE=1 it fails. The environment:
//
//	NETCOL_BIN      the collector; default ../../_build/netcol
//	NETCTL_BIN      the operator's tool; default ../../bin/netctl
//	PROMETHEUS_BIN  Prometheus 3; default: built once from its Go module into .cache/e2e
//	E2E_REQUIRE=1   an absent peer is a failure
//	E2E_OUTAGE      for how long the backend is gone; default 1m
//	E2E_SCREENSHOT  a file to keep the page's screenshot in
//
// Configurations are in testdata/e2e; ports and folders reach them through the environment. Nothing leaves loopback.
package e2e
