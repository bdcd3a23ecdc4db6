//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// prometheusProgram returns the real Prometheus, built from its module the first time.
var prometheusProgram = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("PROMETHEUS_BIN"); path != "" {
		return path, nil
	}
	cmd := exec.Command("sh", "../../testdata/e2e/prometheus.sh")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
})

// backend is a Prometheus that takes OTLP.
type backend struct {
	*process
	port int
	dir  string
}

// startBackend starts Prometheus on a port with the storage in dir.
func startBackend(t *testing.T, port int, dir string) *backend {
	t.Helper()
	program, err := prometheusProgram()
	if err != nil {
		absent(t, "Prometheus can't be built: %v", err)
	}
	if _, again := told.LoadOrStore("prometheus", true); !again {
		fmt.Printf("peer prometheus: %s, github.com/prometheus/prometheus v0.315.0\n", program)
	}
	conf := filepath.Join(dir, "prometheus.yml")
	text := "storage: {tsdb: {out_of_order_time_window: 30m}}\n" // as Prometheus' OTLP guide advises
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &backend{port: port, dir: dir}
	cmd := exec.Command(program, "--config.file="+conf, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port), "--web.enable-otlp-receiver")
	b.process = spawn(t, "prometheus", cmd)
	b.waitLog(t, 30*time.Second, "Server is ready to receive web requests")
	return b
}

// series is one series of a query's answer.
type series struct {
	Metric map[string]string    `json:"metric"`
	Values [][2]json.RawMessage `json:"values"`
}

// samples returns the raw samples of a selector's series in the last hour.
func (b *backend) samples(t *testing.T, selector string) []series {
	t.Helper()
	return querySamples(t, fmt.Sprintf("http://127.0.0.1:%d/api/v1/query", b.port), selector+"[1h]")
}

func querySamples(t *testing.T, api, query string) []series {
	t.Helper()
	client := http.Client{Timeout: 15 * time.Second}
	resp, err := client.PostForm(api, url.Values{"query": {query}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v\n%.500s", api, query, resp.Status, err, body)
	}
	var answer struct {
		Data struct {
			ResultType string   `json:"resultType"`
			Result     []series `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s %s: %v\n%.500s", api, query, err, body)
	}
	return answer.Data.Result
}

// prometheusNames says what Prometheus makes of our names by its default translation.
var prometheusNames = map[string]string{
	"system.network.io":                 "system_network_io_bytes_total",
	"system.network.packet.count":       "system_network_packet_count_total",
	"system.network.errors":             "system_network_errors_total",
	"system.network.packet.dropped":     "system_network_packet_dropped_total",
	"system.network.bandwidth.limit":    "system_network_bandwidth_limit_bytes_per_second",
	"system.network.interface.status":   "system_network_interface_status",
	"snmp.device.up":                    "snmp_device_up",
	"system.uptime":                     "system_uptime_seconds",
	"network.flow.io":                   "network_flow_io_bytes_total",
	"network.flow.packet.count":         "network_flow_packet_count_total",
	"network.flow.count":                "network_flow_count_total",
	"network.conversation.io":           "network_conversation_io_bytes_total",
	"network.conversation.packet.count": "network_conversation_packet_count_total",
}

// stored is every sample of the backend that prometheusNames speak of: its value by series and millisecond.
func (b *backend) stored(t *testing.T) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for _, name := range prometheusNames {
		for _, s := range b.samples(t, name) {
			delete(s.Metric, "__name__")
			for _, v := range s.Values {
				at, err := strconv.ParseFloat(string(v[0]), 64)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := strconv.Unquote(string(v[1]))
				value, err := strconv.ParseFloat(text, 64)
				if err != nil {
					t.Fatal(err)
				}
				found[sampleKey(name, s.Metric, int64(at*1000+0.5))] = value
			}
		}
	}
	return found
}

func sampleKey(name string, l labels, ms int64) string { return fmt.Sprintf("%s{%s}@%d", name, l, ms) }

// promLabels are the labels that Prometheus gives a point: attributes in its spelling, job and instance of the resource.
func promLabels(p point) labels {
	l := labels{"job": p.resource["service.name"], "instance": p.resource["service.instance.id"]}
	for k, v := range p.attributes {
		if v != "" {
			l[strings.ReplaceAll(k, ".", "_")] = v
		}
	}
	return l
}

// awaitStored waits until every point of ps is in the backend with its value, and returns how many were looked for.
func (b *backend) awaitStored(t *testing.T, within time.Duration, ps points) int {
	t.Helper()
	looked := 0
	eventually(t, within, "Prometheus holds every point", func() (string, bool) {
		found := b.stored(t)
		var missing []string
		looked = 0
		for _, p := range ps {
			name, ok := prometheusNames[p.metric]
			if !ok {
				continue
			}
			looked++
			key := sampleKey(name, promLabels(p), p.time.UnixMilli())
			if v, ok := found[key]; !ok {
				missing = append(missing, key)
			} else if v != p.value {
				t.Fatalf("%s is %v in Prometheus; netcol wrote %v", key, v, p)
			}
		}
		return fmt.Sprintf("%d of %d points are missing, e.g. %.900q; it holds %d samples", len(missing), looked, first(missing, 3), len(found)), looked > 0 && len(missing) == 0
	})
	return looked
}

func first(list []string, n int) []string { return list[:min(n, len(list))] }

// What netcol sends by otlp_http is found in a real Prometheus by query: each device under its own job and instance,
// each value the one that netcol's file exporter wrote.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	b := startBackend(t, freePort(t), t.TempDir())
	a := startAgent(t, freePort(t), "127.0.0.1")
	flowPort := freePort(t)
	c := netcol(t, settings{
		"SNMP_PORT": strconv.Itoa(a.port), "NETFLOW_PORT": strconv.Itoa(flowPort), "PROMETHEUS_PORT": strconv.Itoa(b.port),
	}, "agent", "to-prometheus")
	x := newV5(t, "127.0.0.60", flowPort)
	for range 5 {
		x.send(t, 20, 1, 2)
	}
	awaitFlows(t, c, labels{"service.instance.id": "127.0.0.60"}, x.sent)
	eventually(t, 20*time.Second, "three polls", func() (string, bool) {
		n := len(c.points(t).of("system.uptime", nil, nil))
		return fmt.Sprint(n), n >= 3
	})
	ps := c.points(t)
	t.Logf("%d points are in Prometheus, each with netcol's value", b.awaitStored(t, 20*time.Second, ps))
	for _, want := range []labels{
		{"__name__": "system_network_io_bytes_total", "job": "network-device", "instance": "127.0.0.1", "network_interface_name": "lo", "network_io_direction": "receive"},
		{"__name__": "network_flow_io_bytes_total", "job": "network-device", "instance": "127.0.0.60"},
	} {
		if len(b.samples(t, selector(want))) == 0 {
			t.Errorf("no answer to %s", selector(want))
		}
	}
}

func selector(l labels) string {
	var parts []string
	for k, v := range l {
		parts = append(parts, fmt.Sprintf("%s=%q", k, v))
	}
	return "{" + strings.Join(parts, ",") + "}"
}
