"""What the clients of all peers share: options, a window of requests under way, and the figures at the end."""

import argparse
import collections
import json
import os
import time


def servers():
    """The broker's and the store's (host, port), from the environment."""

    def address(name, default):
        host, port = os.environ.get(name, default).rsplit(":", 1)
        return host, int(port)

    return address("BENCHMARK_RABBIT", "127.0.0.1:5672"), address("BENCHMARK_REDIS", "127.0.0.1:6379")


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=1)
    parser.add_argument("--warm-up", type=int, default=50)
    parser.add_argument("--payload-bytes", type=int, default=2400)
    return parser.parse_args()


def payload(size):
    """A list of doubles, as the other clients send."""
    return [number * 0.001 for number in range(max(1, size // 8))]


def window_in_order(chosen, submit, wait):
    """Keeps requests under way and waits for the oldest each time: answers to others are taken in meanwhile.

    `submit()` returns a handle, `wait(handle)` the answer. Returns a function from a number of requests to their latencies in seconds.
    """
    expected = payload(chosen.payload_bytes)

    def load(requests):
        latencies = []
        under_way = collections.deque()
        begun = 0
        while len(latencies) < requests:
            while begun < requests and len(under_way) < chosen.in_flight:
                under_way.append((time.perf_counter(), submit(expected)))
                begun += 1
            start, handle = under_way.popleft()
            if wait(handle) != expected:
                raise SystemExit("the echo differs from what was sent")
            latencies.append(time.perf_counter() - start)
        return latencies

    return load


def report(chosen, load):
    """Warms up, measures and prints one line of JSON."""
    if chosen.warm_up:
        load(chosen.warm_up)
    cpu, start = time.process_time(), time.perf_counter()
    latencies = sorted(load(chosen.requests))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu

    def percentile(share):
        return latencies[min(len(latencies) - 1, int(share * len(latencies)))] * 1e3

    figures = {
        "requests": chosen.requests,
        "errors": 0,
        "seconds": seconds,
        "requests_per_second": chosen.requests / seconds,
        "p50_ms": percentile(0.5),
        "p99_ms": percentile(0.99),
        "p999_ms": percentile(0.999),
        "cpu_us_per_request": cpu * 1e6 / chosen.requests,
    }
    print(json.dumps(figures))
