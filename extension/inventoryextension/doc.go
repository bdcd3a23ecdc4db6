//go:generate go tool -modfile=../../tools.mod mdatagen metadata.yaml

// Package inventoryextension is the face of internal/inventory: it holds the registry that receivers share, and keeps
// it in a storage extension.
package inventoryextension
