"""Where in an input the part is that has no form in an encoding."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from mlserving import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

if tensors.HAS_NUMPY:
    import numpy as np

_DEEPEST = 64
_LONGEST_STEP = 64


def located(value: object, encode: Callable[[Any], object], path: str, error: Exception) -> str:
    """Say which part of a value cannot be encoded, and why: ``input[3].name: …``.

    Args:
        value: What could not be encoded.
        encode: Encodes a value, or raises.
        path: What the value itself is called.
        error: What encoding it raised.
    """
    for _ in range(_DEEPEST):
        for step, part in _parts(value):
            try:
                encode(part)
            except Exception as problem:
                path, value, error = path + step, part, problem
                break
        else:
            return f"{path}: {_reason(error)}"
    return f"{path}: nested too deeply, or within itself"


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Go through what a value consists of, with the step of a path that leads there."""
    match value:
        case dict():
            for key, member in value.items():
                # A key that has no form is told with the map that has it.
                yield _key_step(key), member
        case list() | tuple():
            yield from ((f"[{index}]", member) for index, member in enumerate(value))
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type | tensors.Tensor):
            yield from ((f".{field.name}", getattr(value, field.name)) for field in dataclasses.fields(value))
        case _ if tensors.HAS_NUMPY and isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim > 0:
            yield from ((f"[{index}]", member) for index, member in enumerate(value))


def _key_step(key: object) -> str:
    if isinstance(key, str) and key.isidentifier() and len(key) <= _LONGEST_STEP:
        return f".{key}"
    text = repr(key)
    return f"[{text if len(text) <= _LONGEST_STEP else text[:_LONGEST_STEP] + '…'}]"


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError) or "recursion" in str(error):
        return "nested too deeply, or within itself"
    return str(error) or type(error).__name__
