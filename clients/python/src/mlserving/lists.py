"""Long lists of inputs, as messages of a bounded size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlserving.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlserving.codec import Codec

DEFAULT_INPUTS = 256
"""How many inputs share a message unless the caller says."""
MOST_INPUTS = 100_000
"""How many inputs may share a message."""
WINDOW = 8
"""How many messages of one call are under way at once."""
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class InputList:
    """Some of the inputs, as the body of one message."""

    count: int
    body: bytes


def messages(codec: Codec, values: Iterable[Any], most: int) -> Iterator[InputList | InvalidInputError]:
    """Encode inputs, in their order: as many together as are allowed, and no more than a mebibyte unless a single one is larger.

    Yields:
        A message; or an error that stands for the next input, which has no form in the encoding.
    """
    parts: list[bytes] = []
    size = 0
    if codec.join([]) is None:
        yield from _whole(codec, values, most)
        return
    for index, value in enumerate(values):
        try:
            part = codec.encode_input(value, f"input[{index}]")
        except InvalidInputError as error:
            if parts:
                yield _joined(codec, parts)
                parts, size = [], 0
            yield error
            continue
        if parts and (len(parts) >= most or size + len(part) > _MOST_BYTES):
            yield _joined(codec, parts)
            parts, size = [], 0
        parts.append(part)
        size += len(part)
    if parts:
        yield _joined(codec, parts)


def _joined(codec: Codec, parts: list[bytes]) -> InputList:
    body = codec.join(parts)
    if body is None:
        raise InvalidInputError(f"{type(codec).__name__} does not join inputs that it said it would")
    return InputList(len(parts), body)


def _whole(codec: Codec, values: Iterable[Any], most: int) -> Iterator[InputList | InvalidInputError]:
    """Have a codec that cannot join encode each list as a whole."""
    some: list[Any] = []
    first = 0
    for value in values:
        some.append(value)
        if len(some) == most:
            yield from _one_whole(codec, some, first)
            first += len(some)
            some = []
    if some:
        yield from _one_whole(codec, some, first)


def _one_whole(codec: Codec, values: list[Any], first: int) -> Iterator[InputList | InvalidInputError]:
    good: list[Any] = []
    try:
        yield InputList(len(values), codec.encode_inputs(values))
    except InvalidInputError:
        # One of them is the reason: those before it go first.
        for index, value in enumerate(values):
            try:
                codec.encode_input(value, f"input[{first + index}]")
            except InvalidInputError as error:
                if good:
                    yield InputList(len(good), codec.encode_inputs(good))
                    good = []
                yield error
            else:
                good.append(value)
        if good:
            yield InputList(len(good), codec.encode_inputs(good))
