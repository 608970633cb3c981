#!/usr/bin/env bash
# Runs the tests of the core, those that need no servers, under the sanitizers of threads and addresses.
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
Usage: ./run_sanitizers.sh [--thread] [--address] [--target NAME]... [--help]

Builds the core and its tests with a sanitizer and runs those tests that need no servers; first with that of threads, which finds data
races, then with that of addresses, which finds reads and writes outside of what is allocated.

  --thread, --address   only with this sanitizer
  --target NAME         only the tests of this target, such as EventLoopTests
  --help                this text

The exit status is that of the tests; a report of a sanitizer is a failure. docs/fuzzing.md tells what is left out, and why.
TEXT
}

targets=()
sanitizers=()
while (($# > 0)); do
    case $1 in
        --thread | --address) sanitizers+=("${1#--}") ;;
        --target)
            (($# > 1)) || fail "--target needs a name"
            targets+=("$2")
            shift
            ;;
        --target=*) targets+=("${1#*=}") ;;
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
((${#sanitizers[@]} > 0)) || sanitizers=(thread address)
core=(EventLoopTests MessagePackTests PickleTests TLSTests RedisTests RabbitMQTests MLServingCoreTests SimulationTests TextModelsTests)
((${#targets[@]} > 0)) || targets=("${core[@]}")
for target in "${targets[@]}"; do
    [[ " ${core[*]} " == *" $target "* ]] || fail "There is no target $target. The targets are: ${core[*]}"
done

at_exit stop_processes

# A test that hangs under a sanitizer must not hold up CI.
test_timeout=600
# The tests of a target run in a process of their own: what computes for long under a sanitizer would hold up what waits. So do the
# simulations of batching and the damaged payloads, each of which computes in one thread without memory of others. Tests that bound the
# memory of a process cannot run where a sanitizer takes it.
options=(--disable-xctest --experimental-maximum-parallelization-width 8)
options+=(--skip AdaptiveBatchingTests --skip BatchFormerPropertyTests --skip damagedPicklesAreReadOrRefused --skip survivesHostileInput)
export TSAN_OPTIONS=suppressions=$PWD/scripts/sanitizers/thread.supp:halt_on_error=0:exitcode=66:history_size=4
# The search for leaks does not recognize the pointers that Swift packs, such as those to the counts of what is referred to weakly, and
# reports what is in use when the process ends. The fuzzer looks for leaks, after each input.
export ASAN_OPTIONS=detect_leaks=0
# Swift's own report of a crash would come in the way of the sanitizer's.
export SWIFT_BACKTRACE=enable=no
export MLSERVING_CORE_ONLY=1
unset "${!MLSERVING_TEST_RABBIT@}" "${!MLSERVING_TEST_REDIS@}" "${!MLSERVING_PYTHON@}" MLSERVING_TEST_CERTIFICATES

# run COMMAND…: runs a command in the background, so that a signal is heard at once, and returns its status.
run() {
    local pid status=0
    start_process "$1" - "$@"
    pid=$started_pid
    wait "$pid" || status=$?
    stop_process "$pid" || true
    return "$status"
}

# The compiler for C that comes with Swift. Others do not know how Swift calls.
swift_clang() {
    local resources
    resources=$(swift -print-target-info | sed --quiet 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    printf '%s' "${resources%/lib/swift}/bin/clang"
}

require_swift
install_packages "${build_packages[@]}"
status=0
for sanitizer in "${sanitizers[@]}"; do
    scratch=.build-$sanitizer-sanitizer
    build=(--sanitize "$sanitizer" --scratch-path "$scratch")
    step "Building the core and its tests with the $sanitizer sanitizer"
    run swift build --build-tests "${build[@]}"
    preloaded=
    if [[ $sanitizer == thread ]]; then
        preloaded=$PWD/$scratch/mutex.so
        "$(swift_clang)" -O1 -fPIC -shared -o "$preloaded" scripts/sanitizers/mutex.c
    fi
    for target in "${targets[@]}"; do
        step "$target with the $sanitizer sanitizer"
        log=$scratch/$target.log
        if quietly "$log" run env ${preloaded:+LD_PRELOAD="$preloaded"} timeout --kill-after=1 "$test_timeout" \
            swift test --skip-build "${build[@]}" "${options[@]}" --filter "^$target\\."; then
            remark "$(sed --quiet 's/.*Test run with/Test run with/p' "$log")"
        else
            # The log of a whole run buries what the sanitizer says.
            sed --quiet '/WARNING: [A-Za-z]*Sanitizer/,/^=\{10\}/p' "$log" | head --lines=150 >&2
            complain "$target fails with the $sanitizer sanitizer."
            status=1
        fi
    done
done
exit "$status"
