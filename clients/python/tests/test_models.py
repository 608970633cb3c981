"""Names of models, the lanes of their queues, and what a broker's refusal says of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pika import exceptions

from mlserving import AsyncClient, Client, ClosedError, Settings
from mlserving.addresses import ModelAddress
from mlserving.lanes import Lanes
from mlserving.rabbit.broker import Broker
from mlserving.rabbit.errors import Failure, RabbitError
from mlserving.rabbit.judge import Publication
from mlserving.rabbit.message import Message
from mlserving.waiting import Waiter

NOWHERE = Settings(rabbit_nodes=(("127.0.0.1", 1),), redis_nodes=(("127.0.0.1", 1),), result_queue="results")
TICKET = "mlserving:{0123456789abcdef01234567}:0123456789abcdef01234567-1"


@pytest.mark.parametrize(
    ("text", "queue"),
    [
        ("embedder", "embedder"),
        ("embedder:2", "embedder.v2"),
        ("modèle:1.0.0-rc_1+b", "modèle.v1.0.0-rc_1+b"),
        ("a/b.c", "a/b.c"),
        ("é" * 50, "é" * 50),
        ("x" * 100 + ":" + "1" * 64, "x" * 100 + ".v" + "1" * 64),
    ],
)
def test_a_name_leads_to_a_queue(text: str, queue: str) -> None:
    address = ModelAddress.read(text)
    assert (str(address), address.queue) == (text, queue)


NO_MODELS = [
    *("", ":", ":1", "a:", "a b", "a:1:2", "a:é", "a:1\n", "a:1 ", "a\n", "a\u202eb", "a\u0000", "\ue000", "a\u2028", "a\u00a0b", "\u0378"),
    *("\ud800", "x" * 101, "é" * 51, "a:" + "1" * 65, "amq.gen-a", "amq.rabbitmq.reply-to.x:1", "x" * 1_000_000),
]


@pytest.mark.parametrize("text", NO_MODELS, ids=lambda text: ascii(text)[:24])
def test_what_names_no_model_is_refused_at_once(text: str) -> None:
    told = r"names no model: a name has 1 to 100 bytes in UTF-8, without spaces, .*; a version, behind ':', has 1 to 64 ASCII letters"

    async def ask() -> None:
        async with AsyncClient(NOWHERE) as client:
            for call in (lambda: client.predict(1, model=text), lambda: client.cancel(TICKET, model=text)):
                with pytest.raises(ValueError, match=told):
                    await call()
            with pytest.raises(ValueError, match=told):
                client.model(text)

    asyncio.run(ask())
    with Client(NOWHERE) as client:
        calls: list[Any] = [
            lambda: client.predict(1, model=text),
            lambda: client.prediction(1, model=text),
            lambda: client.predict_many([1], model=text),
            lambda: client.predict_iter([1], model=text),
            lambda: client.submit(1, model=text),
            lambda: client.cancel(TICKET, model=text),
            lambda: client.model(text),
        ]
        for call in calls:
            with pytest.raises(ValueError, match=told) as caught:
                call()
            assert len(str(caught.value)) < 1_000
            assert str(caught.value).isprintable()


@pytest.mark.parametrize("model", [5, b"embedder", ["a"], ModelAddress("a")])
def test_a_model_is_named_by_a_text(model: Any) -> None:
    with Client(NOWHERE) as client:
        for call in (lambda: client.predict(1, model=model), lambda: client.model(model)):
            with pytest.raises(TypeError, match="model is a text, name or name:version, not a"):
                call()
        with pytest.raises(TypeError, match="not a NoneType"):
            client.model(None)  # type: ignore[arg-type]


def test_the_queue_of_results_is_no_model() -> None:
    with Client(NOWHERE) as client, pytest.raises(ValueError, match="queue of results"):
        client.predict(1, model="results")


def test_a_view_says_what_it_is_and_ends_with_its_client() -> None:
    client = Client(NOWHERE)
    view = client.model("embedder:2")
    assert (view.name, view.settings) == ("embedder:2", NOWHERE)
    assert repr(view) == "<Model 'embedder:2' of <Client of the queue 'task_queue'>>"
    assert repr(AsyncClient(NOWHERE).model("a")) == "<AsyncModel 'a' of <AsyncClient of the queue 'task_queue'>>"
    client.close()
    with pytest.raises(ClosedError):
        view.predict(1)


def waiter(queue: str, address: str, loop: asyncio.AbstractEventLoop) -> Waiter:
    return Waiter(message(queue, address), address, 0, loop.create_future(), False)


def message(queue: str, name: str) -> Message:
    return Message(name, queue, b"", "application/msgpack", 1000, 0, {})


def test_lanes_are_kept_while_they_have_requests() -> None:
    async def use() -> None:
        loop = asyncio.get_running_loop()
        lanes = Lanes(1)
        first, second, other = waiter("a", "1", loop), waiter("a", "2", loop), waiter("b", "3", loop)
        assert lanes.has_room("a")
        lanes.begin("a")
        assert not lanes.has_room("a")
        assert lanes.has_room("b")
        lanes.append(first)
        lanes.append(second)
        lanes.append(other)
        assert not lanes.has_room("b")
        assert lanes.next("a") is None
        assert lanes.remove(first)
        assert not lanes.remove(first)
        assert lanes.next("b") is other
        lanes.begin("b")
        lanes.end("b")
        assert lanes.queues == ["a"]
        lanes.end("a")
        assert lanes.next("a") is second
        lanes.begin("a")
        assert lanes.in_flight("a") == 1
        lanes.end("a")
        assert (lanes.queues, lanes.in_flight("a"), lanes.next("a")) == ([], 0, None)
        lanes.append(first)
        assert lanes.clear() == [first]
        assert (lanes.queues, lanes.remove(first)) == ([], False)

    asyncio.run(use())


def refused(code: int, text: str) -> list[tuple[str, Failure]]:
    """Return whom a broker refuses that closes its channel while messages to ``a`` and ``b`` are under way."""
    found: list[tuple[str, Failure]] = []
    broker = Broker(NOWHERE, "test", takes_replies=False, on_open=lambda: None, on_reply=lambda _key, _body: None)

    def publication(queue: str) -> Publication:
        def tell(error: RabbitError | None) -> None:
            assert error is not None
            found.append((queue, error.failure))

        return Publication(message(queue, queue), tell)

    broker._unconfirmed = {1: publication("a"), 2: publication("b")}
    broker._judged(exceptions.ChannelClosedByBroker(code, text))
    assert broker._is_about_messages
    return found


def test_an_exchange_that_is_absent_or_forbidden_concerns_all_messages() -> None:
    text = "NOT_FOUND - no exchange 'x' in vhost '/'"
    assert refused(404, text) == [("a", Failure.UNROUTABLE), ("b", Failure.UNROUTABLE)]
    for text in (
        "ACCESS_REFUSED - write access to exchange 'x' in vhost '/' refused for user 'u'",
        # Sent again at once, the messages would meet the same end again and again.
        "ACCESS_REFUSED - write access to topic 'somebody else' in exchange 'x' in vhost '/' refused for user 'u'",
    ):
        assert refused(403, text) == [("a", Failure.REFUSED), ("b", Failure.REFUSED)]


@pytest.mark.parametrize("access", ["access", "write access"])
def test_a_routing_key_that_is_forbidden_concerns_its_model_only(access: str) -> None:
    text = f"ACCESS_REFUSED - {access} to topic 'b' in exchange 'x' in vhost '/' refused for user 'u'"
    assert refused(403, text) == [("b", Failure.REFUSED)]
