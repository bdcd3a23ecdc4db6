package inventory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What identifies a device has keys of its own; everything else may be added.
func TestAttributesNeverReplaceIdentity(t *testing.T) {
	require.NoError(t, ValidateAttributes(nil))
	require.NoError(t, ValidateAttributes(map[string]string{"site": "ams1", "service.namespace": "core", "host.name.alt": "x"}))
	for key, says := range map[string]string{
		"service.instance.id": "use name", "host.name": "use name", "host.id": "use name", "service.name": "use service_name of the inventory",
	} {
		err := ValidateAttributes(map[string]string{"site": "ams1", key: "mine"})
		require.Error(t, err, key)
		assert.ErrorContains(t, err, "resource_attributes: "+key+`: "mine"`)
		assert.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), "ams1")
	}
	err := ValidateAttributes(map[string]string{"": "x", "host.id": "1", "service.name": "2"})
	for _, says := range []string{"an attribute has no name", "host.id", "service.name"} {
		assert.ErrorContains(t, err, says)
	}
}
