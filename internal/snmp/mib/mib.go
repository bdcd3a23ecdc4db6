// Package mib turns names of MIB objects into identifiers and types. What it knows is compiled in: no MIB file is read
// at run time.
package mib

import (
	"fmt"
	"strings"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Object is one object of a MIB.
type Object struct {
	OID   pdu.OID
	Bytes uint8 // what a value takes on the wire at most; of strings, mostly
}

// What values of each syntax take.
const (
	enum      uint8 = 1
	integer   uint8 = 4
	number    uint8 = 5 // Counter32, Gauge32, TimeTicks
	counter64 uint8 = 9
	mac       uint8 = 6
	text      uint8 = 32
)

type entry struct {
	oid   string
	bytes uint8
}

// Lookup resolves "MODULE::object", "MODULE::scalar.0", or dotted decimal notation.
func Lookup(name string) (Object, error) {
	if name != "" && (name[0] == '.' || name[0] >= '0' && name[0] <= '9') {
		oid, err := pdu.ParseOID(name)
		return Object{oid, text}, err
	}
	base, suffix, _ := strings.Cut(name, ".")
	e, ok := objects[base]
	if !ok {
		return Object{}, fmt.Errorf("no object %q: write MODULE::name of a compiled MIB object, or its number", name)
	}
	if suffix != "" {
		e.oid += "." + suffix
	}
	oid, err := pdu.ParseOID(e.oid)
	return Object{oid, e.bytes}, err
}

const (
	system    = "1.3.6.1.2.1.1."
	ifEntry   = "1.3.6.1.2.1.2.2.1."
	ifXEntry  = "1.3.6.1.2.1.31.1.1.1."
	entEntry  = "1.3.6.1.2.1.47.1.1.1.1."
	framework = "1.3.6.1.6.3.10.2.1."
	hrStorage = "1.3.6.1.2.1.25.2.3.1."
	ucdMemory = "1.3.6.1.4.1.2021.4."
	entSensor = "1.3.6.1.2.1.99.1.1.1."
)

var objects = map[string]entry{
	"SNMPv2-MIB::sysDescr":    {system + "1", text},
	"SNMPv2-MIB::sysObjectID": {system + "2", 12},
	"SNMPv2-MIB::sysUpTime":   {system + "3", number},
	"SNMPv2-MIB::sysContact":  {system + "4", text},
	"SNMPv2-MIB::sysName":     {system + "5", text},
	"SNMPv2-MIB::sysLocation": {system + "6", text},

	"SNMP-FRAMEWORK-MIB::snmpEngineID":   {framework + "1", 17},
	"SNMP-FRAMEWORK-MIB::snmpEngineTime": {framework + "3", integer},
	"HOST-RESOURCES-MIB::hrSystemUptime": {"1.3.6.1.2.1.25.1.1", number},

	"HOST-RESOURCES-MIB::hrStorageType":            {hrStorage + "2", 10},
	"HOST-RESOURCES-MIB::hrStorageAllocationUnits": {hrStorage + "4", integer},
	"HOST-RESOURCES-MIB::hrStorageSize":            {hrStorage + "5", integer},
	"HOST-RESOURCES-MIB::hrStorageUsed":            {hrStorage + "6", integer},
	"HOST-RESOURCES-MIB::hrProcessorLoad":          {"1.3.6.1.2.1.25.3.3.1.2", enum},

	"UCD-SNMP-MIB::memTotalReal": {ucdMemory + "5", integer},
	"UCD-SNMP-MIB::memAvailReal": {ucdMemory + "6", integer},
	"UCD-SNMP-MIB::memBuffer":    {ucdMemory + "14", integer},
	"UCD-SNMP-MIB::memCached":    {ucdMemory + "15", integer},

	"ENTITY-SENSOR-MIB::entPhySensorType":       {entSensor + "1", enum},
	"ENTITY-SENSOR-MIB::entPhySensorScale":      {entSensor + "2", enum},
	"ENTITY-SENSOR-MIB::entPhySensorPrecision":  {entSensor + "3", enum},
	"ENTITY-SENSOR-MIB::entPhySensorValue":      {entSensor + "4", integer},
	"ENTITY-SENSOR-MIB::entPhySensorOperStatus": {entSensor + "5", enum},

	"IF-MIB::ifNumber":          {"1.3.6.1.2.1.2.1", integer},
	"IF-MIB::ifTableLastChange": {"1.3.6.1.2.1.31.1.5", number},

	"IF-MIB::ifDescr":           {ifEntry + "2", text},
	"IF-MIB::ifType":            {ifEntry + "3", 2},
	"IF-MIB::ifSpeed":           {ifEntry + "5", number},
	"IF-MIB::ifPhysAddress":     {ifEntry + "6", mac},
	"IF-MIB::ifAdminStatus":     {ifEntry + "7", enum},
	"IF-MIB::ifOperStatus":      {ifEntry + "8", enum},
	"IF-MIB::ifLastChange":      {ifEntry + "9", number},
	"IF-MIB::ifInOctets":        {ifEntry + "10", number},
	"IF-MIB::ifInUcastPkts":     {ifEntry + "11", number},
	"IF-MIB::ifInNUcastPkts":    {ifEntry + "12", number},
	"IF-MIB::ifInDiscards":      {ifEntry + "13", number},
	"IF-MIB::ifInErrors":        {ifEntry + "14", number},
	"IF-MIB::ifInUnknownProtos": {ifEntry + "15", number},
	"IF-MIB::ifOutOctets":       {ifEntry + "16", number},
	"IF-MIB::ifOutUcastPkts":    {ifEntry + "17", number},
	"IF-MIB::ifOutNUcastPkts":   {ifEntry + "18", number},
	"IF-MIB::ifOutDiscards":     {ifEntry + "19", number},
	"IF-MIB::ifOutErrors":       {ifEntry + "20", number},

	"IF-MIB::ifName":                     {ifXEntry + "1", text},
	"IF-MIB::ifInMulticastPkts":          {ifXEntry + "2", number},
	"IF-MIB::ifInBroadcastPkts":          {ifXEntry + "3", number},
	"IF-MIB::ifOutMulticastPkts":         {ifXEntry + "4", number},
	"IF-MIB::ifOutBroadcastPkts":         {ifXEntry + "5", number},
	"IF-MIB::ifHCInOctets":               {ifXEntry + "6", counter64},
	"IF-MIB::ifHCInUcastPkts":            {ifXEntry + "7", counter64},
	"IF-MIB::ifHCInMulticastPkts":        {ifXEntry + "8", counter64},
	"IF-MIB::ifHCInBroadcastPkts":        {ifXEntry + "9", counter64},
	"IF-MIB::ifHCOutOctets":              {ifXEntry + "10", counter64},
	"IF-MIB::ifHCOutUcastPkts":           {ifXEntry + "11", counter64},
	"IF-MIB::ifHCOutMulticastPkts":       {ifXEntry + "12", counter64},
	"IF-MIB::ifHCOutBroadcastPkts":       {ifXEntry + "13", counter64},
	"IF-MIB::ifHighSpeed":                {ifXEntry + "15", number},
	"IF-MIB::ifAlias":                    {ifXEntry + "18", text},
	"IF-MIB::ifCounterDiscontinuityTime": {ifXEntry + "19", number},

	"IP-MIB::ipAdEntIfIndex":   {"1.3.6.1.2.1.4.20.1.2", integer},
	"IP-MIB::ipAddressIfIndex": {"1.3.6.1.2.1.4.34.1.3", integer},

	"ENTITY-MIB::entPhysicalDescr":       {entEntry + "2", text},
	"ENTITY-MIB::entPhysicalName":        {entEntry + "7", text},
	"ENTITY-MIB::entPhysicalClass":       {entEntry + "5", enum},
	"ENTITY-MIB::entPhysicalFirmwareRev": {entEntry + "9", text},
	"ENTITY-MIB::entPhysicalSoftwareRev": {entEntry + "10", text},
	"ENTITY-MIB::entPhysicalSerialNum":   {entEntry + "11", text},
	"ENTITY-MIB::entPhysicalMfgName":     {entEntry + "12", text},
	"ENTITY-MIB::entPhysicalModelName":   {entEntry + "13", text},
}
