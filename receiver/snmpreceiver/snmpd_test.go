package snmpreceiver

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/netcol-io/netcol/internal/semconv"
)

// program finds an installed peer, or skips the test.
func program(t *testing.T, name string) string {
	for _, dir := range []string{"", "/usr/sbin/", "/usr/bin/"} {
		if path, err := exec.LookPath(dir + name); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func startSnmpd(t *testing.T) netip.AddrPort {
	bin := program(t, "snmpd")
	probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	addr := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	require.NoError(t, probe.Close())
	dir := t.TempDir()
	file := filepath.Join(dir, "snmpd.conf")
	conf := fmt.Sprintf("agentAddress udp:%s\nrocommunity public 127.0.0.0/8\nsysName real\n[snmp] persistentDir %s\n"+
		"createUser netcol SHA-256 authpassword AES privpassword\nrouser netcol priv\n", addr, dir)
	require.NoError(t, os.WriteFile(file, []byte(conf), 0o600))
	cmd := exec.Command(bin, "-f", "-Ln", "-C", "-c", file, "-p", filepath.Join(dir, "pid"))
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "SNMPCONFPATH="+dir, "MIBS=")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return addr
}

// table reads columns with net-snmp's own walker: row index → value.
func table(t *testing.T, addr netip.AddrPort, oid string) map[string]string {
	cmd := exec.Command(program(t, "snmpbulkwalk"), "-v2c", "-cpublic", "-On", "-Oq", "-Oe", "-OU", "-m", "", addr.String(), oid)
	out, err := cmd.Output()
	require.NoError(t, err)
	rows := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		rows[name[strings.LastIndexByte(name, '.')+1:]] = strings.Trim(value, `"`)
	}
	return rows
}

// What we tell of a real agent is what net-snmp's own tools read of it: static columns alike, counters between what
// they were before and after.
func TestSnmpdAgreesWithSnmpbulkwalk(t *testing.T) {
	t.Parallel()
	addr := startSnmpd(t)
	for _, creds := range []string{"lab", "core"} {
		r := start(t, componenttest.NewNopHost(), configFor(addr, creds))
		octets := func() map[string]string { return table(t, addr, "1.3.6.1.2.1.31.1.1.1.6") }
		before := octets()
		md := r.poll(t)
		after := octets()
		names := table(t, addr, "1.3.6.1.2.1.31.1.1.1.1")
		require.NotEmpty(t, names)
		for index, name := range names {
			info, ok := value(md, semconv.MetricInterfaceInfo, semconv.InterfaceName, name)
			require.True(t, ok, name)
			told, _ := info.Attributes().Get(semconv.InterfaceIndex)
			assert.Equal(t, index, told.AsString())
			io, ok := value(md, semconv.MetricNetworkIO, semconv.InterfaceName, name, semconv.IODirection, "receive")
			if !ok {
				continue // 32-bit dead or unsafe: netif says so
			}
			low, _ := strconv.ParseInt(before[index], 10, 64)
			high, _ := strconv.ParseInt(after[index], 10, 64)
			assert.GreaterOrEqual(t, io.IntValue(), low, name)
			assert.LessOrEqual(t, io.IntValue(), high, name)
		}
		host, _ := md.ResourceMetrics().At(0).Resource().Attributes().Get(semconv.HostName)
		assert.Equal(t, "real", host.Str())
		dev := r.registry.Device(r.devices[0].id)
		assert.Equal(t, table(t, addr, "1.3.6.1.2.1.1.1")["0"], dev.SysDescr)
		r.stop()
	}
}
