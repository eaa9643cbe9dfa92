# SPDX-License-Identifier: BSD-3-Clause
# Sourced by quickstart and check: installs the Debian packages that are missing, as root, or says
# which one command needs root. Safe to run again: it asks apt only for what is not there.

# Package names of the given groups in packages.txt.
packages_of() {
  local list=$1; shift
  awk -v wanted=" $* " '
    /^\[/ { group = substr($0, 2, length($0) - 2); next }
    /^[^#[:space:]]/ { if (index(wanted, " " group " ")) print $1 }' "$list"
}

# Those of the given packages that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      echo "$package"
  done
}

# apt-get with its words in a log; one line a while says how far it is.
quiet_apt() {
  local log=$1 pid; shift
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" \
    >>"$log" 2>&1 </dev/null &
  pid=$!
  local waited=0
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
    if [ $((waited % 20)) = 0 ]; then
      echo "  ... $(grep -c '^Setting up' "$log") packages set up after ${waited} s"
    fi
  done
  wait "$pid"
}

# What the tests start they start themselves: a machine does not become a router by testing one.
# Debian asks this file before it starts a service that was just installed (policy-rc.d).
without_services() {
  local policy=/usr/sbin/policy-rc.d code=0
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  "$@" || code=$?
  rm -f "$policy"
  return "$code"
}

# install_packages LOG GROUP...: everything in these groups is installed on return, or we stop.
install_packages() {
  local log=$1; shift
  local list missing
  list=$(dirname "${BASH_SOURCE[0]}")/packages.txt
  command -v dpkg-query >/dev/null || {
    echo "this is not a Debian: install the packages in tests/support/packages.txt by hand" >&2
    return 0
  }
  missing=$(missing_packages $(packages_of "$list" "$@") | tr '\n' ' ')
  [ -n "$missing" ] || { echo "packages: all there"; return 0; }
  if [ "$(id -u)" != 0 ]; then
    echo "Some Debian packages are missing. This one command needs root; run it, then come back:" >&2
    echo >&2
    echo "  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${missing% }'" >&2
    exit 1
  fi
  mkdir -p "$(dirname "$log")"
  : >"$log"
  echo "packages: installing $(echo "$missing" | wc -w) and what they need (log: $log)"
  # A broken third-party source does not matter as long as what we need can be installed.
  quiet_apt "$log" update || echo "  apt-get update had complaints; going on with what it found"
  if ! without_services quiet_apt "$log" install -y --no-install-recommends $missing; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install: ${missing% }" >&2
    exit 1
  fi
  echo "packages: installed"
}
