//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// netSNMP keeps net-snmp's programs from reading MIB files and this machine's own configuration.
var netSNMP = []string{"MIBS=", "MIBDIRS=/nonexistent", "SNMPCONFPATH=/nonexistent"}

// agentUsers are the agent's users; testdata/e2e/snmp.yaml has them too.
const agentUsers = `rocommunity netcol-e2e 127.0.0.0/8
createUser sha SHA "authpass1234" AES "privpass1234"
createUser sha256 SHA-256 "authpass1234" AES "privpass1234"
createUser sha512 SHA-512 "authpass1234" AES-256 "privpass1234"
createUser auth SHA-256 "authpass1234"
rouser sha priv
rouser sha256 priv
rouser sha512 priv
rouser auth auth
sysName e2e-agent
dontLogTCPWrappersConnects yes
`

// agent is net-snmp's snmpd.
type agent struct {
	*process
	host string
	port int
}

// startAgent starts snmpd on one port of each host, and waits until it answers.
func startAgent(t *testing.T, port int, hosts ...string) *agent {
	t.Helper()
	dir := t.TempDir()
	var listen []string
	for _, h := range hosts {
		listen = append(listen, fmt.Sprintf("udp:%s:%d", h, port))
	}
	conf := filepath.Join(dir, "snmpd.conf")
	text := "agentAddress " + strings.Join(listen, ",") + "\n" + agentUsers
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(peer(t, "snmpd"), "-f", "-Lo", "-r", "-C", "-c", conf, "-p", filepath.Join(dir, "pid"))
	cmd.Env = append(os.Environ(), append(netSNMP, "SNMP_PERSISTENT_DIR="+dir)...)
	a := &agent{process: spawn(t, "snmpd", cmd), host: hosts[0], port: port}
	a.waitLog(t, 15*time.Second, "NET-SNMP version")
	return a
}

// table is what a walk found: values by OID without its leading dot.
type table map[string]string

// uint returns the number at an OID, 0 if there is none.
func (w table) uint(oid string) uint64 {
	v, _ := strconv.ParseUint(w[oid], 10, 64)
	return v
}

// byCommunity and bySHA256 are two ways of asking.
var (
	byCommunity = []string{"-v2c", "-c", "netcol-e2e"}
	bySHA256    = []string{"-v3", "-u", "sha256", "-l", "authPriv", "-a", "SHA-256", "-A", "authpass1234", "-x", "AES", "-X", "privpass1234"}
)

// walk reads subtrees with snmpbulkwalk.
func (a *agent) walk(t *testing.T, how []string, subtrees ...string) table {
	t.Helper()
	w := table{}
	env := append([]string{"SNMP_PERSISTENT_DIR=" + t.TempDir()}, netSNMP...)
	for _, oid := range subtrees {
		args := append(append([]string{}, how...), "-Oqnet", fmt.Sprintf("%s:%d", a.host, a.port), oid)
		for line := range strings.Lines(run(t, 20*time.Second, env, peer(t, "snmpbulkwalk"), args...)) {
			name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
			if ok {
				w[strings.TrimPrefix(name, ".")] = strings.Trim(value, `"`)
			}
		}
	}
	return w
}
