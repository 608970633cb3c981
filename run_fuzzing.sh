#!/usr/bin/env bash
# Fuzzes the decoders: replays what is known of each, then looks for more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/processes.sh
source scripts/processes.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh

usage() {
    cat <<'TEXT'
Usage: ./run_fuzzing.sh [--target NAME]... [--seconds N | --executions N] [--seed N] [--merge] [--list] [--help]

Builds the fuzzer with the address sanitizer, replays the committed inputs of each target, and then makes new ones for a while,
guided by the code that they reach.

  --target NAME    only this target; otherwise every target has its turn
  --seconds N      how long to replay and make inputs for each target (60); 0 only replays
  --executions N   how many inputs to run for each target instead
  --seed N         makes the same inputs as an earlier run that printed this seed, if it began with the same ones
  --merge          adds to the committed inputs what was found in this and earlier runs and reaches code that they do not
  --list           names the targets
  --help           this text

An input that breaks a target goes to Fuzzing/.build/findings, and the command that runs it again is printed. The exit status is 1 if
there is any. docs/fuzzing.md tells what the targets check.
TEXT
}

seconds=60
executions=
seed=$RANDOM
merges=
lists=
targets=()
while (($# > 0)); do
    case $1 in
        --target=* | --seconds=* | --executions=* | --seed=*)
            option=${1%%=*} value=${1#*=}
            shift
            set -- "$option" "$value" "$@"
            continue
            ;;
        --target | --seconds | --executions | --seed)
            (($# > 1)) || fail "$1 needs a value"
            [[ $1 == --target || $2 =~ ^[0-9]+$ ]] || fail "$1 needs a whole number, not $2"
            case $1 in
                --target) targets+=("$2") ;;
                --seconds) seconds=$2 ;;
                --executions) executions=$2 ;;
                --seed) seed=$2 ;;
            esac
            shift
            ;;
        --merge) merges=1 ;;
        --list) lists=1 ;;
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

at_exit stop_processes

# run LOG COMMAND…: runs a command in the background, so that a signal is heard at once, and returns its status.
run() {
    local pid status=0
    start_process "${2##*/}" "$@"
    pid=$started_pid
    wait "$pid" || status=$?
    stop_process "$pid" || true
    return "$status"
}

require_swift
install_packages "${build_packages[@]}"
step "Building the fuzzer"
export MLSERVING_FUZZING=1
# Of several -sanitize options the compiler heeds the last; that of the package manager alone would leave out the coverage.
build=(swift build --package-path Fuzzing --configuration release --product fuzz --sanitize fuzzer --sanitize address
    -Xswiftc '-sanitize=fuzzer,address' -Xswiftc -enable-testing)
work=Fuzzing/.build
mkdir -p "$work"
quietly "$work/build.log" run - "${build[@]}" || fail "The fuzzer could not be built."
fuzz=$work/release/fuzz

mapfile -t known < <("$fuzz" --list)
if [[ -n $lists ]]; then
    printf '%s\n' "${known[@]}"
    exit
fi
((${#targets[@]} > 0)) || targets=("${known[@]}")
for target in "${targets[@]}"; do
    [[ " ${known[*]} " == *" $target "* ]] || fail "There is no target $target. The targets are: ${known[*]}"
done

# Swift's own report of a crash would come in the way of the sanitizer's. What is freed need not stay poisoned for long here: an input
# is one call.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=quarantine_size_mb=32
limits=(-timeout=25 -rss_limit_mb=2048 -malloc_limit_mb=256)
findings=$work/findings
mkdir -p "$findings"

# run_target NAME LOG OPTION…: runs the fuzzer; shows what it says when it finds something.
run_target() {
    local target=$1 log=$2
    shift 2
    if run "$log" "$fuzz" --target="$target" "${limits[@]}" -artifact_prefix="$findings/$target-" "$@"; then return; fi
    tail --lines=60 "$log" >&2
    complain "$target has a finding. To run it again:"
    sed --quiet "s|.*Test unit written to |    SWIFT_BACKTRACE=enable=no $fuzz --target=$target |p" "$log" >&2
    return 1
}

# The last figure of a kind that the fuzzer has printed to a log.
last_figure() { sed --quiet --regexp-extended "s|.*$2[^0-9]*([0-9]+).*|\\1|p" "$1" | tail --lines=1; }

# merge_target NAME: makes the committed inputs those few that reach all that the committed and the found ones reach.
merge_target() {
    local target=$1 merged=$work/merged
    rm -rf "$merged"
    mkdir "$merged"
    run_target "$target" "$work/$target-merge.log" -set_cover_merge=1 -use_counters=0 "$merged" "Fuzzing/Corpus/$target" "$work/corpus/$target" ||
        fail "The inputs of $target could not be merged."
    rm -rf "Fuzzing/Corpus/$target"
    mv "$merged" "Fuzzing/Corpus/$target"
    remark "$(find "Fuzzing/Corpus/$target" -type f | wc -l) inputs are to be committed"
}

amount=(-max_total_time="$seconds")
((seconds > 0)) || amount=(-runs=0)
[[ -z $executions ]] || amount=(-runs="$executions")
status=0
for target in "${targets[@]}"; do
    step "$target, seed $seed"
    log=$work/$target.log
    mkdir -p "Fuzzing/Corpus/$target" "$work/corpus/$target"
    began=$(now)
    # New inputs go to the first directory.
    run_target "$target" "$log" "${amount[@]}" -seed="$seed" "$work/corpus/$target" "Fuzzing/Corpus/$target" || status=1
    remark "$(last_figure "$log" '^#') inputs in $(seconds_since "$began") s, $(last_figure "$log" ' cov:') places reached"
    [[ -z $merges ]] || merge_target "$target"
done
((status == 0)) || complain "There are findings in $findings."
exit "$status"
