"""The client for programs that do not use asyncio."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Self, TypeVar

from mlserving.aio import AsyncClient
from mlserving.codec import named_codec
from mlserving.configuration import Settings
from mlserving.errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from mlserving.codec import Codec
    from mlserving.records import Outcome, Prediction
    from mlserving.tickets import Ticket

Value = TypeVar("Value")
_PATIENCE = 5.0


class Client:
    """Asks for predictions through a broker, from any number of threads at once.

    It is an ``AsyncClient`` on a thread of its own. The first call connects; ``close()``, or the end of a ``with``, disconnects::

        with Client() as client:
            answer = client.predict("hello", timeout=5)

    Times are in seconds. Calls raise ``ServingError``; an interrupt (Ctrl-C) while a call waits stops the work on its request, too. A
    client that was made before ``os.fork()`` can be used on both sides: the child connects anew.
    """

    def __init__(self, settings: Settings | None = None, *, codec: str | Codec = "msgpack") -> None:
        """Make a client; nothing starts before it is used.

        Args:
            settings: Servers, queue and limits; by default those of the environment.
            codec: The encoding of inputs and outputs: ``msgpack``, ``json``, or a codec of the program's own.

        Raises:
            ConfigurationError: A value of the environment cannot be used.
            ValueError: There is no such codec.
        """
        self._codec = named_codec(codec)
        self.settings = Settings.load() if settings is None else settings
        self._lock = threading.Lock()
        self._thread: _ClientThread | None = None
        self._finalizer: weakref.finalize[[], Client] | None = None
        self._is_closed = False
        _clients.add(self)

    # Life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect. Calls under way, and later ones, fail with ``closed``."""
        with self._lock:
            self._is_closed = True
            thread, self._thread = self._thread, None
            if self._finalizer is not None:
                self._finalizer.detach()
        if thread is not None:
            thread.stop()

    # Predictions

    def predict(self, value: Any, timeout: float | None = None) -> Any:
        """Ask for the prediction of one input, and wait for it; see ``AsyncClient.predict``."""
        return self._call(lambda client: client.predict(value, timeout))

    def prediction(self, value: Any, timeout: float | None = None) -> Prediction:
        """Ask for the prediction of one input, and tell where the time went; see ``AsyncClient.prediction``."""
        return self._call(lambda client: client.prediction(value, timeout))

    def predict_many(self, values: Sequence[Any], timeout: float | None = None) -> list[Outcome]:
        """Ask for the predictions of several inputs in one request; see ``AsyncClient.predict_many``."""
        return self._call(lambda client: client.predict_many(values, timeout))

    # Submitted work

    def submit(self, value: Any, timeout: float | None = None) -> Ticket:
        """Hand in one input, and return as soon as the broker has it safely; see ``AsyncClient.submit``."""
        return self._call(lambda client: client.submit(value, timeout))

    def result(self, ticket: Ticket | str, timeout: float | None = None) -> Any:
        """Wait for the result of submitted work; see ``AsyncClient.result``."""
        return self._call(lambda client: client.result(ticket, timeout))

    def cancel(self, ticket: Ticket | str) -> bool:
        """Cancel submitted work; see ``AsyncClient.cancel``."""
        return self._call(lambda client: client.cancel(ticket))

    def _after_fork(self) -> None:
        """Connect anew when used: threads do not survive a fork, and the connections belong to the parent."""
        self._lock = threading.Lock()
        if self._thread is not None:
            # Kept, since freeing its sockets must not be left to chance.
            _threads_of_parent.append(self._thread)
        self._thread = None
        if self._finalizer is not None:
            self._finalizer.detach()

    def _call(self, work: Callable[[AsyncClient], Coroutine[Any, Any, Value]]) -> Value:
        with self._lock:
            if self._is_closed:
                raise ClosedError("the client has been closed")
            if self._thread is None:
                self._thread = _ClientThread(self.settings, self._codec)
                self._finalizer = weakref.finalize(self, self._thread.stop)
            future = self._thread.begin(work)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise ClosedError("the client has been closed") from None
        except BaseException:
            # An interrupt: who waited does not any more.
            future.cancel()
            raise


_clients: weakref.WeakSet[Client] = weakref.WeakSet()
_threads_of_parent: list[_ClientThread] = []


def _after_fork() -> None:
    for client in list(_clients):
        client._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class _ClientThread:
    """An event loop on a thread, and the client that lives there."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._client = AsyncClient(settings, codec=codec)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="mlserving", daemon=True)
        self._thread.start()

    def begin(self, work: Callable[[AsyncClient], Coroutine[Any, Any, Value]]) -> concurrent.futures.Future[Value]:
        return asyncio.run_coroutine_threadsafe(work(self._client), self._loop)

    def stop(self) -> None:
        """End the thread, and wait for its end unless called by itself, as a finalizer may be."""
        if self._thread is threading.current_thread():
            self._loop.call_soon(self._loop.stop)
        if self._thread is threading.current_thread() or not self._thread.is_alive():
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
