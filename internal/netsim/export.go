package netsim

import (
	"encoding/binary"
	"time"
)

// maxPayload is how much an exporter puts into one datagram.
const maxPayload = 1400

// templateEvery is how often v9 and IPFIX exporters repeat their templates and options: more often than real ones, so
// that a collector started later has something to show soon.
const templateEvery = 5 * time.Second

// Datagram is what a device has to export.
type Datagram struct {
	Device  *Device
	Payload []byte
}

// exporter is a NetFlow or IPFIX exporter's state.
type exporter struct {
	sequence  uint32
	templates time.Time // when they were last sent
}

// Export returns what the devices have to send at now, which is the time of the last Advance.
func (n *Network) Export() []Datagram { return n.export(false) }

// Flush is Export of everything, as when exporters are shut down: no flow stays open.
func (n *Network) Flush() []Datagram { return n.export(true) }

func (n *Network) export(all bool) []Datagram {
	var out []Datagram
	for _, d := range n.devices {
		for _, payload := range d.payloads(n.now, n.cfg.Active, all) {
			out = append(out, Datagram{d, payload})
		}
	}
	return out
}

func (d *Device) payloads(now time.Time, active time.Duration, all bool) [][]byte {
	if d.Protocol == SFlow {
		return d.sflow(now, all)
	}
	records := d.cache.due(now, active, all)
	switch d.Protocol {
	case NetFlow5:
		return d.netflow5(records, now)
	case NetFlow9:
		return d.netflow9(records, now)
	default:
		return d.ipfix(records, now)
	}
}

// milliseconds returns a device's uptime as NetFlow and sFlow write it, which wraps after 49.7 days.
func (d *Device) milliseconds(t time.Time) uint32 { return uint32(t.Sub(d.booted).Milliseconds()) }

var be = binary.BigEndian

func u16(b []byte, v int) []byte    { return be.AppendUint16(b, uint16(v)) }
func u32(b []byte, v uint32) []byte { return be.AppendUint32(b, v) }
func u64(b []byte, v uint64) []byte { return be.AppendUint64(b, v) }
