package inventory

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a string that a device sent fit for telemetry: UTF-8, on one line, without characters that no one can
// see (controls, bidirectional overrides, NUL padding), without surrounding space, at most limit bytes. Bytes that
// are not UTF-8 are taken for Latin-1, which is what older agents send.
func Clean(s string, limit int) string {
	if plain(s) && len(s) <= limit {
		return strings.TrimSpace(s)
	}
	if most := 4*limit + 64; len(s) > most { // cut before converting: an agent may send 64 KiB
		s = wholeRunes(s[:most])
	}
	if !utf8.ValidString(s) {
		s = latin1(s)
	}
	s = strings.Map(visible, s)
	s = strings.Join(strings.Fields(s), " ")
	return cut(s, limit)
}

// plain says that s is printable ASCII, as nearly all names are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// wholeRunes drops the rune that a cut at the end of s may have broken.
func wholeRunes(s string) string {
	for i := 1; i < utf8.UTFMax && i <= len(s); i++ {
		if t := s[:len(s)-i]; !utf8.ValidString(s) && utf8.ValidString(t) {
			return t
		}
	}
	return s
}

func latin1(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r), unicode.IsControl(r) && r != 0:
		return ' '
	case r == utf8.RuneError, !unicode.IsGraphic(r):
		return -1
	}
	return r
}

// cut shortens s to limit bytes without breaking a rune.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return strings.TrimSpace(s[:limit])
}
