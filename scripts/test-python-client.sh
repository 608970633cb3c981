#!/usr/bin/env bash
# Checks and tests the Python client (clients/python) as it is installed from here, in an environment under .cache/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/python-reference.sh
source scripts/python-reference.sh

usage() {
    cat <<'TEXT'
Usage: scripts/test-python-client.sh [--help] [PYTEST OPTION]...

Installs the client with what its tests need, has ruff and mypy check it, and runs its tests. Those that need servers find them by
MLSERVING_TEST_RABBIT, MLSERVING_TEST_REDIS, and the variables beside them that ./run_tests.sh sets, clusters by MLSERVING_TEST_CLUSTERS,
and the consumer by MLSERVING_TEST_PROGRAM, by default the last debug build of mlserving. Without servers they are skipped; with servers
a test that is skipped is a failure. ./run_tests.sh starts servers and calls this.
TEXT
}

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    usage
    exit
fi

environment=$PWD/.cache/python-client
prepare_python_environment scripts/test-python-client.txt "$environment"
step "Installing and checking the Python client"
quietly "$environment/install.log" "$environment/bin/python" -m pip install --disable-pip-version-check --no-input --no-index --no-deps \
    --no-build-isolation --force-reinstall ./clients/python || fail "pip could not install the Python client."
export PYTHONDONTWRITEBYTECODE=1 RUFF_CACHE_DIR=$environment/ruff MYPY_CACHE_DIR=$environment/mypy
cd clients/python
"$environment/bin/ruff" check --quiet
"$environment/bin/ruff" format --quiet --check
quietly "$environment/mypy.log" "$environment/bin/mypy" --python-executable "$environment/bin/python"

step "Testing the Python client"
# Apart from those that need clusters all live tests find what they need, or none does.
[[ -n ${MLSERVING_TEST_CLUSTERS:-} ]] || set -- --ignore tests/live/test_clusters.py "$@"
status=0
"$environment/bin/python" -m pytest --quiet -p no:cacheprovider --show-capture=no "$@" 2>&1 | tee "$environment/pytest.log" || status=$?
if [[ -n ${MLSERVING_TEST_RABBIT:-} ]] && tail -n 1 "$environment/pytest.log" | grep --quiet skipped; then
    complain "Tests of the Python client were skipped although there are servers."
    status=1
fi
exit "$status"
