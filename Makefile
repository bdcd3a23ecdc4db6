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

# The whole suite with -race, without root. What is skipped, because a peer is not installed here, is listed at the end.
test:
	$(TOOL) gotestsum --format pkgname --format-hide-empty-pkg -- -race -timeout 20m $(TESTFLAGS) ./...

# Real peers on loopback: installs what is missing (Debian, root), then drives the built binary.
e2e: build netctl
	sh testdata/e2e/install.sh
	sh testdata/e2e/prometheus.sh >/dev/null
	E2E_REQUIRE=$(or $(E2E_REQUIRE),1) $(GO) test -tags e2e -count=1 -v -parallel 4 -timeout 15m ./internal/e2e/...

# Whole benchmarks, allocations included. Compare figures of one run only: machines are noisy.
bench:
	$(GO) test -run '^$$' -bench . -benchmem ./internal/... ./receiver/... ./exporter/...

# Every fuzz target for FUZZTIME each.
fuzz:
	.ci/fuzz $(FUZZTIME)

lint:
	$(TOOL) golangci-lint run ./...

fmt:
	$(TOOL) golangci-lint fmt ./...

generate:
	$(GO) generate ./...

# Generated files must be what their sources say.
generate-check: generate
	@test -z "$$(git status --porcelain)" || { git status --short; git diff; echo "generate-check: run 'make generate' and commit what changed" >&2; exit 1; }

# Every configuration we ship must be one the binary accepts.
validate: build
	@for c in config/*.yaml; do echo "netcol validate --config $$c"; $(NETCOL) validate --config $$c || exit 1; done

tidy:
	$(GO) mod tidy

clean:
	rm -rf $(BUILD) bin
