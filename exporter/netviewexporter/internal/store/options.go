package store

import (
	"log/slog"
	"time"
)

// Options configure a Store. The zero value of every field but Directory means "the default".
type Options struct {
	// Directory holds the blocks and the write-ahead log. Empty: a temporary directory, removed by Close.
	Directory string
	// Retention is how long samples are kept; 0 means 7 days.
	Retention time.Duration
	// RetentionBytes caps what the blocks on disk may take; 0 means no cap. The write-ahead log is not counted.
	RetentionBytes int64
	// OutOfOrderWindow is how much older than the newest sample a late one may be; 0 means 10 minutes.
	OutOfOrderWindow time.Duration
	// MaxSeries bounds the series held in memory, which is what memory use follows; 0 means 500,000.
	MaxSeries int
	// QueryTimeout ends an evaluation that takes longer; 0 means 30 seconds.
	QueryTimeout time.Duration
	// QueryMaxSamples bounds the samples one evaluation may hold in memory (16 bytes each); 0 means 20 million.
	QueryMaxSamples int
	// LookbackDelta is how long a sample stays current when nothing follows it; 0 means 5 minutes.
	LookbackDelta time.Duration
	// Logger receives what the TSDB has to say. Nil discards it.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now. Samples ahead of it are refused.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	setDefault(&o.Retention, 7*24*time.Hour)
	setDefault(&o.OutOfOrderWindow, 10*time.Minute)
	setDefault(&o.MaxSeries, 500_000)
	setDefault(&o.QueryTimeout, 30*time.Second)
	setDefault(&o.QueryMaxSamples, 20_000_000)
	setDefault(&o.LookbackDelta, 5*time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
