"""The thread of a client for programs that do not use asyncio."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from mlserving.aio import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mlserving.codec import Codec
    from mlserving.configuration import Settings
    from mlserving.servers import Servers

Value = TypeVar("Value")
_PATIENCE = 5.0


class ClientThread:
    """An event loop on a thread, and the client that lives there."""

    def __init__(self, settings: Settings, codec: Codec, servers: Servers | None) -> None:
        self._client = AsyncClient(settings, codec=codec)
        self._client._servers = servers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="mlserving", daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs on it."""
        return self._thread is threading.current_thread()

    def begin(self, work: Callable[[AsyncClient], Coroutine[Any, Any, Value]]) -> concurrent.futures.Future[Value]:
        """Begin a call there."""
        return asyncio.run_coroutine_threadsafe(work(self._client), self._loop)

    def stop(self) -> None:
        """End the thread, and wait for its end unless called by itself, as a finalizer may be."""
        if self.is_current:
            self._loop.call_soon(self._loop.stop)
        if self.is_current or not self._thread.is_alive():
            return
        closing = asyncio.run_coroutine_threadsafe(self._client.close(), self._loop)
        try:
            closing.result(_PATIENCE)
        except concurrent.futures.TimeoutError:
            pass
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE)

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            rest = asyncio.all_tasks(loop)
            for task in rest:
                task.cancel()
            if rest:
                loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
            # A turn for sockets that are being closed.
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
