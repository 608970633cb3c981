#!/usr/bin/env bash
# Runs the whole test suite, live tests included, on servers of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/processes.sh
source scripts/processes.sh
# shellcheck source=scripts/private-servers.sh
source scripts/private-servers.sh
# shellcheck source=scripts/private-clusters.sh
source scripts/private-clusters.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh
# shellcheck source=scripts/python-reference.sh
source scripts/python-reference.sh

usage() {
    cat <<'TEXT'
Usage: ./run_tests.sh [--no-live] [--filter PATTERN]... [--help]

Installs what the tests need and the machine lacks (Debian, with apt), builds with warnings as errors, and runs the suite: first all
that needs no servers, then 10,000 simulated worlds, then the targets that need servers, against a RabbitMQ and a Redis, then those
that need clusters of both, and at last the Python client with all of them. It starts them on free ports of the loopback interface and ends
them afterwards. A test that is skipped in the end is a failure. The last line counts the tests in Swift.

  --no-live          only what needs no servers, in Swift and in Python
  --filter PATTERN   only the tests in Swift whose name matches the regular expression, with the servers that they need unless --no-live
  --help             this text

The exit status is that of the suite.
TEXT
}

with_servers=1
filters=()
while (($# > 0)); do
    case $1 in
        --no-live) with_servers= ;;
        --filter)
            (($# > 1)) || fail "--filter needs a pattern"
            filters+=(--filter "$2")
            shift
            ;;
        --filter=*) filters+=(--filter "${1#*=}") ;;
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

directory=
# shellcheck disable=SC2317
clean_up() {
    stop_private_clusters
    stop_processes
    [[ -z $directory ]] || rm -rf "$directory"
}
at_exit clean_up

# run_suite NAME OPTION…: runs the selected tests in the background, so that a signal is heard at once, and returns their status.
# The events go to NAME.events.
run_suite() {
    local name=$1
    shift
    # Few tests at a time: with all at once those that compute would hold up those that wait for a server, beyond their limits.
    start_process "swift test" - swift test --skip-build --disable-xctest "${filters[@]}" "$@" \
        --experimental-maximum-parallelization-width 6 \
        --event-stream-output-path "$directory/$name.events" --event-stream-version 0
    local pid=$started_pid status=0
    wait "$pid" || status=$?
    stop_process "$pid" || true
    return "$status"
}

# Tests the Python client, in the background likewise; with the servers that the environment names.
test_python_client() {
    local pid status=0
    start_process "tests of the Python client" - scripts/test-python-client.sh
    pid=$started_pid
    wait "$pid" || status=$?
    stop_process "$pid" || true
    return "$status"
}

# are_selected OPTION…: whether there are such tests among the selected, by the options of grep on their names.
# All names are read to the end, or who prints them would fail.
are_selected() {
    local patterns=() index
    ((${#filters[@]} > 0)) || return 0
    for ((index = 1; index < ${#filters[@]}; index += 2)); do patterns+=(-e "${filters[index]}"); done
    swift test list --skip-build --disable-xctest 2>/dev/null | grep --perl-regexp "$@" | grep --extended-regexp "${patterns[@]}" >/dev/null
}

check_suite() { /usr/bin/env python3 scripts/check-test-events.py "$@"; }

require_swift
packages=("${build_packages[@]}" "${model_packages[@]}" python3-venv)
[[ -z $with_servers ]] || packages+=("${server_packages[@]}")
install_packages "${packages[@]}"
if [[ -z ${MLSERVING_PYTHON:-} ]]; then
    prepare_python_environment scripts/python-reference.txt .cache/python
    export MLSERVING_PYTHON=$PWD/.cache/python/bin/python
fi
if [[ -z ${MLSERVING_PYTHON_NUMPY2:-} ]]; then
    prepare_python_environment scripts/python-reference-numpy2.txt .cache/python-numpy2
    export MLSERVING_PYTHON_NUMPY2=$PWD/.cache/python-numpy2/bin/python
fi
if [[ -z ${MLSERVING_PYTHON_CLIENTS:-} ]]; then
    prepare_python_environment scripts/python-clients.txt .cache/python-clients
    export MLSERVING_PYTHON_CLIENTS=$PWD/.cache/python-clients/bin/python
fi

step "Building the tests, warnings as errors"
export MLSERVING_STRICT=1
# So that a simulation that fails goes the same way when its seed is run alone.
export SWIFT_DETERMINISTIC_HASHING=1
swift build --build-tests

directory=$(mktemp --directory --tmpdir mlserving-tests.XXXXXX)
unset "${!MLSERVING_TEST_RABBIT@}" "${!MLSERVING_TEST_REDIS@}" MLSERVING_TEST_CERTIFICATES MLSERVING_TEST_CLUSTERS
if [[ -z $with_servers ]]; then
    step "Testing without servers"
    run_suite without-servers
    ((${#filters[@]} > 0)) || test_python_client
    check_suite "$directory/without-servers.events" --allow-skipped
    exit
fi

need_servers=
need_clusters=
if are_selected --invert-match '^ClusterTests\.'; then need_servers=1; fi
if are_selected '^ClusterTests\.'; then need_clusters=1; fi

checks=()
if ((${#filters[@]} == 0)); then
    step "Testing without servers, the live tests skipped"
    run_suite without-servers
    checks=(--without-servers "$directory/without-servers.events" --live-target ClusterTests)
    # By itself, since it keeps all processors busy.
    step "Simulating"
    filters=(--filter '^SimulationTests\.')
    SIMULATION_COUNT=${SIMULATION_COUNT:-10000} run_suite simulation
    filters=()
    # The targets that look for servers must have found them.
    while read -r target; do
        checks+=(--live-target "$target")
        filters+=(--filter "^$target\\.")
    done < <(
        grep --recursive --files-with-matches --extended-regexp 'MLSERVING_TEST_(RABBIT|REDIS)' Tests | cut --delimiter=/ --fields=2 | sort --unique
    )
fi

status=0
python_status=0
events=()
if [[ -n $need_servers ]]; then
    step "Starting RabbitMQ and Redis"
    began=$(now)
    { start_private_servers "$directory" && open_test_listeners "$directory"; } || fail "The servers could not be started."
    remark "They answer on ports $rabbitmq_port and $redis_port after $(seconds_since "$began") s."

    step "Testing with servers"
    export MLSERVING_TEST_RABBIT=127.0.0.1:$rabbitmq_port MLSERVING_TEST_REDIS=127.0.0.1:$redis_port
    export MLSERVING_TEST_CERTIFICATES=$certificates MLSERVING_TEST_REDIS_TLS=localhost:$redis_tls_port
    export MLSERVING_TEST_RABBIT_TLS=localhost:$rabbitmq_tls_port
    export MLSERVING_TEST_RABBIT_TLS_MUTUAL=127.0.0.1:$rabbitmq_mutual_port MLSERVING_TEST_RABBIT_TLS_EXPIRED=localhost:$rabbitmq_expired_port
    export MLSERVING_TEST_RABBIT_CALL=$rabbitmq_call
    run_suite with-servers --skip '^ClusterTests\.' --skip '\.AdversaryTests' || status=$?
    events+=("$directory/with-servers.events")
    if are_selected '\.AdversaryTests/'; then
        step "Attacking"
        # By itself, since it looks at everything that is in the servers.
        whole=("${filters[@]}")
        ((${#checks[@]} == 0)) || filters=(--filter '\.AdversaryTests/')
        run_suite adversary --skip '^(?!.*\.AdversaryTests)' || status=$?
        filters=("${whole[@]}")
        events+=("$directory/adversary.events")
    fi
fi
if [[ -n $need_clusters ]]; then
    step "Starting clusters of RabbitMQ and Redis"
    began=$(now)
    start_private_clusters "$directory/clusters" || fail "The clusters could not be started."
    remark "They are whole after $(seconds_since "$began") s."

    step "Testing with clusters"
    export MLSERVING_TEST_CLUSTERS=$directory/clusters
    # A whole run has narrowed the selection to other targets by now.
    ((${#checks[@]} == 0)) || filters=(--filter '^ClusterTests\.')
    run_suite with-clusters --skip '^(?!ClusterTests\.)' || status=$?
    events+=("$directory/with-clusters.events")
fi
# A whole run: its checks are set, and its filters are not the caller's.
if ((${#checks[@]} > 0)); then
    MLSERVING_TEST_PROGRAM=$(swift build --show-bin-path)/mlserving
    export MLSERVING_TEST_PROGRAM
    test_python_client || python_status=1
fi
((status == 0)) || complain "swift test ended with status $status."
# The events tell what ran; a suite that passed without running everything has failed.
check_suite "${events[@]}" "${checks[@]}" || ((status != 0)) || status=1
if ((python_status != 0)); then
    complain "The Python client failed its tests or checks."
    ((status != 0)) || status=$python_status
fi
exit "$status"
