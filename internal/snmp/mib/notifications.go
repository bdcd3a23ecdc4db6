package mib

// module is what is compiled of one MIB: notifications, and the objects that they carry.
type module struct {
	name, root string
	nodes      []definition
}

// definition is one node. An enum's names stand in the order of their values, from 0 on; "-" is a value without one.
type definition struct {
	oid, name string
	syntax    Syntax
	enum      string
}

// What rows are found by: the INDEX clauses, by table entry.
var indexes = map[string][]Part{
	"1.3.6.1.2.1.2.2.1":        {{Name: "IF-MIB::ifIndex"}},
	"1.3.6.1.2.1.31.1.1.1":     {{Name: "IF-MIB::ifIndex"}},
	"1.3.6.1.2.1.47.1.1.1.1":   {{Name: "ENTITY-MIB::entPhysicalIndex"}},
	"1.3.6.1.2.1.15.3.1":       {{Name: "BGP4-MIB::bgpPeerRemoteAddr", Address: true}},
	"1.3.6.1.2.1.14.4.1":       {{Name: "OSPF-MIB::ospfLsdbAreaId", Address: true}, {Name: "OSPF-MIB::ospfLsdbType"}, {Name: "OSPF-MIB::ospfLsdbLsid", Address: true}, {Name: "OSPF-MIB::ospfLsdbRouterId", Address: true}},
	"1.3.6.1.2.1.14.7.1":       {{Name: "OSPF-MIB::ospfIfIpAddress", Address: true}, {Name: "OSPF-MIB::ospfAddressLessIf"}},
	"1.3.6.1.2.1.14.9.1":       {{Name: "OSPF-MIB::ospfVirtIfAreaId", Address: true}, {Name: "OSPF-MIB::ospfVirtIfNeighbor", Address: true}},
	"1.3.6.1.2.1.14.10.1":      {{Name: "OSPF-MIB::ospfNbrIpAddr", Address: true}, {Name: "OSPF-MIB::ospfNbrAddressLessIndex"}},
	"1.3.6.1.2.1.14.11.1":      {{Name: "OSPF-MIB::ospfVirtNbrArea", Address: true}, {Name: "OSPF-MIB::ospfVirtNbrRtrId", Address: true}},
	"1.3.6.1.2.1.33.1.6.2.1":   {{Name: "UPS-MIB::upsAlarmId"}},
	"1.3.6.1.4.1.9.9.41.1.2.3": {{Name: "CISCO-SYSLOG-MIB::clogHistIndex"}},
	"1.3.6.1.4.1.9.9.43.1.1.6": {{Name: "CISCO-CONFIG-MAN-MIB::ccmHistoryEventIndex"}},
}

const (
	linkStates = "- up down testing unknown dormant notPresent lowerLayerDown"
	nbrStates  = "- down attempt init twoWay exchangeStart exchange loading full"
	ospfErrors = "- badVersion areaMismatch unknownNbmaNbr unknownVirtualNbr authTypeMismatch authFailure netMaskMismatch helloIntervalMismatch deadIntervalMismatch optionMismatch mtuMismatch duplicateRouterId noError"
	configs    = "- erase commandSource running startup local networkTftp networkRcp networkFtp networkScp"
)

var modules = []module{
	{"SNMPv2-MIB", "1.3.6.1.6.3.1.1", []definition{
		{oid: "5.1", name: "coldStart"},
		{oid: "5.2", name: "warmStart"},
		{oid: "5.5", name: "authenticationFailure"},
		{oid: "4.1", name: "snmpTrapOID"},
		{oid: "4.3", name: "snmpTrapEnterprise"},
	}},
	{"RFC1213-MIB", "1.3.6.1.6.3.1.1", []definition{
		{oid: "5.6", name: "egpNeighborLoss"},
	}},
	{"SNMP-COMMUNITY-MIB", "1.3.6.1.6.3.18.1", []definition{
		{oid: "3", name: "snmpTrapAddress"},
	}},
	{"IF-MIB", "1.3.6.1.6.3.1.1", []definition{
		{oid: "5.3", name: "linkDown"},
		{oid: "5.4", name: "linkUp"},
	}},
	{"IF-MIB", "1.3.6.1.2.1.2.2.1", []definition{
		{oid: "1", name: "ifIndex"},
		{oid: "7", name: "ifAdminStatus", enum: "- up down testing"},
		{oid: "8", name: "ifOperStatus", enum: linkStates},
	}},
	{"BGP4-MIB", "1.3.6.1.2.1.15", []definition{
		{oid: "0.1", name: "bgpEstablishedNotification"},
		{oid: "0.2", name: "bgpBackwardTransNotification"},
		{oid: "7.1", name: "bgpEstablished"},
		{oid: "7.2", name: "bgpBackwardTransition"},
		{oid: "3.1.1", name: "bgpPeerIdentifier"},
		{oid: "3.1.2", name: "bgpPeerState", enum: "- idle connect active opensent openconfirm established"},
		{oid: "3.1.3", name: "bgpPeerAdminStatus", enum: "- stop start"},
		{oid: "3.1.5", name: "bgpPeerLocalAddr"},
		{oid: "3.1.7", name: "bgpPeerRemoteAddr"},
		{oid: "3.1.9", name: "bgpPeerRemoteAs"},
		{oid: "3.1.14", name: "bgpPeerLastError"},
	}},
	{"OSPF-TRAP-MIB", "1.3.6.1.2.1.14.16", []definition{
		{oid: "1.2", name: "ospfConfigErrorType", enum: ospfErrors},
		{oid: "1.3", name: "ospfPacketType", enum: "- hello dbDescript lsReq lsUpdate lsAck nullPacket"},
		{oid: "1.4", name: "ospfPacketSrc"},
		{oid: "2.1", name: "ospfVirtIfStateChange"},
		{oid: "2.2", name: "ospfNbrStateChange"},
		{oid: "2.3", name: "ospfVirtNbrStateChange"},
		{oid: "2.4", name: "ospfIfConfigError"},
		{oid: "2.5", name: "ospfVirtIfConfigError"},
		{oid: "2.6", name: "ospfIfAuthFailure"},
		{oid: "2.7", name: "ospfVirtIfAuthFailure"},
		{oid: "2.8", name: "ospfIfRxBadPacket"},
		{oid: "2.9", name: "ospfVirtIfRxBadPacket"},
		{oid: "2.10", name: "ospfTxRetransmit"},
		{oid: "2.11", name: "ospfVirtIfTxRetransmit"},
		{oid: "2.12", name: "ospfOriginateLsa"},
		{oid: "2.13", name: "ospfMaxAgeLsa"},
		{oid: "2.14", name: "ospfLsdbOverflow"},
		{oid: "2.15", name: "ospfLsdbApproachingOverflow"},
		{oid: "2.16", name: "ospfIfStateChange"},
	}},
	{"OSPF-MIB", "1.3.6.1.2.1.14", []definition{
		{oid: "1.1", name: "ospfRouterId"},
		{oid: "1.11", name: "ospfExtLsdbLimit"},
		{oid: "4.1.1", name: "ospfLsdbAreaId"},
		{oid: "4.1.2", name: "ospfLsdbType", enum: "- routerLink networkLink summaryLink asSummaryLink asExternalLink multicastLink nssaExternalLink"},
		{oid: "4.1.3", name: "ospfLsdbLsid"},
		{oid: "4.1.4", name: "ospfLsdbRouterId"},
		{oid: "7.1.1", name: "ospfIfIpAddress"},
		{oid: "7.1.2", name: "ospfAddressLessIf"},
		{oid: "7.1.12", name: "ospfIfState", enum: "- down loopback waiting pointToPoint designatedRouter backupDesignatedRouter otherDesignatedRouter"},
		{oid: "9.1.1", name: "ospfVirtIfAreaId"},
		{oid: "9.1.2", name: "ospfVirtIfNeighbor"},
		{oid: "9.1.7", name: "ospfVirtIfState", enum: "- down - - pointToPoint"},
		{oid: "10.1.1", name: "ospfNbrIpAddr"},
		{oid: "10.1.2", name: "ospfNbrAddressLessIndex"},
		{oid: "10.1.3", name: "ospfNbrRtrId"},
		{oid: "10.1.6", name: "ospfNbrState", enum: nbrStates},
		{oid: "11.1.1", name: "ospfVirtNbrArea"},
		{oid: "11.1.2", name: "ospfVirtNbrRtrId"},
		{oid: "11.1.5", name: "ospfVirtNbrState", enum: nbrStates},
	}},
	{"ENTITY-MIB", "1.3.6.1.2.1.47", []definition{
		{oid: "2.0.1", name: "entConfigChange"},
		{oid: "1.4.1", name: "entLastChangeTime"},
		{oid: "1.1.1.1.2", name: "entPhysicalDescr", syntax: Text},
		{oid: "1.1.1.1.7", name: "entPhysicalName", syntax: Text},
	}},
	{"BRIDGE-MIB", "1.3.6.1.2.1.17", []definition{
		{oid: "0.1", name: "newRoot"},
		{oid: "0.2", name: "topologyChange"},
	}},
	{"UPS-MIB", "1.3.6.1.2.1.33", []definition{
		{oid: "2.1", name: "upsTrapOnBattery"},
		{oid: "2.2", name: "upsTrapTestCompleted"},
		{oid: "2.3", name: "upsTrapAlarmEntryAdded"},
		{oid: "2.4", name: "upsTrapAlarmEntryRemoved"},
		{oid: "1.2.1", name: "upsBatteryStatus", enum: "- unknown batteryNormal batteryLow batteryDepleted"},
		{oid: "1.2.2", name: "upsSecondsOnBattery"},
		{oid: "1.2.3", name: "upsEstimatedMinutesRemaining"},
		{oid: "1.2.4", name: "upsEstimatedChargeRemaining"},
		{oid: "1.6.2.1.1", name: "upsAlarmId"},
		{oid: "1.6.2.1.2", name: "upsAlarmDescr"},
		{oid: "1.6.2.1.3", name: "upsAlarmTime"},
		{oid: "1.6.3.1", name: "upsAlarmBatteryBad"},
		{oid: "1.6.3.2", name: "upsAlarmOnBattery"},
		{oid: "1.6.3.3", name: "upsAlarmLowBattery"},
		{oid: "1.6.3.4", name: "upsAlarmDepletedBattery"},
		{oid: "1.6.3.5", name: "upsAlarmTempBad"},
		{oid: "1.6.3.6", name: "upsAlarmInputBad"},
		{oid: "1.6.3.7", name: "upsAlarmOutputBad"},
		{oid: "1.6.3.8", name: "upsAlarmOutputOverload"},
		{oid: "1.6.3.9", name: "upsAlarmOnBypass"},
		{oid: "1.6.3.10", name: "upsAlarmBypassBad"},
		{oid: "1.6.3.11", name: "upsAlarmOutputOffAsRequested"},
		{oid: "1.6.3.12", name: "upsAlarmUpsOffAsRequested"},
		{oid: "1.6.3.13", name: "upsAlarmChargerFailed"},
		{oid: "1.6.3.14", name: "upsAlarmUpsOutputOff"},
		{oid: "1.6.3.15", name: "upsAlarmUpsSystemOff"},
		{oid: "1.6.3.16", name: "upsAlarmFanFailure"},
		{oid: "1.6.3.17", name: "upsAlarmFuseFailure"},
		{oid: "1.6.3.18", name: "upsAlarmGeneralFault"},
		{oid: "1.6.3.19", name: "upsAlarmDiagnosticTestFailed"},
		{oid: "1.6.3.20", name: "upsAlarmCommunicationsLost"},
		{oid: "1.6.3.21", name: "upsAlarmAwaitingPower"},
		{oid: "1.6.3.22", name: "upsAlarmShutdownPending"},
		{oid: "1.6.3.23", name: "upsAlarmShutdownImminent"},
		{oid: "1.6.3.24", name: "upsAlarmTestInProgress"},
		{oid: "1.7.1", name: "upsTestId"},
		{oid: "1.7.2", name: "upsTestSpinLock"},
		{oid: "1.7.3", name: "upsTestResultsSummary", enum: "- donePass doneWarning doneError aborted inProgress noTestsInitiated"},
		{oid: "1.7.4", name: "upsTestResultsDetail", syntax: Text},
		{oid: "1.7.5", name: "upsTestStartTime"},
		{oid: "1.7.6", name: "upsTestElapsedTime"},
		{oid: "1.9.7", name: "upsConfigLowBattTime"},
	}},
	{"NET-SNMP-AGENT-MIB", "1.3.6.1.4.1.8072.4", []definition{
		{oid: "0.1", name: "nsNotifyStart"},
		{oid: "0.2", name: "nsNotifyShutdown"},
		{oid: "0.3", name: "nsNotifyRestart"},
	}},
	{"CISCO-SYSLOG-MIB", "1.3.6.1.4.1.9.9.41", []definition{
		{oid: "2.0.1", name: "clogMessageGenerated"},
		{oid: "1.2.3.1.2", name: "clogHistFacility", syntax: Text},
		{oid: "1.2.3.1.3", name: "clogHistSeverity", enum: "- emergency alert critical error warning notice info debug"},
		{oid: "1.2.3.1.4", name: "clogHistMsgName", syntax: Text},
		{oid: "1.2.3.1.5", name: "clogHistMsgText", syntax: Text},
		{oid: "1.2.3.1.6", name: "clogHistTimestamp"},
	}},
	{"CISCO-CONFIG-MAN-MIB", "1.3.6.1.4.1.9.9.43", []definition{
		{oid: "2.0.1", name: "ciscoConfigManEvent"},
		{oid: "1.1.6.1.3", name: "ccmHistoryEventCommandSource", enum: "- commandLine snmp"},
		{oid: "1.1.6.1.4", name: "ccmHistoryEventConfigSource", enum: configs},
		{oid: "1.1.6.1.5", name: "ccmHistoryEventConfigDestination", enum: configs},
	}},
}
