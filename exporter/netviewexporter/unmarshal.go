package netviewexporter

import (
	"reflect"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// serverKeys are the keys that confighttp takes.
var serverKeys = keysOf(reflect.TypeFor[confighttp.ServerConfig]())

func keysOf(t reflect.Type) map[string]bool {
	keys := map[string]bool{}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("mapstructure"), ",")
		switch {
		case strings.Contains(options, "squash"):
			for k := range keysOf(t.Field(i).Type) {
				keys[k] = true
			}
		case name != "" && name != "-":
			keys[name] = true
		}
	}
	return keys
}

// strictServer is confighttp.ServerConfig without its Unmarshal, which accepts unknown keys.
type strictServer confighttp.ServerConfig

// Unmarshal implements confmap.Unmarshaler. A squashed confighttp.ServerConfig makes confmap accept every key at this
// level, so that a typo would pass unnoticed: the server's keys and our own are decoded apart, both strictly.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	server, own := confmap.New(), confmap.New()
	for _, part := range []*confmap.Conf{server, own} {
		if err := part.Merge(conf); err != nil {
			return err
		}
	}
	for key := range conf.ToStringMap() {
		if serverKeys[key] {
			own.Delete(key)
		} else {
			server.Delete(key)
		}
	}
	trial := strictServer(c.HTTP)
	if err := server.Unmarshal(&trial); err != nil {
		return err
	}
	if err := c.HTTP.Unmarshal(server); err != nil {
		return err
	}
	return c.unmarshalOwn(own)
}

// unmarshalOwn decodes what is not the server's.
func (c *Config) unmarshalOwn(conf *confmap.Conf) error {
	own := struct {
		Settings `mapstructure:",squash"`
		Timeout  time.Duration                                            `mapstructure:"timeout"`
		Queue    configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
		BackOff  configretry.BackOffConfig                                `mapstructure:"retry_on_failure"`
	}{c.Settings, c.Timeout, c.QueueConfig, c.BackOffConfig}
	err := conf.Unmarshal(&own)
	c.Settings, c.Timeout, c.QueueConfig, c.BackOffConfig = own.Settings, own.Timeout, own.Queue, own.BackOff
	return err
}
