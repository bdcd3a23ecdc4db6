package netviewexporter

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes, written as "10GiB", "500MB" or a plain number.
type ByteSize int64

var byteUnits = []struct {
	suffix string
	factor float64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
	{"", 1},
}

// UnmarshalText reads a size. Units are B, KB, MB, GB, TB (powers of 1000) and KiB, MiB, GiB, TiB (of 1024).
func (s *ByteSize) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	for _, u := range byteUnits {
		number, ok := cutSuffixFold(in, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || math.IsNaN(n) || n*u.factor >= math.MaxInt64 {
			break
		}
		*s = ByteSize(n * u.factor)
		return nil
	}
	return fmt.Errorf("%q is not a size; write for example 10GiB or 500MB", in)
}

func cutSuffixFold(s, suffix string) (string, bool) {
	n := len(s) - len(suffix)
	if n < 0 || !strings.EqualFold(s[n:], suffix) {
		return s, false
	}
	return s[:n], true
}
