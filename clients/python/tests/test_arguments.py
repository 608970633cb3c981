"""What callers pass in: mistakes are told at once, by the argument's name, before anything connects."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import decimal
import fractions
import functools
import inspect
import math
import os
import pydoc
import types
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import mlserving
from mlserving import (
    AsyncClient,
    AsyncModel,
    Client,
    ClosedError,
    ConfigurationError,
    JSONCodec,
    MessagePackCodec,
    Model,
    Settings,
    Ticket,
    TLSSettings,
)
from mlserving.arguments import checked_timeout
from mlserving.limits import LONGEST_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TICKET = "mlserving:{0123456789abcdef01234567}:0123456789abcdef01234567-1"
# Nothing listens there: what is told at once has asked nobody.
NOWHERE = Settings(rabbit_nodes=(("127.0.0.1", 1),), redis_nodes=(("127.0.0.1", 1),))


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        (None, 60),
        (1, 1),
        (0.5, 0.5),
        (1e-9, 1e-9),
        (datetime.timedelta(milliseconds=1500), 1.5),
        (fractions.Fraction(1, 2), 0.5),
        (np.float32(2), 2),
        (np.int64(3), 3),
        (np.uint8(4), 4),
        (np.timedelta64(2500, "ms"), 2.5),
        (LONGEST_TIME, LONGEST_TIME),
    ],
)
def test_a_timeout_is_a_number_of_seconds_or_a_difference_of_times(timeout: Any, seconds: float) -> None:
    assert checked_timeout(timeout, 60) == seconds


ODD_TIMEOUTS = [
    (math.nan, ValueError),
    (math.inf, ValueError),
    (-math.inf, ValueError),
    (-1, ValueError),
    (-0.001, ValueError),
    (1e300, ValueError),
    (10**400, ValueError),
    (-(10**400), ValueError),
    (fractions.Fraction(-1, 3), ValueError),
    (LONGEST_TIME * 1.01, ValueError),
    (np.float64("nan"), ValueError),
    (np.float16("inf"), ValueError),
    (datetime.timedelta(seconds=-1), ValueError),
    (datetime.timedelta.max, ValueError),
    (np.timedelta64("NaT", "s"), ValueError),
    (np.timedelta64(1), TypeError),
    ("5", TypeError),
    (b"5", TypeError),
    (True, TypeError),
    (1j, TypeError),
    ([1], TypeError),
    (decimal.Decimal(1), TypeError),
    (np.array([1.0]), TypeError),
    (np.bool_(True), TypeError),
    (object(), TypeError),
]


def calls(client: Client) -> list[Callable[[Any], Any]]:
    """All that take a timeout."""
    return [
        lambda timeout: client.predict(1, timeout),
        lambda timeout: client.prediction(1, timeout),
        lambda timeout: client.predict_many([1], timeout),
        lambda timeout: client.predict_many([], timeout),
        lambda timeout: client.predict_iter([1], timeout),
        lambda timeout: client.submit(1, timeout),
        lambda timeout: client.result(TICKET, timeout),
    ]


async def async_calls(client: AsyncClient, timeout: Any) -> list[BaseException | None]:
    async def iterate() -> None:
        async for _ in client.predict_iter([1], timeout):
            pass

    waits = [
        client.predict(1, timeout),
        client.prediction(1, timeout),
        client.predict_many([1], timeout),
        client.predict_many([], timeout),
        iterate(),
        client.submit(1, timeout),
        client.result(TICKET, timeout),
    ]
    return [result if isinstance(result, BaseException) else None for result in await asyncio.gather(*waits, return_exceptions=True)]


@pytest.mark.parametrize(("timeout", "error"), ODD_TIMEOUTS, ids=lambda value: str(value)[:24])
def test_an_odd_timeout_is_the_same_error_of_every_call(timeout: Any, error: type[Exception]) -> None:
    with Client(NOWHERE) as client:
        for call in calls(client):
            with pytest.raises(error, match="timeout is"):
                call(timeout)

    async def ask() -> None:
        async with AsyncClient(NOWHERE) as client:
            for found in await async_calls(client, timeout):
                assert type(found) is error
                assert "timeout is" in str(found)

    asyncio.run(ask())


def test_a_timeout_of_thousands_of_digits_is_an_error_without_them() -> None:
    for timeout in (10**5000, -(10**5000), fractions.Fraction(10**5000)):
        with pytest.raises(ValueError, match="timeout is a number of thousands of digits"):
            checked_timeout(timeout, 60)


def test_no_time_at_all_is_time_for_a_look_only() -> None:
    with Client(NOWHERE) as client:
        for call in calls(client)[:-1]:
            for nothing in (0, 0.0, datetime.timedelta()):
                with pytest.raises(ValueError, match=r"timeout is .*; it must be more than zero seconds"):
                    call(nothing)
    assert checked_timeout(0, 60, may_be_zero=True) == 0


@pytest.mark.parametrize("client_class", [Client, AsyncClient])
@pytest.mark.parametrize("settings", ["amqp://user:hidden@host/", b"x", {"queue": "q"}, 5, Settings])
def test_a_client_takes_settings_and_says_how(client_class: type[Any], settings: Any) -> None:
    with pytest.raises(TypeError, match=rf"{client_class.__name__} takes Settings, not .*rabbit_nodes=\(\(") as caught:
        client_class(settings)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("client_class", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("codec", "error", "message"),
    [
        ("xml", ValueError, "'xml' is not one of the codecs msgpack, json"),
        (5, TypeError, "not a int"),
        (["json"], TypeError, "not a list"),
        (JSONCodec, TypeError, r"pass an instance: codec=JSONCodec\(\)"),
    ],
)
def test_a_client_takes_a_codec_and_says_how(client_class: type[Any], codec: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        client_class(Settings(), codec=codec)


def test_a_codec_needs_a_content_type() -> None:
    class Nameless(MessagePackCodec):
        content_type = ""

    with pytest.raises(TypeError, match="Nameless has no content_type"):
        Client(Settings(), codec=Nameless())


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("RABBIT_NODES", {"rabbit_nodes": "localhost:5672"}),
        ("RABBIT_NODES", {"rabbit_nodes": ("localhost", 5672)}),
        ("RABBIT_NODES", {"rabbit_nodes": [("localhost", 5672)]}),
        ("RABBIT_NODES", {"rabbit_nodes": (("localhost", "5672"),)}),
        ("RABBIT_NODES", {"rabbit_nodes": (("localhost", 0),)}),
        ("RABBIT_NODES", {"rabbit_nodes": (("amqp://user:hidden@host", 5672),)}),
        ("RABBIT_NODES", {"rabbit_nodes": ()}),
        ("REDIS_NODES", {"redis_nodes": (("redis", 70_000),)}),
        ("REDIS_SENTINEL_NODES", {"redis_sentinel_nodes": ("s:1",)}),
        ("RABBIT_PASSWORD", {"rabbit_password": b"hidden"}),
        ("REDIS_PASSWORD", {"redis_password": 5}),
        ("RABBIT_TTL", {"timeout": math.nan}),
        ("RABBIT_TTL", {"timeout": math.inf}),
        ("RABBIT_TTL", {"timeout": "60"}),
        ("RABBIT_TTL", {"timeout": 0}),
        ("RABBIT_TTL", {"timeout": 10**400}),
        ("CACHE_POOLING_TIMEOUT", {"poll_interval": -1}),
        ("sweep_interval", {"sweep_interval": None}),
        ("MAX_IN_FLIGHT", {"maximum_in_flight": 0}),
        ("MAX_IN_FLIGHT", {"maximum_in_flight": 1.5}),
        ("MAX_IN_FLIGHT", {"maximum_in_flight": True}),
        ("REDIS_DATABASE", {"redis_database": -1}),
        ("RABBIT_HEARTBEAT_TIMEOUT", {"rabbit_heartbeat": "60"}),
        ("QUEUE_NAME", {"queue": ""}),
        ("QUEUE_NAME", {"queue": None}),
        ("QUEUE_NAME", {"queue": "x" * 256}),
        ("QUEUE_NAME", {"queue": "a\nb"}),
        ("QUEUE_NAME", {"queue": "\ud800"}),
        ("EXCHANGE_NAME", {"exchange": "x" * 256}),
        ("RESULT_PREFIX", {"key_prefix": ""}),
        ("RESULT_PREFIX", {"key_prefix": "a b"}),
        ("RESULT_PREFIX", {"key_prefix": "mlserving-control"}),
        ("RESULT_PREFIX", {"key_prefix": "mlserving:cancel"}),
        ("QUEUE_ONLY", {"result_mode": "both"}),
        ("RABBIT_AUTH_MECHANISM", {"rabbit_authentication": "magic"}),
        ("PRODUCER_PROTOCOL", {"protocol": "template-store"}),
        ("RABBIT_VHOST", {"rabbit_virtual_host": "x" * 256}),
        ("RABBIT_VHOST", {"rabbit_virtual_host": None}),
        ("RABBIT_TLS", {"rabbit_tls": True}),
        ("COMPRESSION_MINIMUM", {"compression_minimum": -1}),
        ("CACHE_QUEUE_NAME", {"result_queue": ""}),
    ],
)
def test_settings_are_judged_when_they_are_made(key: str, values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings(**values)
    assert caught.value.key == key
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("verification", "Full"),
        ("verification", "fulll"),
        ("verification", True),
        ("verification", None),
        ("authority_file", 5),
        ("key_password", b"hidden"),
        ("server_name", ["a"]),
    ],
)
def test_encryption_is_judged_when_it_is_made(member: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        TLSSettings(**{member: value})
    assert caught.value.key == member
    assert "hidden" not in str(caught.value)
    assert TLSSettings(verification="authority").context().check_hostname is False
    assert TLSSettings().context().check_hostname is True


def test_a_queue_may_have_any_name() -> None:
    assert Settings(queue="modèle").queue == "modèle"


def test_secrets_are_in_no_representation() -> None:
    settings = Settings(rabbit_password="hidden", redis_password="hidden", redis_sentinel_password="hidden")
    for shown in (settings, Client(settings), AsyncClient(settings)):
        assert "hidden" not in repr(shown)
        assert "hidden" not in str(shown)
    assert repr(Client(settings)) == "<Client of the queue 'task_queue'>"


NO_TICKETS: list[Any] = [
    "",
    "nonsense",
    "a b",
    "x" * 600,
    ":{}:",
    "a:b",
    "mlserving:cache:{q}:x",
    "mlserving-control:{q}:cancel:x",
    "\n",
    "None",
    "mlserving:{\ud800}:x",
]


@pytest.mark.parametrize("ticket", NO_TICKETS, ids=lambda text: text[:20])
def test_nonsense_is_no_ticket_at_once(ticket: str) -> None:
    with Client(NOWHERE) as client:
        for call in (client.result, client.cancel):
            with pytest.raises(ValueError, match="is not a ticket"):
                call(ticket)

    async def ask() -> None:
        async with AsyncClient(NOWHERE) as client:
            for call in (client.result, client.cancel):
                with pytest.raises(ValueError, match="is not a ticket"):
                    await call(ticket)

    asyncio.run(ask())


@pytest.mark.parametrize("ticket", [None, 5, b"x", ["a"], {"ticket": TICKET}])
def test_what_is_no_text_is_no_ticket_at_once(ticket: Any) -> None:
    with Client(NOWHERE) as client:
        for call in (client.result, client.cancel):
            with pytest.raises(TypeError, match="a ticket is what submit"):
                call(ticket)
    if not isinstance(ticket, str):
        with pytest.raises(TypeError):
            Ticket(ticket)


@pytest.mark.parametrize(
    "values",
    ["text", b"bytes", bytearray(2), memoryview(b"bytes"), {"a": 1}, types.MappingProxyType({"a": 1}), {1, 2}, 5, None],
)
def test_several_inputs_are_a_series(values: Any) -> None:
    with Client(NOWHERE) as client:
        for call in (client.predict_many, client.predict_iter):
            with pytest.raises(TypeError, match=r"values is a list .*; predict\(\) takes one input"):
                call(values)


def test_other_arguments_of_lists_are_judged_too() -> None:
    with Client(NOWHERE) as client:
        for size, error in ((0, ValueError), (-1, ValueError), (10**9, ValueError), (1.5, TypeError), (True, TypeError), ("5", TypeError)):
            with pytest.raises(error, match="list_size is"):
                client.predict_many([1], list_size=size)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="progress is called"):
            client.predict_many([1], progress="yes")  # type: ignore[arg-type]


def test_what_is_judged_takes_no_inputs_before() -> None:
    def inputs() -> Iterator[Any]:
        yield pytest.fail("an input was taken")

    with Client(NOWHERE) as client:
        for arguments in ({"timeout": -1}, {"list_size": 0}, {"progress": "yes"}):
            with pytest.raises((TypeError, ValueError)):
                client.predict_many(inputs(), **arguments)
        with pytest.raises(ValueError, match="timeout is"):
            client.predict_iter(inputs(), timeout=-1)
    with pytest.raises(ClosedError):
        client.predict_many(inputs())
    with pytest.raises(ClosedError):
        client.predict_iter(inputs())


def test_progress_is_not_told_to_what_would_have_to_be_awaited() -> None:
    async def progress(_finished: int, _total: int) -> None:
        """Never awaited."""

    class Progress:
        async def __call__(self, finished: int, total: int) -> None:
            """Never awaited."""

    with Client(NOWHERE) as client:
        for told in (progress, functools.partial(progress), Progress()):
            with pytest.raises(TypeError, match="coroutine function"):
                client.predict_many([1], progress=told)


def test_both_clients_take_the_same_arguments() -> None:
    for one, other in ((Client, AsyncClient), (Model, AsyncModel)):
        names = [name for name in dir(other) if not name.startswith("_")]
        assert names == [name for name in dir(one) if not name.startswith("_")]
        for name in names:
            assert inspect.signature(getattr(one, name)).parameters == inspect.signature(getattr(other, name)).parameters, name
    assert inspect.signature(Client).parameters == inspect.signature(AsyncClient).parameters
    assert set(dir(Client)) - set(dir(Model)) >= {"close", "model"}
    for name in ("predict", "prediction", "predict_many", "predict_iter", "submit", "result", "cancel"):
        assert getattr(Client, name) is getattr(Model, name)
        assert getattr(AsyncClient, name) is getattr(AsyncModel, name)


def test_a_client_says_which_kind_of_with_it_is_for() -> None:
    with pytest.raises(TypeError, match="used with 'async with'"), AsyncClient(NOWHERE):
        pass

    async def enter() -> None:
        async with Client(NOWHERE):  # type: ignore[unused-ignore]
            pass

    with pytest.raises(TypeError, match="used with 'with'"):
        asyncio.run(enter())


def test_a_closed_client_is_not_entered_again() -> None:
    client = Client(NOWHERE)
    with client:
        pass
    client.close()
    with pytest.raises(ClosedError, match="make another"), client:
        pass

    async def enter() -> None:
        client = AsyncClient(NOWHERE)
        async with client:
            pass
        await client.close()
        with pytest.raises(ClosedError, match="make another"):
            async with client:
                pass

    asyncio.run(enter())


def test_a_client_of_another_loop_says_so() -> None:
    async def use(client: AsyncClient) -> None:
        with pytest.raises(mlserving.ServingError):
            await client.predict(1, timeout=0.05)

    client = AsyncClient(NOWHERE)
    runner = asyncio.Runner()
    runner.run(use(client))

    async def use_elsewhere() -> None:
        with pytest.raises(RuntimeError, match="event loop that used it first"):
            await client.predict(1)
        with pytest.raises(RuntimeError, match="event loop that used it first"):
            await client.close()

    asyncio.run(use_elsewhere())
    runner.run(client.close())
    runner.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_an_async_client_that_was_used_before_a_fork_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use() -> None:
        client = AsyncClient(NOWHERE)
        with pytest.raises(mlserving.ServingError):
            await client.predict(1, timeout=0.05)
        with monkeypatch.context() as patch:
            patch.setattr("os.getpid", lambda: -1)
            with pytest.raises(RuntimeError, match="make another one in the child"):
                await client.predict(1)
        await client.close()

    asyncio.run(use())


def test_help_says_something_about_everything_public() -> None:
    for name in mlserving.__all__:
        member = getattr(mlserving, name)
        if not inspect.isclass(member):
            continue
        assert (member.__doc__ or "").strip(), name
        assert not (member.__doc__ or "").startswith(f"{name}("), f"{name} has the text that dataclasses make"
        for attribute, value in vars(member).items():
            if not attribute.startswith("_") and (inspect.isfunction(value) or isinstance(value, property | staticmethod | classmethod)):
                assert (inspect.getdoc(getattr(member, attribute)) or "").strip(), f"{name}.{attribute}"
        if dataclasses.is_dataclass(member):
            for field in dataclasses.fields(member):
                assert f"{field.name}:" in (member.__doc__ or ""), f"{name}.{field.name}"
    text = pydoc.plain(pydoc.render_doc(mlserving))
    for word in ("Client()", "predict", "AsyncClient", "Settings", "ServingError", "mlserving.testing"):
        assert word in text
