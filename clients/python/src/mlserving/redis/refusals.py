"""What a caller is told when Redis does not do what it was asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlserving.errors import RefusedError, ServingError, UnavailableError

if TYPE_CHECKING:
    from mlserving.redis.errors import RedisError


def store_refusal(error: RedisError) -> ServingError:
    """Return the error of the caller."""
    return RefusedError(str(error)) if error.refused else UnavailableError(str(error))
