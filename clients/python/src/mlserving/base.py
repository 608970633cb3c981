"""What both clients have in common: their settings, and arguments that are judged before anything connects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from mlserving.errors import ClosedError
from mlserving.lists import MOST_INPUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import timedelta

    from mlserving.codec import Codec
    from mlserving.configuration import Settings
    from mlserving.errors import InvalidInputError
    from mlserving.lists import InputList
    from mlserving.servers import Servers
    from mlserving.tickets import Ticket


@dataclass(frozen=True, slots=True)
class OneInput:
    """An input, and how long there is for it."""

    body: bytes
    timeout: float


@dataclass(frozen=True, slots=True)
class ManyInputs:
    """The messages of a call, or an error in place of an input without a form; how long there is for all; what is told of progress."""

    lists: list[InputList | InvalidInputError]
    timeout: float
    progress: Callable[[int, int], object] | None


@dataclass(frozen=True, slots=True)
class InputStream:
    """Messages that are made when there is room for them, and how long there is for each."""

    lists: Iterator[InputList | InvalidInputError]
    timeout: float


class BaseClient:
    """Settings, a codec, and the arguments of calls, which are checked and encoded where the call is made."""

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
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of the queue {self.settings.queue!r}{', closed' if self._is_closed else ''}>"

    def _check_open(self, hint: str = "") -> None:
        if self._is_closed:
            raise ClosedError(f"the client has been closed{hint}")

    def _one(self, value: Any, timeout: float | timedelta | None) -> OneInput:
        self._check_open()
        seconds = checked_timeout(timeout, self.settings.timeout)
        return OneInput(self._asking.encoded(value), seconds)

    def _submission(self, value: Any, timeout: float | timedelta | None) -> OneInput:
        self._asking.check_submission()
        return self._one(value, timeout)

    def _many(
        self,
        values: Iterable[Any],
        timeout: float | timedelta | None,
        list_size: int,
        progress: Callable[[int, int], object] | None,
    ) -> ManyInputs:
        told = checked_callback(progress)
        stream = self._stream(values, timeout, list_size)
        return ManyInputs(list(stream.lists), stream.timeout, told)

    def _stream(self, values: Iterable[Any], timeout: float | timedelta | None, list_size: int) -> InputStream:
        self._check_open()
        seconds = checked_timeout(timeout, self.settings.timeout)
        size = checked_count(list_size, "list_size", MOST_INPUTS)
        return InputStream(self._asking.lists(checked_inputs(values), size), seconds)

    def _ticket(self, ticket: Ticket | str, timeout: float | timedelta | None) -> tuple[str, float]:
        self._asking.check_submission()
        return checked_ticket(ticket), checked_timeout(timeout, self.settings.timeout, may_be_zero=True)

    def _cancelled_key(self, ticket: Ticket | str) -> str:
        self._asking.check_cancellation()
        return checked_ticket(ticket)
