"""PyPI's msgpack on the values of the micro benchmarks: processor time of one encode and one decode, in ns; the median of seven runs."""

import statistics
import time

import msgpack

DOUBLES = [number * 0.001 + 0.0001234 for number in range(300)]
ROW = {
    "identifier": 4711, "name": "a customer of ours", "age": 42, "income": 61234.5, "score": 0.8125, "isActive": True, "country": "NL",
    "visits": 17, "balance": -12.75, "note": "asked about the terms",
}
WORDS = [f"short text {10 + number % 90}" for number in range(100)]
TEXTS = [f"short text number {10 + number % 90}" for number in range(100)]


def nanoseconds(operation, argument, seconds=0.2, repetitions=7):
    count, runs = 1, []
    while True:
        start = time.thread_time_ns()
        for _ in range(count):
            operation(argument)
        elapsed = time.thread_time_ns() - start
        if elapsed < seconds * 1e9 and not runs:
            count *= 2
            continue
        runs.append(elapsed / count)
        if len(runs) == repetitions:
            return statistics.median(runs)


def main():
    implementation = msgpack.Packer.__module__
    print(f"msgpack {'.'.join(map(str, msgpack.version))}, {implementation}")
    for name, value in [
        ("300 doubles", DOUBLES), ("struct of ten fields", ROW), ("100 strings of 13 bytes", WORDS), ("100 strings of 20 bytes", TEXTS),
    ]:
        packed = msgpack.packb(value)
        print(f"encode      PyPI msgpack: {name + ',':22} {len(packed):5} B {nanoseconds(msgpack.packb, value):10.0f}")
        print(f"decode      PyPI msgpack: {name:31} {nanoseconds(msgpack.unpackb, packed):10.0f}")


if __name__ == "__main__":
    main()
