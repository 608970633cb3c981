"""The client for programs that use asyncio."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, NoReturn, Self

from mlserving.aiocalls import AsyncCalls
from mlserving.aiomodel import AsyncModel
from mlserving.base import BaseClient
from mlserving.engine import Engine

if TYPE_CHECKING:
    from mlserving.codec import Codec
    from mlserving.configuration import Settings


class AsyncClient(AsyncCalls, BaseClient):
    """Asks for predictions through a broker, from any number of tasks of one event loop at once.

    The first call connects; ``close()``, or the end of an ``async with``, disconnects::

        async with AsyncClient() as client:
            answer = await client.predict("hello", timeout=5)

    A timeout is a number of seconds, a ``timedelta``, or ``None`` for that of the settings; it is more than zero. Calls raise
    ``ServingError`` for what goes wrong with a request, and ``TypeError`` or ``ValueError``, before anything is sent, for what can
    never be right. A task that is cancelled while it waits stops the work on its request, too. A client that has been used belongs to its
    event loop and its process; after ``os.fork()`` the child makes its own.

    Attributes:
        settings: What it is configured by.
    """

    def __init__(self, settings: Settings | None = None, *, codec: str | Codec = "msgpack") -> None:
        super().__init__(settings, codec=codec)
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._endings: set[asyncio.Task[None]] = set()

    # Life

    async def __aenter__(self) -> Self:
        self._check_open("; make another one")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> NoReturn:
        raise TypeError("an AsyncClient is used with 'async with'; for 'with' there is Client")

    def __exit__(self, *_: object) -> None:
        """Never called."""

    async def close(self) -> None:
        """Disconnect. Calls under way, and later ones, fail with ``closed``.

        Raises:
            RuntimeError: Another event loop, which still exists, uses the client.
        """
        if self._engine is not None and self._loop is not asyncio.get_running_loop():
            self._check_owner()
        self._is_closed = True
        if self._engine is not None and self._loop is asyncio.get_running_loop():
            await asyncio.gather(self._engine.close(), *self._endings)

    def _check_owner(self) -> None:
        if self._loop is None or self._loop is asyncio.get_running_loop():
            return
        if self._process != os.getpid():
            raise RuntimeError("an AsyncClient that was used before a fork belongs to the parent process; make another one in the child")
        if not self._loop.is_closed():
            raise RuntimeError("an AsyncClient belongs to the event loop that used it first; make one for each loop")

    def _running(self) -> Engine:
        self._check_open()
        loop = asyncio.get_running_loop()
        if self._engine is not None and self._process != os.getpid():
            raise RuntimeError("an AsyncClient that was used before a fork belongs to the parent process; make another one in the child")
        if self._loop is not loop:
            self._check_owner()
            self._loop, self._engine, self._process = loop, None, os.getpid()
            self._endings.clear()
        # After servers have refused the client, the next call tries anew.
        if self._engine is not None and self._engine.failure is not None:
            ending = loop.create_task(self._engine.close())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            self._engine = None
        if self._engine is None:
            self._engine = Engine(self.settings, self._servers)
            self._engine.start()
        return self._engine

    def model(self, name: str) -> AsyncModel:
        """Return a view of one model, with the same calls, over the connections of this client.

        Args:
            name: ``name`` or ``name:version``. Requests go to the queue ``name``, or ``name.v<version>``.

        Raises:
            ValueError: The text names no model.
        """
        return AsyncModel(self, name)
