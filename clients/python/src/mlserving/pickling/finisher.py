"""The last step of reading a pickle."""

from __future__ import annotations

from typing import Any

from mlserving.pickling.errors import PickleError
from mlserving.pickling.plain import Array, Name, NumpyType

MARK = object()
"""What stands on the stack where a series of values begins."""

_DEEPEST = 256


class Finisher:
    """Puts arrays in the places where they are to stand; what stands twice is finished once."""

    def __init__(self) -> None:
        self._finished: dict[int, Any] = {}
        self._pending: set[int] = set()

    def finished(self, value: Any, depth: int) -> Any:
        """Return a value with all that is within it."""
        if isinstance(value, Array):
            if value.value is None:
                raise PickleError("an array has no contents")
            return self.finished(value.value, depth) if isinstance(value.value, list) else value.value
        if isinstance(value, Name | NumpyType) or value is MARK:
            raise PickleError("a name stands where a value does")
        if not isinstance(value, list | tuple | dict):
            return value
        if depth > _DEEPEST:
            raise PickleError(f"it is nested deeper than {_DEEPEST}, the limit of depth")
        identity = id(value)
        if identity in self._finished:
            return self._finished[identity]
        if identity in self._pending:
            raise PickleError("a value is within itself")
        self._pending.add(identity)
        result: Any
        if isinstance(value, dict):
            for key in value:
                value[key] = self.finished(value[key], depth + 1)
            result = value
        elif isinstance(value, list):
            for index, member in enumerate(value):
                value[index] = self.finished(member, depth + 1)
            result = value
        else:
            result = tuple(self.finished(member, depth + 1) for member in value)
        self._pending.discard(identity)
        self._finished[identity] = result
        return result
