// Package notation is how the Prometheus HTTP API writes times, durations, numbers and strings.
package notation

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// maxSeconds keeps times within what milliseconds in an int64, and the engine's arithmetic on them, can hold.
const maxSeconds = 1 << 43

// ParseTime reads seconds since the epoch, with a fraction, or RFC 3339.
func ParseTime(s string) (time.Time, error) {
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) <= maxSeconds {
		whole, frac := math.Modf(f)
		return time.Unix(int64(whole), int64(math.Round(frac*1000))*int64(time.Millisecond)).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", s)
}

// ParseDuration reads seconds, with a fraction, or a Prometheus duration such as 1h30m.
func ParseDuration(s string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		ns := f * float64(time.Second)
		if ns > math.MaxInt64 || ns < math.MinInt64 || math.IsNaN(ns) {
			return 0, fmt.Errorf("cannot parse %q to a valid duration. It overflows int64", s)
		}
		return time.Duration(ns), nil
	}
	d, err := model.ParseDuration(s)
	if err == nil {
		return time.Duration(d), nil
	}
	if s == "" {
		return 0, errors.New(`cannot parse "" to a valid duration`)
	}
	return 0, fmt.Errorf("cannot parse %q to a valid duration", s)
}
