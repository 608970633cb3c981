#!/usr/bin/env bash
# Starts RabbitMQ and Redis for the services in consumers/ and producers/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/compose.sh
source scripts/compose.sh

require_docker
start_services --env-file variables.env "$@"
