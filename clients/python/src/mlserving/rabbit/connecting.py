"""Connects to one of several nodes."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from typing import TYPE_CHECKING

import pika
from pika import exceptions
from pika.adapters.asyncio_connection import AsyncioConnection

from mlserving.rabbit.errors import Failure, RabbitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlserving.configuration import Node, Settings

_HEAD_START = 1.0
_PATIENCE = 10.0
_CLOSING_PATIENCE = 2.0
_REFUSALS = (
    exceptions.AuthenticationError,
    exceptions.ProbableAuthenticationError,
    exceptions.ProbableAccessDeniedError,
    ssl.SSLCertVerificationError,
)


async def connect(settings: Settings, name: str) -> AsyncioConnection:
    """Connect to the first node that lets us in, tried in random order, each with a head start before the next.

    Raises:
        RabbitError: None does.
    """
    nodes = random.sample(settings.rabbit_nodes, len(settings.rabbit_nodes))
    running: set[asyncio.Task[AsyncioConnection]] = set()
    problem = RabbitError(Failure.UNAVAILABLE, "no node is configured")
    first: AsyncioConnection | None = None
    try:
        while nodes or running:
            if nodes:
                running.add(asyncio.create_task(_open(nodes.pop(), settings, name)))
            done, running = await asyncio.wait(running, timeout=_HEAD_START if nodes else None, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                try:
                    first = task.result()
                except RabbitError as error:
                    problem = error
            if first is not None:
                break
    finally:
        for task in running:
            task.cancel()
        try:
            for late in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(late, AsyncioConnection):
                    await end(late)
        except asyncio.CancelledError:
            if first is not None:
                await end(first)
            raise
    if first is None:
        raise problem
    return first


async def end(connection: AsyncioConnection) -> None:
    """Close a connection, and wait until it is closed: the broker answers at once, or is not there any more."""
    if connection.is_closed:
        return
    closed = asyncio.Event()
    connection.add_on_close_callback(lambda *_: closed.set())
    if not connection.is_closing:
        connection.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING_PATIENCE):
            await closed.wait()


async def _open(node: Node, settings: Settings, name: str) -> AsyncioConnection:
    try:
        parameters = _parameters(node, settings, name)
    except OSError as error:
        raise RabbitError(Failure.REFUSED, f"the files for TLS cannot be used: {error}") from error
    ended: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    workflow = AsyncioConnection.create_connection([parameters], ended.set_result, custom_ioloop=asyncio.get_running_loop())
    try:
        # By itself, so that a cancellation of the caller leaves it to be ended in order.
        await asyncio.wait({ended})
    except asyncio.CancelledError:
        # Aborted on its way a connection of pika leaves its socket open; in moments it has been made, or has failed.
        await asyncio.wait({ended}, timeout=_CLOSING_PATIENCE)
        if not ended.done():
            workflow.abort()
        elif isinstance(connection := ended.result(), AsyncioConnection):
            await end(connection)
        raise
    result = ended.result()
    if isinstance(result, AsyncioConnection):
        return result
    assert isinstance(result, BaseException)  # noqa: S101 - pika reports one or the other
    raise _translated(node, result)


def _parameters(node: Node, settings: Settings, name: str) -> pika.ConnectionParameters:
    host, port = node
    tls = settings.rabbit_tls
    external = settings.rabbit_authentication == "external"
    return pika.ConnectionParameters(
        host=host,
        port=port,
        virtual_host=settings.rabbit_virtual_host,
        credentials=pika.credentials.ExternalCredentials()
        if external
        else pika.PlainCredentials(settings.rabbit_user, settings.rabbit_password),
        heartbeat=settings.rabbit_heartbeat,
        blocked_connection_timeout=settings.rabbit_blocked_timeout,
        connection_attempts=1,
        socket_timeout=_PATIENCE / 2,
        stack_timeout=_PATIENCE,
        ssl_options=pika.SSLOptions(tls.context(), tls.server_name or host) if tls else None,
        client_properties={"connection_name": name},
    )


def _translated(node: Node, problem: BaseException) -> RabbitError:
    host, port = node
    causes = list(_causes(problem))
    refused = any(isinstance(cause, _REFUSALS) for cause in causes)
    # The innermost says most.
    reason = str(causes[-1]) or type(causes[-1]).__name__
    if any(isinstance(cause, exceptions.ProbableAuthenticationError | exceptions.AuthenticationError) for cause in causes):
        reason = "the login is refused; check user and password"
    elif any(isinstance(cause, exceptions.ProbableAccessDeniedError) for cause in causes):
        reason = "the virtual host is refused; check its name and the user's permissions"
    elif any(isinstance(cause, exceptions.IncompatibleProtocolError) for cause in causes):
        reason = "it ended the connection during the handshake; is it a port of AMQP, and with or without TLS as configured?"
    return RabbitError(Failure.REFUSED if refused else Failure.UNAVAILABLE, f"{host}:{port}: {reason}")


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """Go from an error of pika to the errors within it."""
    yield problem
    inner = [getattr(problem, "exception", None), *getattr(problem, "exceptions", ()), *problem.args, problem.__cause__]
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _causes(cause)
            return
