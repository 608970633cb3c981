"""A Celery application, as anyone writes it, that calls a worker of ours.

Arguments: what to try, the queue, the worker's name, the result backend (redis or rpc), the serializer (json or pickle).
"""

import os
import sys
import time
import uuid

from billiard.exceptions import WorkerLostError
from celery import Celery, chain, chord, group
from celery.exceptions import NotRegistered, TaskRevokedError

TIMEOUT = 60


def make_app(queue, backend, serializer):
    rabbit, redis = os.environ["MLSERVING_TEST_RABBIT"], os.environ["MLSERVING_TEST_REDIS"]
    app = Celery("client", broker=f"amqp://guest:guest@{rabbit}//", backend=f"redis://{redis}/0" if backend == "redis" else "rpc://")
    app.conf.update(
        task_default_queue=queue,
        task_serializer=serializer,
        result_serializer=serializer,
        accept_content=["json", "pickle"],
        broker_connection_retry_on_startup=True,
    )
    return app


def raises(kind, result, text=""):
    try:
        value = result.get(timeout=TIMEOUT)
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"{value!r} instead of {kind.__name__}")


def serve(app, serializer):
    values = ["some text", "äöü\n\"quoted\"", 1, -2.5, True, None, [1, [2, "x"]], {"a": {"b": []}}]
    if serializer == "pickle":
        values += [b"\x00bytes", (1, 2), {1, 2}, 2**80]
    for value in values:
        answer = app.send_task("predict", [value]).get(timeout=TIMEOUT)
        assert answer == value and type(answer) is type(value), (answer, value)
    assert app.send_task("predict", kwargs={"input": "named"}).get(timeout=TIMEOUT) == "named"
    results = [app.send_task("predict", [number]) for number in range(100)]
    assert [result.get(timeout=TIMEOUT) for result in results] == list(range(100))
    assert results[0].state == "SUCCESS"

    @app.task(name="predict")
    def predict(value):
        raise AssertionError("it runs elsewhere")

    assert predict.delay("by its name").get(timeout=TIMEOUT) == "by its name"
    assert group(predict.s(number) for number in range(5))().get(timeout=TIMEOUT) == list(range(5))
    assert predict.apply_async(["later"], countdown=1).get(timeout=TIMEOUT) == "later"
    ignored = predict.apply_async(["unheard"], ignore_result=True)
    assert predict.delay("after it").get(timeout=TIMEOUT) == "after it"
    assert ignored.ignored


def fail(app, worker, backend):
    predict = app.signature("predict")
    raises(NotRegistered, app.send_task("other", ["text"]), "other")
    raises(TypeError, app.send_task("predict", [1, 2]), "2 positional")
    raises(TypeError, app.send_task("predict"), "0 positional")
    raises(NotImplementedError, predict.clone([1]).apply_async(link=predict), "callbacks")
    # The application waits for the last task of a workflow, which never comes, and learns why from the first.
    raises(NotImplementedError, chain(predict.clone([1]), predict)(), "chain")
    if backend == "redis":
        raises(NotImplementedError, chord([predict.clone([1]), predict.clone([2])])(predict), "chord")
    # It has no time left in the queue either, and reaches the consumer because that is idle.
    raises(TaskRevokedError, app.send_task("predict", [1], expires="2020-01-01T00:00:00+00:00"), "expired")
    task = str(uuid.uuid4())
    app.control.revoke(task, destination=[worker], reply=True, limit=1, timeout=TIMEOUT)
    revoked = app.send_task("predict", [1], task_id=task)
    raises(TaskRevokedError, revoked, "revoked")
    if backend == "redis":
        assert revoked.state == "REVOKED", revoked.state
    assert app.send_task("predict", ["still here"]).get(timeout=TIMEOUT) == "still here"


def inspect(app, queue, worker):
    panel = app.control.inspect(destination=[worker], limit=1, timeout=TIMEOUT)
    assert panel.ping() == {worker: {"ok": "pong"}}
    assert app.send_task("predict", [1]).get(timeout=TIMEOUT) == 1
    stats = panel.stats()[worker]
    assert stats["total"]["predict"] >= 1 and stats["pid"] > 0 and stats["prefetch_count"] > 0, stats
    assert panel.registered() == {worker: ["predict"]}
    assert [entry["name"] for entry in panel.active_queues()[worker]] == [queue]
    for method in (panel.active, panel.reserved, panel.scheduled):
        assert method() == {worker: []}, method
    assert isinstance(panel.revoked()[worker], list)
    assert panel.conf()[worker]["task_default_queue"] == queue
    refusal = app.control.broadcast("pool_grow", destination=[worker], reply=True, limit=1, timeout=TIMEOUT)
    assert "error" in refusal[0][worker], refusal
    assert app.control.ping(destination=["celery@another"], timeout=1) == []
    watch(app, worker)


def watch(app, worker):
    events = []
    with app.connection_for_read() as connection:

        def note(event):
            if event["hostname"] != worker:
                return
            events.append(event)
            if event["type"] == "worker-heartbeat" and len(events) == 1:
                app.control.enable_events(destination=[worker], reply=True, limit=1, timeout=TIMEOUT)
                app.send_task("predict", ["seen"])
            elif event["type"] == "task-succeeded":
                app.control.shutdown(destination=[worker])
            receiver.should_stop = event["type"] == "worker-offline"

        receiver = app.events.Receiver(connection, handlers={"*": note})
        receiver.capture(limit=None, timeout=TIMEOUT, wakeup=False)
    assert [event["type"] for event in events if event["type"] != "worker-heartbeat"] == [
        "task-received",
        "task-started",
        "task-succeeded",
        "worker-offline",
    ], events
    succeeded = next(event for event in events if event["type"] == "task-succeeded")
    assert succeeded["runtime"] >= 0 and succeeded["result"] == '"seen"', succeeded
    assert events[-1]["processed"] == 2 and events[-1]["active"] == 0, events[-1]


def share(app, queue):
    panel = app.control.inspect(timeout=1)
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        answers = panel.active_queues() or {}
        names = [name for name, queues in answers.items() if queues[0]["name"] == queue]
        if len(names) == 2:
            break
    else:
        raise AssertionError(f"two workers should be there, not {names}")
    results = [app.send_task("predict", [number]) for number in range(200)]
    assert [result.get(timeout=TIMEOUT) for result in results] == list(range(200))
    totals = [stats["total"] for stats in app.control.inspect(destination=names, limit=2, timeout=TIMEOUT).stats().values()]
    assert sum(total.get("predict", 0) for total in totals) == 200, totals


def terminate(app, worker):
    result = app.send_task("predict", ["endless"])
    panel = app.control.inspect(destination=[worker], limit=1, timeout=TIMEOUT)
    while not (active := panel.active()[worker]):
        time.sleep(0.1)
    assert active[0]["id"] == result.id and active[0]["name"] == "predict" and active[0]["time_start"] <= time.time(), active
    assert panel.query_task(result.id)[worker][result.id][0] == "active"
    # Without terminate what runs goes on, as with Celery's own workers.
    # A reply, because what is not answered may be overtaken.
    app.control.revoke(result.id, destination=[worker], reply=True, limit=1, timeout=TIMEOUT)
    assert result.id in panel.revoked()[worker]
    assert panel.active()[worker], "a prediction was cancelled without terminate"
    app.control.revoke(result.id, terminate=True)
    raises(TaskRevokedError, result, "revoked")


def crash(app, worker):
    raises(WorkerLostError, app.send_task("predict", ["bad"]), "2 times")
    assert app.send_task("predict", ["good"]).get(timeout=TIMEOUT) == "good"
    app.control.shutdown(destination=[worker])


def embed(app):
    vectors = app.send_task("predict", [["door house window", "cow"]]).get(timeout=TIMEOUT)
    assert [len(vector) for vector in vectors] == [96, 96] and vectors[0] != vectors[1], vectors
    assert app.send_task("predict", ["door house window"]).get(timeout=TIMEOUT) == vectors[0]
    raises(ValueError, app.send_task("predict", [17]))


def retry(app):
    states = []
    result = app.send_task("predict", ["text"])
    answer = result.get(timeout=TIMEOUT, on_message=lambda meta: states.append(meta["status"]))
    assert answer == "TEXT", answer
    assert states[-1] == "SUCCESS" and "RETRY" in states, states


def main():
    what, queue, worker, backend, serializer = sys.argv[1:]
    app = make_app(queue, backend, serializer)
    if what == "serve":
        serve(app, serializer)
    elif what == "fail":
        fail(app, worker, backend)
    elif what == "crash":
        crash(app, worker)
    elif what == "share":
        share(app, queue)
    elif what == "retry":
        retry(app)
    elif what == "terminate":
        terminate(app, worker)
    elif what == "embed":
        embed(app)
    else:
        inspect(app, queue, worker)


main()
