# netcol: `make demo` to see it, `make test` to trust it, `make build` for the binary.

GO        ?= go
TOOL      := $(GO) tool -modfile=tools.mod
BUILD     := _build
NETCOL    := $(BUILD)/netcol
NETCTL    := bin/netctl
FUZZTIME  ?= 10s
SOURCES   := $(shell find cmd exporter extension internal receiver -name '*.go' -o -name '*.html' -o -name '*.js' -o -name '*.css' -o -name '*.yaml' 2>/dev/null)

.PHONY: all build netctl demo test e2e bench fuzz lint fmt generate generate-check validate tidy clean

all: build netctl

build: $(NETCOL)
$(NETCOL): builder-config.yaml go.mod go.sum tools.mod $(SOURCES)
	$(TOOL) builder --config builder-config.yaml

netctl: $(NETCTL)
$(NETCTL): go.mod go.sum $(SOURCES)
	@mkdir -p bin
	$(GO) build -trimpath -o $@ ./cmd/netctl

# A simulated network and a collector on loopback, until Ctrl-C. Nothing is written outside this folder.
demo: build netctl
	@$(NETCTL) demo --netcol $(NETCOL) --config config/demo.yaml

test:
	$(GO) test -race ./...
