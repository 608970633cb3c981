#!/usr/bin/env bash
# Runs one node of a private cluster: keep-node.sh DIRECTORY COMMAND…
# The id of the node's process is in DIRECTORY/pid while it runs. When it has been ended, a line written to DIRECTORY/control starts it
# again. One that fails by itself is tried again: RabbitMQ does not start if another node goes down while it is asked.
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
    status=$?
    rm -f "$directory/pid"
    if ((status > 0 && status < 128)); then
        sleep 1
    else
        read -r _ <&3
    fi
done
