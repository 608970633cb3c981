# shellcheck shell=bash
# The RabbitMQ and Redis that the configuration names. Needs private-servers.sh, which sets the ports.
# shellcheck disable=SC2154

# Sets and exports RABBIT_NODES and REDIS_NODES from variables.env where the environment lacks them, and tells whether a node of
# each answers.
configured_servers_answer() {
    RABBIT_NODES=$(configured RABBIT_NODES '(localhost:5672)')
    REDIS_NODES=$(configured REDIS_NODES '(localhost:6379)')
    export RABBIT_NODES REDIS_NODES
    any_answers answers_amqp "$RABBIT_NODES" && any_answers answers_redis "$REDIS_NODES"
}

# configured KEY DEFAULT: prints the value of a key, from the environment or else from variables.env.
configured() {
    local value=${!1:-}
    [[ -n $value || ! -f variables.env ]] || value=$(sed --quiet "s/^$1=//p" variables.env | tail --lines=1)
    printf '%s' "${value:-$2}"
}

# any_answers CHECK NODES: whether the check succeeds for one of the nodes, written as (host:port host:port …).
any_answers() {
    local node nodes
    read -r -a nodes <<<"${2//[(),\"\']/ }"
    for node in "${nodes[@]}"; do
        if "$1" "${node%:*}" "${node##*:}"; then return; fi
    done
    return 1
}

# Has the programs use the servers that start_private_servers has started, whatever else is configured.
use_private_servers() {
    export RABBIT_NODES="(127.0.0.1:$rabbitmq_port)" RABBIT_USER=guest RABBIT_PASSWORD=guest RABBIT_VHOST=/
    export REDIS_NODES="(127.0.0.1:$redis_port)" REDIS_USER='' REDIS_PASSWORD='' REDIS_DATABASE=0
    unset RABBIT_PASSWORD_FILE REDIS_PASSWORD_FILE
}
