# shellcheck shell=bash
# Starts the consumer of a contender, lets its client measure, and notes the figures. Needs terminal.sh, processes.sh, private-servers.sh
# and the variables of run.sh.
# shellcheck disable=SC2154

peer_programs=.cache/benchmark-peers/bin

# measure_contender NAME: measures it with 1, 128 and 512 requests under way, and appends a line for each to $results.
measure_contender() {
    local contender=$1 consumer in_flight log=$work/$1-consumer.log idle
    # What one client has switched on, the next would pay for.
    quietly "$work/redis.log" redis-cli -p "$redis_port" config set notify-keyspace-events ''
    start_consumer "$contender" "$log"
    consumer=$started_pid
    if ! await 60 ended_or "$consumer" is_ready "$contender" "$log" || ! is_running "$consumer"; then
        cat "$log" >&2
        fail "The consumer of $contender did not start."
    fi
    idle=$(resident_bytes "$consumer" VmRSS)
    for in_flight in 1 128 512; do measure "$contender" "$consumer" "$in_flight" "$idle"; done
    if [[ $contender == mlserving ]]; then
        for in_flight in 1 128 512; do measure mlserving-hops "$consumer" "$in_flight" "$idle"; done
        measure mlserving-coalesced "$consumer" 512 "$idle"
    fi
    stop_process "$consumer" || true
    quietly "$work/redis.log" redis-cli -p "$redis_port" flushall
}

start_consumer() {
    local contender=$1 log=$2
    case $contender in
        c)
            start_process c-consumer "$log" Benchmarks/c-baseline/.build/c-baseline consumer --prefetch 512 --queue-type "$queue_type" \
                --rabbit-port "$rabbitmq_port" --redis-port "$redis_port"
            ;;
        mlserving) start_process mlserving "$log" "$program" consume echo --prefetch 512 "${serving_options[@]}" ;;
        celery)
            # A pool of two processes was no faster: a task is too short to be worth handing over.
            start_process celery "$log" env PYTHONPATH=Benchmarks/peers "$peer_programs/celery" --app celery_peer:application worker \
                --pool solo --queues celery_peer --without-gossip --without-mingle --without-heartbeat --loglevel info
            ;;
        dramatiq)
            # Neither eight threads nor two processes were faster.
            start_process dramatiq "$log" env PYTHONPATH=Benchmarks/peers "$peer_programs/dramatiq" dramatiq_peer --processes 1 --threads 1
            ;;
        template) start_process template "$log" "$peer_programs/python" Benchmarks/peers/template_consumer.py ;;
    esac
}

is_ready() {
    case $1 in
        celery) grep --quiet ' ready\.' "$2" ;;
        dramatiq) grep --quiet 'ready for action' "$2" ;;
        *) grep --quiet 'consumer ready' "$2" ;;
    esac
}

# The options of both sides of mlserving.
set_serving_options() {
    serving_options=(--queue-type "$queue_type" --rabbit-nodes "127.0.0.1:$rabbitmq_port" --redis-nodes "127.0.0.1:$redis_port")
}

# measure NAME CONSUMER IN_FLIGHT IDLE
measure() {
    local name=$1 consumer=$2 in_flight=$3 idle=$4 amount=$requests warm_up before after figures
    ((in_flight > 1)) || amount=$((amount / 10))
    case $name in celery | dramatiq | template) amount=$((amount / 20)) ;; esac
    ((amount >= 100)) || amount=100
    # The first to ask has a consumer that has just started.
    warm_up=$((in_flight > 1 ? amount / 10 : amount / 2))
    local options=(--requests "$amount" --warm-up "$warm_up" --in-flight "$in_flight" --payload-bytes "$payload_bytes") command
    case $name in
        c)
            command=(Benchmarks/c-baseline/.build/c-baseline client --queue-type "$queue_type" --rabbit-port "$rabbitmq_port"
                --redis-port "$redis_port")
            ;;
        mlserving) command=("$program" bench --json --share-thread "${serving_options[@]}") ;;
        mlserving-hops) command=("$program" bench --json "${serving_options[@]}") ;;
        mlserving-coalesced)
            command=("$program" bench --json --share-thread --coalesce "${serving_options[@]}")
            # Too short a run to tell anything otherwise.
            amount=$((4 * amount)) warm_up=$((4 * warm_up))
            options=(--requests "$amount" --warm-up "$warm_up" --in-flight "$in_flight" --payload-bytes "$payload_bytes")
            ;;
        *) command=("$peer_programs/python" "Benchmarks/peers/$(peer_client "$name")") ;;
    esac
    before=$(cpu_microseconds "$consumer")
    start_process "$name client" "$work/figures" "${command[@]}" "${options[@]}"
    local client=$started_pid
    wait "$client" || {
        cat "$work/figures" >&2
        fail "The client of $name failed."
    }
    stop_process "$client" || true
    after=$(cpu_microseconds "$consumer")
    figures=$(grep '^{' "$work/figures") || fail "The client of $name printed no figures."
    # The consumer's time is that of the warm-up as well: it cannot be asked in the middle.
    printf '{"contender": "%s", "in_flight": %d, "repetition": %d, "consumer_cpu_us_per_request": %d, "consumer_idle_bytes": %d, "consumer_peak_bytes": %d, "figures": %s}\n' \
        "$name" "$in_flight" "$repetition" $(((after - before) / (amount + warm_up))) "$idle" "$(resident_bytes "$consumer" VmHWM)" \
        "$figures" >>"$results"
    remark "$(printf '%s, %d under way, %d of %d: %s' "$name" "$in_flight" "$repetition" "$repetitions" "$(summary "$figures")")"
}

peer_client() {
    case $1 in
        template) printf 'template_client.py' ;;
        *) printf '%s_peer.py' "$1" ;;
    esac
}

summary() {
    python3 -c 'import json, sys; f = json.loads(sys.argv[1]); print("p50 %.2f ms, %.0f a second" % (f["p50_ms"], f["requests_per_second"]))' "$1"
}

# cpu_microseconds PID: prints the processor time so far of the processes that start_process has started with this one.
cpu_microseconds() {
    local pid line fields ticks=0
    for pid in $(session_members "$1"); do
        { line=$(<"/proc/$pid/stat"); } 2>/dev/null || continue
        # After the name: user and system time, and those of children that have ended.
        read -r -a fields <<<"${line##*) }"
        ticks=$((ticks + fields[11] + fields[12] + fields[13] + fields[14]))
    done
    printf '%d' $((ticks * 1000000 / $(getconf CLK_TCK)))
}

# resident_bytes PID VmRSS|VmHWM: prints the resident memory of a consumer, now or at its highest.
resident_bytes() {
    local pid kibibytes total=0
    for pid in $(session_members "$1"); do
        kibibytes=$(awk -v name="$2:" '$1 == name { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
        total=$((total + ${kibibytes:-0}))
    done
    printf '%d' $((total * 1024))
}
