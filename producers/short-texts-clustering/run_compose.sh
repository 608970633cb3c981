#!/usr/bin/env bash
# Builds and starts the service that clusters short texts. RabbitMQ and Redis must run: ./run_compose.sh in the root directory starts them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=scripts/terminal.sh
source ../../scripts/terminal.sh
# shellcheck source=scripts/compose.sh
source ../../scripts/compose.sh

require_docker
require_servers
start_services "$@"
