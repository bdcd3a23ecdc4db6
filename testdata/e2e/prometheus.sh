#!/bin/sh
# Builds Prometheus 3 from its Go module, pinned by prometheus.mod, into the repository's cache, once for each state of
# that file, and prints the program's path. Cold it takes minutes; the test that needs it calls this too.
#
# The web interface's assets are not built in (the module does not carry them): the tests use the API only.
set -eu
cd "$(dirname "$0")/../.."
key=$(cat testdata/e2e/prometheus.mod testdata/e2e/prometheus.sum | cksum | cut -d' ' -f1)
program=$PWD/.cache/e2e/prometheus-$key
if [ ! -x "$program" ]; then
  echo "e2e: building Prometheus" >&2
  mkdir -p .cache/e2e
  ${GO:-go} build -mod=readonly -modfile=testdata/e2e/prometheus.mod -trimpath -ldflags='-s -w' -o "$program.new" github.com/prometheus/prometheus/cmd/prometheus
  mv "$program.new" "$program"
fi
echo "$program"
