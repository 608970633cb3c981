# shellcheck shell=bash
# What the scripts say: steps, remarks and errors.

# A new step of the work.
step() { printf '\n==> %s\n' "$*"; }

# A remark on the current step.
remark() { printf '    %s\n' "$*"; }

# An error that the script can go on after.
complain() { printf 'error: %s\n' "$*" >&2; }

# An error that ends the script.
fail() {
    complain "$@"
    exit 1
}

# seconds_since MICROSECONDS: prints the time since then, which was $(now), as seconds with one decimal.
seconds_since() {
    local elapsed=$(($(now) - $1))
    printf '%d.%d' $((elapsed / 1000000)) $((elapsed % 1000000 / 100000))
}

# The time in microseconds; unlike $EPOCHREALTIME in every locale.
now() { printf '%s' "${EPOCHREALTIME//[!0-9]/}"; }

# quietly LOG COMMAND…: runs the command with its output in the log, which is shown when the command fails.
quietly() {
    local log=$1 status=0
    shift
    "$@" >"$log" 2>&1 || status=$?
    ((status == 0)) || cat "$log" >&2
    return "$status"
}
