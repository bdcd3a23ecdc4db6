package snmpreceiver

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/snmp/mib"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// maxText is how much of a text in a varbind is kept, in bytes.
const maxText = 4096

// putValue puts a varbind's value as what it is: numbers as numbers, names of enumerations and identifiers where they
// are known (node nil: they are not), octets as text if that is what they are, else in hexadecimal.
func putValue(a pcommon.Map, key string, node *mib.Node, v pdu.Varbind) {
	switch v.Type {
	case pdu.Integer:
		n, ok := v.Int()
		if !ok {
			break
		}
		if node != nil {
			if label, known := node.Label(n); known {
				a.PutStr(key, label)
				return
			}
		}
		a.PutInt(key, n)
		return
	case pdu.Counter32, pdu.Gauge32, pdu.TimeTicks, pdu.Unsigned32, pdu.Counter64:
		if n, ok := v.Uint(); ok {
			putUint(a, key, n)
			return
		}
	case pdu.OctetString:
		a.PutStr(key, octets(node, v.Value))
		return
	case pdu.IPAddress:
		if addr, ok := netip.AddrFromSlice(v.Value); ok {
			a.PutStr(key, addr.String())
			return
		}
	case pdu.ObjectIdentifier:
		a.PutStr(key, identifier(v.Value))
		return
	case pdu.Opaque:
		if f, ok := float(v.Value); ok {
			a.PutDouble(key, f)
			return
		}
	}
	if v.Type.Exception() {
		a.PutStr(key, "")
		return
	}
	a.PutStr(key, hexadecimal(v.Value))
}

// putUint keeps what an attribute can't hold as a number in decimal digits.
func putUint(a pcommon.Map, key string, n uint64) {
	if n > math.MaxInt64 {
		a.PutStr(key, strconv.FormatUint(n, 10))
		return
	}
	a.PutInt(key, int64(n))
}

func octets(node *mib.Node, b []byte) string {
	if node != nil {
		switch node.Syntax {
		case mib.Text:
			return inventory.Clean(string(b), maxText)
		case mib.Physical:
			if len(b) == 6 || len(b) == 8 {
				return net.HardwareAddr(b).String()
			}
		}
	}
	if readable(b) {
		return inventory.Clean(string(b), maxText)
	}
	return hexadecimal(b)
}

// readable reports whether octets are UTF-8 text; a NUL at the end is forgiven.
func readable(b []byte) bool {
	s := strings.TrimRight(string(b), "\x00")
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return false
		}
	}
	return s != "" || len(b) == 0
}

func hexadecimal(b []byte) string { return "0x" + hex.EncodeToString(b[:min(len(b), maxText/2)]) }

// identifier names what is known of an identifier, as the alarms of UPS-MIB.
func identifier(b []byte) string {
	oid := pdu.OID(b)
	if node, index, ok := mib.Name(oid); ok && len(index) == 0 {
		return node.Name
	}
	return oid.String()
}

// float reads the floats that net-snmp puts into an Opaque: 9f 78 04 and four bytes, 9f 79 08 and eight.
func float(b []byte) (float64, bool) {
	switch {
	case len(b) == 7 && b[0] == 0x9f && b[1] == 0x78 && b[2] == 4:
		return finite(float64(math.Float32frombits(binary.BigEndian.Uint32(b[3:]))))
	case len(b) == 11 && b[0] == 0x9f && b[1] == 0x79 && b[2] == 8:
		return finite(math.Float64frombits(binary.BigEndian.Uint64(b[3:])))
	}
	return 0, false
}

func finite(f float64) (float64, bool) { return f, !math.IsNaN(f) && !math.IsInf(f, 0) }
