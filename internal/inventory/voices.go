package inventory

import (
	"strings"
	"sync"
	"time"
)

// Speakers of interface metrics, best first: SNMP reads the device's own tables, sFlow relays what it samples.
const (
	SpeakerSNMP  = "snmp"
	SpeakerSFlow = "sflow"
)

// silence is how long a speaker holds an interface without speaking, unless it states its interval.
const silence = 3 * time.Minute

// voices says which of several receivers speaks for an interface, so that no backend sees two.
type voices struct {
	mu      sync.Mutex
	devices map[string]*voice
}

// voice is who speaks for one device. While there is but one speaker, no interface is remembered: most devices
// never have a second.
type voice struct {
	sole       turn
	interfaces map[string]turn // nil until a second speaker came
}

// turn is one speaker's hold of something.
type turn struct {
	speaker string
	last    time.Time
	silence time.Duration
}

// Claim says whether speaker may speak for an interface of device now. SNMP is heard before sFlow; sFlow takes over
// where SNMP has been silent for three minutes, and yields as soon as SNMP is back. A speaker may be a component's ID
// ("snmp/core"); of two of one kind the first keeps the interface. at is the time of the data.
func (r *Registry) Claim(deviceID, interfaceName, speaker string, at time.Time) bool {
	return r.ClaimEvery(deviceID, interfaceName, speaker, at, 0)
}

// ClaimEvery is Claim for a speaker that states how often it speaks: it is silent after three such intervals.
func (r *Registry) ClaimEvery(deviceID, interfaceName, speaker string, at time.Time, interval time.Duration) bool {
	r.mu.RLock()
	rec := r.find(deviceID)
	r.mu.RUnlock()
	if rec == nil {
		return true // made up from an address: nobody else speaks of it
	}
	me := turn{speaker, at, silence}
	if interval > 0 {
		me.silence = 3 * interval
	}
	return r.voices.claim(rec.id, interfaceName, me)
}

func (v *voices) claim(device, name string, me turn) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.devices[device]
	if d == nil {
		if v.devices == nil {
			v.devices = map[string]*voice{}
		}
		d = &voice{sole: me}
		v.devices[device] = d
	}
	if d.interfaces == nil {
		if d.sole.speaker == me.speaker {
			d.sole = me
			return true
		}
		d.interfaces = map[string]turn{}
	}
	held, ok := d.interfaces[name]
	if !ok {
		held = d.sole // it spoke for all of them until now
	}
	if !me.over(held) {
		return false
	}
	if ok || len(d.interfaces) < maxInterfaces {
		d.interfaces[name] = me
	}
	return true
}

// over says whether a speaker may take what another holds.
func (t turn) over(held turn) bool {
	return t.speaker == held.speaker || rank(t.speaker) > rank(held.speaker) || t.last.Sub(held.last) >= held.silence
}

func rank(speaker string) int {
	kind, _, _ := strings.Cut(speaker, "/")
	switch kind {
	case SpeakerSNMP:
		return 2
	case SpeakerSFlow:
		return 1
	}
	return 0
}

func (v *voices) forget(device string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.devices, device)
}
