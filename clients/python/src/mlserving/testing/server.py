"""A broker, a store and a consumer in one process."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from mlserving.addresses import ModelAddress
from mlserving.aio import AsyncClient
from mlserving.client import Client
from mlserving.configuration import Settings
from mlserving.rabbit.errors import Failure, RabbitError
from mlserving.testing.broker import FakeBroker
from mlserving.testing.consumer import FakeConsumer
from mlserving.testing.queue import FakeQueue
from mlserving.testing.store import FakeEvents, FakeStore, Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlserving.codec import Codec
    from mlserving.rabbit.message import Message
    from mlserving.servers import KeyEvents, KeyStore, MessageBroker, Publishing, Watching


AnyClient = TypeVar("AnyClient", Client, AsyncClient)


@dataclass(frozen=True, slots=True)
class _FakeServers:
    """What clients speak to."""

    accept: Callable[[Message, FakeBroker], RabbitError | None]
    keys: Keys

    def broker(self, wanted: Publishing) -> MessageBroker:
        """Make what a client publishes by."""
        return FakeBroker(self.accept, wanted.on_open, wanted.on_reply)

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
    """Takes requests of its clients, and answers them: those of each model on a thread of its own, one after the other.

    What it does as real servers do: it tells clients of a queue that is not there, is full, or refuses a message by its size; it drops
    requests whose time is over, and does not predict what was cancelled; results are kept for a time, and the first of a request counts.
    What it does not do: predict several inputs at once, try failed predictions again, lose connections, or restart.

    Attributes:
        inputs: What has been predicted from, in order, whichever model it was.
        queue: The queue of the model that is asked by default.
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
                ``prediction_failed``. By default the input comes back. ``current_request()`` tells it what the caller said beside the
                input. ``serve()`` adds models.
            queue: The name of its queue.
            is_declared: Whether that queue exists from the beginning; ``declare()`` makes it exist.
            is_paused: Whether requests wait until ``resume()``.
            maximum_length: How many requests may wait for one model.
            maximum_size: How many bytes a message may have.
            result_lifetime: How long results are kept whose requests do not say, in seconds.
            result_queue: The queue by which clients without a store fetch results, if there is to be one.
            codecs: Content types beside MessagePack and JSON.
        """
        self.inputs: list[Any] = []
        self.queue = queue
        self._result_queue = result_queue
        self._maximum_length = maximum_length
        self._maximum_size = maximum_size
        self._condition = threading.Condition(threading.RLock())
        self._keys = Keys(self._condition)
        self._result_lifetime = result_lifetime
        self._codecs = tuple(codecs)
        self._is_paused = is_paused
        self._is_closed = False
        self._queues = {queue: self._made(queue, predict, is_declared=is_declared)}

    # Life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the consumers, after the predictions that run. Requests that wait are not answered any more."""
        with self._condition:
            self._is_closed = True
            threads = [queue.close() for queue in self._queues.values()]
        for thread in threads:
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

    def serve(self, model: str, predict: Callable[[Any], Any] = _same) -> None:
        """Serve one more model; of one that is served, have another function predict from now on.

        Args:
            model: ``name`` or ``name:version``.
            predict: Returns the output for one input, or raises, as that of the first model.

        Raises:
            ValueError: The text names no model.
        """
        name = ModelAddress.read(model).queue
        with self._condition:
            queue = self._queues.get(name)
            if queue is None:
                self._queues[name] = self._made(name, predict, is_declared=True)
            else:
                queue.consumer.predict = _checked(predict)
                queue.is_declared = True

    def declare(self) -> None:
        """Let the queue exist."""
        with self._condition:
            self._queues[self.queue].is_declared = True

    def pause(self, model: str | None = None) -> None:
        """Let the requests of a model wait from now on, by default those of all.

        Raises:
            ValueError: No such model is served.
        """
        self._pause(model, is_paused=True)

    def resume(self, model: str | None = None) -> None:
        """Answer the requests of a model that wait, and those that come; by default those of all.

        Raises:
            ValueError: No such model is served.
        """
        self._pause(model, is_paused=False)

    def _pause(self, model: str | None, *, is_paused: bool) -> None:
        with self._condition:
            if model is None:
                self._is_paused = is_paused
                queues = list(self._queues.values())
            else:
                name = ModelAddress.read(model).queue
                if name not in self._queues:
                    raise ValueError(f"no model {model!r} is served; serve() adds one")
                queues = [self._queues[name]]
            for queue in queues:
                queue.is_paused = is_paused
            self._condition.notify_all()

    @property
    def depth(self) -> int:
        """How many requests wait, of all models."""
        with self._condition:
            return sum(queue.depth for queue in self._queues.values())

    def _made(self, name: str, predict: Callable[[Any], Any], *, is_declared: bool) -> FakeQueue:
        consumer = FakeConsumer(_checked(predict), self._keys, name, self._result_lifetime, self.inputs, self._codecs)
        return FakeQueue(consumer, self._condition, is_declared=is_declared, is_paused=self._is_paused)

    # Requests

    def _accept(self, message: Message, broker: FakeBroker) -> RabbitError | None:
        """Take a message, or say why not, as RabbitMQ does."""
        with self._condition:
            if self._is_closed:
                return RabbitError(Failure.UNAVAILABLE, "the fake server has been closed")
            if len(message.body) > self._maximum_size:
                text = f"message size {len(message.body)} is larger than configured max size {self._maximum_size}"
                return RabbitError(Failure.TOO_LARGE, text)
            if message.queue == self._result_queue:
                broker.reply(message.message_id, self._queues[self.queue].consumer.stored(message))
                return None
            queue = self._queues.get(message.queue)
            if queue is None or not queue.is_declared:
                return RabbitError(Failure.UNROUTABLE, "no queue takes the message: NO_ROUTE")
            if queue.depth >= self._maximum_length:
                return RabbitError(Failure.OVERLOADED, "the queue is full")
            queue.append(message, broker)
        return None


def _checked(predict: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if not callable(predict):
        raise TypeError(f"predict is called with each input; it is a {type(predict).__name__}")
    return predict
