"""The client for programs that do not use asyncio."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from mlserving.base import BaseClient
from mlserving.calls import Calls
from mlserving.clientthread import ClientThread
from mlserving.model import Model

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine

    from mlserving.aio import AsyncClient
    from mlserving.codec import Codec
    from mlserving.configuration import Settings

Value = TypeVar("Value")


class Client(Calls, BaseClient):
    """Asks for predictions through a broker, from any number of threads at once.

    It is an ``AsyncClient`` on a thread of its own. The first call connects; ``close()``, or the end of a ``with``, disconnects::

        with Client() as client:
            answer = client.predict("hello", timeout=5)

    A timeout is a number of seconds, a ``timedelta``, or ``None`` for that of the settings; it is more than zero. Calls raise
    ``ServingError`` for what goes wrong with a request, and ``TypeError`` or ``ValueError``, before anything is sent, for what can
    never be right. An interrupt (Ctrl-C) while a call waits stops the work on its request, too. A client that was made before ``os.fork()``
    can be used on both sides: the child connects anew.

    Attributes:
        settings: What it is configured by.
    """

    def __init__(self, settings: Settings | None = None, *, codec: str | Codec = "msgpack") -> None:
        super().__init__(settings, codec=codec)
        self._lock = threading.Lock()
        self._thread: ClientThread | None = None
        self._finalizer: weakref.finalize[[], Client] | None = None
        _clients.add(self)

    # Life

    def __enter__(self) -> Self:
        self._check_open("; make another one")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> NoReturn:
        raise TypeError("a Client is used with 'with'; for 'async with' there is AsyncClient")

    async def __aexit__(self, *_: object) -> None:
        """Never called."""

    def close(self) -> None:
        """Disconnect. Calls under way, and later ones, fail with ``closed``."""
        with self._lock:
            self._is_closed = True
            thread, self._thread = self._thread, None
            if self._finalizer is not None:
                self._finalizer.detach()
        if thread is not None:
            thread.stop()

    def model(self, name: str) -> Model:
        """Return a view of one model, with the same calls, over the connections of this client.

        Args:
            name: ``name`` or ``name:version``. Requests go to the queue ``name``, or ``name.v<version>``.

        Raises:
            ValueError: The text names no model.
        """
        return Model(self, name)

    def _after_fork(self) -> None:
        """Connect anew when used: threads do not survive a fork, and the connections belong to the parent."""
        self._lock = threading.Lock()
        if self._thread is not None:
            # Kept, since freeing its sockets must not be left to chance.
            _threads_of_parent.append(self._thread)
        self._thread = None
        if self._finalizer is not None:
            self._finalizer.detach()

    def _begin(self, work: Callable[[AsyncClient], Coroutine[Any, Any, Value]]) -> concurrent.futures.Future[Value]:
        with self._lock:
            self._check_open()
            if self._thread is not None and self._thread.is_current:
                raise RuntimeError("a Client is not used on its own thread, where progress is told: the call would wait for itself")
            if self._thread is None:
                self._thread = ClientThread(self.settings, self._codec, self._servers)
                self._finalizer = weakref.finalize(self, self._thread.stop)
            return self._thread.begin(work)


_clients: weakref.WeakSet[Client] = weakref.WeakSet()
_threads_of_parent: list[ClientThread] = []


def _after_fork() -> None:
    for client in list(_clients):
        client._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
