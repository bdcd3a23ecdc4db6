package sflowreceiver

import (
	"net"

	"github.com/netcol-io/netcol/internal/inventory"
	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// ifAdminStatus and ifOperStatus of IF-MIB.
const (
	statusUp   = 1
	statusDown = 2
)

// Values of the generic counters' ifDirection.
const (
	directionIn  = 3
	directionOut = 4
)

// sample translates generic interface counters. All ones are a counter that the agent does not keep.
func (r *reading) sample() netif.Sample {
	s := netif.Sample{
		Index:     r.Index,
		At:        r.at,
		Octets:    wide(r.In.Octets, r.Out.Octets),
		Unicast:   narrow(r.In.Unicast, r.Out.Unicast),
		Multicast: narrow(r.In.Multicast, r.Out.Multicast),
		Broadcast: narrow(r.In.Broadcast, r.Out.Broadcast),
		Errors:    narrow(r.In.Errors, r.Out.Errors),
		Discards:  narrow(r.In.Discards, r.Out.Discards),
	}
	if r.Speed.Known() {
		if r.Direction != directionOut {
			s.ReceiveSpeed = uint64(r.Speed)
		}
		if r.Direction != directionIn {
			s.TransmitSpeed = uint64(r.Speed)
		}
	}
	if r.Status.Known() {
		s.AdminStatus, s.OperStatus = status(r.Status, sflow.StatusAdminUp), status(r.Status, sflow.StatusOperUp)
	}
	return s
}

// describe is the interface as the sample tells it.
func (r *reading) describe(s netif.Sample) inventory.Interface {
	i := inventory.Interface{
		Index: s.Index, Name: s.Name, Alias: s.Alias, Type: r.Type,
		ReceiveSpeed: s.ReceiveSpeed, TransmitSpeed: s.TransmitSpeed,
	}
	if m := r.mac; m != 0 {
		i.MAC = net.HardwareAddr{byte(m >> 40), byte(m >> 32), byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}.String()
	}
	return i
}

func status(bits, bit sflow.Counter32) uint32 {
	if bits&bit != 0 {
		return statusUp
	}
	return statusDown
}

func wide(in, out sflow.Counter64) netif.Counter {
	reading := func(c sflow.Counter64) netif.Reading {
		if !c.Known() {
			return netif.Reading{}
		}
		return netif.Reading{Value: uint64(c), Bits: 64}
	}
	return netif.Counter{HC: netif.Pair{Receive: reading(in), Transmit: reading(out)}}
}

func narrow(in, out sflow.Counter32) netif.Counter {
	reading := func(c sflow.Counter32) netif.Reading {
		if !c.Known() {
			return netif.Reading{}
		}
		return netif.Reading{Value: uint64(c), Bits: 32}
	}
	return netif.Counter{Low: netif.Pair{Receive: reading(in), Transmit: reading(out)}}
}

// rename takes the name that an agent gives an interface; flows of the interface carry it, too, unless the inventory
// knows better.
func (h *handler) rename(own *agent, r *reading, name []byte) {
	r.name = inventory.Clean(string(name), maxPortName)
	h.worker.NameInterface(own.exporter.Exporter, r.Index, r.name, "")
}
