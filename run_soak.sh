#!/usr/bin/env bash
# Sends a million requests through one consumer and one client, and checks that neither keeps memory or descriptors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/processes.sh
source scripts/processes.sh
# shellcheck source=scripts/private-servers.sh
source scripts/private-servers.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh
# shellcheck source=scripts/configured-servers.sh
source scripts/configured-servers.sh

usage() {
    cat <<'TEXT'
Usage: ./run_soak.sh [--requests N] [--in-flight N] [--coalesce] [--help]

Starts private RabbitMQ and Redis, a consumer (mlserving consume echo) and a client (mlserving bench), both linked as in the images. After a
warm-up of a tenth of the requests neither may grow by 5 MB or hold more descriptors. Installs what the machine lacks.

  --requests N    how many requests (default: 1000000)
  --in-flight N   how many at once (default: 64)
  --coalesce      let requests share messages
  --help          this text
TEXT
}

requests=1000000
in_flight=64
options=()
while (($# > 0)); do
    case $1 in
        --requests | --in-flight)
            (($# > 1)) || fail "$1 needs a number"
            [[ $2 =~ ^[1-9][0-9]*$ ]] || fail "$1 needs a number above 0, not: $2"
            case $1 in --requests) requests=$2 ;; --in-flight) in_flight=$2 ;; esac
            shift
            ;;
        --coalesce) options+=(--coalesce) ;;
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

directory=$(mktemp --directory --tmpdir mlserving-soak.XXXXXX)
# shellcheck disable=SC2317
clean_up() {
    stop_processes
    rm -rf "$directory"
}
at_exit clean_up

install_packages "${build_packages[@]}" "${server_packages[@]}"
step "Building"
scripts/build-static.sh .build-static/products mlserving
step "Starting servers"
start_private_servers "$directory" || fail "The servers could not be started."
use_private_servers
export QUEUE_NAME=soak
start_process consumer "$directory/consumer.log" .build-static/products/mlserving consume echo --prefetch 512
consumer=$started_pid
await 30 grep --quiet "consumer ready" "$directory/consumer.log" || fail "The consumer did not start: $(cat "$directory/consumer.log")"
step "Sending $requests requests, $in_flight at once"
.build-static/products/mlserving bench --requests "$requests" --in-flight "$in_flight" --warm-up "$((requests / 10))" \
    --consumer-pid "$consumer" --timeout 60 --json "${options[@]}" >"$directory/report.json"
python3 - "$directory/report.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
print(f"{report['requests']} requests, {report['errors']} errors, {report['requests_per_second']:.0f}/s, "
      f"p50 {report['p50_ms']:.1f} ms, p99.9 {report['p999_ms']:.1f} ms")
failed = report["errors"] > 0
for name in "client", "consumer":
    held = report[name]
    growth = held["memory_mb_after"] - held["memory_mb_before"]
    leaked = held["descriptors_after"] - held["descriptors_before"]
    print(f"{name:9} {held['memory_mb_before']:.1f} to {held['memory_mb_after']:.1f} MB ({growth:+.1f}), "
          f"{held['descriptors_before']} to {held['descriptors_after']} descriptors")
    failed |= growth >= 5 or leaked > 0
sys.exit("A process grew, or requests failed." if failed else 0)
PYTHON
