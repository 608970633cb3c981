# shellcheck shell=bash
# Clusters of a script's own on the loopback interface: three RabbitMQ nodes, Redis with Sentinel, a Redis Cluster, and a Redis alone.
# Needs terminal.sh, processes.sh and private-servers.sh.
#
# A node has a directory: port, pid (while it runs), log, and control, a line to which starts the node again after it has ended. The
# functions kill_node, pause_node, resume_node and restart_node take that directory.
# shellcheck disable=SC2154

clusters_home=$(dirname "${BASH_SOURCE[0]}")
# How long a node of a Redis Cluster may be silent before it is held to be dead, and a master before a sentinel does, in ms. Nodes that
# share a busy machine are silent for longer than those that have one each.
redis_node_timeout=${redis_node_timeout:-2000}

cluster_nodes=()

# start_private_clusters DIRECTORY
# Starts all of them side by side, and returns when they are whole.
start_private_clusters() {
    local directory=$1
    launch_rabbitmq_cluster "$directory/rabbitmq" || return 1
    start_redis_sentinel "$directory/sentinel" && start_redis_cluster "$directory/redis-cluster" || return 1
    make_node "$directory/redis/server-1" && launch_redis_node "$directory/redis/server-1" && await_redis_node "$directory/redis/server-1" || return 1
    await_rabbitmq_cluster "$directory/rabbitmq"
}

# stop_private_clusters: ends all nodes at once, as a crash would, since there is nothing to be kept. What keeps them ends with
# stop_processes.
stop_private_clusters() {
    local node
    for node in "${cluster_nodes[@]}"; do kill_node "$node" 2>/dev/null || true; done
    cluster_nodes=()
}

# addresses DIRECTORY KIND: prints where the nodes of that kind (node, server or sentinel) listen, as (host:port host:port …).
addresses() {
    local file list=()
    for file in "$1/$2"-*/port; do list+=("127.0.0.1:$(<"$file")"); done
    printf '(%s)' "${list[*]}"
}

# --- One node ---

# launch_node DIRECTORY COMMAND…
launch_node() {
    local directory=$1
    start_process "$directory" "$directory/keeper.log" "$clusters_home/keep-node.sh" "$@"
    cluster_nodes+=("$directory")
    await 10 test -e "$directory/pid"
}

# Not $(<"$1/pid"): where there is no such file, because the node is down, that ends the script while it cleans up.
kill_node() { kill -KILL "$(cat "$1/pid")"; }
pause_node() { kill -STOP "$(cat "$1/pid")"; }
resume_node() { kill -CONT "$(cat "$1/pid")"; }
restart_node() { echo start >"$1/control"; }

# make_node DIRECTORY: makes the node's directory and chooses its port, left in node_port.
make_node() {
    mkdir -p "$1"
    node_port=$(free_port) || return 1
    echo "$node_port" >"$1/port"
}

# --- RabbitMQ ---

# start_rabbitmq_cluster DIRECTORY: three nodes, DIRECTORY/node-1 to node-3, of which a minority pauses itself.
start_rabbitmq_cluster() {
    launch_rabbitmq_cluster "$1" && await_rabbitmq_cluster "$1"
}

launch_rabbitmq_cluster() {
    local directory=$1 epmd_port number node names=()
    mkdir -p "$directory"
    epmd_port=$(free_port) || return 1
    # A cookie in common is what lets the nodes speak with each other.
    printf 'mlserving%s' "$SRANDOM$SRANDOM" >"$directory/.erlang.cookie"
    chmod 400 "$directory/.erlang.cookie"
    echo "$epmd_port" >"$directory/epmd-port"
    write_evaluate "$directory"
    start_process epmd "$directory/epmd.log" epmd -port "$epmd_port" -address 127.0.0.1
    await_server "The Erlang port mapper" "$started_pid" "$directory" 30 accepts_connections 127.0.0.1 "$epmd_port" || return 1

    for number in 1 2 3; do
        make_node "$directory/node-$number" || return 1
        names+=("mlserving-$node_port@localhost")
    done
    for number in 1 2 3; do
        node=$directory/node-$number
        echo "${names[number - 1]}" >"$node/name"
        configure_rabbitmq_node "$node" "${names[@]}"
        launch_rabbitmq_node "$directory" "$node" "$epmd_port" || return 1
    done
}

# write_evaluate CLUSTER: leaves a script by which tests have a node evaluate something, in a fraction of the time that rabbitmqctl takes.
write_evaluate() {
    cat >"$1/evaluate" <<TEXT
#!/bin/sh
# evaluate NUMBER EXPRESSION: has that node evaluate an expression in Erlang's notation, and prints {ok, RESULT}.
export ERL_EPMD_PORT=$(<"$1/epmd-port")
printf '%s.\\n' "\$2" |
    timeout 20 erl_call -h "tests-\$\$" -c "\$(cat '$1/.erlang.cookie')" -n "\$(cat '$1'/node-"\$1"/name)" -e
TEXT
    chmod +x "$1/evaluate"
}

# configure_rabbitmq_node DIRECTORY NAME…: writes the configuration of a node of the cluster of these names.
configure_rabbitmq_node() {
    local directory=$1 number
    shift
    {
        echo "cluster_formation.peer_discovery_backend = classic_config"
        for ((number = 1; number <= $#; number++)); do echo "cluster_formation.classic_config.nodes.$number = ${!number}"; done
        echo "cluster_partition_handling = pause_minority"
        # How long a node may be silent before the others hold it to be dead; the default is a minute.
        echo "net_ticktime = 5"
    } >"$directory/rabbitmq.conf"
    printf '[].\n' >"$directory/enabled_plugins"
    : >"$directory/environment"
}

# launch_rabbitmq_node CLUSTER DIRECTORY EPMD_PORT
launch_rabbitmq_node() {
    local cluster=$1 directory=$2 epmd_port=$3 distribution_port
    distribution_port=$(free_port) || return 1
    # With input allowed the start script becomes the Erlang machine itself, which then has the id that the keeper knows.
    launch_node "$directory" env \
        --unset=RABBITMQ_ADVANCED_CONFIG_FILE --unset=RABBITMQ_USE_LONGNAME --unset=NOTIFY_SOCKET \
        HOME="$cluster" \
        ERL_CRASH_DUMP="$directory/crash-dump" \
        ERL_EPMD_ADDRESS=127.0.0.1 \
        ERL_EPMD_PORT="$epmd_port" \
        RABBITMQ_NODENAME="$(<"$directory/name")" \
        RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
        RABBITMQ_NODE_PORT="$(<"$directory/port")" \
        RABBITMQ_DIST_PORT="$distribution_port" \
        RABBITMQ_MNESIA_BASE="$directory/mnesia" \
        RABBITMQ_LOG_BASE="$directory/logs" \
        RABBITMQ_CONF_ENV_FILE="$directory/environment" \
        RABBITMQ_CONFIG_FILE="$directory/rabbitmq.conf" \
        RABBITMQ_GENERATED_CONFIG_DIR="$directory/generated" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$directory/enabled_plugins" \
        RABBITMQ_PLUGINS_EXPAND_DIR="$directory/plugins" \
        RABBITMQ_PID_FILE="$directory/rabbitmq-pid" \
        RABBITMQ_ALLOW_INPUT=1 \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-noinput -kernel inet_dist_use_interface {127,0,0,1}' \
        "$rabbitmq_program"
}

await_rabbitmq_cluster() {
    local number node
    for number in 1 2 3; do
        node=$1/node-$number
        await_server "RabbitMQ node $number" "$(<"$node/pid")" "$node" 120 answers_amqp 127.0.0.1 "$(<"$node/port")" || return 1
    done
}

# rabbitmq_control CLUSTER NUMBER COMMAND…: runs rabbitmqctl on a node.
rabbitmq_control() {
    local cluster=$1 number=$2
    shift 2
    HOME=$cluster ERL_EPMD_PORT=$(<"$cluster/epmd-port") ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_CONF_ENV_FILE=$cluster/node-1/environment \
        /usr/lib/rabbitmq/bin/rabbitmqctl --quiet --node "$(<"$cluster/node-$number/name")" "$@"
}

# --- Redis ---

# launch_redis_node DIRECTORY OPTION…
launch_redis_node() {
    local directory=$1
    shift
    launch_node "$directory" redis-server --port "$(<"$directory/port")" --bind 127.0.0.1 --save '' --appendonly no --dir "$directory" "$@"
}

await_redis_node() {
    await_server "Redis in $1" "$(<"$1/pid")" "$1" 30 answers_redis 127.0.0.1 "$(<"$1/port")"
}

# redis_command DIRECTORY WORD…: sends a command to the node of that directory and prints the reply.
redis_command() {
    local directory=$1
    shift
    redis-cli -h 127.0.0.1 -p "$(<"$directory/port")" "$@"
}

# start_redis_sentinel DIRECTORY: a master, DIRECTORY/server-1, two replicas, server-2 and server-3, and three sentinels, sentinel-1 to
# sentinel-3, that watch it by the name mlserving.
start_redis_sentinel() {
    local directory=$1 number master_port
    for number in 1 2 3; do
        make_node "$directory/server-$number" || return 1
        make_node "$directory/sentinel-$number" || return 1
    done
    master_port=$(<"$directory/server-1/port")
    launch_redis_node "$directory/server-1" || return 1
    for number in 2 3; do
        launch_redis_node "$directory/server-$number" --replicaof "127.0.0.1 $master_port" --repl-diskless-sync-delay 0 || return 1
    done
    for number in 1 2 3; do await_redis_node "$directory/server-$number" || return 1; done
    await 30 is_synchronized "$directory/server-2" && await 30 is_synchronized "$directory/server-3" || return 1
    for number in 1 2 3; do launch_sentinel "$directory/sentinel-$number" "$master_port" || return 1; done
    for number in 1 2 3; do
        await_redis_node "$directory/sentinel-$number" || return 1
        await 30 knows_everyone "$directory/sentinel-$number" || return 1
    done
}

# launch_sentinel DIRECTORY MASTER_PORT
launch_sentinel() {
    cat >"$1/sentinel.conf" <<TEXT
port $(<"$1/port")
bind 127.0.0.1
dir $1
sentinel monitor mlserving 127.0.0.1 $2 2
sentinel down-after-milliseconds mlserving $redis_node_timeout
sentinel failover-timeout mlserving 3000
sentinel parallel-syncs mlserving 2
TEXT
    launch_node "$1" redis-server "$1/sentinel.conf" --sentinel
}

is_synchronized() { [[ $(redis_command "$1" info replication) == *master_link_status:up* ]]; }

# Whether a sentinel has found both replicas and both other sentinels, without which it cannot fail over.
knows_everyone() {
    [[ $(redis_command "$1" info sentinel) == *name=mlserving,status=ok,*slaves=2,sentinels=3* ]]
}

# start_redis_cluster DIRECTORY: six nodes, DIRECTORY/node-1 to node-6; the first three own a third of the slots each, and each of the
# others replicates one of them.
start_redis_cluster() {
    local directory=$1 number identifiers=() ports=() bus_ports=()
    for number in 1 2 3 4 5 6; do
        make_node "$directory/node-$number" || return 1
        ports+=("$node_port")
        bus_ports+=("$(free_port)") || return 1
        launch_redis_node "$directory/node-$number" --cluster-enabled yes --cluster-port "${bus_ports[number - 1]}" \
            --cluster-node-timeout "$redis_node_timeout" --repl-diskless-sync-delay 0 --cluster-replica-validity-factor 0 || return 1
    done
    for number in 1 2 3 4 5 6; do
        await_redis_node "$directory/node-$number" || return 1
        identifiers+=("$(redis_command "$directory/node-$number" cluster myid)")
        # Each begins with an epoch of its own, which saves them the time to settle who yields.
        redis_command "$directory/node-$number" cluster set-config-epoch "$number" >"$directory/setup.log"
    done
    {
        redis_command "$directory/node-1" cluster addslotsrange 0 5460
        redis_command "$directory/node-2" cluster addslotsrange 5461 10922
        redis_command "$directory/node-3" cluster addslotsrange 10923 16383
        for number in 2 3 4 5 6; do
            redis_command "$directory/node-1" cluster meet 127.0.0.1 "${ports[number - 1]}" "${bus_ports[number - 1]}"
        done
    } >>"$directory/setup.log"
    for number in 4 5 6; do
        await 30 replicates "$directory/node-$number" "${identifiers[number - 4]}" || return 1
    done
    for number in 1 2 3 4 5 6; do await 30 is_whole "$directory/node-$number" || return 1; done
    for number in 4 5 6; do await 30 is_synchronized "$directory/node-$number" || return 1; done
}

# Whether a node has accepted to replicate another, which it must have heard of.
replicates() { [[ $(redis_command "$1" cluster replicate "$2") == OK ]]; }

is_whole() {
    local information
    information=$(redis_command "$1" cluster info)
    [[ $information == *cluster_state:ok* && $information == *cluster_known_nodes:6* && $information == *cluster_size:3* ]]
}
