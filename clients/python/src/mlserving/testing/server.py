"""A broker, a store and a consumer in one process."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from mlserving.aio import AsyncClient
from mlserving.client import Client
from mlserving.configuration import Settings
from mlserving.rabbit.errors import Failure, RabbitError
from mlserving.testing.broker import FakeBroker
from mlserving.testing.consumer import FakeConsumer
from mlserving.testing.store import FakeEvents, FakeStore, Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlserving.codec import Codec
    from mlserving.rabbit.message import Message
    from mlserving.servers import KeyEvents, KeyStore, MessageBroker, Publishing, Watching


AnyClient = TypeVar("AnyClient", Client, AsyncClient)


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: Message
    broker: FakeBroker
    expiry: float


@dataclass(frozen=True, slots=True)
class _FakeServers:
    """What clients speak to."""

    accept: Callable[[Message, str, FakeBroker], RabbitError | None]
    keys: Keys

    def broker(self, wanted: Publishing) -> MessageBroker:
        """Make what a client publishes by."""
        return FakeBroker(self.accept, wanted.settings.queue, wanted.on_open, wanted.on_reply)

    def store(self, settings: Settings, name: str) -> KeyStore:
        """Make what a client reads results by."""
        del settings, name
        return FakeStore(self.keys)

    def events(self, store: KeyStore, wanted: Watching) -> KeyEvents:
        """Make what a client hears of results by."""
        del store
        return FakeEvents(self.keys, wanted.key_prefix, wanted.on_keys, wanted.on_ready)


def _same(value: Any) -> Any:
    return value


class FakeServer:
    """Takes requests of its clients, and answers them on a thread of its own, one after the other.

    What it does as real servers do: it tells clients of a queue that is not there, is full, or refuses a message by its size; it drops
    requests whose time is over, and does not predict what was cancelled; results are kept for a time, and the first of a request counts.
    What it does not do: predict several inputs at once, try failed predictions again, lose connections, or restart.

    Attributes:
        inputs: What has been predicted from, in order.
    """

    def __init__(
        self,
        predict: Callable[[Any], Any] = _same,
        *,
        queue: str = "task_queue",
        is_declared: bool = True,
        is_paused: bool = False,
        maximum_length: int = 100_000,
        maximum_size: int = 16 << 20,
        result_lifetime: float = 60,
        result_queue: str | None = None,
        codecs: Iterable[Codec] = (),
    ) -> None:
        """Make servers and a consumer, which run from the first request until ``close()`` or the end of a ``with``.

        Args:
            predict: Returns the output for one input, or raises: a ``ServingError`` reaches the caller as it is, any other exception as
                ``prediction_failed``. By default the input comes back.
            queue: The name of the queue.
            is_declared: Whether the queue exists from the beginning; ``declare()`` makes it exist.
            is_paused: Whether requests wait until ``resume()``.
            maximum_length: How many requests may wait.
            maximum_size: How many bytes a message may have.
            result_lifetime: How long results are kept, in seconds.
            result_queue: The queue by which clients without a store fetch results, if there is to be one.
            codecs: Content types beside MessagePack and JSON.
        """
        if not callable(predict):
            raise TypeError(f"predict is called with each input; it is a {type(predict).__name__}")
        self.inputs: list[Any] = []
        self.queue = queue
        self._result_queue = result_queue
        self._maximum_length = maximum_length
        self._maximum_size = maximum_size
        self._condition = threading.Condition(threading.RLock())
        self._keys = Keys(self._condition)
        self._consumer = FakeConsumer(predict, self._keys, queue, result_lifetime, self.inputs, codecs)
        self._waiting: deque[_Waiting] = deque()
        self._is_declared = is_declared
        self._is_paused = is_paused
        self._is_closed = False
        self._thread: threading.Thread | None = None

    # Life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the consumer, after the prediction that runs. Requests that wait are not answered any more."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def client(self, settings: Settings | None = None, *, codec: str | Codec = "msgpack", **members: Any) -> Client:
        """Make a client for threads.

        It takes the place of the class where a program makes its own client: ``monkeypatch.setattr("program.Client", server.client)``.

        Args:
            settings: What the program's client is configured by; by default what fits to this server.
            codec: The encoding of inputs and outputs.
            members: Members of ``Settings``, instead of them.
        """
        return self._served(Client(self._settings(settings, members), codec=codec))

    def async_client(self, settings: Settings | None = None, *, codec: str | Codec = "msgpack", **members: Any) -> AsyncClient:
        """Make a client for tasks.

        It takes the place of the class where a program makes its own client:
        ``monkeypatch.setattr("program.AsyncClient", server.async_client)``.

        Args:
            settings: What the program's client is configured by; by default what fits to this server.
            codec: The encoding of inputs and outputs.
            members: Members of ``Settings``, instead of them.
        """
        return self._served(AsyncClient(self._settings(settings, members), codec=codec))

    def _served(self, client: AnyClient) -> AnyClient:
        client._servers = _FakeServers(self._accept, self._keys)
        return client

    def _settings(self, settings: Settings | None, members: dict[str, Any]) -> Settings:
        if settings is not None:
            return replace(settings, **members)
        return Settings(**{"queue": self.queue, "result_queue": self._result_queue, **members})

    # What tests do to it

    def declare(self) -> None:
        """Let the queue exist."""
        with self._condition:
            self._is_declared = True

    def pause(self) -> None:
        """Let requests wait from now on."""
        with self._condition:
            self._is_paused = True

    def resume(self) -> None:
        """Answer the requests that wait, and those that come."""
        with self._condition:
            self._is_paused = False
            self._condition.notify_all()

    @property
    def depth(self) -> int:
        """How many requests wait."""
        with self._condition:
            self._drop_expired()
            return len(self._waiting)

    # Requests

    def _accept(self, message: Message, queue: str, broker: FakeBroker) -> RabbitError | None:
        """Take a message, or say why not, as RabbitMQ does."""
        with self._condition:
            if self._is_closed:
                return RabbitError(Failure.UNAVAILABLE, "the fake server has been closed")
            if len(message.body) > self._maximum_size:
                text = f"message size {len(message.body)} is larger than configured max size {self._maximum_size}"
                return RabbitError(Failure.TOO_LARGE, text)
            is_question = queue == self._result_queue
            if not is_question and (queue != self.queue or not self._is_declared):
                return RabbitError(Failure.UNROUTABLE, "no queue takes the message: NO_ROUTE")
            self._drop_expired()
            if is_question:
                broker.reply(message.message_id, self._consumer.stored(message))
                return None
            if len(self._waiting) >= self._maximum_length:
                return RabbitError(Failure.OVERLOADED, "the queue is full")
            self._waiting.append(_Waiting(message, broker, time.monotonic() + message.expiration / 1000))
            self._start()
            self._condition.notify_all()
        return None

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mlserving-fake", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_closed or (self._waiting and not self._is_paused))
                if self._is_closed:
                    return
                self._drop_expired()
                if not self._waiting:
                    continue
                taken = self._waiting.popleft()
            self._consumer.serve(taken.message, taken.broker)

    def _drop_expired(self) -> None:
        now = time.monotonic()
        if any(waiting.expiry <= now for waiting in self._waiting):
            self._waiting = deque(waiting for waiting in self._waiting if waiting.expiry > now)
