# shellcheck shell=bash
# A RabbitMQ and a Redis of a script's own: on free ports of the loopback interface, with all their files in one directory.
# Needs terminal.sh and processes.sh, which sets started_pid.
# shellcheck disable=SC2154

rabbitmq_program=/usr/lib/rabbitmq/bin/rabbitmq-server

# start_private_servers DIRECTORY
# Starts both servers and returns when they answer; sets rabbitmq_port, rabbitmq_tls_port, redis_port, redis_tls_port, and
# certificates, a directory that holds those of make_certificates.
start_private_servers() {
    local directory=$1 attempt
    certificates=$directory/certificates
    make_certificates "$certificates" || return 1
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
    redis_port=$(free_port) && redis_tls_port=$(free_port) || return 1
    # Over TLS a certificate is asked for, and verified, but not demanded.
    start_process redis "$directory/log" redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$directory" \
        --tls-port "$redis_tls_port" --tls-cert-file "$certificates/server.pem" --tls-key-file "$certificates/server-key.pem" \
        --tls-ca-cert-file "$certificates/authority.pem" --tls-auth-clients optional
    await_server Redis "$started_pid" "$directory" 30 answers_redis 127.0.0.1 "$redis_port"
}

start_rabbitmq() {
    local directory=$1 epmd_port distribution_port epmd_pid
    mkdir -p "$directory"
    rabbitmq_port=$(free_port) && rabbitmq_tls_port=$(free_port) || return 1
    epmd_port=$(free_port) && distribution_port=$(free_port) || return 1
    rabbitmq_epmd_port=$epmd_port rabbitmq_home=$directory

    # The Erlang port mapper would otherwise be started by the broker, shared with the machine's other brokers, and outlive ours.
    start_process epmd "$directory/epmd.log" epmd -port "$epmd_port" -address 127.0.0.1
    epmd_pid=$started_pid
    await_server "The Erlang port mapper" "$epmd_pid" "$directory" 30 accepts_connections 127.0.0.1 "$epmd_port" || return 1

    cat >"$directory/rabbitmq.conf" <<TEXT
listeners.tcp.1 = 127.0.0.1:$rabbitmq_port
listeners.ssl.1 = 127.0.0.1:$rabbitmq_tls_port
ssl_options.cacertfile = $certificates/authority.pem
ssl_options.certfile = $certificates/server.pem
ssl_options.keyfile = $certificates/server-key.pem
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = AMQPLAIN
auth_mechanisms.3 = EXTERNAL
ssl_cert_login_from = common_name
# What RabbitMQ 4 takes.
max_message_size = 16777216
TEXT
    printf '[rabbitmq_auth_mechanism_ssl].\n' >"$directory/enabled_plugins"
    : >"$directory/environment"
    # With input allowed the start script becomes the Erlang machine itself, which then has the id known here.
    rabbitmq_node=mlserving-$rabbitmq_port@localhost
    start_process rabbitmq "$directory/log" env \
        --unset=RABBITMQ_NODENAME --unset=RABBITMQ_ADVANCED_CONFIG_FILE --unset=RABBITMQ_USE_LONGNAME --unset=NOTIFY_SOCKET \
        HOME="$directory" \
        ERL_CRASH_DUMP="$directory/crash-dump" \
        ERL_EPMD_ADDRESS=127.0.0.1 \
        ERL_EPMD_PORT="$epmd_port" \
        RABBITMQ_NODENAME="$rabbitmq_node" \
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

# open_test_listeners DIRECTORY
# Has the RabbitMQ of start_private_servers listen on two more ports: rabbitmq_mutual_port demands a client certificate, and has one for
# the address 127.0.0.1 alone; rabbitmq_expired_port has one that has expired. Makes a user without a password that client.pem names, and
# leaves in rabbitmq_call a script by which tests have the broker call a function.
open_test_listeners() {
    rabbitmq_call=$1/rabbitmq-call
    rabbitmq_mutual_port=$(free_port) && rabbitmq_expired_port=$(free_port) || return 1
    # A fraction of the time that rabbitmqctl takes.
    cat >"$rabbitmq_call" <<TEXT
#!/bin/sh
# Has the broker evaluate its argument, in Erlang's notation, and prints {ok, RESULT}.
export ERL_EPMD_PORT=$rabbitmq_epmd_port
printf '%s.\\n' "\$1" | timeout 20 erl_call -h "tests-\$\$" -c "\$(cat '$rabbitmq_home/.erlang.cookie')" -n $rabbitmq_node -e
TEXT
    chmod +x "$rabbitmq_call"
    have_rabbitmq_do "rabbit_networking:start_ssl_listener(
            {\"127.0.0.1\", $rabbitmq_mutual_port, auto}, [$(tls_options address), {fail_if_no_peer_cert, true}], 2)" &&
        have_rabbitmq_do "rabbit_networking:start_ssl_listener({\"127.0.0.1\", $rabbitmq_expired_port, auto}, [$(tls_options expired)], 2)" &&
        have_rabbitmq_do 'rabbit_auth_backend_internal:add_user(<<"mlserving-client">>, <<"unknown">>, <<"tests">>)' &&
        have_rabbitmq_do 'rabbit_auth_backend_internal:clear_password(<<"mlserving-client">>, <<"tests">>)' &&
        have_rabbitmq_do 'rabbit_auth_backend_internal:set_permissions(
            <<"mlserving-client">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>)'
}

# Prints the options of a listener with one of the certificates, in Erlang's notation.
tls_options() {
    printf '{cacertfile, "%s/authority.pem"}, {certfile, "%s/%s.pem"}, {keyfile, "%s/server-key.pem"}, {verify, verify_peer}' \
        "$certificates" "$certificates" "$1" "$certificates"
}

have_rabbitmq_do() {
    local answer
    answer=$("$rabbitmq_call" "$1" 2>&1) && [[ $answer == '{ok, ok}' ]] && return
    complain "RabbitMQ could not be told to $1: $answer"
    return 1
}

# make_certificates DIRECTORY
# Makes an authority of two days' life, and certificates of it: server.pem for the name localhost, address.pem for the address 127.0.0.1,
# expired.pem for localhost in the past, all with the key server-key.pem; client.pem for the user mlserving-client with client-key.pem,
# which client-key-encrypted.pem holds encrypted with the password "secret". And stranger.pem, of an authority that nobody trusts.
make_certificates() {
    mkdir -p "$1"
    (
        set -e
        cd "$1"
        new_key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
        sign() { openssl x509 -req -CA "$1.pem" -CAkey "$1-key.pem" -CAcreateserial -days "$2" -extfile <(printf '%s\n' "$3"); }

        openssl req -x509 "${new_key[@]}" -days 2 -subj '/CN=mlserving test authority' -keyout authority-key.pem -out authority.pem
        openssl req -x509 "${new_key[@]}" -days 2 -subj '/CN=a stranger' -keyout strangers-key.pem -out strangers.pem
        openssl req "${new_key[@]}" -subj '/CN=mlserving test server' -keyout server-key.pem -out server.csr
        sign authority 2 'subjectAltName=DNS:localhost' <server.csr >server.pem
        sign authority 2 'subjectAltName=IP:127.0.0.1' <server.csr >address.pem
        sign authority -1 'subjectAltName=DNS:localhost' <server.csr >expired.pem
        openssl req "${new_key[@]}" -subj '/CN=mlserving-client' -keyout client-key.pem -out client.csr
        sign authority 2 'extendedKeyUsage=clientAuth' <client.csr >client.pem
        sign strangers 2 'extendedKeyUsage=clientAuth' <client.csr >stranger.pem
        openssl pkey -in client-key.pem -aes256 -passout pass:secret -out client-key-encrypted.pem
        # Servers run as this very user.
        chmod go= ./*-key*.pem
    ) >"$1/log" 2>&1 || {
        complain "No certificates could be made:"
        cat "$1/log" >&2
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
