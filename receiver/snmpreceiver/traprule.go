package snmpreceiver

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Severities of events: what was lost and may need someone is a warning, what can't wait an error, the rest is for
// the record.
const (
	info    = plog.SeverityNumberInfo
	warning = plog.SeverityNumberWarn
	failure = plog.SeverityNumberError
)

// rule judges one kind of notification: how bad it is, in a sentence.
type rule func(f *facts) (plog.SeverityNumber, string)

// say is the rule of what always means the same. An object in braces stands for its value.
func say(severity plog.SeverityNumber, text string) rule {
	return func(f *facts) (plog.SeverityNumber, string) { return severity, f.fill(text) }
}

var rules = map[string]rule{
	"SNMPv2-MIB::coldStart":             say(warning, "The SNMP agent started anew, and its configuration may have changed"),
	"SNMPv2-MIB::warmStart":             say(info, "The SNMP agent started anew with the same configuration"),
	"SNMPv2-MIB::authenticationFailure": say(warning, "Someone asked the SNMP agent with wrong credentials"),
	"RFC1213-MIB::egpNeighborLoss":      say(warning, "An EGP neighbor was lost"),
	"IF-MIB::linkDown":                  linkDown,
	"IF-MIB::linkUp":                    linkUp,

	"BGP4-MIB::bgpEstablishedNotification":   bgpEstablished,
	"BGP4-MIB::bgpEstablished":               bgpEstablished,
	"BGP4-MIB::bgpBackwardTransNotification": bgpBackward,
	"BGP4-MIB::bgpBackwardTransition":        bgpBackward,

	"OSPF-TRAP-MIB::ospfNbrStateChange":          ospfState("OSPF neighbor {OSPF-MIB::ospfNbrRtrId} at {OSPF-MIB::ospfNbrIpAddr}", "OSPF-MIB::ospfNbrState", "full", "twoWay"),
	"OSPF-TRAP-MIB::ospfVirtNbrStateChange":      ospfState("OSPF virtual neighbor {OSPF-MIB::ospfVirtNbrRtrId}", "OSPF-MIB::ospfVirtNbrState", "full"),
	"OSPF-TRAP-MIB::ospfIfStateChange":           ospfState("OSPF interface {OSPF-MIB::ospfIfIpAddress}", "OSPF-MIB::ospfIfState", "pointToPoint", "designatedRouter", "backupDesignatedRouter", "otherDesignatedRouter", "loopback", "waiting"),
	"OSPF-TRAP-MIB::ospfVirtIfStateChange":       ospfState("OSPF virtual interface to {OSPF-MIB::ospfVirtIfNeighbor}", "OSPF-MIB::ospfVirtIfState", "pointToPoint"),
	"OSPF-TRAP-MIB::ospfIfConfigError":           say(warning, "OSPF configuration does not fit that of {OSPF-TRAP-MIB::ospfPacketSrc}: {OSPF-TRAP-MIB::ospfConfigErrorType}"),
	"OSPF-TRAP-MIB::ospfVirtIfConfigError":       say(warning, "OSPF configuration does not fit that of {OSPF-MIB::ospfVirtIfNeighbor}: {OSPF-TRAP-MIB::ospfConfigErrorType}"),
	"OSPF-TRAP-MIB::ospfIfAuthFailure":           say(warning, "OSPF authentication of {OSPF-TRAP-MIB::ospfPacketSrc} failed: {OSPF-TRAP-MIB::ospfConfigErrorType}"),
	"OSPF-TRAP-MIB::ospfVirtIfAuthFailure":       say(warning, "OSPF authentication of {OSPF-MIB::ospfVirtIfNeighbor} failed: {OSPF-TRAP-MIB::ospfConfigErrorType}"),
	"OSPF-TRAP-MIB::ospfIfRxBadPacket":           say(warning, "An OSPF packet from {OSPF-TRAP-MIB::ospfPacketSrc} could not be read"),
	"OSPF-TRAP-MIB::ospfVirtIfRxBadPacket":       say(warning, "An OSPF packet from {OSPF-MIB::ospfVirtIfNeighbor} could not be read"),
	"OSPF-TRAP-MIB::ospfLsdbOverflow":            say(failure, "The OSPF database exceeds its limit of {OSPF-MIB::ospfExtLsdbLimit}"),
	"OSPF-TRAP-MIB::ospfLsdbApproachingOverflow": say(warning, "The OSPF database exceeds 90 % of its limit of {OSPF-MIB::ospfExtLsdbLimit}"),

	"ENTITY-MIB::entConfigChange": say(info, "The hardware or its description changed"),
	"BRIDGE-MIB::newRoot":         say(warning, "The bridge became the root of its spanning tree"),
	"BRIDGE-MIB::topologyChange":  say(info, "The spanning tree changed"),

	"UPS-MIB::upsTrapOnBattery":         onBattery,
	"UPS-MIB::upsTrapTestCompleted":     testCompleted,
	"UPS-MIB::upsTrapAlarmEntryAdded":   alarmAdded,
	"UPS-MIB::upsTrapAlarmEntryRemoved": say(info, "UPS alarm over: {UPS-MIB::upsAlarmDescr}"),

	"NET-SNMP-AGENT-MIB::nsNotifyStart":    say(info, "The SNMP agent started"),
	"NET-SNMP-AGENT-MIB::nsNotifyShutdown": say(warning, "The SNMP agent shuts down"),
	"NET-SNMP-AGENT-MIB::nsNotifyRestart":  say(info, "The SNMP agent was reconfigured"),

	"CISCO-SYSLOG-MIB::clogMessageGenerated":    syslog,
	"CISCO-CONFIG-MAN-MIB::ciscoConfigManEvent": say(info, "The configuration was touched: from {CISCO-CONFIG-MAN-MIB::ccmHistoryEventConfigSource} to {CISCO-CONFIG-MAN-MIB::ccmHistoryEventConfigDestination}, by {CISCO-CONFIG-MAN-MIB::ccmHistoryEventCommandSource}"),
}

// judge finds severity and text. What no rule knows is told by its varbinds.
func (f *facts) judge(name string, oid pdu.OID) (plog.SeverityNumber, string) {
	if r, ok := rules[name]; ok {
		return r(f)
	}
	text := "SNMP trap " + cmp.Or(name, oid.String())
	if list := f.list(); list != "" {
		text += ": " + list
	}
	return info, text
}

// fill replaces objects in braces by their values, and what was not told by a question mark.
func (f *facts) fill(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(cmp.Or(f.get(name), "?"))
		text = after
	}
}

func (f *facts) interfaceName() string {
	if f.iface == "" && f.index == 0 {
		return "An interface"
	}
	return "Interface " + cmp.Or(f.iface, "with index "+f.get("IF-MIB::ifIndex"))
}

// linkDown is a warning, unless someone switched the interface off.
func linkDown(f *facts) (plog.SeverityNumber, string) {
	if f.get("IF-MIB::ifAdminStatus") == "down" {
		return info, f.interfaceName() + " was switched off"
	}
	if oper := f.get("IF-MIB::ifOperStatus"); oper != "" && oper != "down" && oper != "up" {
		return warning, f.interfaceName() + " is down (" + oper + ")"
	}
	return warning, f.interfaceName() + " is down"
}

func linkUp(f *facts) (plog.SeverityNumber, string) { return info, f.interfaceName() + " is up" }

func bgpEstablished(f *facts) (plog.SeverityNumber, string) {
	return info, f.fill("BGP session with {BGP4-MIB::bgpPeerRemoteAddr} is established")
}

// bgpBackward is lost sessions, and attempts at one that failed again: those are told by the state that they fell to.
func bgpBackward(f *facts) (plog.SeverityNumber, string) {
	return warning, f.fill("BGP session with {BGP4-MIB::bgpPeerRemoteAddr} fell back to {BGP4-MIB::bgpPeerState}")
}

// ospfState is a change of state, bad unless it led to one of the good ones.
func ospfState(subject, state string, good ...string) rule {
	return func(f *facts) (plog.SeverityNumber, string) {
		severity := warning
		for _, g := range good {
			if f.get(state) == g {
				severity = info
			}
		}
		return severity, f.fill(subject + " is now {" + state + "}")
	}
}

func onBattery(f *facts) (plog.SeverityNumber, string) {
	return warning, f.fill("UPS on battery for {UPS-MIB::upsSecondsOnBattery} s, {UPS-MIB::upsEstimatedMinutesRemaining} min left")
}

func testCompleted(f *facts) (plog.SeverityNumber, string) {
	severity := info
	switch f.get("UPS-MIB::upsTestResultsSummary") {
	case "doneWarning", "aborted":
		severity = warning
	case "doneError":
		severity = failure
	}
	return severity, f.fill("UPS test ended: {UPS-MIB::upsTestResultsSummary} {UPS-MIB::upsTestResultsDetail}")
}

// alarmAdded is an error where the load is about to be, or was, cut off.
func alarmAdded(f *facts) (plog.SeverityNumber, string) {
	text := f.fill("UPS alarm: {UPS-MIB::upsAlarmDescr}")
	switch strings.TrimPrefix(f.get("UPS-MIB::upsAlarmDescr"), "UPS-MIB::upsAlarm") {
	case "LowBattery", "DepletedBattery", "OutputBad", "OutputOverload", "UpsOutputOff", "UpsSystemOff", "GeneralFault", "ShutdownImminent":
		return failure, text
	case "OutputOffAsRequested", "UpsOffAsRequested", "TestInProgress":
		return info, text
	}
	return warning, text
}

// syslog is a message of the device's own log, as bad as it says.
func syslog(f *facts) (plog.SeverityNumber, string) {
	severity, ok := map[string]plog.SeverityNumber{
		"emergency": plog.SeverityNumberFatal, "alert": plog.SeverityNumberError3, "critical": plog.SeverityNumberError2, "error": failure,
		"warning": warning, "notice": plog.SeverityNumberInfo2, "info": info, "debug": plog.SeverityNumberDebug,
	}[f.get("CISCO-SYSLOG-MIB::clogHistSeverity")]
	if !ok {
		severity = info
	}
	return severity, f.fill("{CISCO-SYSLOG-MIB::clogHistFacility}-{CISCO-SYSLOG-MIB::clogHistMsgName}: {CISCO-SYSLOG-MIB::clogHistMsgText}")
}
