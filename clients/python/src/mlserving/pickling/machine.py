"""A machine that runs the instructions of a pickle."""

from __future__ import annotations

import pickletools
from typing import TYPE_CHECKING, Any

from mlserving.pickling.errors import PickleError
from mlserving.pickling.finisher import MARK, Finisher
from mlserving.pickling.plain import Array, Name, NumpyType, contents, key_parts, named, size

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_VALUES = 10_000_000
_MOST_COPIES = 8
_SMALL = 1 << 20


class Machine:
    """Runs the instructions of a pickle on a stack of values."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._count = 0
        # What stands once in a pickle can be handed to any number of calls, each of which copies it.
        self._room = _MOST_COPIES * len(payload) + _SMALL

    def run(self) -> Any:
        """Run all instructions, and return the value that they make.

        Raises:
            PickleError: They make none, or more than is allowed. Malformed ones raise other exceptions, too.
        """
        position = 0
        for operation, argument, start in pickletools.genops(self._payload):
            position = start or 0
            self._spend(1)
            if operation.name == "STOP":
                break
            self._step(operation.name, argument)
        if position + 1 != len(self._payload):
            raise PickleError("something follows its end")
        (value,) = self._stack
        return Finisher().finished(value, 0)

    def _spend(self, count: int) -> None:
        self._count += count
        if self._count > _MOST_VALUES:
            raise PickleError(f"it has more than {_MOST_VALUES:,} instructions and parts of keys, the limit of values")

    def _copy(self, count: int) -> None:
        """Take note of so many bytes that a call reads or writes."""
        self._room -= count
        if self._room < 0:
            raise PickleError(f"it copies its contents more than {_MOST_COPIES} times")

    def _key(self, value: Any) -> Any:
        """Let a plain key pass."""
        self._spend(key_parts(value))
        return value

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
        while self._stack[index] is not MARK:
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
        self._stack.append(MARK)

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
            target[self._key(key)] = value

    def _add_items(self, _: Any) -> None:
        values = self._marked()
        self._expect(self._stack[-1], set).update([self._key(value) for value in values])

    def _frozen_set(self, _: Any) -> None:
        self._stack.append(frozenset([self._key(value) for value in self._marked()]))

    def _global(self, argument: Any) -> None:
        self._stack.append(named(*str(argument).split(" ", 1)))

    def _stack_global(self, _: Any) -> None:
        module, name = self._popped(2)
        self._stack.append(named(module, name))

    def _reduce(self, _: Any) -> None:
        function, arguments = self._popped(2)
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise PickleError("it calls what cannot be called")
        if function.makes_set:
            # A list, whose members become keys.
            for member in arguments[0] if arguments and isinstance(arguments[0], list | tuple) else ():
                self._key(member)
        self._copy(sum(size(argument) for argument in arguments))
        value = function.call(*arguments)
        self._copy(size(value))
        self._stack.append(value)

    def _build(self, _: Any) -> None:
        target, state = self._popped(2)
        if isinstance(target, NumpyType):
            # (version, byte order, …); the rest is of structures.
            if state[1] in (">", "<"):
                target.dtype = target.dtype.newbyteorder(state[1])
        elif isinstance(target, Array) and target.value is None:
            _, shape, element_type, is_fortran, content = state
            target.value = contents(shape, element_type, is_fortran, content)
            self._copy(size(target))
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
_STEPS: dict[str, Callable[[Machine, Any], None]] = {
    "EMPTY_LIST": lambda machine, _: machine._stack.append([]),
    "EMPTY_DICT": lambda machine, _: machine._stack.append({}),
    "EMPTY_SET": lambda machine, _: machine._stack.append(set()),
    "BYTEARRAY8": Machine._bytearray,
    "MARK": Machine._mark,
    "POP": Machine._pop,
    "POP_MARK": Machine._pop_mark,
    "DUP": Machine._duplicate,
    "TUPLE": Machine._tuple,
    "TUPLE1": Machine._tuple1,
    "TUPLE2": Machine._tuple2,
    "TUPLE3": Machine._tuple3,
    "LIST": Machine._list,
    "APPEND": Machine._append,
    "APPENDS": Machine._appends,
    "DICT": Machine._dict,
    "SETITEM": Machine._set_item,
    "SETITEMS": Machine._set_items,
    "ADDITEMS": Machine._add_items,
    "FROZENSET": Machine._frozen_set,
    "GLOBAL": Machine._global,
    "STACK_GLOBAL": Machine._stack_global,
    "REDUCE": Machine._reduce,
    "BUILD": Machine._build,
}
