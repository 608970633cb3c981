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
_LONGEST_CODE = 16
_MOST_PARTS = 1000
_DEEPEST_KEY = 32
_LONGEST_PART = 1024
_LARGEST_INTEGER = 4096
_SIMPLE = frozenset({bool, float, complex, type(None)})


class Name:
    """What a pickle names, to be called with arguments."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    @property
    def makes_set(self) -> bool:
        """Whether its argument is a list of keys."""
        return self.call in (_set, _frozen_set)


class Array:
    """An array of which the pickle tells the contents later; ``value`` is there then."""

    value: Any = None


class NumpyType:
    """The type of elements."""

    def __init__(self, code: str) -> None:
        # A longer one is of a structure, whatever numpy takes to make it.
        if len(code) > _LONGEST_CODE:
            raise PickleError(f"arrays of {code[:_LONGEST_CODE]}… are not read")
        self.dtype = np.dtype(code)
        if self.dtype.kind not in _NUMERIC + "O":
            raise PickleError(f"arrays of {code} are not read")


def key_parts(key: Any) -> int:
    """Return of how many parts a key consists; a long text counts as several.

    A tuple that holds another twice, which holds another twice, and so on, is hashed part by part, and they are without number.

    Raises:
        PickleError: It is not plain, or has too many parts.
    """
    if type(key) in _SIMPLE:
        return 1
    visited, parts = 0, 0
    pending = [(key, 0)]
    while pending:
        value, depth = pending.pop()
        visited += 1
        parts += 1
        if visited > _MOST_PARTS or depth > _DEEPEST_KEY:
            raise PickleError(f"a key has more than {_MOST_PARTS} parts, or is nested deeper than {_DEEPEST_KEY}")
        if isinstance(value, tuple):
            pending.extend((member, depth + 1) for member in value[: _MOST_PARTS + 1])
        elif isinstance(value, str | bytes):
            parts += len(value) // _LONGEST_PART
        elif isinstance(value, int):
            # Unlike those of texts the hash of an integer is not kept.
            if value.bit_length() > _LARGEST_INTEGER:
                raise PickleError(f"a key is an integer of more than {_LARGEST_INTEGER} bits")
        elif not isinstance(value, float | complex | None | frozenset) and not (tensors.HAS_NUMPY and isinstance(value, np.generic)):
            raise PickleError(f"a {type(value).__name__} is not a plain key")
    return parts


def size(value: Any) -> int:
    """Return how many bytes there are to copy of a value by itself, about."""
    if isinstance(value, Array):
        value = value.value
    if isinstance(value, str | bytes | bytearray | list | tuple):
        return len(value)
    if isinstance(value, set | frozenset):
        return 4 * len(value)
    return int(value.nbytes) if tensors.HAS_NUMPY and isinstance(value, np.ndarray | np.generic) else 0


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


def _set(members: Any = ()) -> set[Any]:
    return set(_listed(members))


def _frozen_set(members: Any = ()) -> frozenset[Any]:
    return frozenset(_listed(members))


def _listed(members: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(members, list | tuple):
        raise PickleError("a set has no list of members")
    return members


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
    ("builtins", "set"): _set,
    ("builtins", "frozenset"): _frozen_set,
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
