package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// maxProfile bounds a profile's text: a YAML document can unfold to far more than it seems.
const maxProfile = 1 << 20

// decodeStrict reads YAML in which every key must be known.
func decodeStrict(text []byte, into any) error {
	if len(text) > maxProfile {
		return fmt.Errorf("a profile of %d bytes: at most %d are read", len(text), maxProfile)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("the profile is empty")
		}
		return err
	}
	return nil
}
