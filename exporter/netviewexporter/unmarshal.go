package netviewexporter

import (
	"reflect"
	"strings"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
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
	return own.Unmarshal(&c.Settings)
}
