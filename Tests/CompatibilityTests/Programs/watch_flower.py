"""Flower, as anyone starts it, looking at a worker of ours.

Arguments: the queue, the worker's name.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from celery import Celery

TIMEOUT = 90


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fetch(address):
    try:
        with urllib.request.urlopen(address, timeout=30) as response:
            return response.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return None


def until(what, look):
    """What a look finds, once it finds something; Flower has no way to tell."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {TIMEOUT} s: {what}")


def look_at(app, base, worker):
    def is_online():
        page = fetch(f"{base}/workers?json=1")
        workers = json.loads(page)["data"] if page else []
        return any(entry["hostname"] == worker and entry["status"] for entry in workers)

    until("the worker is online", is_online)

    def task():
        result = app.send_task("predict", ["seen"])
        assert result.get(timeout=TIMEOUT) == "seen"
        # Flower asks for events of tasks every few seconds; what came before is not seen, or its end only.
        for _ in range(5):
            found = fetch(f"{base}/api/task/info/{result.id}")
            if found and json.loads(found)["state"] == "SUCCESS":
                return json.loads(found) if json.loads(found)["name"] else None
            time.sleep(0.2)
        return None

    found = until("a task is seen", task)
    assert found["worker"] == worker and found["name"] == "predict" and found["runtime"] >= 0 and found["result"] == '"seen"', found
    page = until("the page of the worker opens", lambda: fetch(f"{base}/worker/{worker}"))
    assert "Worker pool options" in page and worker in page
    workers = json.loads(fetch(f"{base}/api/workers?refresh=1"))
    assert workers[worker]["registered"] == ["predict"], workers


def main():
    queue, worker = sys.argv[1:]
    # Who started this may have blocked the signal; and Flower must not be left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    broker = f"amqp://guest:guest@{os.environ['MLSERVING_TEST_RABBIT']}//"
    app = Celery("client", broker=broker, backend=f"redis://{os.environ['MLSERVING_TEST_REDIS']}/0")
    app.conf.update(task_default_queue=queue)
    port = free_port()
    command = [sys.executable, "-m", "celery", f"--broker={broker}", "flower", "--address=127.0.0.1", f"--port={port}"]
    flower = subprocess.Popen(command, env={**os.environ, "FLOWER_UNAUTHENTICATED_API": "true"})
    try:
        look_at(app, f"http://127.0.0.1:{port}", worker)
    finally:
        flower.send_signal(signal.SIGTERM)
        flower.wait()


main()
