#!/usr/bin/env bash
# Measures whether a request costs the same however many are under way, and however many wait in the queue.
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
# shellcheck source=Benchmarks/contenders.sh
source Benchmarks/contenders.sh

usage() {
    cat <<'TEXT'
Usage: Benchmarks/flatness.sh [--requests N] [--depth N] [--program FILE] [--help]

Lets a client ask an echoing consumer with 1 to 4096 requests under way, 2.4 KB each, and prints what a request costs client and consumer.
Then fills the queue, and prints what a request costs the consumer as the queue gets shorter. Starts a RabbitMQ and a Redis of its own.

  --requests N     how many for each number under way (50000; a tenth of it for less than 16)
  --depth N        how many requests are to wait in the queue (1000000, which takes 5 GB of disk and some minutes)
  --program FILE   an mlserving that is built already; otherwise it is built as for the images (scripts/build-static.sh)
  --help           this text
TEXT
}

requests=50000
depth=1000000
program=
while (($# > 0)); do
    case $1 in
        --requests | --depth | --program)
            (($# > 1)) || fail "$1 needs a value"
            case $1 in
                --requests) requests=$2 ;;
                --depth) depth=$2 ;;
                --program) program=$2 ;;
            esac
            shift
            ;;
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

work=
# shellcheck disable=SC2317
clean_up() {
    stop_processes
    [[ -z $work ]] || rm -rf "$work"
}
at_exit clean_up

install_packages "${server_packages[@]}" python3
work=$(mktemp --directory --tmpdir mlserving-flatness.XXXXXX)
if [[ -z $program ]]; then
    require_swift
    step "Building mlserving, which takes minutes the first time"
    quietly "$work/build.log" scripts/build-static.sh .build-static/products mlserving
    program=.build-static/products/mlserving
fi
step "Starting servers"
start_private_servers "$work/servers" || fail "The servers did not start."
queue_type=classic
set_serving_options
# Results that nobody reads must not fill Redis.
export REDIS_TTL=5

start_echo() {
    start_process mlserving "$work/consumer.log" "$program" consume echo --prefetch 512 "${serving_options[@]}"
    await 60 is_ready mlserving "$work/consumer.log" || fail "The consumer did not start."
}

step "Requests under way"
start_echo
consumer=$started_pid
printf '%10s  %9s  %14s  %11s  %6s\n' "under way" "a second" "client CPU µs" "consumer" "sum"
for in_flight in 1 4 16 64 128 256 512 1024 2048 4096; do
    amount=$requests
    ((in_flight >= 16)) || amount=$((requests / 10))
    "$program" bench --json --share-thread --requests "$amount" --warm-up $((amount / 10)) --in-flight "$in_flight" \
        --consumer-pid "$consumer" "${serving_options[@]}" 2>/dev/null >"$work/figures"
    python3 - "$in_flight" "$work/figures" <<'PYTHON'
import json, sys
figures = json.load(open(sys.argv[2]))
client, consumer = figures["cpu_us_per_request"], figures["consumer_cpu_us_per_request"]
print("%10s  %9.0f  %14.1f  %11.1f  %6.1f" % (sys.argv[1], figures["requests_per_second"], client, consumer, client + consumer))
PYTHON
done
stop_process "$consumer" || true

waiting() { "$program" status --json "${serving_options[@]}" 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["queue"].get("depth") or 0)'; }

step "Requests in the queue"
"$program" bench --submit --share-thread --requests "$depth" --in-flight 1024 --timeout 3600 "${serving_options[@]}" >"$work/figures"
start_echo
consumer=$started_pid
printf '%22s  %9s  %15s\n' "requests in the queue" "a second" "consumer CPU µs"
before=$(waiting) cpu_before=$(cpu_microseconds "$consumer") time_before=$EPOCHREALTIME
while ((before > 0)); do
    sleep 5
    after=$(waiting) cpu_after=$(cpu_microseconds "$consumer") time_after=$EPOCHREALTIME
    python3 - "$before" "$after" "$cpu_before" "$cpu_after" "$time_before" "$time_after" <<'PYTHON'
import sys
before, after, cpu_before, cpu_after, time_before, time_after = map(float, sys.argv[1:])
done = before - after
if done: print("%10d to %8d  %9.0f  %15.1f" % (before, after, done / (time_after - time_before), (cpu_after - cpu_before) / done))
PYTHON
    before=$after cpu_before=$cpu_after time_before=$time_after
done
stop_process "$consumer" || true
