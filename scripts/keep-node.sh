#!/usr/bin/env bash
# Runs one node of a private cluster: keep-node.sh DIRECTORY COMMAND…
# The id of the node's process is in DIRECTORY/pid while it runs. When it has ended, a line written to DIRECTORY/control starts it again.
set -u

directory=$1
shift
mkfifo "$directory/control"
# Open in both directions, so that neither end waits for the other.
exec 3<>"$directory/control"

while :; do
    "$@" </dev/null >>"$directory/log" 2>&1 3<&- &
    node=$!
    echo "$node" >"$directory/pid.part"
    mv "$directory/pid.part" "$directory/pid"
    wait "$node"
    rm -f "$directory/pid"
    read -r _ <&3
done
