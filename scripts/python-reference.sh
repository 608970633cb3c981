# shellcheck shell=bash
# The Python environments that tests compare with. Needs terminal.sh.

# prepare_python_environment REQUIREMENTS DIRECTORY
# Makes a virtual environment with the listed packages, unless the directory holds one made from the same list.
prepare_python_environment() {
    local requirements=$1 directory=$2 python=/usr/bin/python3
    [[ -x $python ]] || python=$(type -P python3) || fail "No python3 found."
    if cmp --silent "$requirements" "$directory/made-from.txt" && "$directory/bin/python" -c '' 2>/dev/null; then return; fi

    step "Preparing the Python environment $directory"
    rm -rf "$directory"
    mkdir -p "$directory"
    "$python" -m venv "$directory" || fail "Python could not make a virtual environment."
    # Wheels only: nothing is compiled, and nothing beside the list is installed.
    quietly "$directory/log" "$directory/bin/python" -m pip install --disable-pip-version-check --no-input --only-binary :all: \
        --no-deps --requirement "$requirements" || fail "pip could not install what $requirements lists."
    cp "$requirements" "$directory/made-from.txt"
}
