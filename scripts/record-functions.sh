#!/usr/bin/env bash
# record-functions.sh
# Writes the functions that run when mlserving serves and asks to scripts/function-order.txt, the busiest first, for build-static.sh. To be
# run again when much has changed, or with another version of Swift; it takes some minutes. A list that is out of date costs some memory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/processes.sh
source scripts/processes.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh
# shellcheck source=scripts/private-servers.sh
source scripts/private-servers.sh
# shellcheck source=scripts/configured-servers.sh
source scripts/configured-servers.sh

work=$(mktemp --directory --tmpdir mlserving-functions.XXXXXX)
# shellcheck disable=SC2317
clean_up() {
    stop_processes
    rm -rf "$work"
}
at_exit clean_up

require_swift
install_packages "${build_packages[@]}" "${server_packages[@]}" valgrind
step "Building"
KEEP_SYMBOLS=1 quietly "$work/build.log" scripts/build-static.sh "$work" mlserving
step "Starting servers"
start_private_servers "$work/servers" || fail "The servers could not be started."
use_private_servers
export QUEUE_NAME=functions QUEUE_TYPE=classic

# record NAME ARGUMENT…: starts mlserving where its functions are counted.
record() {
    local name=$1
    shift
    start_process "$name" "$work/$name.log" valgrind --tool=callgrind --demangle=no --callgrind-out-file="$work/$name.calls" "$work/mlserving" "$@"
}

step "Recording"
record consumer consume echo
consumer=$started_pid
await 120 grep --quiet "consumer ready" "$work/consumer.log" || fail "The consumer did not start: $(cat "$work/consumer.log")"
record client bench --requests 1000 --warm-up 100 --in-flight 16 --payload-bytes 2400 --share-thread
wait "$started_pid" || fail "The requests failed: $(cat "$work/client.log")"
stop_process "$consumer" 60 || true

# The lines of a function begin with a place in the program, then comes what was spent there. The line after a call has what the callee spent.
awk '
    FNR == 1 { split("", names) }
    /^c?fn=\(/ {
        match($0, /\([0-9]+\)/)
        id = substr($0, RSTART, RLENGTH)
        if (length($0) > RSTART + RLENGTH) names[id] = substr($0, RSTART + RLENGTH + 1)
        if (/^fn/) current = names[id]
    }
    /^calls=/ { skip = 1; next }
    /^[-+*0-9]/ { if (!skip) spent[current] += $2; skip = 0 }
    END { for (name in spent) { cost = spent[name]; sub(/\x27[0-9]+$/, "", name); printf "%d\t%s\n", cost, name } }
' "$work/consumer.calls" "$work/client.calls" | sort --key=1,1nr --key=2 | cut --fields=2 >"$work/names"
nm --defined-only "$work/mlserving" | awk '$2 ~ /[tTwW]/ { print $3 }' >"$work/symbols"
# Those of libraries of the system are not the linker's to place, and of a name that came twice the first place counts.
awk 'NR == FNR { defined[$1]; next } ($1 in defined) && !seen[$1]++' "$work/symbols" "$work/names" >scripts/function-order.txt
remark "$(wc --lines <scripts/function-order.txt) functions"
