package netviewexporter

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

// Span is a duration that may also be written in days and weeks, as Prometheus has them: "7d", "2w", "1w3d", "168h".
type Span time.Duration

// UnmarshalText reads what time.ParseDuration takes, and what Prometheus takes. A day is 24 hours, a year 365 days.
func (s *Span) UnmarshalText(text []byte) error {
	in := string(text)
	if d, err := time.ParseDuration(in); err == nil {
		*s = Span(d)
		return nil
	}
	d, err := model.ParseDuration(in)
	if err != nil {
		return fmt.Errorf("%q is not a span of time; write for example 7d, 2w or 36h", in)
	}
	*s = Span(d)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }
