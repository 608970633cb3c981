"""What both clients, and their views of one model, have in common: settings, and arguments that are judged before anything connects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlserving.addresses import ModelAddress
from mlserving.arguments import (
    checked_callback,
    checked_codec,
    checked_count,
    checked_inputs,
    checked_lifetime,
    checked_settings,
    checked_ticket,
    checked_timeout,
)
from mlserving.asking import Asking
from mlserving.errors import ClosedError
from mlserving.lists import MOST_INPUTS
from mlserving.options import checked_options
from mlserving.terms import RequestTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import timedelta

    from mlserving.codec import Codec
    from mlserving.configuration import Settings
    from mlserving.errors import InvalidInputError
    from mlserving.lists import InputList
    from mlserving.options import Parameter
    from mlserving.servers import Servers
    from mlserving.tickets import Ticket


@dataclass(frozen=True, slots=True)
class OneInput:
    """An input, how long there is for it, and which model is asked."""

    body: bytes
    timeout: float
    terms: RequestTerms


@dataclass(frozen=True, slots=True)
class ManyInputs:
    """The messages of a call, or an error in place of an input without a form, and what is told of progress."""

    lists: list[InputList | InvalidInputError]
    timeout: float
    """How long there is for all of them."""
    terms: RequestTerms
    progress: Callable[[int, int], object] | None


@dataclass(frozen=True, slots=True)
class InputStream:
    """Messages that are made when there is room for them, how long there is for each, and which model is asked."""

    lists: Iterator[InputList | InvalidInputError]
    timeout: float
    terms: RequestTerms


class BaseCalls(ABC):
    """The arguments of calls, which are checked and encoded where the call is made."""

    def __init__(self, settings: Settings, asking: Asking, queue: str) -> None:
        """Prepare calls of the model that has a queue, unless they name another."""
        self.settings = settings
        self._asking = asking
        self._queue = queue

    @abstractmethod
    def _check_open(self, hint: str = "") -> None:
        """See whether the client has not been closed.

        Raises:
            ClosedError: It has.
        """

    def _asked_queue(self, model: str | None) -> str:
        """Return the queue of a model; of ``None``, that of these calls.

        Raises:
            TypeError: The model is not named by a text.
            ValueError: The text names no model.
        """
        return self._queue if model is None else self._queue_of(model)

    def _queue_of(self, model: str) -> str:
        queue = ModelAddress.read(model).queue
        if queue == self.settings.result_queue:
            raise ValueError(f"{model!r} is the queue of results (CACHE_QUEUE_NAME), and no model")
        return queue

    def _terms(
        self,
        model: str | None,
        parameters: Mapping[str, Parameter] | None,
        metadata: Mapping[str, str] | None,
        result_ttl: float | timedelta | None,
    ) -> RequestTerms:
        self._check_open()
        queue = self._asked_queue(model)
        options = checked_options(parameters, metadata, checked_lifetime(result_ttl))
        self._asking.check_options(options)
        return RequestTerms(queue, options)

    def _one(self, value: Any, timeout: float | timedelta | None, terms: RequestTerms) -> OneInput:
        self._check_open()
        seconds = checked_timeout(timeout, self.settings.timeout)
        return OneInput(self._asking.encoded(value), seconds, terms)

    def _submission(self, value: Any, timeout: float | timedelta | None, terms: RequestTerms) -> OneInput:
        self._asking.check_submission()
        return self._one(value, timeout, terms)

    def _many(
        self,
        values: Iterable[Any],
        timeout: float | timedelta | None,
        list_size: int,
        progress: Callable[[int, int], object] | None,
        terms: RequestTerms,
    ) -> ManyInputs:
        told = checked_callback(progress)
        stream = self._stream(values, timeout, list_size, terms)
        return ManyInputs(list(stream.lists), stream.timeout, stream.terms, told)

    def _stream(self, values: Iterable[Any], timeout: float | timedelta | None, list_size: int, terms: RequestTerms) -> InputStream:
        self._check_open()
        seconds = checked_timeout(timeout, self.settings.timeout)
        size = checked_count(list_size, "list_size", MOST_INPUTS)
        return InputStream(self._asking.lists(checked_inputs(values), size), seconds, terms)

    def _ticket(self, ticket: Ticket | str, timeout: float | timedelta | None) -> tuple[str, float]:
        self._asking.check_submission()
        return checked_ticket(ticket), checked_timeout(timeout, self.settings.timeout, may_be_zero=True)

    def _cancellation(self, ticket: Ticket | str, model: str | None) -> tuple[str, str]:
        """Return the key of a request that is to be cancelled, and its queue."""
        self._asking.check_cancellation()
        return checked_ticket(ticket), self._asked_queue(model)


class BaseClient(BaseCalls):
    """Settings and a codec, and whether the client is still open."""

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
        found = checked_settings(settings, type(self).__name__)
        super().__init__(found, Asking(found, self._codec), found.queue)
        self._servers: Servers | None = None
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of the queue {self.settings.queue!r}{', closed' if self._is_closed else ''}>"

    def _check_open(self, hint: str = "") -> None:
        if self._is_closed:
            raise ClosedError(f"the client has been closed{hint}")
