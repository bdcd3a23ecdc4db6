package event

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/netcol-io/netcol/internal/semconv"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func record(name string, at time.Time, change ...func(plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr(semconv.ServiceInstanceID, "10.0.0.1")
	rl.Resource().Attributes().PutStr(semconv.HostName, "core-1")
	r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.SetEventName(name)
	r.SetTimestamp(pcommon.NewTimestampFromTime(at))
	for _, c := range change {
		c(r)
	}
	return ld
}

func names(events []Event) (out []string) {
	for _, e := range events {
		out = append(out, e.Name)
	}
	return out
}

func TestKeepsTheNewestAndShowsThemNewestFirst(t *testing.T) {
	l := NewLog(3)
	for i := range 5 {
		assert.Equal(t, 1, l.Add(record(fmt.Sprint(i), noon.Add(time.Duration(i)*time.Second))))
	}
	assert.Equal(t, []string{"4", "3", "2"}, names(l.Latest(10)))
	assert.Equal(t, []string{"4"}, names(l.Latest(1)))
}

func TestKeepsWhatAPersonReads(t *testing.T) {
	l := NewLog(1)
	l.Add(record("snmp.trap", noon, func(r plog.LogRecord) {
		r.SetSeverityNumber(plog.SeverityNumberWarn)
		r.Body().SetStr("linkDown")
		r.Attributes().PutInt("ifIndex", 7)
	}))
	require.Len(t, l.Latest(1), 1)
	assert.Equal(t, Event{
		Time: noon, Name: "snmp.trap", Severity: "Warn", Instance: "10.0.0.1", Host: "core-1", Body: "linkDown",
		Attributes: map[string]string{"ifIndex": "7"},
	}, l.Latest(1)[0])
}

func TestFallsBackToTheTimeOfReceipt(t *testing.T) {
	l := NewLog(1)
	l.Add(record("snmp.trap", time.Unix(0, 0), func(r plog.LogRecord) { r.SetObservedTimestamp(pcommon.NewTimestampFromTime(noon)) }))
	assert.Equal(t, noon, l.Latest(1)[0].Time)
}

func TestFlowRecordsAreNoEvents(t *testing.T) {
	l := NewLog(3)
	assert.Zero(t, l.Add(record(semconv.EventFlow, noon)))
	assert.Empty(t, l.Latest(3))
}

func TestKeepsNoneWhenToldSo(t *testing.T) {
	l := NewLog(0)
	assert.Zero(t, l.Add(record("snmp.trap", noon)))
	assert.Empty(t, l.Latest(3))
}

func TestOneEventIsBounded(t *testing.T) {
	l := NewLog(1)
	l.Add(record("snmp.trap", noon, func(r plog.LogRecord) {
		r.Body().SetStr(strings.Repeat("x", 1<<20))
		for i := range 1000 {
			r.Attributes().PutStr(fmt.Sprint(i), strings.Repeat("y", 1<<16))
		}
	}))
	e := l.Latest(1)[0]
	assert.LessOrEqual(t, len(e.Body), maxText)
	assert.LessOrEqual(t, len(e.Attributes), maxAttributes)
	for _, v := range e.Attributes {
		assert.LessOrEqual(t, len(v), maxText)
	}
}
