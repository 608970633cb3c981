"""The parts that speak to Redis, against a server that says what it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from mlserving import AsyncClient, Settings, UnavailableError
from mlserving.redis.connection import RedisConnection, Reply
from mlserving.redis.errors import RedisError, ReplyError
from mlserving.redis.slots import SlotMap, slot
from mlserving.redis.store import RedisStore

if TYPE_CHECKING:
    from mlserving.redis.connection import Command


async def talk(answer: bytes, *commands: Command, greeting: tuple[Command, ...] = ()) -> tuple[list[Reply], bytes]:
    """Send commands to a server that answers at once and closes; return the replies, and what it got."""
    received = bytearray()
    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            received.extend(await reader.read(65_536))
            writer.write(answer)
            writer.write_eof()
            await reader.read()
        except ConnectionError:
            # The client had enough before the end.
            pass
        finally:
            writer.close()
            served.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        node = ("127.0.0.1", server.sockets[0].getsockname()[1])
        try:
            connection = await RedisConnection.open(node, None, greeting)
            try:
                return await connection.call(commands), bytes(received)
            finally:
                connection.close()
        finally:
            await asyncio.wait_for(served.wait(), 5)


def test_commands_are_written_and_replies_are_read_in_order() -> None:
    answer = b"+OK\r\n:-3\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n"
    commands: list[Command] = [("SET", "grün", b"\x00", 5), *[("GET", "k")] * 5]
    replies, received = asyncio.run(talk(answer, *commands))
    assert replies == [b"OK", -3, b"a\r\n", None, None, [[1], b""]]
    assert received.startswith(b"*4\r\n$3\r\nSET\r\n$5\r\ngr\xc3\xbcn\r\n$1\r\n\x00\r\n$1\r\n5\r\n*2\r\n$3\r\nGET")


def test_an_error_is_a_reply_and_leaves_the_others() -> None:
    (error, value), _ = asyncio.run(talk(b"-NOPERM no rights\r\n:1\r\n", ("GET", "a"), ("GET", "b")))
    assert isinstance(error, ReplyError)
    assert (error.kind, error.message, value) == ("NOPERM", "NOPERM no rights", 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"$5\r\nabc",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"$1000000000000\r\n",
        b"*1000000000\r\n",
        b"$x\r\n",
        b"$-2\r\n",
        b":\r\n",
        b"*1\r\n" * 100,
        b"+" + b"x" * 100_000 + b"\r\n",
    ],
)
def test_a_broken_reply_is_an_error(answer: bytes) -> None:
    with pytest.raises(RedisError, match=r"127\.0\.0\.1"):
        asyncio.run(talk(answer, ("GET", "a")))


@pytest.mark.parametrize(
    ("answer", "refused"), [(b"-WRONGPASS secret\r\n", True), (b"-LOADING dataset\r\n", False)], ids=["wrong password", "loading"]
)
def test_a_refused_login_says_so_without_the_password(answer: bytes, *, refused: bool) -> None:
    with pytest.raises(RedisError) as caught:
        asyncio.run(talk(answer, greeting=(("AUTH", "secret"),)))
    assert caught.value.refused is refused
    assert "secret" not in str(caught.value)


def test_a_replica_is_passed_over() -> None:
    with pytest.raises(RedisError, match="replica"):
        asyncio.run(talk(b"*1\r\n$5\r\nslave\r\n", greeting=(("ROLE",),)))


# From Redis's documentation and `CLUSTER KEYSLOT`.
@pytest.mark.parametrize(
    ("key", "number"),
    [("", 0), ("123456789", 12739), ("foo", 12182), ("{user1000}.following", 3443), ("foo{}{bar}", 8363), ("foo{{bar}}zap", 4015)],
)
def test_keys_have_their_slots(key: str, number: int) -> None:
    assert slot(key) == number


def test_a_map_of_slots_tells_the_owner() -> None:
    reply: Reply = [[0, 8_000, [b"10.0.0.1", 7_000, b"id"]], [8_001, 16_383, [b"", 7_001], [b"10.0.0.3", 7_002]]]
    slots = SlotMap(reply, ("asked", 1))
    assert slots.owner("{user1000}") == ("10.0.0.1", 7_000)
    assert slots.owner("foo") == ("asked", 7_001)
    assert slots.nodes == [("10.0.0.1", 7_000), ("asked", 7_001)]
    assert SlotMap([], ("asked", 1)).owner("foo") is None


@pytest.mark.parametrize(
    "node",
    [[b"\xff", 7_000], [b"a", 0], [b"a", 70_000], [b"a", -1], [b"a", 10**15], [b"", 70_000], [7, 7], [b"a", b"7000"], []],
)
def test_a_node_that_cannot_be_is_none(node: list[Reply]) -> None:
    assert SlotMap([[0, 5, node], [0, 16_383, [b"a", 7_000]]], ("asked", 1)).nodes in ([("a", 7_000)], [("asked", 7), ("a", 7_000)])


@pytest.mark.parametrize(
    "address",
    [b"$2\r\n\xff\xff\r\n$4\r\n6379", b"$1\r\na\r\n$5\r\n70000", b"$1\r\na\r\n$2\r\n-1", b"$1\r\na\r\n$1\r\nx"],
)
def test_a_sentinel_that_names_no_node_knows_none(address: bytes) -> None:
    async def ask() -> None:
        served = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for answer in (b"+PONG\r\n", b"*2\r\n" + address + b"\r\n"):
                await reader.read(65_536)
                writer.write(answer)
            with contextlib.suppress(ConnectionError):
                await reader.read()
            writer.close()
            served.set()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            settings = Settings(redis_sentinel_nodes=(("127.0.0.1", server.sockets[0].getsockname()[1]),))
            with pytest.raises(RedisError, match="no sentinel knows the master"):
                await RedisStore(settings, "test").node("key")
            await asyncio.wait_for(served.wait(), 5)

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("answer", "refused"),
    [(b"-ERR max number of clients reached\r\n", False), (b"-DENIED Redis is running in protected mode because\r\n", True)],
    ids=["too many clients", "protected mode"],
)
def test_a_server_that_turns_us_away_is_quoted(answer: bytes, *, refused: bool) -> None:
    with pytest.raises(RedisError, match=r"turns us away: .*(max number of clients|protected mode)") as caught:
        asyncio.run(talk(answer, greeting=(("CLIENT", "SETNAME", "x"), ("PING",))))
    assert caught.value.refused is refused


def test_a_text_that_is_too_large_is_passed_over_and_its_neighbours_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlserving.redis.connection._LARGEST_KEPT", 100_000)
    answer = b"$200000\r\n" + b"x" * 200_000 + b"\r\n$100000\r\n" + b"y" * 100_000 + b"\r\n:1\r\n"
    (large, kept, number), _ = asyncio.run(talk(answer, ("GET", "a"), ("GET", "b"), ("EXISTS", "c")))
    assert isinstance(large, ReplyError)
    assert large.kind == "OVERSIZED"
    assert (kept, number) == (b"y" * 100_000, 1)


def test_a_cancellation_does_not_wait_for_a_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlserving.results._CANCELLATION_TIME", 0.05)

    async def ask() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # It takes connections and all that is sent, and says nothing.
            with contextlib.suppress(ConnectionError):
                while await reader.read(65_536):
                    pass
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            node = ("127.0.0.1", server.sockets[0].getsockname()[1])
            async with AsyncClient(Settings(rabbit_nodes=(("127.0.0.1", 1),), redis_nodes=(node,))) as client:
                with pytest.raises(UnavailableError, match="no answer in time"):
                    await client.cancel("mlserving:{94088cc9242c0c8742f496de}:94088cc9242c0c8742f496de-1")

    asyncio.run(ask())
