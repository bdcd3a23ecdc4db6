package enrich

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/flow"
)

func ports(transport uint8, src, dst uint16) *flow.Record {
	r := &flow.Record{Transport: transport, SrcPort: src, DstPort: dst}
	for _, d := range []flow.Dimension{flow.Transport, flow.SourcePort, flow.DestinationPort} {
		r.Has.Set(d)
	}
	return r
}

func TestApplicationOfPorts(t *testing.T) {
	for _, c := range []struct {
		transport uint8
		src, dst  uint16
		want      string
	}{
		{6, 50000, 443, "https"},
		{6, 443, 50000, "https"}, // the way back
		{17, 53, 50000, "domain"},
		{17, 50000, 4739, "ipfix"},
		{6, 8080, 80, "http"}, // both known: the lower
		{6, 80, 8080, "http"},
		{17, 33000, 514, "syslog"},
		{6, 33000, 514, "shell"}, // the transport matters
	} {
		require.Equal(t, c.want, ApplicationOf(ports(c.transport, c.src, c.dst)).Name(), "%+v", c)
	}
	require.Zero(t, ApplicationOf(ports(6, 50000, 50001)), "no known side")
	require.Zero(t, ApplicationOf(ports(1, 443, 443)), "no ports in ICMP")
	require.Zero(t, ApplicationOf(&flow.Record{Transport: 6, DstPort: 443}), "the record has no ports")
}

func TestApplicationIDs(t *testing.T) {
	r := ports(6, 1, 443)
	r.Has.Set(flow.Application)
	r.AppID = 13<<56 | 453
	require.Equal(t, FromID(13<<56|453), ApplicationOf(r), "the exporter knows better")
	require.Equal(t, "13:453", ApplicationOf(r).Name())
	require.Equal(t, "https", FromID(3<<56|443).Name(), "engine 3 is IANA's ports")
	require.Equal(t, "syslog", FromID(3<<56 | 514).Name()[:0]+FromID(0<<56|17<<16|514).Name())
	require.Equal(t, "gre", FromID(1<<56|47).Name(), "engine 1 is IANA's protocols")
	long := FromID(20<<56 | 0xdeadbeef01)
	require.EqualValues(t, 20, long>>24)
	require.NotEqual(t, long, FromID(20<<56|0xdeadbeef02))
}

// Names tell values apart: two keys with one name would be two streams with the same attributes.
func TestNamesAreDistinct(t *testing.T) {
	for what, name := range map[string]func(int) string{
		"transport":         func(i int) string { return Transport(uint8(i)) },
		"forwarding status": func(i int) string { return ForwardingStatus(uint8(i)) },
		"end reason":        func(i int) string { return EndReason(uint8(i)) },
		"firewall event":    func(i int) string { return FirewallEvent(uint8(i)) },
		"dscp":              func(i int) string { return DSCP(uint8(i)&63) + "/" + string(rune('a'+i>>6)) },
		"flags":             func(i int) string { return TCPFlags(uint16(i)) },
	} {
		seen := map[string]int{}
		for i := range 256 {
			other, dup := seen[name(i)]
			require.False(t, dup, "%s: %d and %d are both %q", what, i, other, name(i))
			seen[name(i)] = i
		}
	}
}

func TestParse(t *testing.T) {
	for p := range 256 {
		got, ok := ParseTransport(Transport(uint8(p)))
		require.True(t, ok)
		require.EqualValues(t, p, got)
	}
	for d := range 64 {
		got, ok := ParseDSCP(DSCP(uint8(d)))
		require.True(t, ok)
		require.EqualValues(t, d, got)
	}
	_, ok := ParseDSCP("64")
	require.False(t, ok)
	_, ok = ParseTransport("tpc")
	require.False(t, ok)
}

func TestServicesText(t *testing.T) {
	for _, bad := range []string{"x", "x 1", "x y/tcp", "x 70000/tcp", "x 1/quic", "a 1/tcp\nb 1/tcp"} {
		_, err := parseServices(bad)
		require.Error(t, err, bad)
	}
	require.Equal(t, "https", service(6, 443))
}

func TestApplicationAllocatesNothing(t *testing.T) {
	r := ports(6, 50000, 443)
	require.Zero(t, testing.AllocsPerRun(100, func() { ApplicationOf(r) }))
}
