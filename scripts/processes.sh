# shellcheck shell=bash
# Starts processes of a script's own and ends them, and only them, in the opposite order.

started_pids=()
started_names=()

# start_process NAME LOG COMMAND…
# Starts a command in the background and leaves its id in $started_pid. It gets a session of its own, so that Ctrl-C reaches the
# script alone, which then ends its processes in the right order. With - for the log it writes where the script writes.
start_process() {
    local name=$1 log=$2
    shift 2
    if [[ $log == - ]]; then
        setsid "$@" </dev/null &
    else
        setsid "$@" </dev/null >"$log" 2>&1 &
    fi
    started_pid=$!
    started_pids+=("$started_pid")
    started_names+=("$name")
}

is_running() { kill -0 "$1" 2>/dev/null; }

# stop_process PID [SECONDS]
# Asks a process and its children to end, waits, and kills what is left after the given time (10 s). Returns the exit status.
stop_process() {
    local pid=$1 patience=${2:-10} index status=0
    for index in "${!started_pids[@]}"; do
        if [[ ${started_pids[index]} == "$pid" ]]; then unset "started_pids[$index]" "started_names[$index]"; fi
    done
    signal_session TERM "$pid"
    await "$patience" is_session_over "$pid" || signal_session KILL "$pid"
    wait "$pid" 2>/dev/null || status=$?
    return "$status"
}

# Prints the ids of the processes of a session, which has the id of the process that began it. A child may have left the group of its
# parent, as those of swift test do, but not the session.
session_members() {
    local file line fields
    for file in /proc/[0-9]*/stat; do
        # Fields after the name: state, parent, group, session. The name may hold anything.
        { line=$(<"$file"); } 2>/dev/null || continue
        read -r -a fields <<<"${line##*) }"
        if [[ ${fields[3]} == "$1" && ${fields[0]} != Z ]]; then
            file=${file#/proc/}
            printf '%d\n' "${file%/stat}"
        fi
    done
}

is_session_over() { [[ -z $(session_members "$1") ]]; }

signal_session() {
    local pid
    for pid in $(session_members "$2"); do kill -s "$1" "$pid" 2>/dev/null || true; done
}

# Ends all that start_process has started, the latest first.
stop_processes() {
    local pid pids
    mapfile -t pids < <(stopping_order)
    for pid in "${pids[@]}"; do stop_process "$pid" || true; done
}

# at_exit COMMAND…
# Runs the command when the script ends, by a signal too, and lets no other signal disturb it.
at_exit() {
    exit_command=("$@")
    trap 'trap "" HUP INT TERM; "${exit_command[@]}"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# Prints the ids of the running processes in the order in which to stop them.
stopping_order() {
    local index indices=("${!started_pids[@]}")
    for ((index = ${#indices[@]} - 1; index >= 0; index--)); do printf '%d\n' "${started_pids[${indices[index]}]}"; done
}

# await SECONDS COMMAND…: runs the command again and again until it succeeds; fails when the time is over.
await() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}
