#!/usr/bin/env bash
# Clusters a sample of short texts by a fastText model, end to end: with everything in one process, or over RabbitMQ and Redis.
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

texts=producers/short-texts-clustering/demo/short-texts.json

usage() {
    cat <<'TEXT'
Usage: ./run_demo.sh [--brokers] [--keep] [--port N] [--help]

Installs what the demo needs and the machine lacks (Debian, with apt), builds, obtains a fastText model, starts the service that
clusters short texts, sends it a sample, and prints the clusters.

  --brokers   over RabbitMQ and Redis, in separate processes: those that RABBIT_NODES and REDIS_NODES name, in the environment or
              in variables.env, if both answer; else private ones, which the demo starts and ends. Without: in one process, with
              an in-memory transport and no servers.
  --keep      leave everything running, and say how to use and to end it
  --port N    the port of the HTTP service; any free one by default

MODEL_PATH names a fastText model (.bin or .ftz) to use. Without it the demo trains a small one on the definitions of WordNet, which
it keeps in .cache/.
TEXT
}

with_brokers=
keep=
port=0
while (($# > 0)); do
    case $1 in
        --brokers) with_brokers=1 ;;
        --keep) keep=1 ;;
        --port)
            (($# > 1)) || fail "--port needs a number"
            port=$2
            shift
            ;;
        --port=*) port=${1#*=} ;;
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
if [[ ! $port =~ ^[0-9]{1,5}$ ]] || ((10#$port > 65535)); then fail "not a port: $port"; fi
[[ -z ${MODEL_PATH:-} || -f $MODEL_PATH ]] || fail "MODEL_PATH names no file: $MODEL_PATH"

directory=$(mktemp --directory --tmpdir mlserving-demo.XXXXXX)
# shellcheck disable=SC2317
clean_up() {
    stop_processes
    rm -rf "$directory"
}
at_exit clean_up

programs=.build/release

build() {
    local products=(short-texts-clustering) product
    [[ -z $with_brokers ]] || products+=(fasttext-consumer)
    for product in "${products[@]}"; do
        if is_built "$product"; then
            remark "$product is up to date."
        else
            build_product "$product"
        fi
    done
}

# Whether nothing has changed since the product was built. Asking swift build takes seconds, and after any change of the environment,
# which it then reads all manifests again for, half a minute.
is_built() {
    local stamp=$programs/$1.built
    [[ -x $programs/$1 && -f $stamp && $(<"$stamp") == "$(toolchain)" ]] &&
        [[ -z $(find Package.swift Sources -newer "$stamp" -print -quit) ]]
}

build_product() {
    local stamp
    # What changes while it is being built counts as changed.
    stamp=$(mktemp --tmpdir="$directory")
    toolchain >"$stamp"
    swift build --configuration release --product "$1"
    cp --preserve=timestamps "$stamp" "$programs/$1.built"
}

toolchain() { swift --version 2>&1; }

# Leaves in $model the path of a model, which it trains if there is none yet.
obtain_model() {
    step "Obtaining a model"
    if [[ -n ${MODEL_PATH:-} ]]; then
        model=$MODEL_PATH
        remark "MODEL_PATH names one: $model"
        return
    fi
    local key
    key=$(scripts/train-model.sh --settings | sha256sum | cut --characters=1-12)
    model=.cache/models/wordnet-$key.bin
    if [[ -f $model ]]; then
        remark "It was trained before: $model"
    else
        remark "Training one on the definitions of WordNet, for this run and later ones."
        scripts/train-model.sh "$model"
    fi
}

# Decides which servers to use, and starts private ones if the configured ones do not answer.
find_servers() {
    step "Looking for RabbitMQ and Redis"
    if configured_servers_answer; then
        remark "The configured nodes answer: RABBIT_NODES=$RABBIT_NODES REDIS_NODES=$REDIS_NODES"
    else
        remark "Not both RABBIT_NODES=$RABBIT_NODES and REDIS_NODES=$REDIS_NODES answer, so private ones are started."
        install_packages "${server_packages[@]}"
        start_private_servers "$directory" || fail "The servers could not be started."
        remark "RabbitMQ answers on port $rabbitmq_port, Redis on port $redis_port."
        use_private_servers
    fi
    # A queue of the demo's own: consumers of the configured one may serve another model.
    export QUEUE_NAME=short_texts_demo
}

start_services() {
    local service=("$programs/short-texts-clustering" serve --port "$port" --port-file "$directory/port")
    if [[ -n $with_brokers ]]; then
        step "Starting the consumer and the service"
        start_service fasttext-consumer env MODEL_PATH="$model" "$programs/fasttext-consumer"
        start_service short-texts-clustering "${service[@]}"
    else
        step "Starting the service, with the consumer in the same process"
        start_service short-texts-clustering "${service[@]}" --embedded --model "$model"
    fi
    await 60 service_answers || fail_with_logs "The service did not become ready."
    address=http://127.0.0.1:$(<"$directory/port")
}

services=()
start_service() {
    start_process "$1" "$directory/$1.log" "${@:2}"
    services+=("$started_pid")
}

# Whether a first text comes through; ends the script when a service has ended.
service_answers() {
    local pid
    for pid in "${services[@]}"; do is_running "$pid" || fail_with_logs "A service ended early."; done
    [[ -s $directory/port ]] &&
        predict "http://127.0.0.1:$(<"$directory/port")" '{"first": "hello"}' "$directory/first.json" >/dev/null 2>&1
}

# predict ADDRESS DATA OUTPUT: prints the seconds it took.
predict() {
    curl --silent --show-error --fail-with-body --max-time 60 --header 'Content-Type: application/json' \
        --data-binary "$2" --output "$3" --write-out '%{time_total}' "$1/api/v1/predict"
}

fail_with_logs() {
    tail -n 40 "$directory"/*.log >&2 || true
    fail "$@"
}

# Leaves everything running: the trap is taken off, and a script is left that does what it would have done.
keep_running() {
    trap - EXIT
    {
        printf '#!/usr/bin/env bash\n# Ends the demo.\n'
        stopping_order | while read -r pid; do
            printf 'kill -TERM -- -%d && timeout 15 bash -c "while kill -0 %d; do sleep 0.1; done" 2>/dev/null\n' "$pid" "$pid"
        done
        printf 'rm -rf "%s"\n' "$directory"
    } >"$directory/stop"
    cat <<TEXT

The service is left running. Try it:
    curl --json '{"a": "a small dog", "b": "puppies and dogs", "c": "the dog barked", "d": "stock market"}' $address/api/v1/predict
End it:
    bash $directory/stop
TEXT
}

require_swift
packages=("${build_packages[@]}" curl)
[[ -n ${MODEL_PATH:-} ]] || packages+=("${model_packages[@]}")
install_packages "${packages[@]}"

step "Building"
began=$(now)
build
build_time=$(seconds_since "$began")

began=$(now)
obtain_model
model_time=$(seconds_since "$began")

began=$(now)
[[ -z $with_brokers ]] || find_servers
servers_time=$(seconds_since "$began")

began=$(now)
start_services
start_time=$(seconds_since "$began")

step "Clustering"
predict_time=$(predict "$address" "@$texts" "$directory/clusters.json") || fail_with_logs "The service gave no clusters: $(cat "$directory/clusters.json")"
"$programs/short-texts-clustering" show --texts "$texts" --clusters "$directory/clusters.json" --seconds "$predict_time"

step "Done"
remark "build $build_time s, model $model_time s, ${with_brokers:+servers $servers_time s, }start $start_time s, clustering $predict_time s"
[[ -z $keep ]] || keep_running
