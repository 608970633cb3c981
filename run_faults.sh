#!/usr/bin/env bash
# Breaks things under load, at length, and prints what became of the requests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh

usage() {
    cat <<'TEXT'
Usage: ./run_faults.sh [--requests N] [--seed N] [--filter PATTERN] [--help]

Starts clusters of RabbitMQ and Redis of its own, consumers as processes, and a client with 64 callers; then kills consumers, cuts, truncates,
delays and blackholes connections, restarts and kills servers, fails Redis over, and sends inputs that crash consumers, one after the other.
Every request has to come to exactly one right answer or one clear error. Installs what the machine lacks, as ./run_tests.sh does.

  --requests N       how many requests each experiment makes at least (default: 12000; 132000 in all)
  --seed N           what the moments and victims are drawn from (default: drawn, and printed)
  --filter PATTERN   only the experiments whose test's name matches, such as masterFailsOver
  --help             this text
TEXT
}

requests=12000
seed=$SRANDOM
pattern=
while (($# > 0)); do
    case $1 in
        --requests | --seed | --filter)
            (($# > 1)) || fail "$1 needs a value"
            case $1 in --requests) requests=$2 ;; --seed) seed=$2 ;; --filter) pattern=$2 ;; esac
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
[[ $seed =~ ^[0-9]+$ ]] || fail "--seed needs a number, not: $seed"

log=$(mktemp --tmpdir mlserving-faults.XXXXXX)
trap 'rm -f "$log"' EXIT
step "Breaking things, seed $seed"
status=0
FAULT_REQUESTS=$requests FAULT_SEED=$seed ./run_tests.sh --filter "FaultLab(Condition)?Tests.*$pattern" 2>&1 | tee "$log" || status=$?
step "What became of the requests (seed $seed)"
{
    printf 'fault\ttimes\trequests\tlost\tduplicated\twrong\terrors\tworst wait (s)\n'
    sed --quiet 's/^.*FAULT\t//p' "$log"
} | awk -F '\t' '{ printf "%-38s %5s %9s %5s %11s %6s  %-20s %s\n", $1, $2, $3, $4, $5, $6, $7, $8 }'
sed --quiet 's/^.*FAULT\t//p' "$log" | awk -F '\t' '{ requests += $3; lost += $4; doubled += $5; wrong += $6 }
    END { printf "%d requests, %d lost, %d duplicated, %d wrong\n", requests, lost, doubled, wrong }'
exit "$status"
