"""What goes wrong between a client and its servers, and what comes of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from mlserving import AsyncClient, Client, TooLargeError, UnavailableError

from .conftest import eventually
from .proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Bench


async def until(condition: Callable[[], Any]) -> None:
    """Wait until a condition holds, which may look at servers."""
    await asyncio.to_thread(eventually, condition)


def test_a_consumer_that_is_killed_at_work_is_replaced(bench: Bench) -> None:
    process = bench.consume("--delay-ms", "60000")

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            waiting = asyncio.create_task(client.predict("kept"))
            # Both have been confirmed, and the consumer has them.
            ticket = await client.submit("kept too")
            await until(lambda: bench.depth() == 0)
            await asyncio.to_thread(bench.kill, process)
            await asyncio.to_thread(bench.consume)
            assert await waiting == "kept"
            assert await client.result(ticket) == "kept too"

    asyncio.run(ask())


def test_a_result_that_is_lost_with_the_store_is_asked_for_again(bench: Bench) -> None:
    redis, port = bench.start_redis()
    bench.redis = address = f"127.0.0.1:{port}"
    bench.consume()

    async def ask() -> None:
        async with Proxy(address) as proxy, AsyncClient(bench.settings(REDIS_NODES=proxy.address)) as client:
            assert await client.predict("first") == "first"
            proxy.withhold_answers()
            waiting = asyncio.create_task(client.predict("lost"))
            # The result is there, and the client does not hear of it.
            await until(lambda: b"-2\r\n" in bench.ask_redis("KEYS", "*-[0-9]*", address=address))
            await asyncio.to_thread(bench.kill, redis)
            await asyncio.to_thread(bench.start_redis, port)
            assert not waiting.done()
            proxy.release_answers()
            proxy.cut()
            assert await waiting == "lost"

    asyncio.run(ask())


def test_a_store_that_restarts_while_requests_wait_answers_them(bench: Bench) -> None:
    redis, port = bench.start_redis()
    bench.redis = f"127.0.0.1:{port}"
    bench.consume_once()

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            waiting = [asyncio.create_task(client.predict(number)) for number in range(10)]
            await until(lambda: bench.depth() == 10)
            await asyncio.to_thread(bench.kill, redis)
            await asyncio.to_thread(bench.start_redis, port)
            await asyncio.to_thread(bench.consume)
            assert await asyncio.gather(*waiting) == list(range(10))

    asyncio.run(ask())


def test_results_are_read_that_came_while_the_subscription_was_lost(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with Proxy(bench.redis) as proxy, AsyncClient(bench.settings(REDIS_NODES=proxy.address, RESULT_PREFIX=bench.queue)) as client:
            waiting = [asyncio.create_task(client.predict(number)) for number in range(10)]
            await until(lambda: bench.depth() == 10)
            proxy.refuse()
            await asyncio.to_thread(bench.consume)
            # One more key than results: the marker of the client.
            await until(lambda: bench.ask_redis("KEYS", f"{bench.queue}:*").startswith(b"*11\r\n"))
            proxy.admit()
            assert await asyncio.gather(*waiting) == list(range(10))

    asyncio.run(ask())


def test_nothing_is_published_before_the_subscription(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with Proxy(bench.redis) as proxy, AsyncClient(bench.settings(REDIS_NODES=proxy.address)) as client:
            proxy.withhold_answers()
            with pytest.raises(UnavailableError) as caught:
                await client.predict("early", timeout=0.5)
            assert caught.value.retryable
            assert bench.depth() == 0
            proxy.release_answers()
            waiting = asyncio.create_task(client.predict("in order"))
            await until(lambda: bench.depth() == 1)
            await asyncio.to_thread(bench.consume)
            assert await waiting == "in order"

    asyncio.run(ask())


@pytest.mark.parametrize("mode", ["0", "1"], ids=["store", "queue"])
def test_a_request_outlives_the_connection_to_the_broker(bench: Bench, mode: str) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with Proxy(bench.rabbit) as proxy, AsyncClient(bench.settings(RABBIT_NODES=proxy.address, QUEUE_ONLY=mode)) as client:
            waiting = asyncio.create_task(client.predict("kept"))
            await until(lambda: bench.depth() == 1)
            before = proxy.accepted
            proxy.cut()
            await until(lambda: proxy.accepted > before)
            await asyncio.to_thread(bench.consume)
            assert await waiting == "kept"

    asyncio.run(ask())


def test_a_request_whose_confirmation_was_lost_is_published_again(bench: Bench) -> None:
    bench.consume_once()

    async def ask() -> None:
        async with Proxy(bench.rabbit) as proxy, AsyncClient(bench.settings(RABBIT_NODES=proxy.address)) as client:
            await client.submit("first")
            proxy.withhold_answers()
            waiting = asyncio.create_task(client.submit("second"))
            await until(lambda: bench.depth() == 2)
            assert not waiting.done()
            proxy.cut()
            proxy.release_answers()
            ticket = await waiting
            await until(lambda: bench.depth() == 3)
            messages = [await asyncio.to_thread(bench.take) for _ in range(3)]
            assert messages[1].message_id == messages[2].message_id
            assert {message.headers["x-result-key"] for message in messages[1:]} == {str(ticket)}

    asyncio.run(ask())


def test_a_broker_that_is_away_is_waited_for_until_the_deadline(bench: Bench) -> None:
    bench.consume()

    async def ask() -> None:
        async with Proxy(bench.rabbit) as proxy, AsyncClient(bench.settings(RABBIT_NODES=proxy.address)) as client:
            proxy.refuse()
            with pytest.raises(UnavailableError) as caught:
                await client.predict("too early", timeout=0.5)
            assert caught.value.retryable
            waiting = asyncio.create_task(client.predict("patient"))
            proxy.admit()
            assert await waiting == "patient"

    asyncio.run(ask())


def test_a_message_that_is_too_large_is_refused_alone(bench: Bench) -> None:
    bench.consume()
    limit = "application:set_env(rabbit, max_message_size, {})"
    bench.tell_rabbit(limit.format(1_000_000))

    async def ask() -> None:
        async with AsyncClient(bench.settings()) as client:
            calls = [client.predict("small"), client.predict(bytes(2_000_000)), client.predict("small too")]
            before, refused, after = await asyncio.gather(*calls, return_exceptions=True)
            assert (before, after) == ("small", "small too")
            assert isinstance(refused, TooLargeError)
            assert "larger than" in refused.message
            assert not refused.retryable

    try:
        asyncio.run(ask())
    finally:
        bench.tell_rabbit(limit.format(134_217_728))


def test_a_dead_node_is_passed_over(bench: Bench) -> None:
    bench.consume()
    nodes = f"(127.0.0.1:1 {bench.rabbit} 127.0.0.1:2)"
    with Client(bench.settings(RABBIT_NODES=nodes, REDIS_NODES=f"(127.0.0.1:1 {bench.redis})")) as client:
        assert client.predict(1) == 1


def test_without_a_right_to_hear_of_writes_results_are_read_on_a_timer(bench: Bench) -> None:
    _, port = bench.start_redis()
    bench.redis = address = f"127.0.0.1:{port}"
    bench.ask_redis("ACL", "SETUSER", "deaf", "on", ">word", "resetchannels", "~*", "+@all", "-config", address=address)
    bench.consume()
    with Client(bench.settings(REDIS_USER="deaf", REDIS_PASSWORD="word")) as client:
        assert [client.predict(number) for number in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(
    "marks", ["%W~mlserving-control:* %W~mlserving:cancel:*", "%W~mlserving:cancel:*"], ids=["this release", "the one before"]
)
def test_the_documented_rights_of_a_producer_are_enough(bench: Bench, marks: str) -> None:
    _, port = bench.start_redis()
    bench.redis = address = f"127.0.0.1:{port}"
    rights = "~mlserving:* &__keyspace@0__:mlserving:{* +get +exists +unlink +psubscribe +punsubscribe +info +ping +client|setname"
    selector = f"({marks} %W~mlserving:*:marker-* +set)"
    bench.ask_redis("CONFIG", "SET", "notify-keyspace-events", "K$", address=address)
    assert bench.ask_redis("ACL", "SETUSER", "producer", "reset", "on", ">word", rights, f"'{selector}'", address=address) == b"+OK\r\n"
    bench.consume_once()
    with Client(bench.settings(REDIS_USER="producer", REDIS_PASSWORD="word")) as client:
        unwanted = client.submit("unwanted")
        assert client.cancel(unwanted)
        bench.consume()
        assert [client.predict(number) for number in range(3)] == [0, 1, 2]
        assert client.result(client.submit("later")) == "later"
    lines = bench.ask_redis("ACL", "LOG", address=address).split(b"\r\n")
    refused = {lines[number + 2] for number, line in enumerate(lines) if line == b"object"}
    # What a client tries and does without, as the project's other clients do.
    control = {name for name in refused if name.startswith(b"mlserving-control:")}
    assert refused - control == {b"config|get", refused_pattern(refused)}
    assert bool(control) != ("control" in marks)


def refused_pattern(refused: set[bytes]) -> bytes:
    """The pattern of one client's keys, which a rule cannot permit."""
    return next(name for name in refused if name.startswith(b"__keyspace@0__:mlserving:{") and name.endswith(b"}:*"))


def test_a_large_result_is_read_over_a_slow_line(bench: Bench) -> None:
    bench.consume()
    value = bytes(12_000_000)

    async def ask() -> None:
        async with Proxy(bench.redis) as proxy, AsyncClient(bench.settings(REDIS_NODES=proxy.address)) as client:
            assert await client.predict("first") == "first"
            # Longer than the five seconds for which a server may be silent.
            proxy.slow_down(bytes_per_second=2_000_000)
            assert await client.predict(value, timeout=50) == value

    asyncio.run(ask())
