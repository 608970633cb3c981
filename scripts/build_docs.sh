#!/usr/bin/env bash
# Builds the reference documentation of the public modules with DocC. Warnings are errors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh

usage() {
    cat <<'TEXT'
Usage: scripts/build_docs.sh [--output DIRECTORY] [--help]

Builds the reference documentation of the public modules, with the articles of Sources/MLServing/MLServing.docc, and fails at the first module for
which DocC has a warning, such as a link to a symbol that does not exist.

  --output DIRECTORY   where the documentation goes; default .build/documentation, which is replaced
  --help               this text

Read it with: python3 -m http.server --directory .build/documentation
TEXT
}

output=.build/documentation
while (($# > 0)); do
    case $1 in
        --output)
            (($# > 1)) || fail "--output needs a directory"
            output=$2
            shift
            ;;
        --output=*) output=${1#*=} ;;
        --help | -h)
            usage
            exit
            ;;
        *)
            usage >&2
            fail "unknown option: $1"
            ;;
    esac
    shift
done
[[ -n $output ]] || fail "--output needs a directory"
[[ ! -e $output || -e $output/metadata.json ]] || fail "$output exists and holds no documentation; choose another directory"

require_swift
type -P docc >/dev/null || fail "No docc found, which is part of the toolchain of Swift for Linux."
install_packages "${build_packages[@]}"

# A module comes after those that it refers to.
modules=(Tensors PrometheusMetrics MLServingCore MLServing MLServingHealth MLServingTesting TextModels)

step "Building the modules"
# As run_tests.sh builds them, so that what it has built is used.
export MLSERVING_STRICT=1 SWIFT_DETERMINISTIC_HASHING=1
for target in MLServingHealth MLServingTesting TextModels; do swift build --target "$target"; done
products=$(swift build --show-bin-path)

work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

# To load a Swift module the compiler has to find the C modules that it imports.
c_modules=()
for map in Sources/C*/module.modulemap {Sources,.build/checkouts/*/Sources}/*/include/module.modulemap "$products"/*.build/module.modulemap; do
    [[ ! -e $map ]] || c_modules+=(-Xcc "-fmodule-map-file=$map")
done
triple=$(swiftc -print-target-info | sed --quiet 's/^ *"triple": "\(.*\)",$/\1/p' | head --lines 1)

archives=()
dependencies=()
for module in "${modules[@]}"; do
    step "Documenting $module"
    mkdir --parents "$work/symbols/$module"
    quietly "$work/log" swift symbolgraph-extract -module-name "$module" -target "$triple" -I "$products/Modules" "${c_modules[@]}" \
        -minimum-access-level public -skip-synthesized-members -skip-inherited-docs -output-dir "$work/symbols/$module"
    catalogue=()
    [[ ! -d Sources/$module/$module.docc ]] || catalogue=("Sources/$module/$module.docc")
    # The option's name says "experimental"; without it no module can refer to another one.
    docc convert "${catalogue[@]}" --additional-symbol-graph-dir "$work/symbols/$module" \
        --fallback-display-name "$module" --fallback-bundle-identifier "$module" --output-path "$work/$module.doccarchive" \
        --transform-for-static-hosting --analyze --warnings-as-errors \
        --enable-experimental-external-link-support "${dependencies[@]}"
    archives+=("$work/$module.doccarchive")
    dependencies+=(--dependency "$work/$module.doccarchive")
done

rm -rf "$output"
mkdir --parents "$(dirname "$output")"
docc merge "${archives[@]}" --synthesized-landing-page-name "MLServing for Swift" --output-path "$output"
step "The documentation is in $output"
