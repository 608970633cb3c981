#!/usr/bin/env bash
# Measures MLServing, a C baseline and the peers in turn, on the same servers, and prints one table.
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
# shellcheck source=scripts/python-reference.sh
source scripts/python-reference.sh
# shellcheck source=Benchmarks/contenders.sh
source Benchmarks/contenders.sh

usage() {
    cat <<'TEXT'
Usage: Benchmarks/run.sh [--requests N] [--repetitions R] [--only NAMES] [--queue-type TYPE] [--payload-bytes B] [--program FILE]
       [--json FILE] [--help]

Lets clients ask echoing consumers, one request at a time and with 128 and 512 under way, through durable queues and with
persistent messages. Prints medians, ratios to the C baseline, and whether the project's bars are met. Installs what the machine lacks and
starts a RabbitMQ and a Redis of its own.

  --requests N         with 128 and 512 under way (20000); a tenth of it one at a time. Peers make a twentieth of either.
  --repetitions R      how many times each is measured, in turn with the others (3)
  --only NAMES         of c, mlserving, celery, dramatiq, template: a list with commas (all)
  --queue-type TYPE    classic or quorum, for c and mlserving; peers have classic queues (classic)
  --payload-bytes B    the size of an input (2400, for which the bars are); MLServing's and the peers' are lists of B / 8 doubles
  --program FILE       an mlserving that is built already; otherwise it is built as for the images (scripts/build-static.sh)
  --json FILE          writes every single measurement to a file, one JSON object a line
  --help               this text

docs/benchmarks.md tells what exactly is measured, and has figures.
TEXT
}

requests=20000
repetitions=3
only=c,mlserving,celery,dramatiq,template
queue_type=classic
payload_bytes=2400
program=
json=
while (($# > 0)); do
    case $1 in
        --requests | --repetitions | --only | --queue-type | --payload-bytes | --program | --json)
            (($# > 1)) || fail "$1 needs a value"
            case $1 in
                --requests) requests=$2 ;;
                --repetitions) repetitions=$2 ;;
                --only) only=$2 ;;
                --queue-type) queue_type=$2 ;;
                --payload-bytes) payload_bytes=$2 ;;
                --program) program=$2 ;;
                --json) json=$2 ;;
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
[[ $requests =~ ^[1-9][0-9]*$ ]] || fail "--requests needs a number above 0, not: $requests"
[[ $repetitions =~ ^[1-9][0-9]*$ ]] || fail "--repetitions needs a number above 0, not: $repetitions"
[[ $payload_bytes =~ ^[1-9][0-9]*$ ]] || fail "--payload-bytes needs a number above 0, not: $payload_bytes"
[[ $queue_type == classic || $queue_type == quorum ]] || fail "--queue-type is classic or quorum, not: $queue_type"
[[ -z $program || -x $program ]] || fail "There is no program $program"
IFS=, read -r -a contenders <<<"$only"
for contender in "${contenders[@]}"; do
    [[ " c mlserving celery dramatiq template " == *" $contender "* ]] || fail "There is no contender $contender"
done
measures_any() {
    local name
    for name in "$@"; do [[ ",$only," != *",$name,"* ]] || return 0; done
    return 1
}

work=$(mktemp --directory --tmpdir mlserving-benchmarks.XXXXXX)
# shellcheck disable=SC2317
clean_up() {
    stop_processes
    rm -rf "$work"
}
at_exit clean_up
# Progress is for people, the table for whatever reads the output.
exec 3>&1 1>&2

if measures_any c mlserving; then install_packages "${build_packages[@]}"; fi
install_packages "${server_packages[@]}" python3-venv
if measures_any c; then
    install_packages gcc make pkg-config
    step "Building the C baseline"
    quietly "$work/make.log" make --directory Benchmarks/c-baseline
fi
if measures_any celery dramatiq template; then prepare_python_environment Benchmarks/peers/requirements.txt .cache/benchmark-peers; fi
if measures_any mlserving && [[ -z $program ]]; then
    require_swift
    step "Building mlserving, which takes minutes the first time"
    quietly "$work/build.log" scripts/build-static.sh .build-static/products mlserving
    program=.build-static/products/mlserving
fi

step "Starting servers"
start_private_servers "$work/servers" || fail "The servers did not start."
export BENCHMARK_RABBIT=127.0.0.1:$rabbitmq_port BENCHMARK_REDIS=127.0.0.1:$redis_port
set_serving_options

results=$work/results
: >"$results"
step "Measuring"
for ((repetition = 1; repetition <= repetitions; repetition++)); do
    for contender in "${contenders[@]}"; do measure_contender "$contender"; done
done

[[ -z $json ]] || cp "$results" "$json"
step "Results"
report=(Benchmarks/report.py --load "$(cut --delimiter=' ' --fields=1 /proc/loadavg)")
((payload_bytes != 2400)) || report+=(--bars)
/usr/bin/env python3 "${report[@]}" <"$results" >&3
