"""Reads measurements, one JSON object a line, and prints a table of medians, ratios to the C baseline, and the project's bars."""

import argparse
import collections
import json
import statistics
import sys

CONTENDERS = ["c", "mlserving", "mlserving-hops", "mlserving-coalesced", "celery", "dramatiq", "template"]
PEERS = ["celery", "dramatiq"]


class Measurements:
    def __init__(self, lines):
        self.values = collections.defaultdict(list)
        for line in lines:
            record = json.loads(line)
            self.values[record["contender"], record["in_flight"]].append(record)

    def all(self, contender, in_flight, figure):
        """The figure in every repetition."""
        return [figure(record) for record in self.values.get((contender, in_flight), [])]

    def median(self, contender, in_flight, figure):
        values = self.all(contender, in_flight, figure)
        return statistics.median(values) if values else None


def throughput(record):
    return record["figures"]["requests_per_second"]


def p50(record):
    return record["figures"]["p50_ms"]


def p99(record):
    return record["figures"]["p99_ms"]


def client_cpu(record):
    return record["figures"]["cpu_us_per_request"]


def consumer_cpu(record):
    return record["consumer_cpu_us_per_request"]


def cpu(record):
    return client_cpu(record) + consumer_cpu(record)


def idle_megabytes(record):
    return record["consumer_idle_bytes"] / 1e6


def peak_megabytes(record):
    return record["consumer_peak_bytes"] / 1e6


def ratio(value, base):
    return None if value is None or not base else value / base


def shown(value, form="%.2f"):
    return "–" if value is None else form % value


def print_rows(rows):
    """Aligns columns: the first to the left, others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def print_table(measured):
    rows = [["contender", "under way", "a second", "spread", "× C", "p50 ms", "× C", "p99 ms", "client CPU µs", "consumer", "sum × C"]]
    for in_flight in (1, 128, 512):
        for contender in CONTENDERS:
            rates = measured.all(contender, in_flight, throughput)
            if not rates:
                continue

            def median(figure):
                return measured.median(contender, in_flight, figure)

            def against_c(figure):
                return shown(ratio(median(figure), measured.median("c", in_flight, figure)))

            rows.append([
                contender, str(in_flight), shown(median(throughput), "%.0f"),
                "%.0f–%.0f" % (min(rates), max(rates)), against_c(throughput),
                shown(median(p50), "%.3f"), against_c(p50), shown(median(p99), "%.2f"),
                shown(median(client_cpu), "%.1f"), shown(median(consumer_cpu), "%.1f"), against_c(cpu),
            ])
    print_rows(rows)


def bars(measured):
    """What the project holds itself to: what, the value, how it compares, the bound."""

    def against_c(contender, in_flight, figure, base_in_flight=None):
        base = measured.median("c", base_in_flight or in_flight, figure)
        return ratio(measured.median(contender, in_flight, figure), base)

    def best_peer(in_flights, figure, choose):
        values = [measured.median(peer, in_flight, figure) for peer in PEERS for in_flight in in_flights]
        values = [value for value in values if value is not None]
        return choose(values) if values else None

    yield "1 under way: p50, × C", against_c("mlserving", 1, p50), "≤", 1.25
    yield "128 under way: throughput, × C", against_c("mlserving", 128, throughput), "≥", 0.95
    yield "512 under way: throughput, × C", against_c("mlserving", 512, throughput), "≥", 0.95
    for in_flight in (1, 128, 512):
        yield "%d under way: CPU of client and consumer, × C" % in_flight, against_c("mlserving", in_flight, cpu), "≤", 2
    yield "512 under way, coalesced: throughput, × C", against_c("mlserving-coalesced", 512, throughput), "≥", 8
    peers = "× the better of Celery and Dramatiq"
    for name, contender in ("one request a message", "mlserving"), ("coalesced", "mlserving-coalesced"):
        own = [measured.median(contender, in_flight, throughput) for in_flight in (128, 512)]
        own = max((value for value in own if value is not None), default=None)
        yield "%s: throughput, %s" % (name, peers), ratio(own, best_peer((1, 128, 512), throughput, max)), "≥", 30
    for in_flight in (1, 128, 512):
        own = measured.median("mlserving", in_flight, p50)
        yield "%d under way: p50, %s" % (in_flight, peers), ratio(own, best_peer((in_flight,), p50, min)), "≤", 0.125
    own = measured.median("mlserving-coalesced", 512, p50)
    yield "512 under way, coalesced: p50, %s" % peers, ratio(own, best_peer((512,), p50, min)), "≤", 0.125
    yield "consumer, idle: MB resident", measured.median("mlserving", 1, idle_megabytes), "≤", 20
    yield "consumer, prefetch 512, busy: MB resident at most", measured.median("mlserving", 512, peak_megabytes), "≤", 60


def print_bars(measured):
    rows = [["bar", "measured", "bound", ""]]
    for name, value, comparison, bound in bars(measured):
        if value is None:
            verdict = "not measured"
        else:
            verdict = "met" if (value <= bound if comparison == "≤" else value >= bound) else "NOT MET"
        rows.append([name, shown(value), "%s %g" % (comparison, bound), verdict])
    print_rows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--load", help="the machine's load average, to be printed")
    parser.add_argument("--bars", action="store_true", help="say whether the project's bars are met")
    chosen = parser.parse_args()
    measured = Measurements(sys.stdin)
    repetitions = max((len(records) for records in measured.values.values()), default=0)
    print("Medians of %d; the spread is that of the throughputs. CPU in µs a request." % repetitions, end="")
    print(" Load of the machine at the end: %s." % chosen.load if chosen.load else "")
    print()
    print_table(measured)
    if chosen.bars and measured.values.keys() & {("mlserving", 1)}:
        print()
        print_bars(measured)


if __name__ == "__main__":
    main()
