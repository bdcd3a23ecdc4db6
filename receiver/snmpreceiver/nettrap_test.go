package snmpreceiver

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/semconv"
)

// How net-snmp is told each of the credentials, and which level they have.
var netSNMP = map[string][]string{
	"v1":     {"-v1", "-c", "public"},
	"v2c":    {"-v2c", "-c", "public"},
	"noAuth": {"-v3", "-u", "nobody", "-l", "noAuthNoPriv"},
	"auth":   {"-v3", "-u", "auth", "-l", "authNoPriv", "-a", "SHA", "-A", "authpassword"},
	"priv":   {"-v3", "-u", "core", "-l", "authPriv", "-a", "SHA-256", "-A", "authpassword", "-x", "AES", "-X", "privpassword"},
}

// run starts one of net-snmp's programs and waits for its end, for long enough.
func run(t *testing.T, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, name), args...)
	dir := t.TempDir()
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "SNMPCONFPATH="+dir, "MIBS=")
	out, err := cmd.CombinedOutput()
	t.Logf("%s: %s", name, out)
	return err
}

// linkDownArgs are a linkDown of ifIndex 17 in net-snmp's notation for each version.
func linkDownArgs(version string) []string {
	binds := []string{"1.3.6.1.2.1.2.2.1.1.17", "i", "17", "1.3.6.1.2.1.2.2.1.7.17", "i", "1", "1.3.6.1.2.1.2.2.1.8.17", "i", "2"}
	if version == "v1" {
		return append([]string{"1.3.6.1.4.1.8072.3.2.10", "192.0.2.1", "2", "0", "4711"}, binds...)
	}
	return append([]string{"4711", "1.3.6.1.6.3.1.1.5.3"}, binds...)
}

// What net-snmp sends in any version and at any level arrives as the same event, and its informs end well: it was
// answered, after discovery where there is one.
func TestNetSNMPSends(t *testing.T) {
	for version, flags := range netSNMP {
		for _, name := range []string{"snmptrap", "snmpinform"} {
			if version == "v1" && name == "snmpinform" {
				continue // v1 has none
			}
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				program(t, name)
				r := startTraps(t, trapConfig(), nil)
				args := append(append([]string{}, flags...), "-r", "2", "-t", "5", r.endpoint)
				require.NoError(t, run(t, name, append(args, linkDownArgs(version)...)...))
				ld := r.take(t, 1)
				lr := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
				require.Equal(t, semconv.EventTrap, lr.EventName())
				a := lr.Attributes().AsRaw()
				require.Equal(t, "IF-MIB::linkDown", a[semconv.TrapName])
				require.Equal(t, "1.3.6.1.6.3.1.1.5.3", a[semconv.TrapOID])
				require.Equal(t, "127.0.0.1", a[semconv.NetworkPeerAddress])
				require.EqualValues(t, 17, a["IF-MIB::ifIndex"])
				require.Equal(t, "down", a["IF-MIB::ifOperStatus"])
				require.EqualValues(t, 4711, a["SNMPv2-MIB::sysUpTime"])
				require.Equal(t, "WARN", lr.SeverityText())
				require.Equal(t, "Interface with index 17 is down", lr.Body().Str())
				who, _ := ld.ResourceLogs().At(0).Resource().Attributes().Get(semconv.ServiceInstanceID)
				require.Equal(t, map[bool]string{true: "192.0.2.1", false: "127.0.0.1"}[version == "v1"], who.Str())
				r.stop()
				require.Equal(t, 0, r.sink.LogRecordCount(), "told once")
			})
		}
	}
}

// Wrong passwords and communities end badly for informs, and nothing is told.
func TestNetSNMPIsRefused(t *testing.T) {
	for name, flags := range map[string][]string{
		"community":         {"-v2c", "-c", "wrong"},
		"user":              {"-v3", "-u", "mallory", "-l", "noAuthNoPriv"},
		"lower level":       {"-v3", "-u", "core", "-l", "noAuthNoPriv"},
		"auth password":     {"-v3", "-u", "auth", "-l", "authNoPriv", "-a", "SHA", "-A", "wrongpassword"},
		"privacy password":  {"-v3", "-u", "core", "-l", "authPriv", "-a", "SHA-256", "-A", "authpassword", "-x", "AES", "-X", "wrongpassword"},
		"authentication by": {"-v3", "-u", "auth", "-l", "authNoPriv", "-a", "MD5", "-A", "authpassword"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program(t, "snmpinform")
			r := startTraps(t, trapConfig(), nil)
			args := append(append([]string{}, flags...), "-r", "0", "-t", "1", r.endpoint)
			require.Error(t, run(t, "snmpinform", append(args, linkDownArgs("v2c")...)...))
			r.stop()
			require.Zero(t, r.sink.LogRecordCount())
		})
	}
}
