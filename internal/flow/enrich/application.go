package enrich

import (
	"math/bits"
	"strconv"

	"github.com/netcol-io/netcol/internal/flow"
)

// Application identifies an application within an exporter: a classification engine (RFC 6759 §4.1) in the upper 8
// bits, its selector in the lower 24. Engine 0, which RFC 6759 calls invalid, is ours: transport and well-known port.
// 0 is no application.
type Application uint32

// Classification engines of RFC 6759 whose selectors are IANA's numbers.
const (
	enginePorts  = 0
	engineIANAL3 = 1
	engineIANAL4 = 3
)

// ApplicationOf returns the application of r: what the exporter classified, else what the ports say.
func ApplicationOf(r *flow.Record) Application {
	if r.Has&(1<<flow.Application) != 0 && r.AppID != 0 {
		return FromID(r.AppID)
	}
	const ports = 1<<flow.SourcePort | 1<<flow.DestinationPort | 1<<flow.Transport
	if r.Has&ports != ports {
		return 0
	}
	return fromPorts(r.Transport, r.SrcPort, r.DstPort)
}

// FromID shortens an application id as exporters send it (IE 95): the engine in the upper 8 bits of 64, the selector
// below. Selectors beyond 24 bits, which only engines with private numbers have, are folded.
func FromID(id uint64) Application {
	selector := id & (1<<56 - 1)
	if selector >= 1<<24 {
		h, l := bits.Mul64(selector, 0x9e3779b97f4a7c15)
		selector = (h ^ l) & (1<<24 - 1)
	}
	return Application(id>>56<<24 | selector)
}

// fromPorts returns the service of the well-known side: the registered port; of two, the lower one.
func fromPorts(transport uint8, src, dst uint16) Application {
	known := knownTCP
	switch transport {
	case protocolTCP:
	case protocolUDP:
		known = knownUDP
	default:
		return 0
	}
	s, d := known.has(src), known.has(dst)
	port := dst
	switch {
	case !s && !d:
		return 0
	case s && (!d || src < dst):
		port = src
	}
	return Application(transport)<<16 | Application(port)
}

// Name returns what the application is called where its exporter has no name for it: IANA's service or protocol name,
// else "engine:selector".
func (a Application) Name() string {
	engine, selector := uint8(a>>24), uint32(a)&0xffffff
	switch engine {
	case enginePorts:
		if n := service(uint8(selector>>16), uint16(selector)); n != "" {
			return n
		}
		return strconv.Itoa(int(uint16(selector)))
	case engineIANAL3:
		if selector < 256 {
			return Transport(uint8(selector))
		}
	case engineIANAL4:
		if selector < 1<<16 {
			if n := service(protocolTCP, uint16(selector)); n != "" {
				return n
			}
			if n := service(protocolUDP, uint16(selector)); n != "" {
				return n
			}
		}
	}
	return strconv.Itoa(int(engine)) + ":" + strconv.Itoa(int(selector))
}

// portSet is a set of ports, small enough to stay in a cache.
type portSet [1024]uint64

func (s *portSet) has(p uint16) bool { return s[p>>6]&(1<<(p&63)) != 0 }
func (s *portSet) add(p uint16)      { s[p>>6] |= 1 << (p & 63) }

var (
	knownTCP = portsOf(protocolTCP)
	knownUDP = portsOf(protocolUDP)
)

func portsOf(transport uint8) *portSet {
	var s portSet
	for port := range services[transport] {
		s.add(port)
	}
	return &s
}

func service(transport uint8, port uint16) string { return services[transport][port] }
