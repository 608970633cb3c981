# shellcheck shell=bash
# Starts the services of the working directory with docker compose. Needs terminal.sh.

# Fails unless docker compose can be used.
require_docker() {
    type -P docker >/dev/null || fail "No docker found. Install Docker Engine with its compose plugin (docs.docker.com/engine/install)."
    docker compose version >/dev/null 2>&1 ||
        fail "docker has no compose plugin. Install it (docker-compose-plugin, from where docker itself came)."
    docker info >/dev/null 2>&1 || fail "The Docker engine does not answer. Start it, or have your user let into the group docker."
}

# Fails unless the network is there on which services meet the servers.
require_servers() {
    docker network inspect mlserving >/dev/null 2>&1 || fail "There is no network mlserving. First run ./run_compose.sh in the root directory."
}

# start_services OPTION…: builds and starts them, and waits until all are healthy. The options are those of docker compose.
start_services() {
    docker compose "$@" up --detach --build --wait || fail "Not every service is healthy. See docker compose ps, docker compose logs"
    docker compose "$@" ps
}
