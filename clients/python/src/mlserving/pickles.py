"""Python's pickle for plain values and arrays of numpy, read without executing anything.

Programs that speak the template's protocols pickle. What a pickle may name is built here, value by value; whatever else it names is refused
by its name. All that it can make is bounded.
"""

from __future__ import annotations

import contextlib
import pickle
import pickletools
from typing import TYPE_CHECKING, Any

from mlserving import tensors
from mlserving.errors import InvalidOutputError
from mlserving.reading import error_of
from mlserving.records import Outcome, ResultRecord, Times

if TYPE_CHECKING:
    from collections.abc import Callable

if tensors.HAS_NUMPY:
    import numpy as np

PROTOCOL = 4
"""What is written: every Python from 3.4 on reads it."""

_MOST_VALUES = 10_000_000
_DEEPEST = 256
_NUMERIC = "biufcSU"
_MARK = object()


class PickleError(ValueError):
    """A pickle that is malformed, names what is not plain, or is beyond a limit."""


def dumps(value: Any) -> bytes:
    """Pickle a value: any exception means that it has no plain form."""
    payload = pickle.dumps(value, PROTOCOL)
    loads(payload)
    return payload


def loads(payload: bytes) -> Any:
    """Read exactly one value.

    Raises:
        PickleError: It is no pickle of plain values.
    """
    try:
        return _Machine(payload).run()
    except PickleError:
        raise
    except Exception as error:
        raise PickleError(f"it is not a pickle of plain values: {error}") from error


def is_none(payload: bytes) -> bool:
    """Tell whether a pickle is that of ``None``, by which a result queue says that there is nothing."""
    try:
        return len(payload) < 32 and loads(payload) is None
    except PickleError:
        return False


def read_answer(payload: bytes) -> ResultRecord:
    """Read the answer of a consumer of the template: the pickled output, or an error in its place.

    Raises:
        InvalidOutputError: It is neither.
    """
    try:
        value = loads(payload)
    except PickleError as error:
        raise InvalidOutputError(f"what came as the result cannot be read: {error}") from error
    outcome = Outcome(value=value)
    if isinstance(value, dict) and set(value) == {"error"} and isinstance(value["error"], dict) and "retryable" in value["error"]:
        # An output that only resembles an error is one.
        with contextlib.suppress(TypeError):
            outcome = Outcome(error=error_of(value["error"]))
    return ResultRecord(request_id="", outcomes=(outcome,), times=Times())


class _Name:
    """What a pickle names, to be called with arguments."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call


class _Array:
    """An array of which the pickle tells the contents later; ``value`` is there then."""

    value: Any = None


class _Type:
    """The type of elements."""

    def __init__(self, code: str) -> None:
        self.dtype = np.dtype(code)
        if self.dtype.kind not in _NUMERIC + "O":
            raise PickleError(f"arrays of {code} are not read")


class _Machine:
    """Runs the instructions of a pickle on a stack of values."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._count = 0

    def run(self) -> Any:
        position = 0
        for operation, argument, start in pickletools.genops(self._payload):
            position = start or 0
            self._count += 1
            if self._count > _MOST_VALUES:
                raise PickleError(f"it has more than {_MOST_VALUES:,} instructions, the limit of values")
            if operation.name == "STOP":
                break
            self._step(operation.name, argument)
        if position + 1 != len(self._payload):
            raise PickleError("something follows its end")
        (value,) = self._stack
        return _Finisher().finished(value, 0)

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _LITERALS:
            stack.append(argument)
        elif name in ("PROTO", "FRAME"):
            pass
        elif name in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
            self._memo[len(self._memo) if name == "MEMOIZE" else int(argument)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memo[int(argument)])
        else:
            step = _STEPS.get(name)
            if step is None:
                raise PickleError(f"the instruction {name} is not read")
            step(self, argument)

    def _marked(self) -> list[Any]:
        """Take what is above the last mark."""
        index = len(self._stack) - 1
        while self._stack[index] is not _MARK:
            index -= 1
            if index < 0:
                raise PickleError("a mark is missing")
        values = self._stack[index + 1 :]
        del self._stack[index:]
        return values

    def _popped(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise PickleError("a value is missing")
        values = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        return values

    # Instructions

    def _bytearray(self, argument: Any) -> None:
        self._stack.append(bytearray(argument))

    def _mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def _pop(self, _: Any) -> None:
        self._stack.pop()

    def _pop_mark(self, _: Any) -> None:
        self._marked()

    def _duplicate(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._marked()))

    def _tuple1(self, _: Any) -> None:
        self._stack.append(tuple(self._popped(1)))

    def _tuple2(self, _: Any) -> None:
        self._stack.append(tuple(self._popped(2)))

    def _tuple3(self, _: Any) -> None:
        self._stack.append(tuple(self._popped(3)))

    def _list(self, _: Any) -> None:
        self._stack.append(self._marked())

    def _appends(self, _: Any) -> None:
        values = self._marked()
        self._expect(self._stack[-1], list).extend(values)

    def _append(self, _: Any) -> None:
        target, value = self._popped(2)
        self._expect(target, list).append(value)
        self._stack.append(target)

    def _dict(self, _: Any) -> None:
        target: dict[Any, Any] = {}
        self._fill(target, self._marked())
        self._stack.append(target)

    def _set_item(self, _: Any) -> None:
        target, key, value = self._popped(3)
        self._fill(self._expect(target, dict), [key, value])
        self._stack.append(target)

    def _set_items(self, _: Any) -> None:
        values = self._marked()
        self._fill(self._expect(self._stack[-1], dict), values)

    def _fill(self, target: dict[Any, Any], values: list[Any]) -> None:
        if len(values) % 2 != 0:
            raise PickleError("a key has no value")
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[_hashable(key, 0)] = value

    def _add_items(self, _: Any) -> None:
        values = self._marked()
        self._expect(self._stack[-1], set).update(_hashable(value, 0) for value in values)

    def _frozen_set(self, _: Any) -> None:
        self._stack.append(frozenset(_hashable(value, 0) for value in self._marked()))

    def _global(self, argument: Any) -> None:
        self._stack.append(_named(*str(argument).split(" ", 1)))

    def _stack_global(self, _: Any) -> None:
        module, name = self._popped(2)
        self._stack.append(_named(module, name))

    def _reduce(self, _: Any) -> None:
        function, arguments = self._popped(2)
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise PickleError("it calls what cannot be called")
        self._stack.append(function.call(*arguments))

    def _build(self, _: Any) -> None:
        target, state = self._popped(2)
        if isinstance(target, _Type):
            # (version, byte order, …); the rest is of structures.
            if state[1] in (">", "<"):
                target.dtype = target.dtype.newbyteorder(state[1])
        elif isinstance(target, _Array) and target.value is None:
            _, shape, element_type, is_fortran, content = state
            target.value = _contents(shape, element_type, is_fortran, content)
        else:
            raise PickleError("it has state for what takes none")
        self._stack.append(target)

    @staticmethod
    def _expect(value: Any, kind: type[Any]) -> Any:
        if type(value) is not kind:
            raise PickleError(f"a {kind.__name__} is missing")
        return value


_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_LITERALS = frozenset(
    """INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8
    BINBYTES SHORT_BINBYTES BINBYTES8 STRING BINSTRING SHORT_BINSTRING""".split()  # noqa: SIM905
)
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "EMPTY_LIST": lambda machine, _: machine._stack.append([]),
    "EMPTY_DICT": lambda machine, _: machine._stack.append({}),
    "EMPTY_SET": lambda machine, _: machine._stack.append(set()),
    "BYTEARRAY8": _Machine._bytearray,
    "MARK": _Machine._mark,
    "POP": _Machine._pop,
    "POP_MARK": _Machine._pop_mark,
    "DUP": _Machine._duplicate,
    "TUPLE": _Machine._tuple,
    "TUPLE1": _Machine._tuple1,
    "TUPLE2": _Machine._tuple2,
    "TUPLE3": _Machine._tuple3,
    "LIST": _Machine._list,
    "APPEND": _Machine._append,
    "APPENDS": _Machine._appends,
    "DICT": _Machine._dict,
    "SETITEM": _Machine._set_item,
    "SETITEMS": _Machine._set_items,
    "ADDITEMS": _Machine._add_items,
    "FROZENSET": _Machine._frozen_set,
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "REDUCE": _Machine._reduce,
    "BUILD": _Machine._build,
}


class _Finisher:
    """Puts arrays in the places where they are to stand; what stands twice is finished once."""

    def __init__(self) -> None:
        self._finished: dict[int, Any] = {}
        self._pending: set[int] = set()

    def finished(self, value: Any, depth: int) -> Any:
        """Return a value with all that is within it."""
        if isinstance(value, _Array):
            if value.value is None:
                raise PickleError("an array has no contents")
            return self.finished(value.value, depth) if isinstance(value.value, list) else value.value
        if isinstance(value, _Name | _Type) or value is _MARK:
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


def _hashable(value: Any, depth: int) -> Any:
    """Let plain keys pass: hashing others could go deeper than the stack."""
    if isinstance(value, str | bytes | int | float | complex | None | frozenset) or (tensors.HAS_NUMPY and isinstance(value, np.generic)):
        return value
    if isinstance(value, tuple) and depth < 32:
        for member in value:
            _hashable(member, depth + 1)
        return value
    raise PickleError(f"a {type(value).__name__} is not a plain key")


def _named(module: Any, name: Any) -> _Name:
    """Find what a pickle names among what is plain."""
    modules = {"__builtin__": "builtins", "numpy._core.multiarray": "numpy.core.multiarray", "numpy._core.numeric": "numpy.core.numeric"}
    found = _NAMES.get((modules.get(module, module), name)) if isinstance(module, str) and isinstance(name, str) else None
    if found is None or (str(module).startswith("numpy") and not tensors.HAS_NUMPY):
        raise PickleError(f"it names {str(module)[:64]}.{str(name)[:64]}, which is not a plain value")
    return _Name(found)


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
    return [_hashable(value, 0) for value in values]


def _scalar(element_type: Any, content: Any) -> Any:
    if not isinstance(element_type, _Type) or not isinstance(content, bytes) or element_type.dtype.hasobject:
        raise PickleError("a scalar of numpy is malformed")
    return np.frombuffer(content, element_type.dtype, count=1)[0]


def _from_buffer(content: Any, element_type: Any, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.value = _contents(shape, element_type, order == "F", content)
    return array


def _contents(shape: Any, element_type: Any, is_fortran: Any, content: Any) -> Any:
    """Make an array, or a nested list of one that holds objects."""
    if not isinstance(element_type, _Type) or not isinstance(shape, tuple):
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
    ("numpy", "dtype"): lambda code, *_: _Type(str(code)),
    ("numpy", "ndarray"): lambda *_: _Array(),
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
}
