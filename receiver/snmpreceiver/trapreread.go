package snmpreceiver

import "time"

// rereadPause is how long after one poll that a trap asked for the next may follow: a flapping link sends many.
const rereadPause = 10 * time.Second

// What a trap says of the device's tables: whether its rows, names and speeds may be others now.
var rereads = map[string]bool{
	"IF-MIB::linkDown":            false,
	"IF-MIB::linkUp":              true,
	"SNMPv2-MIB::coldStart":       true,
	"SNMPv2-MIB::warmStart":       true,
	"ENTITY-MIB::entConfigChange": true,
}

// reread polls a device at once when a trap told that it changed. Traps that come on its heels wait for the next poll.
func (r *snmpReceiver) reread(deviceID, name string) {
	tables, concerned := rereads[name]
	if !concerned {
		return
	}
	for i, d := range r.devices {
		if d.id != deviceID {
			continue
		}
		if tables {
			d.changedTables.Store(true)
		}
		d.urgent.Store(true)
		now, last := time.Now().UnixNano(), d.kicked.Load()
		if now-last >= int64(rereadPause) && d.kicked.CompareAndSwap(last, now) {
			r.schedule.kick(r.jobs[i])
		}
	}
}
