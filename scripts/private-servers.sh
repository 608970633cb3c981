# shellcheck shell=bash
# A RabbitMQ and a Redis of a script's own: on free ports of the loopback interface, with all their files in one directory.
# Needs terminal.sh and processes.sh, which sets started_pid.
# shellcheck disable=SC2154

rabbitmq_program=/usr/lib/rabbitmq/bin/rabbitmq-server

# start_private_servers DIRECTORY
# Starts both servers and returns when they answer; sets rabbitmq_port, rabbitmq_tls_port, rabbitmq_authority and redis_port.
start_private_servers() {
    local directory=$1 attempt
    for attempt in 1 2; do
        if start_redis "$directory/redis-$attempt" && start_rabbitmq "$directory/rabbitmq-$attempt"; then return; fi
        stop_processes
        # Between the choice of a port and its use another program may have taken it.
        ((attempt == 2)) || remark "Trying once more, with other ports."
    done
    return 1
}

start_redis() {
    local directory=$1
    mkdir -p "$directory"
    redis_port=$(free_port) || return 1
    start_process redis "$directory/log" redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$directory"
    await_server Redis "$started_pid" "$directory" 30 answers_redis 127.0.0.1 "$redis_port"
}

start_rabbitmq() {
    local directory=$1 epmd_port distribution_port epmd_pid
    mkdir -p "$directory"
    rabbitmq_port=$(free_port) && rabbitmq_tls_port=$(free_port) || return 1
    epmd_port=$(free_port) && distribution_port=$(free_port) || return 1
    make_certificate "$directory" || return 1

    # The Erlang port mapper would otherwise be started by the broker, shared with the machine's other brokers, and outlive ours.
    start_process epmd "$directory/epmd.log" epmd -port "$epmd_port" -address 127.0.0.1
    epmd_pid=$started_pid
    await_server "The Erlang port mapper" "$epmd_pid" "$directory" 30 accepts_connections 127.0.0.1 "$epmd_port" || return 1

    cat >"$directory/rabbitmq.conf" <<TEXT
listeners.tcp.1 = 127.0.0.1:$rabbitmq_port
listeners.ssl.1 = 127.0.0.1:$rabbitmq_tls_port
ssl_options.cacertfile = $directory/authority.pem
ssl_options.certfile = $directory/server.pem
ssl_options.keyfile = $directory/server-key.pem
ssl_options.verify = verify_none
ssl_options.fail_if_no_peer_cert = false
TEXT
    printf '[].\n' >"$directory/enabled_plugins"
    : >"$directory/environment"
    # With input allowed the start script becomes the Erlang machine itself, which then has the id known here.
    start_process rabbitmq "$directory/log" env \
        --unset=RABBITMQ_NODENAME --unset=RABBITMQ_ADVANCED_CONFIG_FILE --unset=RABBITMQ_USE_LONGNAME --unset=NOTIFY_SOCKET \
        HOME="$directory" \
        ERL_CRASH_DUMP="$directory/crash-dump" \
        ERL_EPMD_ADDRESS=127.0.0.1 \
        ERL_EPMD_PORT="$epmd_port" \
        RABBITMQ_NODENAME="mlserving-$rabbitmq_port@localhost" \
        RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
        RABBITMQ_NODE_PORT="$rabbitmq_port" \
        RABBITMQ_DIST_PORT="$distribution_port" \
        RABBITMQ_MNESIA_BASE="$directory/mnesia" \
        RABBITMQ_LOG_BASE="$directory/logs" \
        RABBITMQ_CONF_ENV_FILE="$directory/environment" \
        RABBITMQ_CONFIG_FILE="$directory/rabbitmq.conf" \
        RABBITMQ_GENERATED_CONFIG_DIR="$directory/generated" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$directory/enabled_plugins" \
        RABBITMQ_PLUGINS_EXPAND_DIR="$directory/plugins" \
        RABBITMQ_PID_FILE="$directory/pid" \
        RABBITMQ_ALLOW_INPUT=1 \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-noinput -kernel inet_dist_use_interface {127,0,0,1}' \
        "$rabbitmq_program"
    await_server RabbitMQ "$started_pid" "$directory" 120 answers_amqp 127.0.0.1 "$rabbitmq_port"
}

# Makes an authority of a day's life in the directory, and a certificate of it for localhost; sets rabbitmq_authority.
make_certificate() {
    local directory=$1
    rabbitmq_authority=$directory/authority.pem
    {
        openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=mlserving test authority" \
            -keyout "$directory/authority-key.pem" -out "$rabbitmq_authority" &&
            openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout "$directory/server-key.pem" -out "$directory/server.csr" &&
            openssl x509 -req -in "$directory/server.csr" -CA "$rabbitmq_authority" -CAkey "$directory/authority-key.pem" -CAcreateserial \
                -days 1 -extfile <(printf 'subjectAltName=DNS:localhost\n') -out "$directory/server.pem"
    } >"$directory/certificate.log" 2>&1 || {
        complain "No certificate could be made:"
        cat "$directory/certificate.log" >&2
        return 1
    }
}

# await_server NAME PID DIRECTORY SECONDS CHECK…: waits until the check succeeds; shows the server's logs when it does not.
await_server() {
    local name=$1 pid=$2 directory=$3 patience=$4
    shift 4
    if await "$patience" ended_or "$pid" "$@" && is_running "$pid"; then return; fi
    complain "$name did not start. Its logs:"
    find "$directory" -maxdepth 2 \( -name '*log' -o -path '*/logs/*' \) -type f -exec tail -n 40 {} + >&2
    return 1
}

ended_or() {
    local pid=$1
    shift
    ! is_running "$pid" || "$@"
}

# Prints a port of the loopback interface on which nothing listens, outside the range that the system gives to outgoing connections.
free_port() {
    local attempt port
    for ((attempt = 0; attempt < 100; attempt++)); do
        port=$((20000 + SRANDOM % 12000))
        if ! accepts_connections 127.0.0.1 "$port"; then
            printf '%d' "$port"
            return
        fi
    done
    complain "No free port found."
    return 1
}

# The three checks below take HOST PORT. They run in a shell of their own with a time limit, since a connection attempt has none.
# shellcheck disable=SC2016
accepts_connections() {
    timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$@" 2>/dev/null
}

# Whether a broker answers the AMQP 0-9-1 protocol header with a method frame.
# shellcheck disable=SC2016
answers_amqp() {
    timeout 3 bash -c '
        exec 3<>"/dev/tcp/$0/$1" || exit
        printf "AMQP\0\0\11\1" >&3
        read -r -N 1 frame_type <&3 && [[ $frame_type == "$(printf "\1")" ]]
    ' "$@" 2>/dev/null
}

# Whether a Redis answers, be it only that it wants a password first.
# shellcheck disable=SC2016
answers_redis() {
    timeout 3 bash -c '
        exec 3<>"/dev/tcp/$0/$1" || exit
        printf "PING\r\n" >&3
        read -r answer <&3 && [[ $answer == +PONG* || $answer == -NOAUTH* ]]
    ' "$@" 2>/dev/null
}
