#!/usr/bin/env bash
# Runs at length what the suite runs in short, one part after the other, and prints the figures that the documentation quotes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh

usage() {
    cat <<'TEXT'
Usage: scripts/run_long.sh [PART]... [--help]

  adversary    a million hostile messages against a consumer with the documented rights (docs/guarantees.md)
  faults       the fault lab, 12,000 requests for each fault (docs/guarantees.md)
  simulation   100,000 simulated worlds (docs/architecture.md)
  soak         a million requests through one consumer and one client (docs/guarantees.md)
  fuzzing      ten minutes for each decoder (docs/fuzzing.md)

Without a PART all of them run, for several hours. ADVERSARY_MESSAGES, ADVERSARY_SEED, FAULT_SEED and SIMULATION_COUNT change what they say.
The exit status is 0 if every part has passed.
TEXT
}

parts=()
while (($# > 0)); do
    case $1 in
        adversary | faults | simulation | soak | fuzzing) parts+=("$1") ;;
        --help | -h)
            usage
            exit
            ;;
        *)
            usage >&2
            fail "unknown part: $1"
            ;;
    esac
    shift
done
((${#parts[@]} > 0)) || parts=(adversary faults simulation soak fuzzing)

# Attacks a release build, as it is served.
attack() {
    swift build --configuration release --product mlserving || return
    MLSERVING_TEST_PROGRAM=$(swift build --configuration release --show-bin-path)/mlserving ADVERSARY_MESSAGES=${ADVERSARY_MESSAGES:-1000000} \
        ./run_tests.sh --filter AdversaryTests
}

status=0
for part in "${parts[@]}"; do
    step "At length: $part"
    began=$(now)
    case $part in
        adversary) attack ;;
        faults) ./run_faults.sh ${FAULT_SEED:+--seed "$FAULT_SEED"} ;;
        simulation) SIMULATION_COUNT=${SIMULATION_COUNT:-100000} ./run_tests.sh --no-live --filter SimulationTests ;;
        soak) ./run_soak.sh ;;
        fuzzing) ./run_fuzzing.sh --seconds 600 ;;
    esac || {
        status=1
        complain "$part has failed."
    }
    remark "$part took $(seconds_since "$began") s."
done
exit "$status"
