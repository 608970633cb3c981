#!/usr/bin/env bash
# build-static.sh DIRECTORY PRODUCT…
# Builds programs that need no Swift on the machine they run on, as the container images hold them, and leaves them in a directory. With
# KEEP_SYMBOLS set they keep the names of their functions.
set -euo pipefail
(($# >= 2)) || { printf 'Usage: %s DIRECTORY PRODUCT…\n' "$0" >&2; exit 64; }
directory=$(realpath --canonicalize-missing "$1")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Every page of a program that is read at its start stays resident. Relative relocations in the packed form are a hundredth of the usual
# size, and nothing looks up the symbols of a program by their names: together a tenth of what an idle consumer occupies.
options=(
    --configuration release --static-swift-stdlib --scratch-path .build-static
    -Xswiftc -use-ld=lld
    -Xlinker -z -Xlinker pack-relative-relocs -Xlinker --no-export-dynamic -Xlinker --icf=safe
)
if [[ -n ${KEEP_SYMBOLS:-} ]]; then options+=(-Xlinker --strip-debug); else options+=(-Xlinker --strip-all); fi

# The system maps a file in pieces of 64 KB. With the functions that run side by side, a quarter less of an idle consumer is resident.
# record-functions.sh makes the list; names in it that a program does not have do no harm. For the linker to move a function, it has to have
# a section of its own, as those of Swift's libraries do.
options+=(-Xswiftc -Xfrontend -Xswiftc -function-sections)
options+=(-Xlinker "--symbol-ordering-file=$PWD/scripts/function-order.txt" -Xlinker --no-warn-symbol-ordering)

# The C++ library that Swift's runtime stands on goes into the program too: of a library of its own more would be resident than is used. The
# linker takes what it finds first.
archive=$(clang -print-file-name=libstdc++.a)
if [[ -e $archive ]]; then
    mkdir --parents .build-static/archives
    ln --symbolic --force "$archive" .build-static/archives/
    options+=(-Xlinker "-L$PWD/.build-static/archives")
fi
for product in "$@"; do swift build "${options[@]}" --product "$product"; done
for product in "$@"; do install -D --target-directory="$directory" "$(swift build "${options[@]}" --show-bin-path)/$product"; done
