package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage/remote/otlptranslator/prometheusremotewrite"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"
)

// ErrLocked is returned by Open when another process works in the directory.
var ErrLocked = errors.New("another process has it open")

// ErrClosed is returned by Append after Close.
var ErrClosed = errors.New("the store is closed")

// futureTolerance is how far ahead of the clock a sample may be. The TSDB refuses samples much older than the
// newest one it holds, so a single sample from next year would shut out every device with a right clock.
const futureTolerance = 10 * time.Minute

// Store is an embedded time-series database with a PromQL engine. All methods may be called concurrently.
type Store struct {
	opts      Options
	temporary string // directory to remove on Close, if any
	db        *tsdb.DB
	engine    *promql.Engine
	parser    parser.Parser
	families  families

	// mu serialises Append: one writer keeps every series in order, and lets the converter and its name cache be reused.
	mu        sync.Mutex
	guard     *guardedAppender
	converter *prometheusremotewrite.PrometheusConverter
	refused   [reasonCount]uint64
	accepted  uint64
	closed    bool
}

// Open opens the store in opts.Directory, creating it if need be. A write-ahead log that a crash cut short is
// repaired: what was written up to the damage is kept.
func Open(opts Options) (*Store, error) {
	opts = opts.withDefaults()
	s := &Store{opts: opts, parser: parser.NewParser(parser.Options{
		// `increase(x[1h] anchored)` is the difference of two samples, without extrapolation: totals come out exact.
		EnableExtendedRangeSelectors: true,
	})}
	if opts.Directory == "" {
		dir, err := os.MkdirTemp("", "netview-")
		if err != nil {
			return nil, fmt.Errorf("no temporary directory for the store: %w", err)
		}
		s.opts.Directory, s.temporary = dir, dir
	}
	if err := s.openDB(); err != nil {
		s.removeTemporary()
		return nil, err
	}
	s.engine = promql.NewEngine(promql.EngineOpts{
		Logger:               opts.Logger,
		MaxSamples:           opts.QueryMaxSamples,
		Timeout:              opts.QueryTimeout,
		LookbackDelta:        opts.LookbackDelta,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		Parser:               s.parser,
		NoStepSubqueryIntervalFn: func(int64) int64 {
			return time.Minute.Milliseconds()
		},
	})
	s.guard = newGuardedAppender(s)
	s.converter = prometheusremotewrite.NewPrometheusConverter(s.guard)
	return s, nil
}

func (s *Store) openDB() error {
	dir := s.opts.Directory
	// 0700: addresses of conversations are nobody else's business.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the store's directory cannot be made: %w", err)
	}
	db, err := tsdb.Open(dir, s.opts.Logger, nil, s.tsdbOptions(), nil)
	switch {
	case err == nil:
		s.db = db
		return nil
	case isLocked(err):
		return fmt.Errorf("directory %s: %w", dir, ErrLocked)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("directory %s: %w", dir, err)
	}
	return fmt.Errorf("directory %s does not open (%w); move it away to start with an empty one", dir, err)
}

func (s *Store) tsdbOptions() *tsdb.Options {
	o := tsdb.DefaultOptions()
	o.RetentionDuration = s.opts.Retention.Milliseconds()
	o.MaxBytes = s.opts.RetentionBytes
	o.OutOfOrderTimeWindow = s.opts.OutOfOrderWindow.Milliseconds()
	o.WALCompression = compression.Snappy
	// Retention drops whole blocks, so a block is at most a tenth of it (as Prometheus does), and at least the 2 h
	// a head block spans.
	o.MaxBlockDuration = max(o.MinBlockDuration, min(s.opts.Retention.Milliseconds()/10, (24*time.Hour).Milliseconds()))
	return o
}

// Close flushes and closes the database. Afterwards Append fails, and no other method may be called.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := errors.Join(s.db.Close(), s.engine.Close())
	s.removeTemporary()
	return err
}

func (s *Store) removeTemporary() {
	if s.temporary != "" {
		_ = os.RemoveAll(s.temporary)
	}
}

// Stats are the figures an operator asks of a store.
type Stats struct {
	Series    uint64            // held in memory
	MaxSeries int               // limit of Series
	Blocks    int               // on disk
	Bytes     int64             // on disk, write-ahead log included
	MinTime   time.Time         // of the oldest sample; zero without samples
	MaxTime   time.Time         // of the newest sample; zero without samples
	Accepted  uint64            // samples since start
	Refused   map[string]uint64 // samples since start, by reason
	Retention time.Duration
	Directory string // empty when temporary
}

// Stats returns current figures. It is cheap enough to call every few seconds.
func (s *Store) Stats() Stats {
	head := s.db.Head()
	st := Stats{
		Series: head.NumSeries(), MaxSeries: s.opts.MaxSeries, Bytes: head.Size(),
		Retention: s.opts.Retention, Refused: map[string]uint64{},
	}
	if s.temporary == "" {
		st.Directory = s.opts.Directory
	}
	minT, maxT := head.MinTime(), head.MaxTime()
	for _, b := range s.db.Blocks() {
		st.Blocks++
		st.Bytes += b.Size()
		minT, maxT = min(minT, b.MinTime()), max(maxT, b.MaxTime())
	}
	if minT <= maxT {
		st.MinTime, st.MaxTime = time.UnixMilli(minT), time.UnixMilli(maxT)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Accepted = s.accepted
	for r, n := range s.refused {
		if n > 0 {
			st.Refused[Reason(r).String()] = n
		}
	}
	return st
}

// isLocked tells the TSDB's lock error, which has no type of its own, from others.
func isLocked(err error) bool {
	return strings.Contains(err.Error(), "lock DB directory") && !errors.Is(err, os.ErrPermission)
}
