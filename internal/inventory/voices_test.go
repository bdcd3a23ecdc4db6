package inventory

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestOneSpeakerForAnInterface(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	noon := time.Unix(1_800_000_000, 0)
	at := func(minutes float64) time.Time { return noon.Add(time.Duration(minutes * float64(time.Minute))) }

	assert.True(t, r.Claim(id, "eth0", "sflow", at(0)), "sFlow speaks while it is alone")
	assert.True(t, r.Claim(id, "eth0", "snmp/core", at(1)), "SNMP is preferred")
	assert.False(t, r.Claim(id, "eth0", "sflow", at(1.1)))
	assert.False(t, r.Claim(id, "eth0", "sflow", at(3.9)))
	assert.True(t, r.Claim(id, "eth0", "sflow", at(4)), "SNMP was silent for three minutes")
	assert.True(t, r.Claim(id, "eth0", "sflow", at(4.5)))
	assert.True(t, r.Claim(id, "eth0", "snmp/core", at(5)), "and is back")
	assert.False(t, r.Claim(id, "eth0", "snmp/edge", at(5.5)), "of two of a kind the first keeps it")
	assert.True(t, r.Claim("203.0.113.9", "eth0", "sflow", at(5)), "nobody else speaks of a device that is not stored")
}

func TestASpeakerStatesItsInterval(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	noon := time.Unix(1_800_000_000, 0)
	assert.True(t, r.ClaimEvery(id, "eth0", "snmp", noon, 5*time.Minute))
	assert.False(t, r.Claim(id, "eth0", "sflow", noon.Add(14*time.Minute)))
	assert.True(t, r.Claim(id, "eth0", "sflow", noon.Add(15*time.Minute)))
}

// SNMP leaves out what its filters exclude: sFlow may speak of that.
func TestInterfacesThatSNMPLeavesOut(t *testing.T) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	noon := time.Unix(1_800_000_000, 0)
	heard := 0
	for minute := range 10 {
		now := noon.Add(time.Duration(minute) * time.Minute)
		assert.True(t, r.Claim(id, "eth0", "snmp", now))
		if r.Claim(id, "Vlan7", "sflow", now) {
			heard++
		}
		assert.False(t, r.Claim(id, "eth0", "sflow", now))
	}
	assert.Positive(t, heard)
}

// In no window of its silence do two speakers both hold an interface.
func TestNeverTwoSpeakers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRegistry(Options{})
		id := r.Declare(snmp("10.0.0.1:161", ""))
		now := time.Unix(1_800_000_000, 0)
		last := map[string]time.Time{} // when each last was allowed
		for range rapid.IntRange(1, 40).Draw(t, "claims") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "seconds")) * time.Second)
			who := rapid.SampledFrom([]string{"snmp", "sflow"}).Draw(t, "who")
			if !r.Claim(id, "eth0", who, now) {
				if who == "snmp" {
					t.Fatal("SNMP refused")
				}
				continue
			}
			if who == "sflow" {
				if spoke, ok := last["snmp"]; ok && now.Sub(spoke) < 3*time.Minute {
					t.Fatalf("sFlow speaks %v after SNMP", now.Sub(spoke))
				}
			}
			last[who] = now
		}
	})
}

func BenchmarkClaim(b *testing.B) {
	r := NewRegistry(Options{})
	id := r.Declare(snmp("10.0.0.1:161", ""))
	names := make([]string, 48)
	for i := range names {
		names[i] = fmt.Sprint("GigabitEthernet1/0/", i)
	}
	at := time.Unix(1_800_000_000, 0)
	r.Claim(id, names[0], "sflow", at)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Claim(id, names[i%48], "snmp", at)
	}
}
