package netflow

import (
	"encoding/binary"
	"math"

	"github.com/netcol-io/netcol/internal/flow"
)

var be = binary.BigEndian

// op copies one field into the record: code is a fast path for its target and width, or general.
type op struct {
	offset uint16
	length uint16
	code   code
	target target
}

type code uint8

const (
	general code = iota
	bytes4
	bytes8
	packets4
	packets8
	srcAddrV4
	dstAddrV4
	srcAddrV6
	dstAddrV6
	nextHopV4
	srcPort2
	dstPort2
	transport1
	tos1
	tcpFlags1
	in4
	in2
	out4
	out2
	srcAS4
	dstAS4
	srcMask1
	dstMask1
	direction1
	endReason1
	startUptime4
	endUptime4
	startMillis8
	endMillis8
	rate4
	nextHopV6
)

// fastCodes are the widths that exporters commonly send.
var fastCodes = map[op]code{
	{target: octets, length: 4}: bytes4, {target: octets, length: 8}: bytes8,
	{target: packets, length: 4}: packets4, {target: packets, length: 8}: packets8,
	{target: srcAddr4, length: 4}: srcAddrV4, {target: dstAddr4, length: 4}: dstAddrV4,
	{target: srcAddr6, length: 16}: srcAddrV6, {target: dstAddr6, length: 16}: dstAddrV6,
	{target: nextHop4, length: 4}: nextHopV4, {target: nextHop6, length: 16}: nextHopV6,
	{target: srcPort, length: 2}: srcPort2, {target: dstPort, length: 2}: dstPort2,
	{target: transport, length: 1}: transport1, {target: tos, length: 1}: tos1, {target: tcpFlags, length: 1}: tcpFlags1,
	{target: inInterface, length: 4}: in4, {target: inInterface, length: 2}: in2,
	{target: outInterface, length: 4}: out4, {target: outInterface, length: 2}: out2,
	{target: srcAS, length: 4}: srcAS4, {target: dstAS, length: 4}: dstAS4,
	{target: srcMask, length: 1}: srcMask1, {target: dstMask, length: 1}: dstMask1,
	{target: direction, length: 1}: direction1, {target: endReason, length: 1}: endReason1,
	{target: startUptime, length: 4}: startUptime4, {target: endUptime, length: 4}: endUptime4,
	{target: startMillis, length: 8}: startMillis8, {target: endMillis, length: 8}: endMillis8,
	{target: samplingRate, length: 4}: rate4,
}

// fields is what a record's fields say beyond the record itself; finish makes sense of it.
type fields struct {
	rate, size, population, interval, space uint64
	probability                             float64
	sampler                                 uint64
	revBytes, revPackets                    uint64
	init                                    uint64 // Unix ms
	startUptime, endUptime                  uint32
	startDelta, endDelta                    uint32
	duration                                uint64 // ns
	frameSize                               uint64
	section                                 []byte
	revTCPFlags                             uint16
	icmp                                    uint16
	direction, ipVersion, natEvent, revTOS  uint8
}

var v4Prefix = [12]byte{10: 0xff, 11: 0xff}

func setV4(dst *[16]byte, b []byte) {
	_ = b[3]
	*(*[12]byte)(dst[:12]) = v4Prefix
	*(*[4]byte)(dst[12:]) = [4]byte(b)
}

// run executes ops on the record that starts at b[0]; b is at least as long as the ops reach.
func run(ops []op, b []byte, r *flow.Record, f *fields) {
	for i := range ops {
		o := &ops[i]
		x := b[o.offset:]
		switch o.code {
		case bytes4:
			r.Bytes = uint64(be.Uint32(x))
		case bytes8:
			r.Bytes = be.Uint64(x)
		case packets4:
			r.Packets = uint64(be.Uint32(x))
		case packets8:
			r.Packets = be.Uint64(x)
		case srcAddrV4:
			setV4(&r.SrcAddr, x)
		case dstAddrV4:
			setV4(&r.DstAddr, x)
		case srcAddrV6:
			r.SrcAddr = [16]byte(x)
		case dstAddrV6:
			r.DstAddr = [16]byte(x)
		case nextHopV4:
			setV4(&r.NextHop, x)
		case nextHopV6:
			r.NextHop = [16]byte(x)
		case srcPort2:
			r.SrcPort = be.Uint16(x)
		case dstPort2:
			r.DstPort = be.Uint16(x)
		case transport1:
			r.Transport = x[0]
		case tos1:
			r.TOS = x[0]
		case tcpFlags1:
			r.TCPFlags = uint16(x[0])
		case in4:
			r.In = be.Uint32(x)
		case in2:
			r.In = uint32(be.Uint16(x))
		case out4:
			r.Out = be.Uint32(x)
		case out2:
			r.Out = uint32(be.Uint16(x))
		case srcAS4:
			r.SrcAS = be.Uint32(x)
		case dstAS4:
			r.DstAS = be.Uint32(x)
		case srcMask1:
			r.SrcMask = x[0]
		case dstMask1:
			r.DstMask = x[0]
		case direction1:
			f.direction = x[0]
		case endReason1:
			r.EndReason = x[0]
		case startUptime4:
			f.startUptime = be.Uint32(x)
		case endUptime4:
			f.endUptime = be.Uint32(x)
		case startMillis8:
			r.Start = millis(be.Uint64(x))
		case endMillis8:
			r.End = millis(be.Uint64(x))
		case rate4:
			f.rate = uint64(be.Uint32(x))
		default:
			store(o.target, x[:o.length], r, f)
		}
	}
}

// store puts one value of any length that its target allows into the record. A variable length field whose length
// does not fit is left out.
func store(t target, b []byte, r *flow.Record, f *fields) {
	if i := &targetInfo[t]; len(b) < int(i.min) || len(b) > int(i.max) {
		return
	}
	switch t {
	case srcAddr4:
		setOr(&r.SrcAddr, b)
	case dstAddr4:
		setOr(&r.DstAddr, b)
	case srcAddr6:
		setV6(&r.SrcAddr, b)
	case dstAddr6:
		setV6(&r.DstAddr, b)
	case nextHop4:
		setV4(&r.NextHop, b)
	case nextHop6:
		setV6(&r.NextHop, b)
	case bgpNextHop4:
		setV4(&r.BGPNextHop, b)
	case bgpNextHop6:
		setV6(&r.BGPNextHop, b)
	case natSrc4:
		setV4(&r.NATSrcAddr, b)
	case natSrc6:
		setV6(&r.NATSrcAddr, b)
	case natDst4:
		setV4(&r.NATDstAddr, b)
	case natDst6:
		setV6(&r.NATDstAddr, b)
	case frameSection, ipSection:
		f.section = b
	case samplingProbability:
		f.probability = float(b)
	case appID:
		// The engine is the first octet whatever the length (RFC 6759 §4.1).
		r.AppID = uint64(b[0])<<56 | unsigned(b[1:])&(1<<56-1)
	default:
		storeNumber(t, unsigned(b), len(b), r, f)
	}
}

func storeNumber(t target, v uint64, length int, r *flow.Record, f *fields) {
	switch t {
	case octets:
		r.Bytes = v
	case packets:
		r.Packets = v
	case flows:
		r.Flows = v
	case revBytes:
		f.revBytes = v
	case revPackets:
		f.revPackets = v
	case revTCPFlags:
		f.revTCPFlags = uint16(v)
	case revTOS:
		f.revTOS = uint8(v)
	case srcPort:
		r.SrcPort = uint16(v)
	case dstPort:
		r.DstPort = uint16(v)
	case natSrcPort:
		r.NATSrcPort = uint16(v)
	case natDstPort:
		r.NATDstPort = uint16(v)
	case transport:
		r.Transport = uint8(v)
	case tos:
		r.TOS = uint8(v)
	case dscp:
		r.TOS = uint8(v) << 2
	case tcpFlags:
		r.TCPFlags = uint16(v)
	case icmpTypeCode:
		f.icmp = uint16(v)
	case icmpType:
		r.ICMPType = uint8(v)
	case icmpCode:
		r.ICMPCode = uint8(v)
	case ipVersion:
		f.ipVersion = uint8(v)
	case etherType:
		r.EtherType = uint16(v)
	case inInterface:
		r.In = uint32(v)
	case outInterface:
		r.Out = uint32(v)
	case srcAS:
		r.SrcAS = uint32(v)
	case dstAS:
		r.DstAS = uint32(v)
	case srcMask:
		r.SrcMask = uint8(v)
	case dstMask:
		r.DstMask = uint8(v)
	case srcMAC:
		r.SrcMAC = v
	case dstMAC:
		r.DstMAC = v
	case vlan:
		r.VLAN = uint16(v)
	case vrf:
		r.VRF = uint32(v)
	case mplsLabel:
		r.MPLSLabel = uint32(v>>(8*(length-3))) >> 4 & 0xfffff
	case tunnelID:
		r.TunnelID = v & 0xffffffffffffff // IE 351 puts the kind of segment into the top octet
	case direction:
		f.direction = uint8(v)
	case forwardingStatus:
		r.ForwardingStatus = uint8(v)
	case endReason:
		r.EndReason = uint8(v)
	case firewallEvent:
		r.FirewallEvent = uint8(v)
	case natEvent:
		f.natEvent = uint8(v)
	case samplingRate:
		f.rate = v
	case samplerID, selectorID:
		f.sampler = v
	case samplingInterval:
		f.interval = v
	case samplingSpace:
		f.space = v
	case samplingSize:
		f.size = v
	case samplingPopulation:
		f.population = v
	case frameSize:
		f.frameSize = v
	default:
		storeTime(t, v, r, f)
	}
}

func storeTime(t target, v uint64, r *flow.Record, f *fields) {
	switch t {
	case startUptime:
		f.startUptime = uint32(v)
	case endUptime:
		f.endUptime = uint32(v)
	case startSeconds:
		r.Start = int64(v) * 1e9
	case endSeconds:
		r.End = int64(v) * 1e9
	case startMillis:
		r.Start = millis(v)
	case endMillis:
		r.End = millis(v)
	case startNTP:
		r.Start = ntp(v)
	case endNTP:
		r.End = ntp(v)
	case startDelta:
		f.startDelta = uint32(v)
	case endDelta:
		f.endDelta = uint32(v)
	case durationMillis:
		f.duration = v * 1e6
	case durationMicros:
		f.duration = v * 1e3
	case systemInit:
		f.init = v
	}
}

// setOr and setV6 leave the other family's address of the same record alone when theirs is empty: dual stack templates
// carry both.
func setOr(dst *[16]byte, b []byte) {
	if *dst == ([16]byte{}) || be.Uint32(b) != 0 {
		setV4(dst, b)
	}
}

func setV6(dst *[16]byte, b []byte) {
	a := [16]byte(b)
	if a != ([16]byte{}) {
		*dst = a
	}
}

// unsigned reads a big endian number of any length up to eight octets (RFC 7011 §6.2, reduced size).
func unsigned(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

func float(b []byte) float64 {
	switch len(b) {
	case 8:
		return math.Float64frombits(be.Uint64(b))
	case 4:
		return float64(math.Float32frombits(be.Uint32(b)))
	default:
		return 0
	}
}

// millis turns Unix milliseconds into nanoseconds; what does not fit is 0, the unknown time.
func millis(v uint64) int64 {
	if v > math.MaxInt64/1_000_000 {
		return 0
	}
	return int64(v) * 1_000_000
}

// ntpEpoch is 1970 in seconds since 1900.
const ntpEpoch = 2208988800

// ntp turns an NTP timestamp of era 0 or 1 into Unix nanoseconds.
func ntp(v uint64) int64 {
	seconds := int64(v>>32) - ntpEpoch
	if seconds < 0 {
		seconds += 1 << 32
	}
	return seconds*1e9 + int64((v&0xffffffff)*1e9>>32)
}
