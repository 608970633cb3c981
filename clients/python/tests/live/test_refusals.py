"""What the broker or the store refuses, or does not have yet, and who pays for it."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING, Any

import msgpack
import pika
import pytest

from mlserving import (
    AsyncClient,
    Client,
    ExpiredError,
    InvalidOutputError,
    MessagePackCodec,
    RefusedError,
    ServingError,
    TooLargeError,
    UnroutableError,
)
from mlserving.rabbit.broker import Broker

from ..contract import turned_away
from ..test_hostile_records import mutated, seeds
from .conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlserving.rabbit.message import Message

    from .conftest import Bench

LIMIT = "application:set_env(rabbit, max_message_size, {})"


@pytest.fixture
def small_messages(bench: Bench) -> Iterator[None]:
    """A broker that takes no more than a megabyte."""
    bench.tell_rabbit(LIMIT.format(1_000_000))
    yield
    bench.tell_rabbit(LIMIT.format(134_217_728))


@pytest.mark.usefixtures("small_messages")
@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
def test_messages_that_are_too_large_fail_alone_among_many(bench: Bench, mode: str) -> None:
    bench.consume("--prefetch", "100")

    async def ask() -> None:
        async with AsyncClient(bench.settings(QUEUE_ONLY=mode)) as client:
            calls = [client.predict(bytes(2_000_000) if number % 40 == 20 else number, timeout=30) for number in range(200)]
            answers = await asyncio.gather(*calls, return_exceptions=True)
            for number, answer in enumerate(answers):
                if number % 40 == 20:
                    assert isinstance(answer, TooLargeError)
                    assert not answer.retryable
                else:
                    assert answer == number
            # The client has learnt the limit, and asks nobody.
            with pytest.raises(TooLargeError, match="larger than 1000000"):
                await client.predict(bytes(1_500_000), timeout=30)
            with pytest.raises(TooLargeError):
                await client.predict_many([bytes(1_500_000)], timeout=30)

    asyncio.run(ask())


@pytest.mark.usefixtures("small_messages")
def test_what_is_too_large_to_submit_is_told(bench: Bench) -> None:
    bench.consume_once()
    with Client(bench.settings()) as client:
        with pytest.raises(TooLargeError):
            client.submit(bytes(2_000_000))
        assert client.submit("small").key
        large, small = client.predict_many([bytes(2_000_000), "small"], timeout=0.5)
        assert isinstance(large.error, TooLargeError)
        assert isinstance(small.error, ExpiredError)


def test_a_message_that_costs_connections_is_not_sent_a_third_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.consume("--prefetch", "100")
    sent: list[bytes] = []
    original = Broker._send

    def send(broker: Broker, publication: Any) -> None:
        message: Message = publication.message
        if b"poison" in message.body:
            sent.append(message.body)
            # A header that is larger than a frame: the broker ends the connection.
            message.headers["x-large"] = "x" * 500_000
        original(broker, publication)

    monkeypatch.setattr(Broker, "_send", send)

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            assert await client.predict("first") == "first"
            calls = [client.predict("poison" if number == 25 else number, timeout=30) for number in range(50)]
            answers = await asyncio.gather(*calls, return_exceptions=True)
            refused = answers.pop(25)
            assert isinstance(refused, RefusedError)
            assert answers == [number for number in range(50) if number != 25]
            assert len(sent) == 2
            assert await client.predict("last") == "last"

    asyncio.run(ask())


def test_a_message_without_a_form_in_amqp_is_an_error_at_once(bench: Bench) -> None:
    bench.consume()

    class LongNamed(MessagePackCodec):
        content_type = "application/" + "x" * 300

    async def ask() -> None:
        async with AsyncClient(bench.settings(), codec=LongNamed()) as client:
            for _ in range(3):
                with pytest.raises(RefusedError, match="AMQP has no form"):
                    await client.predict(1, timeout=30)

    asyncio.run(ask())


# Queues that are not there yet


@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
def test_a_queue_that_is_about_to_exist_is_waited_for(bench: Bench, mode: str) -> None:
    async def ask() -> None:
        async with AsyncClient(bench.settings(QUEUE_ONLY=mode)) as client:
            waiting = [asyncio.create_task(client.predict("early", timeout=30)), asyncio.create_task(client.predict_many(["a", "b"]))]
            submitted = asyncio.create_task(client.submit("early too")) if mode == "0" else None
            await turned_away(client, 2 if submitted is None else 3)
            await asyncio.to_thread(bench.consume)
            assert await waiting[0] == "early"
            assert [outcome.get() for outcome in await waiting[1]] == ["a", "b"]
            if submitted is not None:
                assert await client.result(await submitted) == "early too"

    asyncio.run(ask())


@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
def test_a_queue_that_never_exists_is_an_error_after_five_seconds(bench: Bench, mode: str) -> None:
    async def ask() -> None:
        async with AsyncClient(bench.settings(QUEUE_ONLY=mode)) as client:
            begin = time.monotonic()
            calls: list[Any] = [client.predict(1), client.predict_many([1, 2])]
            if mode == "0":
                calls.append(client.submit(1))
            for error in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(error, UnroutableError)
                assert not error.retryable
            assert 4.5 < time.monotonic() - begin < 20

    asyncio.run(ask())


def test_a_deadline_before_that_is_an_error_of_the_queue(bench: Bench) -> None:
    with Client(bench.settings()) as client:
        begin = time.monotonic()
        with pytest.raises(UnroutableError):
            client.predict(1, timeout=0.5)
        assert time.monotonic() - begin < 4.5


def test_a_message_that_waits_for_a_queue_is_published_under_the_same_id(bench: Bench) -> None:
    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            waiting = asyncio.create_task(client.submit("early", timeout=30))
            await turned_away(client, 1)
            await asyncio.to_thread(bench.declare)
            ticket = await waiting
            properties = await asyncio.to_thread(eventually, bench.try_take)
            assert ticket.key.endswith(properties.message_id)
            assert await asyncio.to_thread(bench.depth) == 0

    asyncio.run(ask())


# Notifications


def durations(client: Client, count: int) -> list[float]:
    """How long so many predictions take."""
    found = []
    for number in range(count):
        begin = time.monotonic()
        assert client.predict(number) == number
        found.append(time.monotonic() - begin)
    return found


@pytest.mark.parametrize("may_configure", [True, False], ids=["allowed", "not allowed"])
def test_notifications_that_somebody_switches_off_are_noticed(bench: Bench, caplog: Any, may_configure: bool) -> None:
    _, port = bench.start_redis()
    bench.redis = address = f"127.0.0.1:{port}"
    bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", "K$", address=address)
    rights = "+@all" if may_configure else "+@all -config"
    bench.ask_redis("ACL", "SETUSER", "someone", "on", ">word", "&*", "~*", rights, address=address)
    bench.consume()

    with caplog.at_level(logging.INFO, "mlserving"), Client(bench.settings(REDIS_USER="someone", REDIS_PASSWORD="word")) as client:
        durations(client, 3)
        bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", '""', address=address)
        # One pays for it, and perhaps those that come while it is looked into.
        durations(client, 4)
        assert sorted(durations(client, 5))[2] < 0.5
        flags = bench.ask_redis("CONFIG", "GET", "notify-keyspace-events", address=address)
        assert (b"K" in flags.split(b"\r\n")[-2]) == may_configure
        if not may_configure:
            warned = eventually(lambda: [record for record in caplog.records if record.levelno == logging.WARNING])
            durations(client, 3)
            assert len(warned) == 1
            assert "notify-keyspace-events" in warned[0].getMessage()
            bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", "K$", address=address)
            durations(client, 2)
            assert any("tells of writes again" in record.getMessage() for record in caplog.records)
        assert sorted(durations(client, 9))[4] < 0.5


def test_without_rights_to_look_into_it_a_silent_store_is_polled(bench: Bench) -> None:
    _, port = bench.start_redis()
    bench.redis = address = f"127.0.0.1:{port}"
    bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", "K$", address=address)
    bench.ask_redis("ACL", "SETUSER", "someone", "on", ">word", "&*", "~*", "+@all -config -set", address=address)
    bench.consume()
    with Client(bench.settings(REDIS_USER="someone", REDIS_PASSWORD="word")) as client:
        durations(client, 3)
        bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", '""', address=address)
        durations(client, 3)
        assert sorted(durations(client, 5))[2] < 0.5
        bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", "K$", address=address)
        durations(client, 2)
        assert sorted(durations(client, 9))[4] < 0.5


# Results that somebody else has written


def hostile_results(bench: Bench, result: Any) -> Any:
    """Take the next request, and answer it with something."""
    properties = eventually(lambda: bench.try_take())
    key = properties.headers["x-result-key"]
    if isinstance(result, bytes):
        bench.write_redis("SET", key, result)
    else:
        bench.write_redis(*result(key))
    return key


@pytest.mark.parametrize(
    "result",
    [
        b"",
        b"\xc1",
        msgpack.packb({"id": "another-1", "outcomes": [{"value": "theirs"}]}),
        b'{"outcomes":[{"value":NaN}]}',
        lambda key: ("RPUSH", key, b"x"),
        lambda key: ("SETRANGE", key, b"200000000", b"x"),
    ],
    ids=["empty", "rubbish", "another's", "loose JSON", "a list", "200 megabytes"],
)
def test_a_result_that_is_none_is_an_error_of_its_own_request(bench: Bench, result: Any) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            waiting = asyncio.create_task(client.predict("asked", timeout=30))
            key = await asyncio.to_thread(hostile_results, bench, result)
            try:
                with pytest.raises(InvalidOutputError):
                    await waiting
                ticket = await client.submit("asked too", timeout=30)
                key = await asyncio.to_thread(hostile_results, bench, result)
                with pytest.raises(InvalidOutputError):
                    await client.result(ticket)
            finally:
                bench.write_redis("DEL", key)
            await asyncio.to_thread(bench.consume)
            assert await client.predict("good") == "good"

    asyncio.run(ask())


def test_replies_of_strangers_are_errors_or_nobodys(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with AsyncClient(bench.settings(QUEUE_ONLY="1")) as client:
            waiting = asyncio.create_task(client.predict("asked", timeout=30))
            properties = await asyncio.to_thread(lambda: eventually(lambda: bench.try_take()))
            for correlation_id, body in ((None, b"x"), ("unknown", b"x"), ("x" * 200, b""), (properties.correlation_id, b"\xff" * 10)):
                answer = pika.BasicProperties(correlation_id=correlation_id)
                await asyncio.to_thread(bench.reply, properties.reply_to, answer, body)
            with pytest.raises(InvalidOutputError):
                await waiting
            await asyncio.to_thread(bench.consume)
            assert await client.predict("good") == "good"

    asyncio.run(ask())


# Lists


def test_a_long_list_is_several_messages_and_tells_of_its_progress(bench: Bench) -> None:
    bench.consume("--prefetch", "20")
    told: list[tuple[int, int]] = []
    with Client(bench.settings()) as client:
        found = client.predict_many(range(10_000), timeout=50, progress=lambda finished, total: told.append((finished, total)))
        assert [outcome.get() for outcome in found] == list(range(10_000))
        assert len(told) == 40
        assert [finished for finished, _ in told] == sorted(finished for finished, _ in told)
        assert told[-1] == (10_000, 10_000)
        assert client.predict_many(iter([1, 2]))[1].get() == 2


def test_the_messages_of_a_list_are_bounded_in_number(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            waiting = asyncio.create_task(client.predict_many(range(1_000), list_size=10))
            while await asyncio.to_thread(bench.depth) < 8:
                pass
            assert await asyncio.to_thread(bench.depth) == 8
            assert bench.take().headers["x-items"] == 10
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(ask())


def test_a_list_whose_time_is_over_keeps_what_has_come(bench: Bench) -> None:
    process = bench.consume()
    with Client(bench.settings()) as client:

        def stop(finished: int, _total: int) -> None:
            if finished >= 100:
                process.kill()

        found = client.predict_many(range(2_000), timeout=6, list_size=10, progress=stop)
        process.kill()
        assert len(found) == 2_000
        good = [outcome.value for outcome in found if outcome.error is None]
        bad = {outcome.error.code for outcome in found if outcome.error is not None}
        assert 0 < len(good) < 2_000
        assert bad == {"expired"}
        assert all(outcome.error is not None or outcome.value == number for number, outcome in enumerate(found))
        with pytest.raises(ServingError) as caught:
            client.predict_many(range(100), timeout=0.3, list_size=10)
        assert caught.value.code == "expired"


def test_an_iterator_takes_inputs_as_there_is_room(bench: Bench) -> None:
    bench.consume("--prefetch", "20")
    taken = 0

    def inputs() -> Iterator[Any]:
        nonlocal taken
        for number in range(2_000):
            taken += 1
            yield {1} if number == 500 else number

    async def ask() -> None:
        nonlocal taken
        async with AsyncClient(bench.settings()) as client:
            number = 0
            taken = 0
            async for outcome in client.predict_iter(inputs(), timeout=30, list_size=10):
                assert taken - number <= 101
                if number == 500:
                    assert outcome.error is not None
                    assert "input[500]" in outcome.error.message
                else:
                    assert outcome.get() == number
                number += 1
            assert number == 2_000

    with Client(bench.settings()) as client:
        found = [outcome.value for outcome in client.predict_iter(inputs(), timeout=30, list_size=10)]
        assert found == [None if number == 500 else number for number in range(2_000)]
        begun = client.predict_iter(range(1_000), list_size=10)
        assert next(iter(begun)).value == 0
    asyncio.run(ask())


def test_a_hostile_writer_harms_only_the_requests_that_it_answers(bench: Bench) -> None:
    _, port = bench.start_redis()
    bench.redis = address = f"127.0.0.1:{port}"
    bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", "K$", address=address)
    rights = "~mlserving:* &__keyspace@0__:mlserving:{* +get +exists +unlink +psubscribe +punsubscribe +info +ping +client|setname"
    selector = "'(%W~mlserving-control:* %W~mlserving:cancel:* %W~mlserving:*:marker-* +set)'"
    bench.ask_redis("ACL", "SETUSER", "producer", "reset", "on", ">word", rights, selector, address=address)
    bench.write_redis("SET", "other:application", "theirs")
    bench.consume_once()
    generator = random.Random(20_261_130)
    originals = seeds()
    taken: set[int] = set()

    def answer_some() -> None:
        for _ in range(60):
            method, properties, body = bench.take_whole()
            assert method is not None
            taken.add(msgpack.unpackb(body))
            key = properties.headers["x-result-key"]
            payload = mutated(generator.choice(originals), generator)
            match generator.randrange(5):
                case 0:
                    bench.write_redis("RPUSH", key, payload)
                case 1:
                    # Announced, and gone or another type when it is read.
                    bench.write_redis("SET", key, payload)
                    bench.write_redis("DEL", key)
                    bench.write_redis("HSET", key, "a", payload)
                case _:
                    bench.write_redis("SET", key, payload)
            bench.write_redis("SET", key.rpartition(":")[0] + f":{generator.randrange(10**9)}", payload)

    async def ask() -> None:
        async with AsyncClient(bench.settings(REDIS_USER="producer", REDIS_PASSWORD="word")) as client:
            waits = [asyncio.create_task(client.predict(number, timeout=50)) for number in range(120)]
            await asyncio.to_thread(eventually, lambda: bench.depth() == 120)
            await asyncio.to_thread(answer_some)
            await asyncio.to_thread(bench.consume, "--prefetch", "100")
            answers = await asyncio.gather(*waits, return_exceptions=True)
            for number, answer in enumerate(answers):
                if number in taken:
                    assert isinstance(answer, InvalidOutputError), answer
                else:
                    assert answer == number
            assert await client.predict("after") == "after"

    asyncio.run(ask())
    assert len(taken) == 60
    assert bench.ask_redis("GET", "other:application", address=address) == b"$6\r\ntheirs\r\n"


def test_a_model_whose_routing_key_is_forbidden_fails_alone(bench: Bench) -> None:
    bench.consume()
    user, exchange, forbidden = bench.queue, f"{bench.queue}.topics", f"{bench.queue}-forbidden"
    channel = bench._channel()
    channel.exchange_declare(exchange, "topic")
    channel.queue_bind(bench.queue, exchange, bench.queue)
    call = "rabbit_auth_backend_internal:{}"
    bench.tell_rabbit(call.format(f'add_user(<<"{user}">>, <<"word">>, <<"tests">>)'))
    try:
        bench.tell_rabbit(call.format(f'set_permissions(<<"{user}">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>)'))
        rights = f'<<"{user}">>, <<"/">>, <<"{exchange}">>, <<"^{bench.queue}$">>, <<".*">>, <<"tests">>'
        bench.tell_rabbit(call.format(f"set_topic_permissions({rights})"))

        async def ask() -> None:
            async with AsyncClient(bench.settings(RABBIT_USER=user, RABBIT_PASSWORD="word", EXCHANGE_NAME=exchange)) as client:
                assert await client.predict("first") == "first"
                calls: list[Any] = [client.predict(number, model=forbidden if number % 10 == 5 else None) for number in range(30)]
                found = await asyncio.gather(*calls, return_exceptions=True)
                for number, answer in enumerate(found):
                    if number % 10 == 5:
                        assert isinstance(answer, RefusedError)
                        assert f"access to topic '{forbidden}'" in answer.message
                    else:
                        assert answer == number

        asyncio.run(ask())
    finally:
        bench.tell_rabbit(call.format(f'delete_user(<<"{user}">>, <<"tests">>)'))
        channel.exchange_delete(exchange)
