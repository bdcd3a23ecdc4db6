#!/bin/sh
# Installs the programs that the end-to-end tests drive: Debian (or a derivative), as root. Only what is missing is
# installed; no service is started by it, and nothing is left changed but the packages themselves.
#
#   sh testdata/e2e/install.sh          install what is missing
#   sh testdata/e2e/install.sh --check  only list what is missing; exit status 1 if anything is
set -eu

packages="
snmpd        /usr/sbin/snmpd
snmp         /usr/bin/snmpbulkwalk
softflowd    /usr/sbin/softflowd
pmacct       /usr/sbin/pmacctd
nfdump       /usr/bin/nfcapd
nfdump-sflow /usr/bin/sfcapd
tcpdump      /usr/bin/tcpdump
tshark       /usr/bin/tshark
nodejs       /usr/bin/node
chromium     /usr/bin/chromium
iproute2     /usr/bin/ip
"

# A package counts as there when its program is, however it came.
missing=$(echo "$packages" | while read -r package program; do
  [ -z "$package" ] || [ -x "$program" ] || command -v "$(basename "$program")" >/dev/null 2>&1 || printf '%s ' "$package"
done)
missing=${missing% }

if [ -z "$missing" ]; then
  echo "e2e: every peer is installed"
  exit 0
fi
if [ "${1:-}" = "--check" ]; then
  echo "e2e: missing: $missing"
  exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "e2e: missing: $missing. This script knows Debian only; install them with this system's own package manager" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "e2e: missing: $missing. Installing them needs root: sudo sh testdata/e2e/install.sh" >&2
  exit 1
fi

# Debian starts a daemon when its package is installed, unless policy-rc.d says no. An own policy is put back after.
policy=/usr/sbin/policy-rc.d
kept=$policy.before-netcol-e2e
restore() {
  rm -f "$policy"
  if [ -e "$kept" ]; then mv "$kept" "$policy"; fi
}
if [ -e "$policy" ] && [ ! -e "$kept" ]; then mv "$policy" "$kept"; fi
trap restore EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
attempt() {
  apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 update &&
    # shellcheck disable=SC2086 # a list of words
    apt-get -q -y --no-install-recommends -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 install $missing
}
echo "e2e: installing $missing"
try=1
until attempt; do
  if [ "$try" -ge 3 ]; then
    echo "e2e: apt-get could not install $missing after $try attempts" >&2
    exit 1
  fi
  echo "e2e: attempt $try failed, trying again" >&2
  sleep $((try * 5))
  try=$((try + 1))
done
