//go:build serve

package netviewexporter

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/specimen"
)

var serveFor = flag.Duration("serve", 10*time.Minute, "how long TestServe shows the page on 127.0.0.1:8810")

// TestServe shows a live network for as long as -serve says, to look at:
//
//	go test -tags serve -timeout 0 -run TestServe ./exporter/netviewexporter
func TestServe(t *testing.T) {
	network, step := specimen.Office(), 5*time.Second
	past := 30 * time.Minute
	start := time.Now().Add(-past)
	r := run(t, "127.0.0.1:8810", network, past, step)
	require.NoError(t, r.v.consumeLogs(t.Context(), trap(time.Now())))
	fmt.Fprintln(os.Stderr, r.url)
	for end := time.Now().Add(*serveFor); time.Now().Before(end); time.Sleep(step) {
		require.NoError(t, r.v.consumeMetrics(t.Context(), network.At(start, time.Since(start))))
	}
}
