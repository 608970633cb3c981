"""Predictions by the Swift consumer, for threads and for tasks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest
from opentelemetry import context, trace

from mlserving import (
    AsyncClient,
    Client,
    ClosedError,
    Codec,
    CrashedError,
    ExpiredError,
    InvalidInputError,
    JSONCodec,
    MessagePackCodec,
    OverloadedError,
    RefusedError,
    ServingError,
    UnroutableError,
    UnsupportedContentTypeError,
)

from .conftest import eventually

if TYPE_CHECKING:
    from .conftest import Bench

VALUES = [None, True, -1, 2**63, 1.5, "grün", [1, [2]], {"a": {"b": [None]}}]


class Unreadable(MessagePackCodec):
    """Writes an input that is no MessagePack."""

    def encode(self, value: Any) -> bytes:
        return b"\xc1" if value == "broken" else super().encode(value)


class UnreadableJSON(JSONCodec):
    """Writes inputs that are no JSON, within brackets that are."""

    def encode(self, value: Any) -> bytes:
        return super().encode(value).replace(b'"broken"', b'{"a":}')


class Unknown(Codec):
    """A content type that no consumer here decodes."""

    content_type = "application/x-unknown"

    def encode(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def decode(self, payload: bytes) -> Any:
        return json.loads(payload)


@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
@pytest.mark.parametrize("codec", ["msgpack", "json"])
def test_values_come_back_equal(bench: Bench, codec: str, mode: str) -> None:
    bench.consume()
    with Client(bench.settings(QUEUE_ONLY=mode), codec=codec) as client:
        assert [client.predict(value) for value in VALUES] == VALUES
        assert [outcome.get() for outcome in client.predict_many(VALUES)] == VALUES
        assert client.predict_many([]) == []
        assert client.prediction("timed").times.predicting >= 0


def test_arrays_pass_through_the_consumer(bench: Bench) -> None:
    bench.consume()
    arrays = [
        np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        np.array([True, False]),
        np.array([1.5, -2], dtype=ml_dtypes.bfloat16),
        np.array(7, dtype=np.uint64),
        np.random.default_rng(5).standard_normal((900, 1_000)),
    ]
    with Client(bench.settings()) as client:
        for array in arrays:
            answer = client.predict(array)
            assert answer.dtype == array.dtype
            np.testing.assert_array_equal(answer, array)
        for array, outcome in zip(arrays, client.predict_many(arrays), strict=True):
            np.testing.assert_array_equal(outcome.get(), array)
        answer = client.predict({"image": arrays[0], "name": "a", "words": np.array([b"one", b""])})
        np.testing.assert_array_equal(answer["image"], arrays[0])
        assert answer["words"].tolist() == [b"one", b""]


def test_many_tasks_share_one_client(bench: Bench) -> None:
    bench.consume("--prefetch", "256")

    async def ask() -> list[Any]:
        async with AsyncClient(bench.settings(MAX_IN_FLIGHT="64")) as client:
            return await asyncio.gather(*(client.predict(number) for number in range(1_000)))

    assert asyncio.run(ask()) == list(range(1_000))


def test_many_threads_share_one_client(bench: Bench) -> None:
    bench.consume("--prefetch", "64")
    answers: list[int] = []
    with Client(bench.settings()) as client:
        threads = [
            threading.Thread(target=lambda first=first: answers.extend(client.predict(first + number) for number in range(50)))
            for first in range(0, 800, 100)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == sorted(first + number for first in range(0, 800, 100) for number in range(50))


def test_one_pattern_of_subscription_serves_all_requests(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings()) as client:
        tickets = [client.submit(number) for number in range(10)]
        assert [client.result(ticket) for ticket in tickets] == list(range(10))
        [client.predict(number) for number in range(10)]
        clients = [line for line in bench.ask_redis("CLIENT", "LIST").splitlines() if b"name=mlserving-python" in line]
        subscribed = [line for line in clients if b" psub=1 " in line and b" sub=0 " in line]
        assert len(subscribed) == 1
        assert len(clients) == 2


def test_results_are_removed_when_they_have_been_read(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings(RESULT_PREFIX=bench.queue)) as client:
        [client.predict(number) for number in range(10)]
        eventually(lambda: b":{" not in bench.ask_redis("KEYS", f"{bench.queue}:*-[0-9]*-[0-9]*"))
        eventually(lambda: bench.ask_redis("KEYS", f"{bench.queue}:*").count(b"marker-") == 1)


def test_large_payloads_are_compressed_where_both_sides_take_it(bench: Bench) -> None:
    consumer = bench.consume()
    text = "a" * 100_000
    with Client(bench.settings(COMPRESSION="1")) as client:
        assert client.predict(text) == text
        # The consumer has said that it takes compressed requests.
        assert client.predict(text) == text
        consumer.terminate()
        consumer.wait(30)
        ticket = client.submit(text)
        assert bench.take().content_encoding == "zstd"
        ticket = client.submit(text)
        bench.consume()
        assert client.result(ticket) == text
    with Client(bench.settings()) as client:
        assert client.predict(text) == text


# Errors


@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
def test_an_input_that_the_consumer_cannot_read_is_an_error_of_the_caller(bench: Bench, mode: str) -> None:
    bench.consume()
    with Client(bench.settings(QUEUE_ONLY=mode), codec=Unreadable()) as client, pytest.raises(InvalidInputError) as caught:
        client.predict("broken")
    assert caught.value.code == "invalid_input"
    assert not caught.value.retryable
    assert caught.value.message


def test_a_bad_input_does_not_fail_its_neighbours(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings(), codec=UnreadableJSON()) as client:
        one, broken, three = client.predict_many(["one", "broken", "three"])
    assert (one.get(), three.get()) == ("one", "three")
    with pytest.raises(InvalidInputError):
        broken.get()


def test_an_unknown_content_type_is_an_error(bench: Bench) -> None:
    bench.consume()
    with Client(bench.settings(), codec=Unknown()) as client, pytest.raises(UnsupportedContentTypeError, match="x-unknown"):
        client.predict(1)


def test_an_input_that_crashes_consumers_is_an_error(bench: Bench) -> None:
    with Client(bench.settings()) as client:
        bench.consume_once()
        ticket = client.submit("fatal")
        for _ in range(2):
            bench.crash("--crash-on", "fatal", MAX_CRASHES="2")
        bench.consume(MAX_CRASHES="2")
        with pytest.raises(CrashedError):
            client.result(ticket)


@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
def test_a_queue_that_does_not_exist_is_an_error(bench: Bench, mode: str) -> None:
    with Client(bench.settings(QUEUE_ONLY=mode)) as client:
        for call in (client.predict, client.submit) if mode == "0" else (client.predict,):
            with pytest.raises(UnroutableError) as caught:
                call(1, timeout=0.3)
            assert not caught.value.retryable


def test_an_exchange_that_does_not_exist_is_an_error(bench: Bench) -> None:
    with Client(bench.settings(EXCHANGE_NAME=bench.queue)) as client:
        for _ in range(2):
            with pytest.raises(UnroutableError, match="no exchange"):
                client.predict(1, timeout=0.5)


def test_a_full_queue_says_when_to_try_again(bench: Bench) -> None:
    process = bench.consume(QUEUE_TYPE="classic", MAX_QUEUE_LENGTH="1")
    process.terminate()
    process.wait(30)
    with Client(bench.settings()) as client:
        client.submit(1)
        with pytest.raises(OverloadedError) as caught:
            client.submit(2)
        assert caught.value.retryable
        assert caught.value.retry_after is not None


def test_a_request_that_finds_no_turn_says_when_to_try_again(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with AsyncClient(bench.settings(MAX_IN_FLIGHT="1")) as client:
            first = asyncio.create_task(client.predict(1))
            while await asyncio.to_thread(bench.depth) == 0:
                pass
            with pytest.raises(OverloadedError, match="1 requests are in flight"):
                await client.predict(2, timeout=0.1)
            assert bench.depth() == 1
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first

    asyncio.run(ask())


@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
def test_a_deadline_ends_the_wait_and_the_work(bench: Bench, mode: str) -> None:
    bench.consume_once()
    with Client(bench.settings(QUEUE_ONLY=mode)) as client:
        with pytest.raises(ExpiredError) as caught:
            client.predict("late", timeout=0.2)
        assert caught.value.retryable
        bench.consume("--crash-on", "late")
        assert client.predict("in time") == "in time"


def test_refused_logins_are_errors_at_once_and_not_for_ever(bench: Bench) -> None:
    bench.consume()
    for settings in (
        replace(bench.settings(), rabbit_password="wrong"),
        replace(bench.settings(), rabbit_virtual_host="/none"),
        replace(bench.settings(), redis_password="wrong"),
    ):
        with Client(settings) as client:
            for _ in range(2):
                with pytest.raises(RefusedError) as caught:
                    client.predict(1, timeout=30)
                assert not caught.value.retryable
                assert "refuse" in caught.value.message
                assert "wrong" not in caught.value.message


def test_closing_ends_all_waits(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        client = AsyncClient(bench.settings())
        ticket = await client.submit(1)
        waits = [asyncio.create_task(client.predict(2)), asyncio.create_task(client.result(ticket))]
        while await asyncio.to_thread(bench.depth) < 2:
            pass
        await client.close()
        assert [type(error) for error in await asyncio.gather(*waits, return_exceptions=True)] == [ClosedError, ClosedError]
        with pytest.raises(ClosedError):
            await client.predict(3)

    asyncio.run(ask())
    client = Client(bench.settings())
    errors: list[ServingError] = []

    def wait() -> None:
        try:
            client.predict(4)
        except ServingError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    eventually(lambda: bench.depth() == 3)
    client.close()
    thread.join()
    assert [type(error) for error in errors] == [ClosedError]
    with pytest.raises(ClosedError):
        client.predict(5)


# Processes


def test_a_client_made_before_a_fork_serves_both_sides(bench: Bench) -> None:
    bench.consume()
    # A process of its own, since pytest has threads.
    script = """
import os, sys
from mlserving import Client
client = Client()
assert client.predict("before") == "before"
child = os.fork()
assert client.predict(child) == child
if child == 0:
    client.close()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert client.predict("after") == "after"
"""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**bench.environment, "PYTHONPATH": ":".join(sys.path)},
        timeout=30,
        capture_output=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, b"")


def test_an_interrupt_ends_the_wait_and_the_work(bench: Bench) -> None:
    bench.consume_once()
    script = """
import signal
from mlserving import Client
# Ignored by what a shell has started in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    Client().predict("unwanted")
except KeyboardInterrupt:
    print("interrupted")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], env={**bench.environment, "PYTHONPATH": ":".join(sys.path)}, stdout=subprocess.PIPE
    )
    eventually(lambda: bench.depth() == 1)
    process.send_signal(2)
    assert process.communicate(timeout=30)[0] == b"interrupted\n"
    assert f"mlserving:cancel:{{{bench.queue}}}:".encode() in bench.ask_redis("KEYS", f"mlserving:cancel:{{{bench.queue}}}:*")


def test_the_context_of_a_trace_travels(bench: Bench) -> None:
    bench.consume_once()
    span = trace.NonRecordingSpan(trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1)))
    token = context.attach(trace.set_span_in_context(span))
    try:
        with Client(bench.settings()) as client:
            client.submit(1)
    finally:
        context.detach(token)
    assert bench.take().headers["traceparent"] == f"00-{0xABC:032x}-{0xDEF:016x}-01"


# Encryption


def test_connections_can_be_encrypted(bench: Bench) -> None:
    bench.consume()
    settings = bench.encrypted_settings()
    with Client(settings) as client:
        assert client.predict("safe") == "safe"


def test_a_server_for_another_name_is_refused(bench: Bench) -> None:
    for prefix in ("RABBIT", "REDIS"):
        settings = bench.encrypted_settings(**{f"{prefix}_TLS_SERVER_NAME": "elsewhere"})
        with Client(settings) as client, pytest.raises(RefusedError, match=r"(?i)certificate"):
            client.predict(1, timeout=30)
