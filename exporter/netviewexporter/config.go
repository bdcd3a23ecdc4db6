package netviewexporter

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// Config configures the store, the query API and the page.
type Config struct {
	// HTTP is where the page and the API are served: endpoint, tls, auth, cors and what else confighttp offers.
	// The default endpoint is 127.0.0.1:8810.
	HTTP confighttp.ServerConfig `mapstructure:",squash"`

	Settings `mapstructure:",squash"`

	// Timeout, QueueConfig and BackOffConfig are as in every exporter. They are not part of Settings because confmap
	// names the Go field of a squashed struct in what its parts' own Validate reports, which is no key.
	Timeout       time.Duration                                            `mapstructure:"timeout"`
	QueueConfig   configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	BackOffConfig configretry.BackOffConfig                                `mapstructure:"retry_on_failure"`
}

// Settings are the keys of Config that are netview's own.
type Settings struct {
	// Directory holds what is stored. The default is ./state/netview, relative to where the Collector was started; it
	// is made if it is not there. Empty means a temporary directory that is removed at the end.
	Directory string `mapstructure:"directory"`

	// Retention is how long samples are kept: at least 2h, because the store drops whole blocks of that span. Default 7d.
	Retention Span `mapstructure:"retention"`

	// RetentionSize caps the blocks on disk ("10GiB", "500MB"). 0, the default, is no cap.
	RetentionSize ByteSize `mapstructure:"retention_size"`

	// OutOfOrderWindow is how much older than the newest sample a late one may be. Default 10m.
	OutOfOrderWindow time.Duration `mapstructure:"out_of_order_window"`

	// MaxSeries bounds the series held in memory (about 3 KiB each). Samples that would open one more are refused and
	// counted. Default 500000.
	MaxSeries int `mapstructure:"max_series"`

	// MaxEvents is how many of the latest events (traps, changes of entities) are kept in memory. Default 1000.
	MaxEvents int `mapstructure:"max_events"`

	// Query limits what the API may take.
	Query QueryConfig `mapstructure:"query"`
}

// QueryConfig limits the evaluation of queries.
type QueryConfig struct {
	// Timeout ends an evaluation. A request may ask for less. Default 30s.
	Timeout time.Duration `mapstructure:"timeout"`
	// MaxSamples bounds the samples one evaluation holds in memory. Default 20000000 (320 MB).
	MaxSamples int `mapstructure:"max_samples"`
	// MaxConcurrent is how many evaluations run at once; others wait. Default 8.
	MaxConcurrent int `mapstructure:"max_concurrent"`
}

func createDefaultConfig() component.Config {
	http := confighttp.NewDefaultServerConfig()
	http.NetAddr.Endpoint = "127.0.0.1:8810"
	// Longer than a query may take, or its error would not get through.
	http.WriteTimeout = time.Minute
	queue := exporterhelper.NewDefaultQueueConfig()
	// One consumer keeps batches in order; the store has one writer anyway.
	queue.NumConsumers = 1
	return &Config{
		HTTP: http,
		Settings: Settings{
			Directory:        "./state/netview",
			Retention:        Span(7 * 24 * time.Hour),
			OutOfOrderWindow: 10 * time.Minute,
			MaxSeries:        500_000,
			MaxEvents:        1000,
			Query:            QueryConfig{Timeout: 30 * time.Second, MaxSamples: 20_000_000, MaxConcurrent: 8},
		},
		Timeout:       30 * time.Second,
		QueueConfig:   configoptional.Some(queue),
		BackOffConfig: configretry.NewDefaultBackOffConfig(),
	}
}

// minRetention is the span of the store's smallest block.
const minRetention = 2 * time.Hour

// Validate checks every key and reports all faults at once.
func (c *Config) Validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := c.validateEndpoint(); err != nil {
		errs = append(errs, err)
	}
	if d := time.Duration(c.Retention); d < minRetention {
		fault("retention: %s is too short; the store drops blocks of two hours, so use 2h or more", d)
	}
	if c.RetentionSize < 0 {
		fault("retention_size: %d must not be negative; use a size such as 10GiB, or 0 for no cap", c.RetentionSize)
	}
	if c.OutOfOrderWindow <= 0 || c.OutOfOrderWindow > 24*time.Hour {
		fault("out_of_order_window: %s must be above 0 and at most 24h", c.OutOfOrderWindow)
	}
	if c.MaxSeries < 1000 {
		fault("max_series: %d is too few to show a network; use 1000 or more (a port takes about 30)", c.MaxSeries)
	}
	if c.MaxEvents < 0 {
		fault("max_events: %d must not be negative; 0 keeps none", c.MaxEvents)
	}
	if c.Timeout < 0 {
		fault("timeout: %s must not be negative; use for example 30s, or 0 for none", c.Timeout)
	}
	if c.Query.Timeout <= 0 {
		fault("query::timeout: %s must be positive, for example 30s", c.Query.Timeout)
	}
	if c.Query.MaxSamples <= 0 {
		fault("query::max_samples: %d must be positive, for example 20000000", c.Query.MaxSamples)
	}
	if c.Query.MaxConcurrent <= 0 {
		fault("query::max_concurrent: %d must be positive, for example 8", c.Query.MaxConcurrent)
	}
	return errors.Join(errs...)
}

func (c *Config) validateEndpoint() error {
	addr := c.HTTP.NetAddr
	switch addr.Transport {
	case "", "tcp", "tcp4", "tcp6":
	case "unix":
		return nil
	default:
		return fmt.Errorf("transport: %q does not carry HTTP; use tcp, tcp4, tcp6 or unix", addr.Transport)
	}
	_, port, err := net.SplitHostPort(addr.Endpoint)
	if err != nil {
		return fmt.Errorf("endpoint: %q is not host:port, for example 127.0.0.1:8810", addr.Endpoint)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("endpoint: %q has the port %q; use a number from 0 to 65535", addr.Endpoint, port)
	} else if n == 0 && port != "0" {
		return fmt.Errorf("endpoint: %q has the port %q; write 0 for any free port", addr.Endpoint, port)
	}
	return nil
}
