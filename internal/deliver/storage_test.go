package deliver

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

type extensions map[component.ID]component.Component

func (e extensions) GetExtensions() map[component.ID]component.Component { return e }

// disk is a storage extension that gives out one kind of client, or fails.
type disk struct {
	component.StartFunc
	component.ShutdownFunc
	err  error
	kind component.Kind
	self component.ID
}

func (d *disk) GetClient(_ context.Context, kind component.Kind, self component.ID, _ string) (storage.Client, error) {
	d.kind, d.self = kind, self
	return storage.NewNopClient(), d.err
}

func TestStorage(t *testing.T) {
	id, self := component.MustNewID("file_storage"), component.MustNewIDWithName("sflow", "edge")
	open := func(host component.Host, id *component.ID) (storage.Client, error) {
		return Storage(t.Context(), host, id, component.KindReceiver, self)
	}
	client, err := open(componenttest.NewNopHost(), nil)
	require.NoError(t, err)
	assert.Nil(t, client, "nothing configured, nothing kept")

	d := &disk{}
	client, err = open(extensions{id: d}, &id)
	require.NoError(t, err)
	assert.NotNil(t, client)
	assert.Equal(t, component.KindReceiver, d.kind)
	assert.Equal(t, self, d.self, "what one component keeps is apart from what others do")

	full := errors.New("disk is full")
	for want, host := range map[string]component.Host{
		`storage: no extension "file_storage": add it under extensions`:         extensions{},
		`storage: extension "file_storage" is not a storage extension; file_st`: extensions{id: &struct{ component.Component }{}},
		`storage: "file_storage": disk is full`:                                 extensions{id: &disk{err: full}},
	} {
		client, err := open(host, &id)
		require.ErrorContains(t, err, want)
		assert.Nil(t, client)
	}
}
