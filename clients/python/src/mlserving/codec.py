"""The encodings of requests and of their results."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import msgpack

from mlserving import tensors
from mlserving.errors import InvalidInputError
from mlserving.faults import located
from mlserving.tensors import Tensor, TensorError

if TYPE_CHECKING:
    from collections.abc import Sequence

if tensors.HAS_NUMPY:
    import numpy as np


_PLAIN = (str, bytes, bytearray, int, float, list, tuple, dict, datetime.datetime, type(None), Tensor)


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
    texts. Dataclasses travel as maps.
    """

    content_type = "application/msgpack"

    def encode(self, value: Any) -> bytes:
        """Encode a value. ``datetime`` with a time zone becomes a timestamp."""
        if isinstance(value, Tensor) or (tensors.HAS_NUMPY and isinstance(value, np.ndarray) and not _holds_objects(value)):
            # Alone in its message a tensor can be aligned.
            value = msgpack.ExtType(tensors.EXTENSION_TYPE, _tensor(value).encode(position=0))
        encoded: bytes = msgpack.packb(value, default=_extension, use_bin_type=True, datetime=True)
        return encoded

    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value. Extensions that are no tensors come as ``msgpack.ExtType`` and ``msgpack.Timestamp``."""
        return msgpack.unpackb(payload, ext_hook=_from_extension, raw=False, strict_map_key=False)

    def join(self, parts: Sequence[bytes]) -> bytes:
        """Make one array of values that have been encoded one by one."""
        count = len(parts)
        head = (
            bytes([0x90 | count]) if count < 16 else struct.pack(">BH", 0xDC, count) if count < 1 << 16 else struct.pack(">BI", 0xDD, count)
        )
        return b"".join((head, *parts))


class JSONCodec(Codec):
    """JSON as RFC 8259 has it, and nothing beyond: every number is finite, and no name stands twice in an object.

    Arrays of numpy travel as lists, and come back as lists. Dataclasses travel as objects.
    """

    content_type = "application/json"

    def encode(self, value: Any) -> bytes:
        """Encode a value; numbers that are not finite have no form."""
        return json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value. Whole numbers keep all their digits."""
        return json.loads(str(payload, "utf-8"), parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_unambiguous)

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


def _holds_objects(array: Any) -> bool:
    """Tell whether the elements of an array travel one by one: texts, and objects of which not all are ``bytes``."""
    kind = array.dtype.kind
    return kind in "UT" or (kind == "O" and not all(isinstance(element, bytes) for element in array.flat))


def _listed(array: Any) -> Any:
    """Return the elements of an array of texts or objects as a list of lists."""
    if array.dtype.kind == "O":
        for element in array.flat:
            if (
                not isinstance(element, _PLAIN)
                and not isinstance(element, np.generic | np.ndarray)
                and not dataclasses.is_dataclass(element)
            ):
                raise TensorError(f"an array of objects holds a {type(element).__name__}, which has no form on the wire")
    return array.tolist()


def _extension(value: Any) -> Any:
    if isinstance(value, Tensor) or (tensors.HAS_NUMPY and isinstance(value, np.ndarray)):
        if not isinstance(value, Tensor) and _holds_objects(value):
            return _listed(value)
        return msgpack.ExtType(tensors.EXTENSION_TYPE, _tensor(value).encode())
    if isinstance(value, datetime.datetime):
        raise TypeError("a datetime without a time zone has no form in MessagePack")
    if isinstance(value, int):
        raise OverflowError("an integer of more than 64 bits has no form in MessagePack")
    return _plain_object(value, "MessagePack")


def _from_extension(code: int, body: bytes) -> Any:
    if code != tensors.EXTENSION_TYPE:
        return msgpack.ExtType(code, body)
    tensor = Tensor.decode(body)
    return tensor.to_numpy() if tensors.HAS_NUMPY else tensor


def _plain(value: Any) -> Any:
    if tensors.HAS_NUMPY and isinstance(value, np.ndarray):
        return value.tolist()
    return _plain_object(value, "JSON")


def _plain_object(value: Any, form: str) -> Any:
    if tensors.HAS_NUMPY and isinstance(value, np.generic):
        plain = value.item()
        # Of some kinds it is itself again.
        if not isinstance(plain, np.generic):
            return plain
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Tensor):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"a {type(value).__name__} has no form in {form}")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large for a float")
    return number


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return members
