package deliver

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Storage opens what component self, which is of the given kind, keeps in the storage extension id of host. The client
// is the caller's to close. A nil id is none: the client is nil, without an error. Errors name the key `storage` and
// say what would be right.
func Storage(ctx context.Context, host component.Host, id *component.ID, kind component.Kind, self component.ID) (storage.Client, error) {
	if id == nil {
		return nil, nil
	}
	found, ok := host.GetExtensions()[*id]
	if !ok {
		return nil, fmt.Errorf("storage: no extension %q: add it under extensions and service::extensions, or leave storage out", id)
	}
	extension, ok := found.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: extension %q is not a storage extension; file_storage is one", id)
	}
	client, err := extension.GetClient(ctx, kind, self, "")
	if err != nil {
		return nil, fmt.Errorf("storage: %q: %w", id, err)
	}
	return client, nil
}
