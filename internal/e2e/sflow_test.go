//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// fcs is what sfprobe adds to the length of every frame and says it stripped: the Ethernet checksum.
const fcs = 4

// What pmacctd's sfprobe samples of real traffic at 1:1 is, in netcol's metrics, exactly what sfcapd and nfdump make
// of the same datagrams.
//
// Bytes differ by definition: netcol counts IP bytes, from the IP header in the sample. sfcapd takes the frame length,
// which sfprobe (it samples bare IP packets, header protocol 11 and 12) gives as IP length and 4 bytes for a checksum
// that it declares stripped. So nfdump's bytes are netcol's and 4 more a packet.
func TestSFlow(t *testing.T) {
	t.Parallel()
	pmacctd := peer(t, "pmacctd")
	const agent = "127.0.0.40"
	pcap, _ := record(t, 100)
	port := freePort(t)
	c := netcol(t, settings{"SFLOW_PORT": strconv.Itoa(port)}, "sflow")
	oracle := startNfcap(t, "sfcapd")
	y := newTee(t, agent, port, oracle.port)
	probe(t, pmacctd, pcap, agent, y)
	flows := oracle.finish(t)
	for i := range flows {
		flows[i].bytes -= fcs * flows[i].packets
	}
	want := sumBy(flows, everything)[""]
	t.Logf("nfdump, checksums taken off: %+v in %d datagrams", want, len(y.datagrams()))
	if want.packets < 100 {
		t.Fatalf("nfdump has %+v: the comparison would prove nothing", want)
	}
	awaitFlows(t, c, labels{"service.instance.id": agent}, want)
	compareTransports(t, c.points(t), flows)
	compareConversations(t, c.points(t), flows, want)
}

// probe has pmacctd sample every packet of a capture into y. It ends by itself at the end of the file.
func probe(t *testing.T, pmacctd, pcap, agent string, y *tee) {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "pmacctd.conf")
	text := fmt.Sprintf(`daemonize: false
pcap_savefile: %s
plugins: sfprobe[e2e]
sfprobe_receiver: 127.0.0.1:%d
sfprobe_agentip: %s
sfprobe_agentsubid: 7
sampling_rate: 1
snaplen: 256
`, pcap, y.port, agent)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := spawn(t, "pmacctd", exec.Command(pmacctd, "-f", conf))
	_ = p.wait(t, 30*time.Second) // its end of file is "no more plugins active", with status 1
	y.drain(t)
	if len(y.datagrams()) == 0 {
		t.Fatalf("sfprobe exported nothing:\n%s", p.log)
	}
}
