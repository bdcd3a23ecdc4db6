package udp

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written 16MiB, 4MB or 4194304 in configuration.
type Size int64

// units are tried in order, so that the longer suffixes come first. SI prefixes are powers of 1000, IEC ones of 1024.
var units = []struct {
	suffix string
	bytes  float64
}{
	{"kib", 1 << 10},
	{"mib", 1 << 20},
	{"gib", 1 << 30},
	{"kb", 1e3},
	{"mb", 1e6},
	{"gb", 1e9},
	{"k", 1 << 10},
	{"m", 1 << 20},
	{"g", 1 << 30},
	{"b", 1},
	{"", 1},
}

// UnmarshalText reads a number with an optional unit, in any case: B, kB, MB, GB (powers of 1000), KiB, MiB, GiB
// (powers of 1024), or K, M, G as sysctl and most tools mean them (powers of 1024). The result is whole bytes.
func (s *Size) UnmarshalText(text []byte) error {
	lower := strings.ToLower(strings.TrimSpace(string(text)))
	for _, u := range units {
		number, ok := strings.CutSuffix(lower, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		bytes := n * u.bytes
		if err != nil || !(bytes >= 0 && bytes < math.MaxInt64) || bytes != math.Trunc(bytes) {
			break
		}
		*s = Size(bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size; write whole bytes or a unit, such as 4194304, 16MiB or 4MB", text)
}

// MarshalText writes what UnmarshalText reads, exactly.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the size in the largest binary unit that divides it.
func (s Size) String() string {
	switch {
	case s == 0 || s%(1<<10) != 0:
		return strconv.FormatInt(int64(s), 10)
	case s%(1<<30) == 0:
		return strconv.FormatInt(int64(s>>30), 10) + "GiB"
	case s%(1<<20) == 0:
		return strconv.FormatInt(int64(s>>20), 10) + "MiB"
	}
	return strconv.FormatInt(int64(s>>10), 10) + "KiB"
}
