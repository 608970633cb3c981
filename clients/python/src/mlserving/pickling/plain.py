"""What a pickle may name: plain values, and arrays and scalars of numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlserving import tensors
from mlserving.pickling.errors import PickleError

if TYPE_CHECKING:
    from collections.abc import Callable

if tensors.HAS_NUMPY:
    import numpy as np

_NUMERIC = "biufcSU"


class Name:
    """What a pickle names, to be called with arguments."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call


class Array:
    """An array of which the pickle tells the contents later; ``value`` is there then."""

    value: Any = None


class NumpyType:
    """The type of elements."""

    def __init__(self, code: str) -> None:
        self.dtype = np.dtype(code)
        if self.dtype.kind not in _NUMERIC + "O":
            raise PickleError(f"arrays of {code} are not read")


def hashable(value: Any, depth: int) -> Any:
    """Let plain keys pass: hashing others could go deeper than the stack."""
    if isinstance(value, str | bytes | int | float | complex | None | frozenset) or (tensors.HAS_NUMPY and isinstance(value, np.generic)):
        return value
    if isinstance(value, tuple) and depth < 32:
        for member in value:
            hashable(member, depth + 1)
        return value
    raise PickleError(f"a {type(value).__name__} is not a plain key")


def named(module: Any, name: Any) -> Name:
    """Find what a pickle names among what is plain."""
    modules = {"__builtin__": "builtins", "numpy._core.multiarray": "numpy.core.multiarray", "numpy._core.numeric": "numpy.core.numeric"}
    found = _NAMES.get((modules.get(module, module), name)) if isinstance(module, str) and isinstance(name, str) else None
    if found is None or (str(module).startswith("numpy") and not tensors.HAS_NUMPY):
        raise PickleError(f"it names {str(module)[:64]}.{str(name)[:64]}, which is not a plain value")
    return Name(found)


def _encoded(text: str, encoding: str) -> bytes:
    # As protocols before 3 write bytes.
    if encoding != "latin1":
        raise PickleError("it encodes text")
    return text.encode("latin1")


def _new_bytearray(*arguments: Any) -> bytearray:
    match arguments:
        case ():
            return bytearray()
        case (bytes(content),):
            return bytearray(content)
        case (str(text), "latin-1" | "latin1"):
            return bytearray(text, "latin1")
    raise PickleError("a bytearray has no contents")


def _members(values: Any = ()) -> list[Any]:
    if not isinstance(values, list | tuple):
        raise PickleError("a set has no list of members")
    return [hashable(value, 0) for value in values]


def _scalar(element_type: Any, content: Any) -> Any:
    if not isinstance(element_type, NumpyType) or not isinstance(content, bytes) or element_type.dtype.hasobject:
        raise PickleError("a scalar of numpy is malformed")
    return np.frombuffer(content, element_type.dtype, count=1)[0]


def _from_buffer(content: Any, element_type: Any, shape: Any, order: Any) -> Array:
    array = Array()
    array.value = contents(shape, element_type, order == "F", content)
    return array


def contents(shape: Any, element_type: Any, is_fortran: Any, content: Any) -> Any:
    """Make an array, or a nested list of one that holds objects."""
    if not isinstance(element_type, NumpyType) or not isinstance(shape, tuple):
        raise PickleError("an array is malformed")
    if element_type.dtype.hasobject:
        if not isinstance(content, list):
            raise PickleError("an array of objects has no list of them")
        if len(shape) != 1 or shape[0] != len(content):
            raise PickleError("arrays of objects are read in one dimension")
        return content
    if not isinstance(content, bytes | bytearray):
        raise PickleError("an array has no contents")
    array = np.frombuffer(content, element_type.dtype).reshape(shape, order="F" if is_fortran else "C")
    return array.astype(element_type.dtype.newbyteorder("="))


_NAMES: dict[tuple[str, str], Callable[..., Any]] = {
    ("builtins", "set"): lambda *arguments: set(_members(*arguments)),
    ("builtins", "frozenset"): lambda *arguments: frozenset(_members(*arguments)),
    ("builtins", "bytearray"): _new_bytearray,
    ("builtins", "bytes"): lambda: b"",
    ("builtins", "complex"): lambda real, imaginary: complex(float(real), float(imaginary)),
    ("_codecs", "encode"): _encoded,
    ("numpy", "dtype"): lambda code, *_: NumpyType(str(code)),
    ("numpy", "ndarray"): lambda *_: Array(),
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: Array(),
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
}
