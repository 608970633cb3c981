#!/usr/bin/env bash
# Builds and runs the micro benchmarks. Takes their options, such as --json; --help lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh

require_swift
install_packages "${build_packages[@]}" >&2
log=$(mktemp --tmpdir mlserving-micro.XXXXXX)
trap 'rm -f "$log"' EXIT
export MLSERVING_BENCHMARKS=1
build=(swift build --package-path Benchmarks --configuration release --product micro-benchmarks)
step "Building the micro benchmarks, which takes minutes the first time" >&2
quietly "$log" "${build[@]}" || fail "The micro benchmarks could not be built."
"$("${build[@]}" --show-bin-path)/micro-benchmarks" "$@"
