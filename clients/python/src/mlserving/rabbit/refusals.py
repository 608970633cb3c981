"""What a caller is told when RabbitMQ does not take a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlserving.errors import OverloadedError, RefusedError, ServingError, TooLargeError, UnavailableError, UnroutableError
from mlserving.rabbit.errors import Failure

if TYPE_CHECKING:
    from mlserving.rabbit.errors import RabbitError


def refusal(error: RabbitError, retry_hint: float) -> ServingError:
    """Return the error of the caller.

    Args:
        error: What happened.
        retry_hint: After how many seconds a caller who is turned away may come again.
    """
    match error.failure:
        case Failure.UNROUTABLE:
            return UnroutableError(str(error))
        case Failure.OVERLOADED:
            return OverloadedError(str(error), retry_after=retry_hint)
        case Failure.TOO_LARGE:
            return TooLargeError(str(error))
        case Failure.REFUSED:
            return RefusedError(str(error))
    return UnavailableError(str(error))
