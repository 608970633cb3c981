"""What a call may say of its request beside the input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlserving import tensors
from mlserving.errors import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable

if tensors.HAS_NUMPY:
    import numpy as np

Parameter = bool | int | float | str
"""The value of a parameter."""
MOST_BYTES = 16_384
"""How many bytes parameters and metadata may have together: they travel in headers, for which a broker has little room."""
_BYTES_OF_NUMBERS = 8
# AMQP writes the length of a name in one byte.
_LONGEST_NAME = 255
_LONGEST_SHOWN = 64


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """Parameters and metadata, which travel with a request, and how long its result is kept, in milliseconds."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    result_lifetime: int | None = None

    @property
    def names(self) -> list[str]:
        """What is said, by the names of the arguments."""
        said = {"parameters": self.parameters, "metadata": self.metadata, "result_ttl": self.result_lifetime}
        return [name for name, value in said.items() if value]

    def write(self, headers: dict[str, Any]) -> None:
        """Write them into the headers of a message."""
        if self.parameters:
            headers["x-parameters"] = self.parameters
        if self.metadata:
            headers["x-metadata"] = self.metadata
        if self.result_lifetime is not None:
            headers["x-result-ttl"] = self.result_lifetime


def checked_options(parameters: object, metadata: object, lifetime: float | None) -> RequestOptions:
    """Return options, copied, so that what becomes of the caller's own does not matter.

    Args:
        parameters: A mapping of texts to truth values, numbers and texts; ``None``: there are none.
        metadata: A mapping of texts to texts; ``None``: there is none.
        lifetime: How long the result is kept, in seconds; ``None``: as the consumer is configured.

    Raises:
        TypeError: They are of other types.
        ValueError: A name or a value has no form in a header.
        TooLargeError: Together they have too many bytes.
    """
    options = RequestOptions(
        _table("parameters", parameters, _parameter, "truth values, numbers and texts"),
        _table("metadata", metadata, _text, "texts"),
        None if lifetime is None else max(1, round(lifetime * 1000)),
    )
    size = sum(_size(name) + _size(value) for table in (options.parameters, options.metadata) for name, value in table.items())
    if size > MOST_BYTES:
        raise TooLargeError(f"parameters and metadata have {size} bytes, a request may have {MOST_BYTES}")
    return options


def _size(value: Parameter) -> int:
    return len(value.encode()) if isinstance(value, str) else _BYTES_OF_NUMBERS


def _table(argument: str, given: object, read: Callable[[str, Any], Any], kinds: str) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"{argument} is a dict of texts to {kinds}, not a {type(given).__name__}")
    table: dict[str, Any] = {}
    for name, value in given.items():
        if not isinstance(name, str):
            raise TypeError(f"{argument}: the name {_shown(name)} is a {type(name).__name__}; names are texts")
        place = f"{argument}[{_shown(name)}]"
        plain_name = _text(place, name)
        if len(plain_name.encode()) > _LONGEST_NAME or "\0" in plain_name:
            raise ValueError(f"{place}: a name has {_LONGEST_NAME} bytes in UTF-8 at most, and no zero among them")
        table[plain_name] = read(place, value)
    return table


def _parameter(place: str, value: Any) -> Parameter:
    if tensors.HAS_NUMPY and isinstance(value, np.generic):
        value = value.item()
    # A truth value is an int, too, and stays one.
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        number = int(value)
        if not -(1 << 63) <= number < 1 << 63:
            raise ValueError(f"{place} is a whole number of more than 64 bits")
        return number
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{place} is {float(value)}, which no header can hold; numbers are finite")
        return float(value)
    if isinstance(value, str):
        return _text(place, value)
    raise TypeError(f"{place} is a {type(value).__name__}; parameters are truth values, numbers and texts")


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{place} is a {type(value).__name__}; metadata are texts")
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{place} is not text that UTF-8 can hold") from None
    return text


def _shown(name: object) -> str:
    text = ascii(name)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
