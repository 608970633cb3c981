"""Runs text models and clustering beside their references, in turn, and prints tables. Called by Benchmarks/texts.sh."""
import argparse
import glob
import os
import statistics
import subprocess
import sys

import numpy

parser = argparse.ArgumentParser()
parser.add_argument("--ours", required=True)
parser.add_argument("--reference", required=True)
parser.add_argument("--work", required=True, help="where models and texts are")
parser.add_argument("--repetitions", type=int, required=True)
parser.add_argument("--only", default="rates,open,clustering")
options = parser.parse_args()
here = os.path.dirname(os.path.abspath(__file__))
parts = options.only.split(",")


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def path(name):
    return os.path.join(options.work, name)


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths))).rstrip())
    print()


def rates():
    passes = 3
    contenders = {
        "library": lambda model, texts, task: [options.reference, model, texts, task, passes],
        "ours": lambda model, texts, task: [options.ours, "rate", model, texts, task, "--passes", passes],
        "binding": lambda model, texts, task: [sys.executable, os.path.join(here, "binding.py"), model, texts, task, passes],
        "two": lambda model, texts, task: [options.ours, "rate", model, texts, task, "--passes", passes, "--threads", 2],
    }
    rows = [["model", "task", "fastText, C++", "fastText, Python", "MLServing", "× C++", "× Python", "two threads", "× one"]]
    for model, task in [
        ("skipgram.bin", "words"), ("skipgram.bin", "sentences"), ("supervised.bin", "sentences"), ("supervised.bin", "labels"),
        ("supervised.ftz", "labels"), ("lid.176.ftz", "sentences"), ("lid.176.ftz", "labels"),
    ]:
        found = {name: [] for name in contenders}
        for _ in range(options.repetitions):
            for name, command in contenders.items():
                texts = path("words.txt" if task == "words" else "texts.txt")
                found[name] += [float(line) for line in run(*command(path(model), texts, task)).split()]
        median = {name: statistics.median(values) for name, values in found.items()}
        rows.append([model, task] + [f"{median[name]:.0f}" for name in ("library", "binding", "ours")] + [
            f"{median['ours'] / median['library']:.2f}", f"{median['ours'] / median['binding']:.2f}",
            f"{median['two']:.0f}", f"{median['two'] / median['ours']:.2f}",
        ])
    print(f"Texts (or words) a second on one thread; medians of {options.repetitions} × {passes} passes.")
    table(rows)


def shared_memory():
    """Two processes that hold the model: the size that is mapped, resident and one process's own, in bytes."""
    model = path("large.bin")
    processes = [
        subprocess.Popen([options.ours, "open", model, "--stay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in processes:
        process.stdout.readline()
    sizes = {}
    with open(f"/proc/{processes[1].pid}/smaps") as file:
        inside = False
        for line in file:
            fields = line.split()
            if not fields[0].endswith(":"):
                inside = line.rstrip().endswith(os.path.realpath(model))
            elif inside and fields[0] in ("Rss:", "Pss:", "Anonymous:"):
                sizes[fields[0]] = sizes.get(fields[0], 0) + 1024 * int(fields[1])
    for process in processes:
        process.stdin.close()
        process.wait()
    return sizes


def drop_from_cache(name):
    descriptor = os.open(name, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def opening():
    model = path("large.bin")
    size = os.path.getsize(model)
    seconds = [float(run(options.ours, "open", model).split()[0]) for _ in range(8)][1:]
    drop_from_cache(model)
    cold, opened, used = [float(value) for value in run(options.ours, "open", model).split()]
    sizes = shared_memory()
    print(f"A model of {size / 1e6:.0f} MB with 400,000 words.")
    table([
        ["", "", "MLServing"],
        ["ready after, its dictionary in the kernel's cache; median of 7", "ms", f"{statistics.median(seconds) * 1e3:.1f}"],
        ["ready after, nothing of it in the kernel's cache", "ms", f"{cold * 1e3:.1f}"],
        ["resident when ready", "MB", f"{opened / 1e6:.1f}"],
        ["resident after the vectors of 100 words", "MB", f"{used / 1e6:.1f}"],
        ["of the file: resident in the second of two processes", "MB", f"{sizes['Rss:'] / 1e6:.1f}"],
        ["of the file: that process's share of it", "MB", f"{sizes['Pss:'] / 1e6:.1f}"],
        ["of the file: that process's own", "MB", f"{sizes['Anonymous:'] / 1e6:.1f}"],
    ])


def vectors(count, dimension):
    name = path(f"vectors-{count}-{dimension}.f32")
    if not os.path.exists(name):
        generator = numpy.random.default_rng(count)
        centres = generator.normal(size=(count // 20, dimension)).astype(numpy.float32)
        rows = centres[generator.integers(0, len(centres), count)] + generator.normal(size=(count, dimension)).astype(numpy.float32)
        rows.astype(numpy.float32).tofile(name)
    return name


def same(first, second):
    return len(set(zip(first, second))) == len(set(first)) == len(set(second))


def clustering():
    rows = [["vectors", "linkage and distance", "scikit-learn s", "MLServing s", "× as fast", "scikit-learn MB", "MLServing MB", "×", "labels"]]
    cases = [(5_000, 900, linkage, metric) for linkage, metric in [
        ("complete", "cosine"), ("average", "cosine"), ("single", "cosine"), ("complete", "euclidean"), ("ward", "euclidean"),
    ]] + [(20_000, 900, "complete", "cosine")]
    for count, dimension, linkage, metric in cases:
        arguments = [vectors(count, dimension), dimension, linkage, metric, count // 20]
        theirs, ours = [], []
        # Twenty thousand take scikit-learn minutes and 10 GB.
        for _ in range(options.repetitions if count <= 5_000 else 1):
            if count <= 5_000:
                theirs.append([float(value) for value in run(sys.executable, os.path.join(here, "scikit.py"), *arguments, path("theirs")).split()])
            ours.append([float(value) for value in run(options.ours, "cluster", *arguments, path("ours")).split()])
        own = [statistics.median(column) for column in zip(*ours)]
        row = [f"{count} × {dimension}", f"{linkage}, {metric}"]
        if theirs:
            other = [statistics.median(column) for column in zip(*theirs)]
            equal = same(numpy.loadtxt(path("theirs"), dtype=int).tolist(), numpy.loadtxt(path("ours"), dtype=int).tolist())
            row += [f"{other[0]:.2f}", f"{own[0]:.2f}", f"{other[0] / own[0]:.1f}", f"{other[1] / 1e6:.0f}", f"{own[1] / 1e6:.0f}",
                    f"{own[1] / other[1]:.2f}", "equal" if equal else "DIFFERENT"]
        else:
            row += ["", f"{own[0]:.2f}", "", "", f"{own[1] / 1e6:.0f}", "", ""]
        rows.append(row)
    print(f"Clustering, the whole process's peak memory; medians of {options.repetitions}.")
    table(rows)


for part, function in [("rates", rates), ("open", opening), ("clustering", clustering)]:
    if part in parts:
        function()
