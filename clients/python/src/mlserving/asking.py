"""Inputs to requests, and records to outputs: what both clients share, for either protocol."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mlserving import pickles
from mlserving.errors import ExpiredError, InvalidInputError, ServingError, UnroutableError, of_request
from mlserving.faults import located
from mlserving.lists import DEFAULT_INPUTS, WINDOW, InputList, messages
from mlserving.reading import assign, check_id, decode_record, outcomes
from mlserving.records import Outcome, Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlserving.codec import Codec
    from mlserving.configuration import Settings
    from mlserving.engine import Engine
    from mlserving.options import RequestOptions
    from mlserving.records import ResultRecord
    from mlserving.terms import RequestTerms

# After one of these the rest of a list would fail likewise.
_ENDING = frozenset({"unroutable", "closed", "unavailable", "refused"})


class Asking:
    """Encodes, asks through an engine, and decodes."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Prepare for one codec.

        Raises:
            ValueError: The template's protocol is to be spoken, which pickles, and the codec is not the default.
        """
        self._codec = codec
        self._settings = settings
        self._is_template = settings.protocol == "template"
        if self._is_template and codec.content_type != "application/msgpack":
            raise ValueError("with PRODUCER_PROTOCOL=template-… requests are pickled; leave out codec")

    @property
    def window(self) -> int:
        """How many messages of one call are under way at once: of those with one input each, as many as share one otherwise."""
        return DEFAULT_INPUTS if self._is_template else WINDOW

    @property
    def content_type(self) -> str | None:
        """How requests are encoded; ``None``: as the template's, which say nothing."""
        return None if self._is_template else self._codec.content_type

    def check_options(self, options: RequestOptions) -> None:
        """See whether consumers are told what a caller says beside the input.

        Raises:
            ValueError: They would not understand it.
        """
        if self._is_template and options.names:
            message = "with PRODUCER_PROTOCOL=template-… consumers know inputs only"
            raise ValueError(f"{message}; leave out {' and '.join(options.names)}")

    def check_submission(self) -> None:
        """See whether work can be submitted, and its result be fetched.

        Raises:
            UnroutableError: It cannot.
        """
        if self._settings.result_mode == "queue" and self._settings.result_queue is None:
            message = "submitted work needs results in the store, and this client has them as replies"
            raise UnroutableError(f"{message}; set CACHE_QUEUE_NAME to the queue by which a consumer hands out stored results")

    def check_cancellation(self) -> None:
        """See whether work can be cancelled.

        Raises:
            UnroutableError: It cannot.
        """
        if self._settings.result_mode == "queue":
            raise UnroutableError("cancellation needs the store, and this client has results as replies")

    def encoded(self, value: Any, path: str = "input") -> bytes:
        """Encode an input.

        Raises:
            InvalidInputError: It has no form in the encoding.
        """
        if not self._is_template:
            return self._codec.encode_input(value) if path == "input" else self._codec.encode_input(value, path)
        try:
            return pickles.dumps(value)
        except Exception as error:
            raise InvalidInputError(f"{located(value, pickles.dumps, path, error)} (it cannot be pickled as a plain value)") from error

    def lists(self, values: Iterable[Any], most: int) -> Iterator[InputList | InvalidInputError]:
        """Encode inputs as messages, or an error in place of one that cannot be encoded."""
        if not self._is_template:
            yield from messages(self._codec, values, most)
            return
        # The template has one input in each message.
        for index, value in enumerate(values):
            try:
                yield InputList(1, self.encoded(value, f"input[{index}]"))
            except InvalidInputError as error:
                yield error

    def record(self, payload: bytes) -> ResultRecord:
        """Read what came back.

        Raises:
            InvalidOutputError: It is nothing that a consumer writes.
        """
        return pickles.read_answer(payload) if self._is_template else decode_record(payload, self._codec)

    async def one(self, engine: Engine, body: bytes, timeout: float, terms: RequestTerms) -> Prediction:
        """Ask for one input.

        Raises:
            ServingError: There is no answer, or it is an error, or it does not have one outcome.
        """
        request_id, record = await self._ask(engine, body, None, timeout, terms)
        with of_request(request_id):
            return Prediction(outcomes(record, 1)[0].get(), record.times, request_id)

    async def several(self, engine: Engine, inputs: InputList, timeout: float, terms: RequestTerms) -> list[Outcome]:
        """Ask for the inputs of one message.

        Raises:
            ServingError: There is no answer, or it does not have an outcome for each of them.
        """
        items = None if self._is_template else inputs.count
        request_id, record = await self._ask(engine, inputs.body, items, timeout, terms)
        with of_request(request_id):
            return list(outcomes(record, inputs.count))

    async def settled(self, engine: Engine, inputs: InputList | InvalidInputError, timeout: float, terms: RequestTerms) -> list[Outcome]:
        """Ask for the inputs of one message; an error of the whole is that of each."""
        if isinstance(inputs, InvalidInputError):
            return [Outcome(error=inputs)]
        try:
            return await self.several(engine, inputs, timeout, terms)
        except ServingError as error:
            return [Outcome(error=error)] * inputs.count

    async def all_of(
        self,
        engine: Engine,
        lists: list[InputList | InvalidInputError],
        timeout: float,
        terms: RequestTerms,
        progress: Callable[[int, int], object] | None,
    ) -> list[Outcome]:
        """Ask for the inputs of all messages, some of which are under way at once; an error stands for an input that has no form.

        Raises:
            ServingError: All of them failed.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout
        found: list[list[Outcome]] = [[Outcome(error=inputs)] if isinstance(inputs, InvalidInputError) else [] for inputs in lists]
        refused = [inputs for inputs in lists if isinstance(inputs, InvalidInputError)]
        failures: list[ServingError] = []
        finished = len(refused)
        total = finished + sum(inputs.count for inputs in lists if isinstance(inputs, InputList))
        waiting = iter(range(len(lists)))

        async def work() -> None:
            nonlocal finished
            for index in waiting:
                inputs = lists[index]
                if isinstance(inputs, InvalidInputError):
                    continue
                try:
                    if failures and failures[-1].code in _ENDING and not failures[-1].retryable:
                        # The request of that one is not that of these inputs.
                        raise ServingError.of(failures[-1].code, failures[-1].message)
                    remaining = deadline - clock()
                    if remaining <= 0:
                        raise ExpiredError("the deadline passed before the input was sent")
                    found[index] = await self.several(engine, inputs, remaining, terms)
                except ServingError as error:
                    failures.append(error)
                    found[index] = [Outcome(error=error)] * inputs.count
                # The body is sent, and not needed any more.
                lists[index] = InputList(inputs.count, b"")
                finished += inputs.count
                if progress is not None:
                    progress(finished, total)

        workers = [asyncio.create_task(work()) for _ in range(min(self.window, len(lists) - len(refused)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        problems = [*refused, *failures]
        if lists and len(problems) == len(lists) and len({problem.code for problem in problems}) == 1:
            raise problems[0]
        return [outcome for some in found for outcome in some]

    async def _ask(self, engine: Engine, body: bytes, items: int | None, timeout: float, terms: RequestTerms) -> tuple[str, ResultRecord]:
        """Return the id of a request, and its record."""
        request_id, payload = await engine.ask(body, self.content_type, items, timeout, terms)
        with of_request(request_id):
            record = self.record(payload)
            if not self._is_template:
                check_id(record, request_id)
                engine.note_encoding(record, terms.queue)
        assign(record, request_id)
        return request_id, record
