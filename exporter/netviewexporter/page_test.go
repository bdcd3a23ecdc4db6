package netviewexporter

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/event"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/metadata"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/specimen"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/web"
	"github.com/netcol-io/netcol/internal/semconv"
)

var screenshots = flag.String("screenshots", "", "folder for pictures of the page")

// running is an exporter with a network's last minutes in its store.
type running struct {
	url string
	v   *view
}

// run starts an exporter and feeds it what network said during the last past, every step.
func run(t *testing.T, endpoint string, network specimen.Network, past, step time.Duration) running {
	t.Helper()
	f := NewFactory()
	cfg := f.CreateDefaultConfig().(*Config)
	cfg.HTTP.NetAddr.Endpoint = endpoint
	cfg.Directory = t.TempDir()
	var shared instances
	v, err := shared.get(cfg, exportertest.NewNopSettings(metadata.Type))
	require.NoError(t, err)
	listening := make(chan string, 1)
	v.onListen = func(url string) { listening <- url }
	require.NoError(t, v.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, v.Shutdown(context.Background())) })
	start := time.Now().Add(-past)
	for at := time.Duration(0); past > 0 && at <= past; at += step {
		require.NoError(t, v.consumeMetrics(t.Context(), network.At(start, at)))
	}
	return running{url: <-listening, v: v}
}

func trap(at time.Time) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr(semconv.ServiceInstanceID, "10.0.1.1")
	rl.Resource().Attributes().PutStr(semconv.HostName, "core-2")
	r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.SetEventName("snmp.trap")
	r.SetTimestamp(pcommon.NewTimestampFromTime(at))
	r.SetSeverityText("WARN")
	r.Attributes().PutStr("snmp.trap.name", "IF-MIB::linkDown")
	r.Attributes().PutStr("ifDescr", "Gi1/0/5")
	return ld
}

// chromium returns the browser's path or skips.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no chromium installed: the page is not tried in a browser")
	return ""
}

// browse opens url in a browser of its own for the given virtual time and returns the document and the console.
func browse(t *testing.T, url string, extra ...string) (dom, console string) {
	t.Helper()
	path := chromium(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-dev-shm-usage", "--disable-extensions", "--user-data-dir=" + t.TempDir(), "--enable-logging=stderr", "--v=0",
		"--virtual-time-budget=9000", "--window-size=1440,2000", "--lang=en-GB",
	}, extra...)
	cmd := exec.CommandContext(ctx, path, append(args, url)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), errs.String())
	return out.String(), consoleLines(errs.String())
}

// consoleLines keeps what the page said; the rest is the browser's own.
func consoleLines(log string) string {
	var kept []string
	for line := range strings.Lines(log) {
		if strings.Contains(line, "CONSOLE") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// data reads a data attribute of the element with an id.
func data(t *testing.T, dom, id, name string) string {
	t.Helper()
	tag := regexp.MustCompile(`<[a-z]+[^>]*\bid="` + id + `"[^>]*>`).FindString(dom)
	require.NotEmpty(t, tag, "no element #%s", id)
	m := regexp.MustCompile(`data-` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	require.NotNil(t, m, "#%s has no data-%s: %s", id, name, tag)
	return m[1]
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

func picture(t *testing.T, url, name string, extra ...string) {
	t.Helper()
	if *screenshots != "" {
		browse(t, url, append(extra, "--screenshot="+filepath.Join(*screenshots, name+".png"))...)
	}
}

func TestPageShowsTheNetwork(t *testing.T) {
	network := specimen.Office()
	r := run(t, "127.0.0.1:0", network, 15*time.Minute, 5*time.Second)
	require.NoError(t, r.v.consumeLogs(t.Context(), trap(time.Now())))

	dom, console := browse(t, r.url, "--dump-dom")
	assert.Empty(t, console, "the console is silent")
	assert.Contains(t, dom, `<body data-state="ready"`)
	assert.Equal(t, "6", data(t, dom, "summary", "devices"))
	assert.Equal(t, "5", data(t, dom, "summary", "up"))
	assert.Equal(t, "1", data(t, dom, "summary", "down"))
	for d := range network.Devices {
		assert.Contains(t, dom, fmt.Sprintf(`data-device="%s"`, network.Address(d)))
	}
	for _, chart := range []string{"traffic-chart", "conversations-chart"} {
		assert.Equal(t, "ready", data(t, dom, chart, "state"))
		assert.Greater(t, number(t, data(t, dom, chart, "points")), 100, chart)
		assert.Greater(t, number(t, data(t, dom, chart, "series")), 5, chart)
	}
	assert.Equal(t, "26", data(t, dom, "conversations", "count"), "25 conversations and Other")
	assert.Equal(t, "1", data(t, dom, "events", "count"))
	assert.Contains(t, dom, "IF-MIB::linkDown")

	picture(t, r.url, "all")
	picture(t, r.url, "all-dark", "--force-dark-mode", "--blink-settings=preferredColorScheme=0")
	picture(t, r.url+"#device=10.0.1.1", "device")
	picture(t, r.url, "narrow", "--window-size=600,2400")
}

func TestPageShowsOneDevice(t *testing.T) {
	r := run(t, "127.0.0.1:0", specimen.Office(), time.Minute, 5*time.Second)
	dom, console := browse(t, r.url+"#device=10.0.0.1", "--dump-dom")
	assert.Empty(t, console)
	assert.Equal(t, "24", data(t, dom, "interfaces", "count"))
	assert.Contains(t, dom, `data-interface="Gi1/0/24"`)
	assert.Contains(t, dom, "to room 123")
}

// The first chart must not wait for minutes of data: two polls are a rate.
func TestPageShowsRatesAfterTwoPolls(t *testing.T) {
	r := run(t, "127.0.0.1:0", specimen.Office(), 5*time.Second, 5*time.Second)
	dom, console := browse(t, r.url, "--dump-dom")
	assert.Empty(t, console)
	assert.Equal(t, "ready", data(t, dom, "traffic-chart", "state"))
	assert.GreaterOrEqual(t, number(t, data(t, dom, "traffic-chart", "points")), 1)
	picture(t, r.url, "fresh")
}

func TestPageWithoutDataSaysWhatToDo(t *testing.T) {
	r := run(t, "127.0.0.1:0", specimen.Network{}, 0, time.Second)
	dom, console := browse(t, r.url, "--dump-dom")
	assert.Empty(t, console)
	for _, id := range []string{"devices", "conversations", "traffic-chart", "conversations-chart", "events"} {
		assert.Equal(t, "empty", data(t, dom, id, "state"), id)
	}
	assert.Contains(t, dom, "No data yet.")
	picture(t, r.url, "empty")
}

// What a device says of itself is text, whatever it looks like.
func TestHostileNamesStayText(t *testing.T) {
	const hostile = `<script>console.error("ran")</script><img src=x onerror='console.error("ran")'>"}\` + "\n"
	network := specimen.Network{
		Devices: 1, Ports: 3, Conversations: 2,
		Name:  func(int) string { return hostile },
		Alias: func(int, int) string { return hostile },
	}
	r := run(t, "127.0.0.1:0", network, time.Minute, 5*time.Second)
	for _, url := range []string{r.url, r.url + "#device=10.0.0.1"} {
		dom, console := browse(t, url, "--dump-dom")
		assert.Empty(t, console)
		assert.Contains(t, dom, `&lt;script&gt;console.error`)
		assert.NotContains(t, dom, `<script>console`)
		assert.NotContains(t, dom, `<img src="x"`)
		assert.Equal(t, "ready", data(t, dom, "traffic-chart", "state"))
		assert.Equal(t, "ready", data(t, dom, "conversations-chart", "state"))
	}
}

func TestHealthOfAnIdlePage(t *testing.T) {
	r := run(t, "127.0.0.1:0", specimen.Network{}, 0, time.Second)
	for _, path := range []string{"", "-/ready", "-/healthy", "api/v1/status/buildinfo", "api/netview/v1/status"} {
		resp, err := http.Get(r.url + path)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, resp.StatusCode, path)
		require.NoError(t, resp.Body.Close())
	}
}

// Without the API the page says so, and keeps trying.
func TestPageWithoutAPISaysSo(t *testing.T) {
	page := web.NewHandler(web.Sources{Stats: func() store.Stats { return store.Stats{} }, Events: event.NewLog(1)})
	srv := httptest.NewServer(page)
	t.Cleanup(srv.Close)
	dom, _ := browse(t, srv.URL, "--dump-dom")
	assert.Contains(t, dom, `<body data-state="error"`)
	assert.Contains(t, dom, "netcol answers with HTTP 40")
	assert.Equal(t, "error", data(t, dom, "devices", "state"))
}
