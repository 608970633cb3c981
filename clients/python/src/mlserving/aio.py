"""The client for programs that use asyncio."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn, Self

from mlserving.arguments import (
    checked_callback,
    checked_codec,
    checked_count,
    checked_inputs,
    checked_settings,
    checked_ticket,
    checked_timeout,
)
from mlserving.asking import Asking
from mlserving.engine import Engine
from mlserving.errors import ClosedError, InvalidInputError, InvalidOutputError
from mlserving.lists import DEFAULT_INPUTS, MOST_INPUTS
from mlserving.reading import check_key
from mlserving.records import Outcome, Prediction
from mlserving.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from datetime import timedelta

    from mlserving.codec import Codec
    from mlserving.configuration import Settings
    from mlserving.lists import InputList
    from mlserving.servers import Servers


class AsyncClient:
    """Asks for predictions through a broker, from any number of tasks of one event loop at once.

    The first call connects; ``close()``, or the end of an ``async with``, disconnects::

        async with AsyncClient() as client:
            answer = await client.predict("hello", timeout=5)

    A timeout is a number of seconds, a ``timedelta``, or ``None`` for that of the settings; it is more than zero. Calls raise
    ``ServingError`` for what goes wrong with a request, and ``TypeError`` or ``ValueError``, before anything is sent, for what can
    never be right. A task that is cancelled while it waits stops the work on its request, too. A client that has been used belongs to its
    event loop and its process; after ``os.fork()`` the child makes its own.
    """

    def __init__(self, settings: Settings | None = None, *, codec: str | Codec = "msgpack") -> None:
        """Make a client; nothing starts before it is used.

        Args:
            settings: Servers, queue and limits; by default those of the environment.
            codec: The encoding of inputs and outputs: ``msgpack``, ``json``, or a codec of the program's own.

        Raises:
            ConfigurationError: A value of the environment cannot be used.
            TypeError: The settings are not ``Settings``, or the codec is none.
            ValueError: There is no such codec, or the template's protocol is to be spoken, which pickles.
        """
        self._codec = checked_codec(codec)
        self.settings = checked_settings(settings, type(self).__name__)
        self._asking = Asking(self.settings, self._codec)
        self._servers: Servers | None = None
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._endings: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of the queue {self.settings.queue!r}{', closed' if self._is_closed else ''}>"

    # Life

    async def __aenter__(self) -> Self:
        if self._is_closed:
            raise ClosedError("the client has been closed; make another one")
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
        if self._is_closed:
            raise ClosedError("the client has been closed")
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

    # Predictions

    async def predict(self, value: Any, timeout: float | timedelta | None = None) -> Any:
        """Ask for the prediction of one input, and wait for it.

        Args:
            value: What to predict from: what MessagePack can hold, arrays of numpy, dataclasses, and ``Tensor``.
            timeout: How long to wait; by default as the settings say. When it is over the consumer drops the work too.

        Raises:
            ServingError: The predictor's error, ``expired``, ``unavailable``, ``overloaded``, ``unroutable``, ``too_large``, ``closed`` and
                others.
        """
        return (await self.prediction(value, timeout)).output

    async def prediction(self, value: Any, timeout: float | timedelta | None = None) -> Prediction:
        """Ask for the prediction of one input, as ``predict`` does, and tell where the time went."""
        seconds = checked_timeout(timeout, self.settings.timeout)
        record = await self._asking.one(self._running(), self._asking.encoded(value), seconds)
        return Prediction(record.outcomes[0].get(), record.times)

    async def predict_many(
        self,
        values: Iterable[Any],
        timeout: float | timedelta | None = None,
        *,
        list_size: int = DEFAULT_INPUTS,
        progress: Callable[[int, int], object] | None = None,
    ) -> list[Outcome]:
        """Ask for the predictions of several inputs, and wait for all of them.

        A short list is one message. A longer one is several, eight of which are under way at once.

        Args:
            values: The inputs.
            timeout: How long to wait for all of them; by default as the settings say.
            list_size: How many inputs share a message at most. Large inputs share it with fewer: a message has about a mebibyte.
            progress: Is called with the number of inputs that have their outcome, and of all, whenever a message has been answered.

        Returns:
            One outcome for each input, in their order: an input that fails does not fail its neighbours. When the time is over, or a
            message fails as a whole, its inputs have that error, and the others their outputs.

        Raises:
            ServingError: All messages failed, for the same reason; or, before anything is sent, an input has no form in the encoding.
        """
        seconds = checked_timeout(timeout, self.settings.timeout)
        size = checked_count(list_size, "list_size", MOST_INPUTS)
        told = checked_callback(progress)
        lists = list(self._asking.lists(checked_inputs(values), size))
        for item in lists:
            if isinstance(item, InvalidInputError):
                raise item
        return await self._asking.all_of(
            self._running(), [item for item in lists if not isinstance(item, InvalidInputError)], seconds, told
        )

    def predict_iter(
        self, values: Iterable[Any], timeout: float | timedelta | None = None, *, list_size: int = DEFAULT_INPUTS
    ) -> AsyncIterator[Outcome]:
        """Ask for the predictions of any number of inputs, and yield their outcomes in order as they come.

        Inputs are taken as there is room for them: eight messages are under way at once, so neither all inputs nor all outputs are held.

        Args:
            values: The inputs, from any iterable.
            timeout: How long each message may take; by default as the settings say.
            list_size: How many inputs share a message at most.

        Returns:
            One outcome for each input. An input without a form in the encoding, and those of a message that fails as a whole, have that
            error.
        """
        seconds = checked_timeout(timeout, self.settings.timeout)
        lists = self._asking.lists(checked_inputs(values), checked_count(list_size, "list_size", MOST_INPUTS))
        return self._iterate(lists, seconds)

    async def _iterate(self, lists: Iterator[InputList | InvalidInputError], timeout: float) -> AsyncIterator[Outcome]:
        window: deque[asyncio.Task[list[Outcome]]] = deque()
        try:
            for item in lists:
                if len(window) == self._asking.window:
                    for outcome in await window[0]:
                        yield outcome
                    window.popleft()
                window.append(asyncio.create_task(self._settled(item, timeout)))
            while window:
                for outcome in await window[0]:
                    yield outcome
                window.popleft()
        finally:
            for task in window:
                task.cancel()
            await asyncio.gather(*window, return_exceptions=True)

    async def _settled(self, item: InputList | InvalidInputError, timeout: float) -> list[Outcome]:
        """Return the outcomes of one message of ``predict_iter``."""
        return await self._asking.settled(self._running(), item, timeout)

    # Submitted work

    async def submit(self, value: Any, timeout: float | timedelta | None = None) -> Ticket:
        """Hand in one input, and return as soon as the broker has it safely.

        Args:
            value: What to predict from.
            timeout: Within which time the prediction has to begin; by default as the settings say.

        Returns:
            What any process can read the result with.

        Raises:
            ServingError: ``unavailable``, ``overloaded``, ``unroutable``, ``too_large``, ``closed``.
        """
        self._asking.check_submission()
        seconds = checked_timeout(timeout, self.settings.timeout)
        return Ticket(await self._running().submit(self._asking.encoded(value), self._asking.content_type, seconds))

    async def result(self, ticket: Ticket | str, timeout: float | timedelta | None = None) -> Any:
        """Wait for the result of submitted work.

        It can be read again until its time to live ends, unless it came through the template's result queue.

        Args:
            ticket: What ``submit`` returned, in this or another process.
            timeout: How long to wait; by default as the settings say. Zero only looks.

        Raises:
            ServingError: The predictor's error; ``expired`` when there is no result in time, or none any more.
            ValueError: The text is not a ticket.
        """
        self._asking.check_submission()
        key = checked_ticket(ticket)
        seconds = checked_timeout(timeout, self.settings.timeout, may_be_zero=True)
        record = self._asking.record(await self._running().record(key, self._asking.content_type, seconds))
        if not record.outcomes:
            raise InvalidOutputError(f"the result under {key} has no outcome")
        check_key(record, key)
        return record.outcomes[0].get()

    async def cancel(self, ticket: Ticket | str) -> bool:
        """Cancel submitted work: unless its prediction has begun, it is not predicted. Whoever waits for the result gets ``cancelled``.

        Returns:
            ``False`` when there is a result already.

        Raises:
            ServingError: ``unavailable`` when the store cannot be reached.
            ValueError: The text is not a ticket.
        """
        self._asking.check_cancellation()
        return await self._running().cancel(checked_ticket(ticket))
