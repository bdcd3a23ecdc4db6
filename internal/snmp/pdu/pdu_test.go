package pdu

import (
	"slices"
	"testing"

	"github.com/gosnmp/gosnmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOIDs(t *testing.T) {
	for _, s := range []string{"1.3.6.1.2.1.2.2.1.10.436207616", "2.999.3", "0.0", "1.3.6.1.4.1.4294967295", "1.3.6.1.2.1.1.3.0"} {
		o, err := ParseOID(s)
		require.NoError(t, err)
		assert.True(t, o.Valid())
		assert.Equal(t, s, o.String())
		dotted, err := ParseOID("." + s)
		require.NoError(t, err)
		assert.Equal(t, o, dotted)
	}
	for _, s := range []string{"", "1", "3.1", "1.40", "1.3.4294967296", "1.3.-1", "1..3", "1.3.x"} {
		_, err := ParseOID(s)
		assert.Error(t, err, "%q", s)
	}
	for _, raw := range [][]byte{{}, {0x80}, {0x2b, 0x80, 0x01}, {0x2b, 0x81}, {0x2b, 0x81, 0x81, 0x81, 0x81, 0x81, 0x01}} {
		assert.False(t, OID(raw).Valid(), "%x", raw)
	}
}

// The order of encoded identifiers is the order of their numbers.
func TestCompare(t *testing.T) {
	arcs := rapid.SliceOfN(rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 300), rapid.Uint32Range(16380, 16390)), 1, 6)
	encode := func(subs []uint32) (out []byte) {
		for _, s := range subs {
			out = AppendSub(out, s)
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := arcs.Draw(t, "a"), arcs.Draw(t, "b")
		got := Compare(encode(a), encode(b))
		want := slices.Compare(a, b)
		require.Equal(t, want < 0, got < 0)
		require.Equal(t, want == 0, got == 0)
		back, ok := Index(encode(a)).Subs()
		require.True(t, ok)
		require.Equal(t, a, back)
	})
}

func TestUint(t *testing.T) {
	const top = 1<<64 - 1
	for _, tc := range []struct {
		name string
		t    Type
		raw  []byte
		want uint64
		ok   bool
	}{
		{"Counter64 in 9 bytes", Counter64, []byte{0, 255, 255, 255, 255, 255, 255, 255, 255}, top, true},
		{"Counter64 negative", Counter64, []byte{255, 255, 255, 255, 255, 255, 255, 255}, top, true},
		{"Counter64 above 2^63", Counter64, []byte{0, 0x80, 0, 0, 0, 0, 0, 0, 1}, 1<<63 + 1, true},
		{"Counter64 of 9 bytes that is none", Counter64, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}, 0, false},
		{"Counter64 of 10 bytes", Counter64, make([]byte, 10), 0, false},
		{"Counter32 in 5 bytes", Counter32, []byte{0, 255, 255, 255, 255}, 1<<32 - 1, true},
		{"Counter32 negative", Counter32, []byte{255, 255, 255, 255}, 1<<32 - 1, true},
		{"Counter32 sign-extended", Counter32, []byte{255, 255, 255, 255, 128, 0, 0, 0}, 1 << 31, true},
		{"Counter32 too large", Counter32, []byte{1, 0, 0, 0, 0}, 0, false},
		{"empty", Counter32, nil, 0, false},
		{"text", OctetString, []byte{1}, 0, false},
	} {
		got, ok := Varbind{Type: tc.t, Value: tc.raw}.Uint()
		assert.Equal(t, tc.ok, ok, tc.name)
		assert.Equal(t, tc.want, got, tc.name)
	}
	v, ok := Varbind{Type: Integer, Value: []byte{0xff, 0x38}}.Int()
	assert.True(t, ok)
	assert.EqualValues(t, -200, v)
}

// What we encode, another implementation reads alike.
func TestGosnmpReadsOurRequests(t *testing.T) {
	names := rapid.SliceOfN(rapid.SliceOfN(rapid.Uint32(), 1, 12), 1, 40)
	rapid.Check(t, func(t *rapid.T) {
		r := &Request{Kind: rapid.SampledFrom([]Kind{Get, GetNext, GetBulk}).Draw(t, "kind")}
		var want []string
		for _, subs := range names.Draw(t, "names") {
			o := OID{43, 6, 1}
			for _, s := range subs {
				o = AppendSub(o, s)
			}
			r.Names = append(r.Names, o)
			want = append(want, "."+o.String())
		}
		if r.Kind == GetBulk {
			r.NonRepeaters = rapid.IntRange(0, len(r.Names)).Draw(t, "non-repeaters")
			r.MaxRepetitions = rapid.IntRange(0, 10_000).Draw(t, "max-repetitions")
		}
		id := rapid.Int32Range(0, 1<<31-1).Draw(t, "id")
		var e Encoder
		msg := e.Community(V2c, "public", r, id)
		g := &gosnmp.GoSNMP{Version: gosnmp.Version2c}
		got, err := g.SnmpDecodePacket(slices.Clone(msg))
		require.NoError(t, err)
		require.Equal(t, "public", got.Community)
		require.EqualValues(t, id, got.RequestID)
		require.EqualValues(t, r.Kind, got.PDUType)
		if r.Kind == GetBulk {
			require.EqualValues(t, r.NonRepeaters, got.NonRepeaters)
			require.EqualValues(t, r.MaxRepetitions, got.MaxRepetitions)
		}
		var names []string
		for _, v := range got.Variables {
			names = append(names, v.Name)
		}
		require.Equal(t, want, names)
		ours, err := ParseCommunity(msg)
		require.NoError(t, err)
		require.Equal(t, id, ours.Reply.RequestID)
	})
}

func TestEncodingAndReadingAllocateNothing(t *testing.T) {
	var e Encoder
	r := &Request{Kind: GetBulk, MaxRepetitions: 4, Names: []OID{MustOID("1.3.6.1.2.1.2.2.1.10.10001"), MustOID("1.3.6.1.2.1.31.1.1.1.6.10001")}}
	e.Community(V2c, "public", r, 1)
	var sum uint64
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		m, err := ParseCommunity(e.Community(V2c, "public", r, 1))
		if err != nil {
			t.Fatal(err)
		}
		for {
			v, ok := m.Reply.Next()
			if !ok {
				break
			}
			sum += uint64(len(v.OID))
		}
	}))
}

func FuzzParse(f *testing.F) {
	var e Encoder
	f.Add(slices.Clone(e.Community(V2c, "public", &Request{Kind: Response, Names: []OID{MustOID("1.3.6.1.2.1.1.3.0")}}, 7)))
	m := Message3{ID: 1, MaxSize: 1472, EngineID: []byte("\x80\x00\x1f\x88\x04x"), User: []byte("u"), Digest: make([]byte, 12), Flags: FlagAuth}
	data := slices.Clone(e.ScopedPDU(m.EngineID, nil, &Request{Kind: Response, Names: []OID{MustOID("1.3.6.1.2.1.1.3.0")}}, 7))
	f.Add(slices.Clone(e.Message3(&m, data)))
	f.Add([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		PeekVersion(b)
		if m, err := ParseCommunity(b); err == nil {
			drain(t, &m.Reply)
		}
		m, err := ParseMessage3(b)
		if err != nil {
			return
		}
		if len(m.Digest) > 0 && string(b[m.DigestAt:m.DigestAt+len(m.Digest)]) != string(m.Digest) {
			t.Fatal("the digest is not where it is said to be")
		}
		if s, err := ParseScoped(m.Data); err == nil {
			drain(t, &s.Reply)
		}
	})
}

func drain(t *testing.T, r *Reply) {
	for {
		v, ok := r.Next()
		if !ok {
			return
		}
		_ = v.OID.String()
		if !v.OID.Valid() || Compare(v.OID, v.OID) != 0 {
			t.Fatal("an invalid name came through")
		}
		v.Uint()
		v.Int()
	}
}
