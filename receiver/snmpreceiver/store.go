package snmpreceiver

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/netif"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// remembered is what a restart must not lose of a device: its engine, so that nothing is discovered again, which
// credentials it takes, and when its counters started. No secret is in it.
type remembered struct {
	Credentials string      `json:"credentials,omitempty"`
	Engine      string      `json:"engine,omitempty"` // hexadecimal
	Boots       uint32      `json:"boots,omitempty"`
	Time        uint32      `json:"time,omitempty"` // seconds
	At          time.Time   `json:"at,omitzero"`
	Counters    netif.State `json:"counters"`
}

func (d *device) key() string { return "device/" + d.id + "/" + d.target.Endpoint }

// restore takes up what an earlier run left.
func (d *device) restore(ctx context.Context) {
	if d.r.store == nil {
		return
	}
	text, err := d.r.store.Get(ctx, d.key())
	if err != nil || len(text) == 0 {
		return
	}
	var m remembered
	if err := json.Unmarshal(text, &m); err != nil {
		d.log.Warn("What was stored of the device can't be read and is left out", zap.Error(err))
		return
	}
	for i, c := range d.credentials {
		if c.Name == m.Credentials {
			d.working = i
		}
	}
	if id, err := hex.DecodeString(m.Engine); err == nil && len(id) >= 5 && len(id) <= 32 && !m.At.After(time.Now()) {
		d.savedFor = session.Engine{ID: string(id), Boots: m.Boots, Time: m.Time, At: m.At}
		d.peer.Restore(d.savedFor)
	}
	d.tracker.Restore(m.Counters)
}

// save stores what changed and is worth it: never every counter of every poll.
func (d *device) save(ctx context.Context) {
	e, changes := d.peer.Engine(), d.tracker.Changes()
	if d.r.store == nil || d.working < 0 || changes == d.saved && e.ID == d.savedFor.ID && e.Boots == d.savedFor.Boots && d.saved != 0 {
		return
	}
	m := remembered{Credentials: d.credentials[d.working].Name, Counters: d.tracker.State()}
	if e.ID != "" {
		m.Engine, m.Boots, m.Time, m.At = e.Hex(), e.Boots, e.Time, e.At
	}
	text, err := json.Marshal(m)
	if err == nil {
		err = d.r.store.Set(ctx, d.key(), text)
	}
	if err != nil {
		d.log.Warn("Storing what is known of the device failed", zap.Error(err))
		return
	}
	d.saved, d.savedFor = changes, e
}
