"""Why a request, or one input of it, has no prediction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_TEXT = 4096
_LONGEST_SHOWN = 100
# What URLs with credentials, and connection strings, have in them: also percent-encoded, for URLs within URLs.
_SECRETIVE = ("://", "@", "%40", "%3a%2f%2f")


class ConfigurationError(Exception):
    """A configuration value that is missing or that cannot be used.

    Attributes:
        key: The key, as it is written in the environment or a file.
        message: What is wrong, with the value unless it is secret, and what form is expected.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(key, message)
        self.key = key
        self.message = message

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"


class ServingError(Exception):
    """Why there is no prediction.

    It travels in result records, so a caller sees the same error that the consumer met. Each code that this version knows has a class of
    its own below; predictors may use codes of their own, which come as this class.

    Attributes:
        code: What kind of failure it is, such as ``expired``.
        message: What happened, to what, and what to do.
        retryable: Whether the same request may succeed later.
        retry_after: After how many seconds it makes sense to try again, where that is known.
        http_status: What a web service answers that hands its callers' inputs on to a model.
        request_id: The id of the request, the same in the logs of both sides; ``None`` where no request has been made, or it is not known.
    """

    known_code: ClassVar[str] = ""
    retryable_by_default: ClassVar[bool] = False
    http_status: ClassVar[int] = 500
    _classes: ClassVar[dict[str, type[ServingError]]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        # A class of the program's own, below one of these, does not take its place.
        if cls.__dict__.get("known_code"):
            ServingError._classes.setdefault(cls.known_code, cls)

    def __init__(self, message: str, *, retryable: bool | None = None, retry_after: float | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code if code is not None else self.known_code
        self.message = message
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.retry_after = retry_after
        self.request_id: str | None = None

    @staticmethod
    def of(code: str, message: str, *, retryable: bool = False) -> ServingError:
        """Make an error from its parts, of the class that its code has."""
        error_class = ServingError._classes.get(code, ServingError)
        return error_class(message, retryable=retryable, code=code)

    def __str__(self) -> str:
        # Both may come from another process: neither forges a line of a log, nor drives a terminal.
        return printable(f"{self.code}: {self.message}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.message, self.retryable, self.retry_after, self.code, self.request_id)


def printable(text: str) -> str:
    """Return a text, shortened if it is long, with escapes for control characters, line separators and what changes the direction."""
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in text)


def shown(value: object, *, is_path: bool = False) -> str:
    """Return the value of a setting for an error about it, in quotes; of what may have a password in it only that it is not shown.

    Args:
        value: The value, which is not what it has to be.
        is_path: Whether it is to name a file; files of passwords may be called so.
    """
    text = value if isinstance(value, str) else repr(value)
    folded = text.casefold()
    if any(mark in folded for mark in _SECRETIVE) or (not is_path and "passw" in folded) or "password=" in folded:
        return "the value, which is not shown as it may have a password in it,"
    return f'"{printable(text if len(text) <= _LONGEST_SHOWN or is_path else text[:_LONGEST_SHOWN] + "…")}"'


@contextmanager
def of_request(request_id: str | None) -> Iterator[None]:
    """Say of errors that are raised within a ``with`` which request they are about."""
    try:
        yield
    except ServingError as error:
        if error.request_id is None:
            error.request_id = request_id
        raise


def _restore(
    error_class: type[ServingError], message: str, retryable: bool, retry_after: float | None, code: str, request_id: str | None
) -> ServingError:
    error = error_class(message, retryable=retryable, retry_after=retry_after, code=code)
    error.request_id = request_id
    return error


class InvalidInputError(ServingError):
    """The input cannot be encoded or decoded, or the predictor refuses it."""

    known_code = "invalid_input"
    http_status = 422


class MalformedRequestError(ServingError):
    """The request as a message is malformed: its headers contradict its body."""

    known_code = "malformed_request"
    http_status = 400


class UnsupportedContentTypeError(ServingError):
    """The consumer does not decode payloads of that content type."""

    known_code = "unsupported_content_type"
    http_status = 415


class TooLargeError(ServingError):
    """The request, or its result, is larger than the broker, the store or the consumer takes."""

    known_code = "too_large"
    http_status = 413


class PredictionFailedError(ServingError):
    """The predictor failed."""

    known_code = "prediction_failed"


class CrashedError(ServingError):
    """Consumers died, several times, while they held nothing but this request."""

    known_code = "crashed"


class ResultRefusedError(ServingError):
    """The result was computed, and could not be stored where the request wanted it."""

    known_code = "result_refused"


class ExpiredError(ServingError):
    """The deadline passed."""

    known_code = "expired"
    http_status = 504
    retryable_by_default = True


class CancelledError(ServingError):
    """Somebody cancelled the request; ``asyncio.CancelledError`` is what a cancelled task meets."""

    known_code = "cancelled"
    http_status = 503


class OverloadedError(ServingError):
    """The queue is full, or too many requests are in flight: try again later, see ``retry_after``."""

    known_code = "overloaded"
    http_status = 503
    retryable_by_default = True


class UnroutableError(ServingError):
    """No queue takes the request."""

    known_code = "unroutable"
    http_status = 503


class UnavailableError(ServingError):
    """The broker or the store could not be reached."""

    known_code = "unavailable"
    http_status = 503
    retryable_by_default = True


class RefusedError(ServingError):
    """The broker or the store refuses the client's credentials, rights or message, or cannot be trusted."""

    known_code = "refused"
    http_status = 502


class InvalidOutputError(ServingError):
    """What came as the result cannot be decoded."""

    known_code = "invalid_output"
    http_status = 502


class ClosedError(ServingError):
    """The client has been closed."""

    known_code = "closed"
    http_status = 503
