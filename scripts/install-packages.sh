# shellcheck shell=bash
# Installs the Debian packages that a script needs and the machine lacks. Needs terminal.sh.
# shellcheck disable=SC2034

# What the package is built from, besides Swift.
build_packages=(librabbitmq-dev libhiredis-dev libzstd-dev)
# The servers that live tests and the demo with brokers run.
server_packages=(rabbitmq-server redis-server openssl)
# The reference implementation of the models, and a text to train one on.
model_packages=(fasttext wordnet-base)

# install_packages NAME…
install_packages() {
    local missing=() name
    for name in "$@"; do is_installed "$name" || missing+=("$name"); done
    ((${#missing[@]} > 0)) || return 0
    type -P apt-get >/dev/null || fail "This machine has no apt-get. Install what these Debian packages hold: ${missing[*]}"

    local as_root=()
    if ((EUID != 0)); then
        type -P sudo >/dev/null || fail "Run this as root, since there is no sudo: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    step "Installing with apt${as_root:+ and sudo}: ${missing[*]}"
    "${as_root[@]}" bash -c "$(declare -f install_without_starting); install_without_starting \"\$@\"" bash "${missing[@]}" ||
        fail "apt-get could not install ${missing[*]}"
}

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Runs as root. Debian starts a server when it installs it, unless this policy forbids it; a policy that is there already stays.
install_without_starting() {
    set -euo pipefail
    local policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    apt-get --quiet --quiet -o DPkg::Lock::Timeout=120 update
    apt-get --quiet --quiet -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "$@"
}

# Fails unless a Swift toolchain is at hand.
require_swift() {
    type -P swift >/dev/null || fail "No swift found. Install Swift 6.2 or later (swift.org/install) and put it on the PATH."
}
