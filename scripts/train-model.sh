#!/usr/bin/env bash
# Trains a small fastText model of English on the definitions of WordNet. Stands alone, so that an image can be built with it.
# Needs Debian's packages fasttext and wordnet-base.
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: train-model.sh --settings
       train-model.sh FILE.bin

Trains a model and writes it to FILE.bin, with a progress display on the standard error. With --settings it only prints the settings
that it would use, so that a model made with others can be told from this one.
TEXT
}

# Chosen by the clusters of the demo's texts: the hierarchical softmax with a high learning rate learns the most in the time, which is
# less than a minute on two cores.
settings=(skipgram -loss hs -lr 0.1 -dim 64 -ws 5 -epoch 5 -minCount 3 -minn 3 -maxn 5 -bucket 100000)
glosses=(/usr/share/wordnet/data.{noun,verb,adj,adv})

# Prints one line for each meaning: its words, and their definition with its examples, in lower case.
corpus() {
    # A line of WordNet is: offset, file, type, the number of words in two hexadecimal digits, each word with its number, … | definition.
    awk '
        function digit(text, place) { return index("0123456789abcdef", tolower(substr(text, place, 1))) - 1 }
        /^  / { next }  # the licence
        {
            words = ""
            count = 16 * digit($4, 1) + digit($4, 2)
            for (i = 0; i < count; i++) words = words " " $(5 + 2 * i)
            print words " " substr($0, index($0, "|") + 1)
        }
    ' "$@" | tr '[:upper:]' '[:lower:]' | tr --complement --squeeze-repeats 'a-z0-9\n' ' '
}

# fastText rewrites one line over and over. Where that is not a terminal, a line for each tenth of the work says as much.
show_progress() {
    if [[ -t 2 ]]; then
        cat >&2
    else
        tr '\r' '\n' | awk '!/^Progress/ { print; next } { tenth = int($2 / 10) } tenth > shown { shown = tenth; print }' >&2
    fi
}

case ${1:-} in
    --settings) echo "${settings[*]}" ;;
    *.bin)
        directory=$(mktemp --directory --tmpdir mlserving-model.XXXXXX)
        trap 'rm -rf "$directory"' EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM
        corpus "${glosses[@]}" >"$directory/corpus.txt"
        fasttext "${settings[@]}" -thread "$(nproc)" -input "$directory/corpus.txt" -output "$directory/model" 2>&1 | show_progress
        # Under its name only when it is whole.
        mkdir -p "$(dirname "$1")"
        mv "$directory/model.bin" "$1.part"
        mv "$1.part" "$1"
        ;;
    --help | -h) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
