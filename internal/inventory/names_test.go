package inventory

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestInterfaceNames(t *testing.T) {
	for title, c := range map[string]struct {
		rows []RawInterface
		want map[uint32]string
	}{
		"ifName, else ifDescr, else the index": {
			[]RawInterface{{Index: 1, IfName: "Gi0/1", IfDescr: "GigabitEthernet0/1"}, {Index: 2, IfDescr: "Vlan2"}, {Index: 436207616, IfName: " \x00"}},
			map[uint32]string{1: "Gi0/1", 2: "Vlan2", 436207616: "if436207616"},
		},
		"duplicates are kept apart": {
			[]RawInterface{{Index: 1, IfName: "eth"}, {Index: 2, IfName: "eth"}, {Index: 3, IfDescr: "eth"}, {Index: 4, IfName: "lo"}},
			map[uint32]string{1: "eth#1", 2: "eth#2", 3: "eth#3", 4: "lo"},
		},
		"a name that looks like a suffixed one": {
			[]RawInterface{{Index: 1, IfName: "a"}, {Index: 2, IfName: "a"}, {Index: 3, IfName: "a#1"}},
			map[uint32]string{1: "a#1", 2: "a#2", 3: "a#1#3"},
		},
		"one index twice": {
			[]RawInterface{{Index: 1, IfName: "old"}, {Index: 1, IfName: "new"}},
			map[uint32]string{1: "new"},
		},
		"none": {nil, map[uint32]string{}},
	} {
		got := map[uint32]string{}
		for _, i := range NameInterfaces(c.rows) {
			got[i.Index] = i.Name
		}
		assert.Equal(t, c.want, got, title)
	}
}

// Whatever the agent sends: every row has a name, no two the same, and their order does not matter.
func TestNamesAreUniqueAndStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "a#1", "a#1#2", "if3", "if3#3"}), rapid.StringN(0, 8, 300))
		rows := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) RawInterface {
			return RawInterface{Index: rapid.Uint32Range(1, 12).Draw(t, "index"), IfName: name.Draw(t, "ifName"), IfDescr: name.Draw(t, "ifDescr")}
		}), 0, 12, func(r RawInterface) uint32 { return r.Index }).Draw(t, "rows")
		got := NameInterfaces(rows)
		seen := map[string]bool{}
		for _, i := range got {
			if i.Name == "" || seen[i.Name] || i != i.cleaned() {
				t.Fatalf("%q is empty, there twice, or not clean: %v", i.Name, got)
			}
			seen[i.Name] = true
		}
		shuffled := slices.Clone(rows)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		assert.Equal(t, got, NameInterfaces(shuffled))
		assert.Len(t, got, len(rows))
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", " padded\x00\x00": "padded", "two\r\nlines": "two lines", "B\xfcro": "Büro", "Büro": "Büro",
		"\u202eevil\u200b": "evil", "": "", "\x00": "",
	} {
		assert.Equal(t, want, Clean(in, 100), "%q", in)
	}
	assert.Equal(t, "ü", Clean("üü", 3), "no rune is broken")
	long := strings.Repeat("ü", 40_000)
	assert.Equal(t, strings.Repeat("ü", 50), Clean(long, 100))
}

func FuzzClean(f *testing.F) {
	f.Add("B\xfcro", 10)
	f.Add(strings.Repeat("ü", 100), 33)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 0), 4096)
		got := Clean(s, limit)
		if len(got) > limit || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\n\r\u202e") || Clean(got, limit) != got {
			t.Fatalf("Clean(%q, %d) = %q", s, limit, got)
		}
	})
}
