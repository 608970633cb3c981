"""The client for programs that use asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from mlserving.codec import Codec, decode_record, named_codec, outcomes
from mlserving.configuration import Settings
from mlserving.engine import Engine
from mlserving.errors import ClosedError, InvalidOutputError
from mlserving.records import Outcome, Prediction
from mlserving.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlserving.records import ResultRecord


class AsyncClient:
    """Asks for predictions through a broker, from any number of tasks of one event loop at once.

    The first call connects; ``close()``, or the end of an ``async with``, disconnects::

        async with AsyncClient() as client:
            answer = await client.predict("hello", timeout=5)

    Times are in seconds. Calls raise ``ServingError``; a task that is cancelled while it waits stops the work on its request, too.
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
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self._is_closed = False

    # Life

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Disconnect. Calls under way, and later ones, fail with ``closed``."""
        self._is_closed = True
        if self._engine is not None and self._loop is asyncio.get_running_loop():
            await asyncio.gather(self._engine.close(), *self._endings)

    def _running(self) -> Engine:
        if self._is_closed:
            raise ClosedError("the client has been closed")
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise RuntimeError("an AsyncClient belongs to the event loop that used it first")
            self._loop, self._engine = loop, None
            self._endings.clear()
        # After servers have refused the client, the next call tries anew.
        if self._engine is not None and self._engine.failure is not None:
            ending = loop.create_task(self._engine.close())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            self._engine = None
        if self._engine is None:
            self._engine = Engine(self.settings)
            self._engine.start()
        return self._engine

    # Predictions

    async def predict(self, value: Any, timeout: float | None = None) -> Any:
        """Ask for the prediction of one input, and wait for it.

        Args:
            value: What to predict from: what MessagePack can hold, arrays of numpy, and ``Tensor``.
            timeout: How long to wait; by default as the settings say. When it is over the consumer drops the work too.

        Raises:
            ServingError: The predictor's error, ``expired``, ``unavailable``, ``overloaded``, ``unroutable``, ``closed`` and others.
        """
        return (await self.prediction(value, timeout)).output

    async def prediction(self, value: Any, timeout: float | None = None) -> Prediction:
        """Ask for the prediction of one input, as ``predict`` does, and tell where the time went."""
        body = self._codec.encode_input(value)
        record = await self._ask(body, None, timeout)
        return Prediction(outcomes(record, 1)[0].get(), record.times)

    async def predict_many(self, values: Sequence[Any], timeout: float | None = None) -> list[Outcome]:
        """Ask for the predictions of several inputs in one request, and wait for all of them.

        Returns:
            One outcome for each input, in their order: an input that fails does not fail its neighbours.

        Raises:
            ServingError: The request as a whole failed.
        """
        if len(values) == 0:
            return []
        body = self._codec.encode_inputs(values)
        return list(outcomes(await self._ask(body, len(values), timeout), len(values)))

    async def _ask(self, body: bytes, items: int | None, timeout: float | None) -> ResultRecord:
        engine = self._running()
        record = decode_record(await engine.ask(body, self._codec.content_type, items, timeout), self._codec)
        engine.heed(record)
        return record

    # Submitted work

    async def submit(self, value: Any, timeout: float | None = None) -> Ticket:
        """Hand in one input, and return as soon as the broker has it safely.

        Args:
            value: What to predict from.
            timeout: Within which time the prediction has to begin; by default as the settings say.

        Returns:
            What any process can read the result with.

        Raises:
            ServingError: ``unavailable``, ``overloaded``, ``unroutable``, ``closed``.
        """
        body = self._codec.encode_input(value)
        return Ticket(await self._running().submit(body, self._codec.content_type, timeout))

    async def result(self, ticket: Ticket | str, timeout: float | None = None) -> Any:
        """Wait for the result of submitted work. It can be read again until its time to live ends.

        Args:
            ticket: What ``submit`` returned, in this or another process.
            timeout: How long to wait; by default as the settings say. Zero only looks.

        Raises:
            ServingError: The predictor's error; ``expired`` when there is no result in time, or none any more.
            ValueError: The text is not a ticket.
        """
        key = Ticket(str(ticket)).key
        record = decode_record(await self._running().record(key, timeout), self._codec)
        if not record.outcomes:
            raise InvalidOutputError(f"the result under {key} has no outcome")
        return record.outcomes[0].get()

    async def cancel(self, ticket: Ticket | str) -> bool:
        """Cancel submitted work: unless its prediction has begun, it is not predicted. Whoever waits for the result gets ``cancelled``.

        Returns:
            ``False`` when there is a result already.

        Raises:
            ServingError: ``unavailable`` when the store cannot be reached.
            ValueError: The text is not a ticket.
        """
        return await self._running().cancel(Ticket(str(ticket)).key)
