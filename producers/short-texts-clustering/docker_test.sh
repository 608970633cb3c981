#!/usr/bin/env bash
# Checks the running service: texts of one word each must come back in exactly the right clusters.
#
# Usage: ./docker_test.sh [ADDRESS]   The address of the service; http://localhost:5000 by default.
set -euo pipefail

address=${1:-http://localhost:5000}
passed=0
failed=0

# check NAME EXPECTED CURL_ARGUMENT…: compares an answer with the expected one, byte for byte.
check() {
    local name=$1 expected=$2 answer
    shift 2
    answer=$(curl --silent --show-error --max-time 30 "$@" 2>&1) || true
    if [[ $answer == "$expected" ]]; then
        printf 'passed: %s\n' "$name"
        passed=$((passed + 1))
    else
        printf 'FAILED: %s\n    expected %s\n    received %s\n' "$name" "$expected" "$answer"
        failed=$((failed + 1))
    fi
}

# cluster NAME EXPECTED TEXTS
cluster() {
    check "$1" "$2" --header 'Content-Type: application/json' --data-binary "$3" "$address/api/v1/predict"
}

check "the service is up" OK "$address/"

cluster "four copies of three words are three clusters, an unknown word is in none" \
    '{"-1":["m"],"0":["a","b","c","d"],"1":["e","f","g","h"],"2":["i","j","k","l"]}' \
    '{
        "a": "door", "b": "door", "c": "door", "d": "door",
        "e": "bull", "f": "bull", "g": "bull", "h": "bull",
        "i": "take", "j": "take", "k": "take", "l": "take",
        "m": "qzxvkjwq"
    }'

cluster "noise is in no cluster" \
    '{"-1":["a","b","c","d","e"]}' \
    '{"a": "xkqzjvw", "b": "mbtfgdp", "c": "rrlnhyy", "d": "0487315", "e": "ououaei"}'

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
