"""Values of numpy and of the standard library as plain ones, and which have no form that a reader understands as the writer meant it."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING, Any

import msgpack

from mlserving import tensors
from mlserving.tensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

if tensors.HAS_NUMPY:
    import numpy as np

_LEAVES = frozenset({str, bytes, int, float, bool, type(None)})
_KEYS = (str, bytes, int, float, type(None))
_FEW = 16
# An array without dimensions may hold another one, or itself.
_DEEPEST = 8


def is_array(value: object) -> bool:
    """Tell whether a value is an array of numpy."""
    return tensors.HAS_NUMPY and isinstance(value, np.ndarray)


def holds_objects(array: Any) -> bool:
    """Tell whether the elements of an array travel one by one: texts, and objects of which not all are ``bytes``."""
    kind = array.dtype.kind
    return kind in "UT" or (kind == "O" and not all(isinstance(element, bytes) for element in array.flat))


def listed(array: Any) -> Any:
    """Return the elements of an array as a list of lists, of one without dimensions the element.

    Raises:
        TensorError: Arrays of that kind have no form on the wire.
    """
    return tensors.checked_array(array).tolist()


def plain(value: Any, form: str) -> Any:
    """Return what an encoder knows in place of a value that it does not know.

    Raises:
        TypeError: There is no such thing. The message tells what would have a form, where that is known.
    """
    for _ in range(_DEEPEST):
        if tensors.HAS_NUMPY and isinstance(value, np.generic):
            return _scalar(value, form)
        if dataclasses.is_dataclass(value) and not isinstance(value, type | Tensor):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        if not is_array(value) or value.ndim > 0:
            break
        value = listed(value)
        if value is None or isinstance(value, str | bytes | int | float | list | tuple | dict):
            return value
    raise TypeError(_refusal(value, form))


def members(values: Iterable[Any]) -> Iterator[Any]:
    """Go through the maps within values that have other keys than texts, and whatever stands there that is neither a container nor plain.

    Only lists, tuples and maps are gone through, which must not be within themselves.
    """
    pending = list(values)
    while pending:
        value = pending.pop()
        parts: Any = ()
        if isinstance(value, dict):
            parts = value.values()
            for key in value:
                if type(key) is not str:
                    yield value
                    break
        elif isinstance(value, list | tuple) and type(value) is not msgpack.ExtType:
            parts = value
        else:
            yield value
        # Long lists of numbers and texts are passed over at once.
        if len(parts) < _FEW or not _LEAVES.issuperset(map(type, parts)):
            pending += [part for part in parts if type(part) not in _LEAVES]


def check_packed(values: Iterable[Any]) -> None:
    """See whether a reader understands what MessagePack has been made of.

    Raises:
        TypeError: A key of a map cannot be read as a key, or a memory view holds other elements than bytes.
        TensorError: An extension with the type of tensors holds none.
    """
    for value in members(values):
        if isinstance(value, dict):
            for key in value:
                if type(key) is not str:
                    _check_key(key)
        elif isinstance(value, memoryview) and value.format not in ("B", "b", "c"):
            raise TypeError(f"a memoryview of elements of the format {value.format} has no form in MessagePack; send an array of numpy")
        elif isinstance(value, msgpack.ExtType) and value.code == tensors.EXTENSION_TYPE:
            Tensor.decode(value.data)


def check_names(values: Iterable[Any]) -> None:
    """See whether the names of JSON's members still are as different as the keys of the maps were.

    Raises:
        ValueError: Two keys of a map have the same name.
    """
    for value in members(values):
        if isinstance(value, dict):
            names: dict[str, Any] = {}
            for key in value:
                name = _name(key)
                if name in names:
                    raise ValueError(f"the keys {names[name]!r} and {key!r} of a map have the same name in JSON, {name!r}")
                names[name] = key


def _check_key(key: Any) -> None:
    if isinstance(key, memoryview):
        raise TypeError("a key of a map is a memoryview; send bytes")
    if isinstance(key, float) and key != key:
        raise TypeError("a key of a map is not a number (NaN), which equals no key that a reader looks for")
    if isinstance(key, _KEYS) or (tensors.HAS_NUMPY and isinstance(key, np.generic) and key == key):
        return
    kind = type(key).__name__
    raise TypeError(f"a key of a map is a {kind}, which cannot be read as a key; keys are texts, bytes, numbers, truth values and None")


def _name(key: Any) -> str:
    """Return the name that ``json`` gives to a key."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return float.__repr__(key) if isinstance(key, float) else int.__repr__(key)


def _scalar(value: Any, form: str) -> Any:
    """Return the number or text that a scalar of numpy is.

    Times count units since 1970 in ``item()``, or are ``None``, and structures lose the names of their fields.
    """
    if not isinstance(value, np.datetime64 | np.timedelta64 | np.void):
        item = value.item()
        if isinstance(item, str | bytes | int | float):
            return item
    raise TypeError(_refusal(value, form))


def _refusal(value: Any, form: str) -> str:
    kind = type(value)
    if isinstance(value, datetime.datetime) and kind is datetime.datetime:
        return f"a datetime with{'out' if value.tzinfo is None else ''} a time zone has no form in {form}"
    advice = ""
    if tensors.HAS_NUMPY and isinstance(value, np.datetime64 | np.timedelta64):
        advice = "; send a number, a text, or with MessagePack a datetime with a time zone"
    # Series and frames, which are not imported here.
    elif callable(getattr(kind, "to_numpy", None)):
        advice = "; send what its to_numpy() returns"
    elif hasattr(kind, "__array__") and not (tensors.HAS_NUMPY and isinstance(value, np.generic | np.ndarray)):
        advice = "; send numpy.asarray() of it"
    return f"a {kind.__name__} has no form in {form}{advice}"
