"""Reads the event streams of `swift test` runs and says whether what should have run did.

Swift Testing counts a skipped test among those that passed. Here a skipped test is a failure: a live test that found no servers
skips itself. The live tests are those that an earlier run without servers had skipped, so no list of them has to be kept.
"""

import argparse
import json
import sys


class Run:
    """One run of a test suite, or several runs of parts: the functions and suites by their identifiers, and what became of them."""

    def __init__(self, *paths):
        self.functions, self.started, self.ended, self.skipped, self.failed = set(), set(), set(), set(), set()
        for path in paths:
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    record = json.loads(line)
                    if record["kind"] == "test":
                        self.note_test(record["payload"])
                    else:
                        self.note_event(record["payload"])

    def note_test(self, test):
        if test["kind"] == "function":
            self.functions.add(test["id"])

    def note_event(self, event):
        test = event.get("testID")
        if event["kind"] == "testStarted":
            self.started.add(test)
        elif event["kind"] == "testEnded":
            self.ended.add(test)
        elif event["kind"] == "testSkipped":
            self.skipped.add(test)
        elif event["kind"] == "issueRecorded" and event["issue"].get("isFailure", not event["issue"]["isKnown"]):
            self.failed.add(test or "outside of any test")

    @property
    def ran(self):
        return self.functions & self.ended


def complaints(run, live, arguments):
    """What is wrong with the run, apart from the tests that failed."""
    if unfinished := run.started - run.ended - run.skipped:
        yield "started and never ended: " + ", ".join(sorted(unfinished))
    if run.skipped and not arguments.allow_skipped:
        yield "skipped: " + ", ".join(sorted(run.skipped))
    if missing := live - run.ran:
        yield "live tests that did not run: " + ", ".join(sorted(missing))
    for target in arguments.live_target:
        if not any(test.startswith(target + ".") for test in live & run.ran):
            yield f"no live test of {target} ran"
    if not run.ran:
        yield "no test ran"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="+", help="written by swift test --event-stream-output-path")
    parser.add_argument("--without-servers", metavar="EVENTS", help="those of a run of the same suite without servers")
    parser.add_argument("--live-target", action="append", default=[], help="a test target of which live tests must have run")
    parser.add_argument("--allow-skipped", action="store_true", help="skipped tests are counted, but are no failure")
    arguments = parser.parse_args()

    run = Run(*arguments.events)
    passed, failed, skipped, live = run.ran - run.failed, run.failed, run.functions & run.skipped, set()
    if arguments.without_servers:
        earlier = Run(arguments.without_servers)
        live = earlier.functions & earlier.skipped
        failed = failed | earlier.failed
        passed = (passed | earlier.ran) - failed

    status = 0
    for complaint in complaints(run, live, arguments):
        print(f"error: {complaint}", file=sys.stderr, flush=True)
        status = 1
    if live:
        print(f"{len(live & run.ran)} of the tests ran against real servers.")
    # Of all runs together.
    print(f"{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return status


if __name__ == "__main__":
    sys.exit(main())
