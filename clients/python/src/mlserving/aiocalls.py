"""The calls of programs that use asyncio."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any

from mlserving.base import BaseCalls
from mlserving.errors import of_request
from mlserving.lists import DEFAULT_INPUTS
from mlserving.reading import check_key, named_id, outcomes
from mlserving.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from datetime import timedelta

    from mlserving.base import InputStream, ManyInputs, OneInput
    from mlserving.engine import Engine
    from mlserving.errors import InvalidInputError
    from mlserving.lists import InputList
    from mlserving.options import Parameter
    from mlserving.records import Outcome, Prediction
    from mlserving.terms import RequestTerms


class AsyncCalls(BaseCalls):
    """What ``AsyncClient``, and its views of one model, can be asked for."""

    @abstractmethod
    def _running(self) -> Engine:
        """Return what sends requests, which connects with the first."""

    # Predictions

    async def predict(
        self,
        value: Any,
        timeout: float | timedelta | None = None,
        *,
        model: str | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        metadata: Mapping[str, str] | None = None,
        result_ttl: float | timedelta | None = None,
    ) -> Any:
        """Ask for the prediction of one input, and wait for it.

        Args:
            value: What to predict from: what MessagePack can hold, arrays of numpy, dataclasses, and ``Tensor``.
            timeout: How long to wait; by default as the settings say. When it is over the consumer drops the work too.
            model: Which model to ask, as ``name`` or ``name:version``; by default that of the configured queue.
            parameters: What the predictor is told beside the input: truth values, numbers and texts, by name.
            metadata: What the caller notes on the request, such as who asks; the predictor can read it.
            result_ttl: How long the result is kept, in seconds or as a ``timedelta``; the consumer has a default and a limit.

        Raises:
            ServingError: The predictor's error, ``expired``, ``unavailable``, ``refused``, ``overloaded``, ``unroutable``, ``too_large``,
                ``closed`` and others.
        """
        return (await self._prediction(self._one(value, timeout, self._terms(model, parameters, metadata, result_ttl)))).output

    async def prediction(
        self,
        value: Any,
        timeout: float | timedelta | None = None,
        *,
        model: str | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        metadata: Mapping[str, str] | None = None,
        result_ttl: float | timedelta | None = None,
    ) -> Prediction:
        """Ask for the prediction of one input, as ``predict`` does, and tell its id and where the time went."""
        return await self._prediction(self._one(value, timeout, self._terms(model, parameters, metadata, result_ttl)))

    async def _prediction(self, request: OneInput) -> Prediction:
        return await self._asking.one(self._running(), request.body, request.timeout, request.terms)

    async def predict_many(
        self,
        values: Iterable[Any],
        timeout: float | timedelta | None = None,
        *,
        model: str | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        metadata: Mapping[str, str] | None = None,
        result_ttl: float | timedelta | None = None,
        list_size: int = DEFAULT_INPUTS,
        progress: Callable[[int, int], object] | None = None,
    ) -> list[Outcome]:
        """Ask for the predictions of several inputs, and wait for all of them.

        A short list is one message. A longer one is several, eight of which are under way at once.

        Args:
            values: The inputs.
            timeout: How long to wait for all of them; by default as the settings say.
            model: Which model to ask, as ``name`` or ``name:version``; by default that of the configured queue.
            parameters: What the predictor is told beside each input: truth values, numbers and texts, by name.
            metadata: What the caller notes on the request, such as who asks; the predictor can read it.
            result_ttl: How long the result is kept, in seconds or as a ``timedelta``; the consumer has a default and a limit.
            list_size: How many inputs share a message at most. Large inputs share it with fewer: a message has about a mebibyte.
            progress: Is called with the number of inputs that have their outcome, and of all, whenever a message has been answered. What it
                raises ends the call.

        Returns:
            One outcome for each input, in their order: an input that fails does not fail its neighbours. One that has no form in the
            encoding is not sent. When the time is over, or a message fails as a whole, its inputs have that error, and the others their
            outputs.

        Raises:
            ServingError: All messages failed, for the same reason; or no input has a form in the encoding.
        """
        return await self._predict_many(
            self._many(values, timeout, list_size, progress, self._terms(model, parameters, metadata, result_ttl))
        )

    async def _predict_many(self, requests: ManyInputs) -> list[Outcome]:
        return await self._asking.all_of(self._running(), requests.lists, requests.timeout, requests.terms, requests.progress)

    def predict_iter(
        self,
        values: Iterable[Any],
        timeout: float | timedelta | None = None,
        *,
        model: str | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        metadata: Mapping[str, str] | None = None,
        result_ttl: float | timedelta | None = None,
        list_size: int = DEFAULT_INPUTS,
    ) -> AsyncIterator[Outcome]:
        """Ask for the predictions of any number of inputs, and yield their outcomes in order as they come.

        Inputs are taken as there is room for them: eight messages are under way at once, so neither all inputs nor all outputs are held.

        Args:
            values: The inputs, from any iterable.
            timeout: How long each message may take; by default as the settings say.
            model: Which model to ask, as ``name`` or ``name:version``; by default that of the configured queue.
            parameters: What the predictor is told beside each input: truth values, numbers and texts, by name.
            metadata: What the caller notes on the request, such as who asks; the predictor can read it.
            result_ttl: How long the result is kept, in seconds or as a ``timedelta``; the consumer has a default and a limit.
            list_size: How many inputs share a message at most.

        Returns:
            One outcome for each input. An input without a form in the encoding, and those of a message that fails as a whole, have that
            error.
        """
        return self._iterate(self._stream(values, timeout, list_size, self._terms(model, parameters, metadata, result_ttl)))

    async def _iterate(self, stream: InputStream) -> AsyncIterator[Outcome]:
        window: deque[asyncio.Task[list[Outcome]]] = deque()
        try:
            for item in stream.lists:
                if len(window) == self._asking.window:
                    for outcome in await window[0]:
                        yield outcome
                    window.popleft()
                window.append(asyncio.create_task(self._settled(item, stream.timeout, stream.terms)))
            while window:
                for outcome in await window[0]:
                    yield outcome
                window.popleft()
        finally:
            for task in window:
                task.cancel()
            await asyncio.gather(*window, return_exceptions=True)

    async def _settled(self, item: InputList | InvalidInputError, timeout: float, terms: RequestTerms) -> list[Outcome]:
        """Return the outcomes of one message of ``predict_iter``."""
        return await self._asking.settled(self._running(), item, timeout, terms)

    # Submitted work

    async def submit(
        self,
        value: Any,
        timeout: float | timedelta | None = None,
        *,
        model: str | None = None,
        parameters: Mapping[str, Parameter] | None = None,
        metadata: Mapping[str, str] | None = None,
        result_ttl: float | timedelta | None = None,
    ) -> Ticket:
        """Hand in one input, and return as soon as the broker has it safely.

        Args:
            value: What to predict from.
            timeout: Within which time the prediction has to begin; by default as the settings say.
            model: Which model to ask, as ``name`` or ``name:version``; by default that of the configured queue.
            parameters: What the predictor is told beside the input: truth values, numbers and texts, by name.
            metadata: What the caller notes on the request, such as who asks; the predictor can read it.
            result_ttl: How long the result is kept, in seconds or as a ``timedelta``; the consumer has a default and a limit.

        Returns:
            What any process can read the result with.

        Raises:
            ServingError: ``unavailable``, ``refused``, ``overloaded``, ``unroutable``, ``too_large``, ``closed``.
        """
        return await self._submit(self._submission(value, timeout, self._terms(model, parameters, metadata, result_ttl)))

    async def _submit(self, request: OneInput) -> Ticket:
        return Ticket(await self._running().submit(request.body, self._asking.content_type, request.timeout, request.terms))

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
        return await self._result(*self._ticket(ticket, timeout))

    async def _result(self, key: str, timeout: float) -> Any:
        with of_request(named_id(key)):
            record = self._asking.record(await self._running().record(key, self._asking.content_type, timeout))
            check_key(record, key)
            return outcomes(record, 1)[0].get()

    async def cancel(self, ticket: Ticket | str, *, model: str | None = None) -> bool:
        """Cancel submitted work: unless its prediction has begun, it is not predicted. Whoever waits for the result gets ``cancelled``.

        Args:
            ticket: What ``submit`` returned, in this or another process.
            model: The model that was asked; by default that of the configured queue.

        Returns:
            ``False`` when there is a result already.

        Raises:
            ServingError: ``unavailable`` when the store does not answer within 5 s, ``refused`` when it refuses the client.
            ValueError: The text is not a ticket, or names no model.
        """
        return await self._cancel(*self._cancellation(ticket, model))

    async def _cancel(self, key: str, queue: str) -> bool:
        with of_request(named_id(key)):
            return await self._running().cancel(key, queue)
