"""The encodings of requests and of their results."""

from __future__ import annotations

import json
import math
import re
import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import msgpack

from mlserving import tensors
from mlserving.errors import InvalidInputError
from mlserving.faults import located
from mlserving.plain import check_names, check_packed, holds_objects, is_array, listed, plain
from mlserving.tensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_MOST_CONTAINERS = 10_000_000
_KEYS = frozenset({str, bytes, int, float, bool, type(None)})
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# All escapes of a text that is JSON, one after the other; the first group has half of a surrogate pair without the other.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)")


class Codec(ABC):
    """Reads and writes the payloads of one content type.

    Programs may bring their own, for content types that their consumers understand::

        class YAMLCodec(Codec):
            content_type = "application/yaml"

            def encode(self, value):
                return yaml.safe_dump(value).encode()

            def decode(self, payload):
                return yaml.safe_load(payload)


        client = Client(codec=YAMLCodec())
    """

    content_type: ClassVar[str]
    """The media type of the payloads."""

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """Encode a value; any exception means that it has no form in this encoding."""

    @abstractmethod
    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value."""

    def join(self, parts: Sequence[bytes]) -> bytes | None:
        """Make one list of values that have been encoded one by one; ``None``: ``encode`` has to do it."""
        return None

    def encode_input(self, value: Any, path: str = "input") -> bytes:
        """Encode an input.

        Args:
            value: The input.
            path: What errors call it.

        Raises:
            InvalidInputError: It has no form in this encoding. The message names the part that has none.
        """
        try:
            return self.encode(value)
        except Exception as error:
            reason = located(value, self.encode, path, error)
            raise InvalidInputError(f"{reason} (it cannot be encoded as {self.content_type})") from error

    def encode_inputs(self, values: Sequence[Any]) -> bytes:
        """Encode a list of inputs.

        Raises:
            InvalidInputError: One of them has no form in this encoding.
        """
        return self.encode_input(list(values))


class MessagePackCodec(Codec):
    """MessagePack, the default.

    Arrays of numpy and ``Tensor`` travel as tensors, and come back as arrays where numpy is installed; arrays of texts travel as lists of
    texts. Dataclasses travel as maps. A map with the same key twice is refused: readers that choose differently would let a message mean
    one thing to whoever checks it and another to whoever acts on it.
    """

    content_type = "application/msgpack"

    def encode(self, value: Any) -> bytes:
        """Encode a value. ``datetime`` with a time zone becomes a timestamp."""
        if isinstance(value, Tensor) or (is_array(value) and not holds_objects(value)):
            # Alone in its message a tensor can be aligned.
            value = msgpack.ExtType(tensors.EXTENSION_TYPE, _tensor(value).encode(position=0))
            return bytes(msgpack.packb(value))
        made = [value]

        def extension(part: Any) -> Any:
            form = _extension(part)
            if isinstance(form, list | dict):
                made.append(form)
            return form

        encoded: bytes = msgpack.packb(value, default=extension, use_bin_type=True, datetime=True)
        # What has been encoded is not within itself.
        check_packed(made)
        return encoded

    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value. Extensions that are no tensors come as ``msgpack.ExtType`` and ``msgpack.Timestamp``.

        Keys of maps are texts, bytes, numbers, truth values or nil. Ten million lists, maps and extensions are read at most: each can be
        one byte, and takes seventy and more here.
        """
        if len(payload) <= _MOST_CONTAINERS:
            return msgpack.unpackb(payload, ext_hook=_from_extension, object_pairs_hook=unambiguous_map, raw=False, strict_map_key=False)
        counter = _ContainerCounter()
        return msgpack.unpackb(
            payload,
            ext_hook=counter.extension,
            object_pairs_hook=counter.map,
            list_hook=counter.list,
            raw=False,
            strict_map_key=False,
        )

    def join(self, parts: Sequence[bytes]) -> bytes:
        """Make one array of values that have been encoded one by one."""
        count = len(parts)
        head = (
            bytes([0x90 | count]) if count < 16 else struct.pack(">BH", 0xDC, count) if count < 1 << 16 else struct.pack(">BI", 0xDD, count)
        )
        return b"".join((head, *parts))


class JSONCodec(Codec):
    """JSON as RFC 8259 has it, and nothing beyond: every number is finite, and every surrogate has its other half.

    Of members with the same name the last counts, as in the project's other programs. Arrays of numpy travel as lists, and come back as
    lists. Dataclasses travel as objects.
    """

    content_type = "application/json"

    def encode(self, value: Any) -> bytes:
        """Encode a value; numbers that are not finite have no form."""
        made = [value]

        def known(part: Any) -> Any:
            form = listed(part) if is_array(part) and part.ndim > 0 else plain(part, "JSON")
            if isinstance(form, list | dict):
                made.append(form)
            return form

        text = json.dumps(value, default=known, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        # What has been encoded is not within itself.
        check_names(made)
        return text.encode()

    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value. Whole numbers keep all their digits."""
        text = str(payload, "utf-8")
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        if _SURROGATE.search(text) is not None and any(escape[1] for escape in _ESCAPE.finditer(text)):
            raise ValueError("a string has half of a surrogate pair")
        return value

    def join(self, parts: Sequence[bytes]) -> bytes:
        """Make one array of values that have been encoded one by one."""
        return b"".join((b"[", b",".join(parts), b"]"))


CODECS: dict[str, Codec] = {"msgpack": MessagePackCodec(), "json": JSONCodec()}
"""The codecs of this package, by the names that clients take."""


def named_codec(codec: str | Codec) -> Codec:
    """Return the codec of a name, or the one that is given.

    Raises:
        ValueError: There is no such codec.
    """
    if isinstance(codec, Codec):
        return codec
    if codec not in CODECS:
        raise ValueError(f"{codec!r} is not one of the codecs {', '.join(CODECS)}")
    return CODECS[codec]


def _tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor.from_numpy(value)


def _extension(value: Any) -> Any:
    if is_array(value) and holds_objects(value) and value.ndim > 0:
        return listed(value)
    if isinstance(value, Tensor) or (is_array(value) and not holds_objects(value)):
        return msgpack.ExtType(tensors.EXTENSION_TYPE, _tensor(value).encode())
    if isinstance(value, int):
        raise OverflowError("an integer of more than 64 bits has no form in MessagePack")
    return plain(value, "MessagePack")


def _from_extension(code: int, body: bytes) -> Any:
    if code != tensors.EXTENSION_TYPE:
        return msgpack.ExtType(code, body)
    tensor = Tensor.decode(body)
    return tensor.to_numpy() if tensors.HAS_NUMPY else tensor


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large for a float")
    return number


def unambiguous_map(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Make a map of its keys and values.

    Raises:
        TypeError: A key is a list, a map or an extension.
        ValueError: Two keys are the same.
    """
    # The reader in pure Python has no list of them.
    entries = pairs if isinstance(pairs, list) else list(pairs)
    # Of other keys, such as timestamps, many can be made whose hashes are the same.
    if not _KEYS.issuperset([type(key) for key, _ in entries]):
        raise TypeError("a key of a map is a list, a map or an extension")
    members = dict(entries)
    if len(members) != len(entries):
        raise ValueError("a map has the same key twice")
    return members


class _ContainerCounter:
    """Makes what contains other values, as long as there is not too much of it."""

    def __init__(self) -> None:
        self._remaining = _MOST_CONTAINERS

    def list(self, members: list[Any]) -> list[Any]:
        self._count()
        return members

    def map(self, pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
        self._count()
        return unambiguous_map(pairs)

    def extension(self, code: int, body: bytes) -> Any:
        self._count()
        return _from_extension(code, body)

    def _count(self) -> None:
        self._remaining -= 1
        if self._remaining < 0:
            raise ValueError(f"it has more than {_MOST_CONTAINERS:,} lists, maps and extensions")
