"""The template's protocols: with a consumer of ours, and with one as the template has them, on pika and pickle."""

from __future__ import annotations

import asyncio
import pickle
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pika
import pytest

from mlserving import AsyncClient, Client, ExpiredError, InvalidInputError, InvalidOutputError, UnroutableError

from .conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Bench

WAYS = ["template-store", "template-queue"]


class TemplateConsumer:
    """Texts come back in capitals, all else as it is; what is told to be malicious is a pickle that runs something."""

    def __init__(self, bench: Bench, way: str) -> None:
        self._bench = bench
        self._way = way
        self._ready = threading.Event()
        self._connection: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(30)

    def _run(self) -> None:
        bench = self._bench
        host, port = bench.rabbit.rsplit(":", 1)
        self._connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port)))
        channel = self._connection.channel()
        channel.queue_declare(bench.queue, durable=True)
        channel.queue_declare(bench.queue + ".results", durable=True)

        def reply(properties: Any, body: bytes) -> None:
            channel.basic_publish("", properties.reply_to, body, pika.BasicProperties(correlation_id=properties.correlation_id))

        def on_request(_: Any, method: Any, properties: Any, body: bytes) -> None:
            assert properties.content_type is None
            value = pickle.loads(body)
            result = pickle.dumps(value.upper() if isinstance(value, str) else value)
            if isinstance(value, str) and value == "malicious":
                result = b"cos\nsystem\n(S'exit'\ntR."
            if properties.reply_to:
                reply(properties, result)
            else:
                key = properties.headers["X-Message-Id"] if self._way == "template-store" else properties.correlation_id
                bench.write_redis("SET", key, result, "EX", "60")
            channel.basic_ack(method.delivery_tag)

        def on_question(_: Any, method: Any, properties: Any, _body: bytes) -> None:
            reply(properties, bench.take_redis(properties.correlation_id) or pickle.dumps(None))
            channel.basic_ack(method.delivery_tag)

        channel.basic_consume(bench.queue, on_request)
        channel.basic_consume(bench.queue + ".results", on_question)
        self._ready.set()
        channel.start_consuming()

    def stop(self) -> None:
        def end() -> None:
            self._connection.close()

        self._connection.add_callback_threadsafe(end)
        self._thread.join(30)


@pytest.fixture
def template(bench: Bench) -> Iterator[Callable[[str], TemplateConsumer]]:
    consumers: list[TemplateConsumer] = []

    def start(way: str) -> TemplateConsumer:
        consumers.append(TemplateConsumer(bench, way))
        return consumers[-1]

    yield start
    for consumer in consumers:
        consumer.stop()
    bench.remove_queue(bench.queue + ".results")


def settings(bench: Bench, way: str) -> Any:
    return bench.settings(PRODUCER_PROTOCOL=way, CACHE_QUEUE_NAME=bench.queue + ".results")


@pytest.mark.parametrize("way", WAYS)
def test_consumers_of_the_template_answer(bench: Bench, template: Callable[[str], TemplateConsumer], way: str) -> None:
    template(way)
    with Client(settings(bench, way)) as client:
        assert client.predict("żółw") == "ŻÓŁW"
        assert client.predict({"a": [1, (2.5, None)]}) == {"a": [1, (2.5, None)]}
        np.testing.assert_array_equal(client.predict(np.arange(6).reshape(2, 3)), np.arange(6).reshape(2, 3))
        assert [outcome.get() for outcome in client.predict_many([f"text {number}" for number in range(100)])] == [
            f"TEXT {number}" for number in range(100)
        ]
        assert [outcome.get() for outcome in client.predict_iter(["a", "b"])] == ["A", "B"]
        with pytest.raises(InvalidOutputError, match=r"os\.system|posix\.system"):
            client.predict("malicious")
        with pytest.raises(InvalidInputError, match="builtins"):
            client.predict(print)
        ticket = client.submit("later")
        assert client.result(ticket) == "LATER"

    async def ask() -> None:
        async with AsyncClient(settings(bench, way)) as client:
            answers = await asyncio.gather(*(client.predict(number) for number in range(300)))
            assert answers == list(range(300))

    asyncio.run(ask())


@pytest.mark.parametrize("way", WAYS)
def test_consumers_of_ours_answer_in_the_same_way(bench: Bench, way: str) -> None:
    bench.consume(CACHE_QUEUE_NAME=bench.queue + ".results")
    try:
        with Client(settings(bench, way)) as client:
            assert client.predict({"a": [1, 2]}) == {"a": [1, 2]}
            ticket = client.submit("later")
            assert client.result(ticket) == "later"
            if way == "template-store":
                assert not client.cancel(ticket)
            else:
                with pytest.raises(UnroutableError, match="cancellation"):
                    client.cancel(ticket)
    finally:
        bench.remove_queue(bench.queue + ".results")


def test_with_a_result_queue_work_can_be_submitted_without_a_store(bench: Bench) -> None:
    bench.consume(CACHE_QUEUE_NAME=bench.queue + ".results")
    try:
        with Client(bench.settings(QUEUE_ONLY="1", CACHE_QUEUE_NAME=bench.queue + ".results")) as client:
            ticket = client.submit({"n": 1})
            assert client.result(ticket) == {"n": 1}
            assert client.result(ticket) == {"n": 1}
            with pytest.raises(ExpiredError, match="no result under"):
                client.result(str(ticket)[:-1] + "99", timeout=0)
    finally:
        bench.remove_queue(bench.queue + ".results")


def test_the_keys_of_one_client_are_uuids_that_begin_alike(bench: Bench) -> None:
    bench.consume_once()
    with Client(settings(bench, "template-store")) as client:
        tickets = [str(client.submit(number)) for number in range(2)]
        assert tickets[0][:24] == tickets[1][:24]
        assert tickets[0][14] == "4"
        properties = eventually(bench.try_take)
        assert properties.headers["X-Message-Id"] == tickets[0]
        assert "x-deadline" not in properties.headers
        assert properties.content_type is None
        assert properties.reply_to is None
