"""The encodings of requests and of their results."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import msgpack

from mlserving import compression, tensors
from mlserving.errors import InvalidInputError, InvalidOutputError, ServingError
from mlserving.records import Outcome, ResultRecord, Times
from mlserving.tensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

if tensors.HAS_NUMPY:
    import numpy as np


class Codec(ABC):
    """Reads and writes the payloads of one content type.

    Programs may bring their own, for content types that their consumers understand.
    """

    content_type: ClassVar[str]
    """The media type of the payloads."""

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """Encode a value; any exception means that it has no form in this encoding."""

    @abstractmethod
    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value."""

    def encode_input(self, value: Any) -> bytes:
        """Encode an input.

        Raises:
            InvalidInputError: It has no form in this encoding.
        """
        try:
            return self.encode(value)
        except Exception as error:
            raise InvalidInputError(f"the input cannot be encoded as {self.content_type}: {error}") from error

    def encode_inputs(self, values: Sequence[Any]) -> bytes:
        """Encode a list of inputs.

        Raises:
            InvalidInputError: One of them has no form in this encoding.
        """
        return self.encode_input(list(values))


class MessagePackCodec(Codec):
    """MessagePack, the default. Arrays of numpy and ``Tensor`` travel as tensors, and come back as arrays where numpy is installed."""

    content_type = "application/msgpack"

    def encode(self, value: Any) -> bytes:
        """Encode a value. ``datetime`` with a time zone becomes a timestamp."""
        if isinstance(value, Tensor) or (tensors.HAS_NUMPY and isinstance(value, np.ndarray)):
            # Alone in its message a tensor can be aligned.
            value = msgpack.ExtType(tensors.EXTENSION_TYPE, _tensor(value).encode(position=0))
        encoded: bytes = msgpack.packb(value, default=_extension, use_bin_type=True, datetime=True)
        return encoded

    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value. Extensions that are no tensors come as ``msgpack.ExtType`` and ``msgpack.Timestamp``."""
        return msgpack.unpackb(payload, ext_hook=_from_extension, raw=False, strict_map_key=False)


class JSONCodec(Codec):
    """JSON (RFC 8259). Arrays of numpy travel as lists, and come back as lists."""

    content_type = "application/json"

    def encode(self, value: Any) -> bytes:
        """Encode a value; numbers that are not finite have no form."""
        return json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, payload: bytes) -> Any:
        """Decode exactly one value."""
        return json.loads(payload)


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


def decode_record(payload: bytes, codec: Codec) -> ResultRecord:
    """Read a result record.

    Args:
        payload: The record as it was stored or replied.
        codec: The codec of the request. It reads records of content types other than MessagePack and JSON, which are told by themselves:
            the brace with which a record in JSON begins is a number in MessagePack.

    Raises:
        InvalidOutputError: It is no record, or is compressed in a way that cannot be read here.
    """
    payload = compression.expanded(payload)
    standard = CODECS["json" if payload[:1] == b"{" else "msgpack"]
    if codec.content_type == standard.content_type:
        readers = [codec]
    elif any(codec.content_type == known.content_type for known in CODECS.values()):
        readers = [standard]
    else:
        readers = [codec, standard]
    problem: Exception = ValueError("it is empty")
    for reader in readers:
        try:
            return _record(reader.decode(payload))
        except Exception as error:
            problem = error
    raise InvalidOutputError(f"what came as the result is not a result record: {problem}") from problem


def outcomes(record: ResultRecord, count: int) -> tuple[Outcome, ...]:
    """Return one outcome for each of so many inputs.

    Raises:
        InvalidOutputError: There are more or fewer.
    """
    found = record.outcomes
    if len(found) == 1 and count > 1 and found[0].error is not None:
        # The request was refused before its inputs were told apart.
        return found * count
    if len(found) != count:
        raise InvalidOutputError(f"the result has {len(found)} outcomes for {count} input{'' if count == 1 else 's'}")
    return found


def _record(value: Any) -> ResultRecord:
    if not isinstance(value, dict) or not isinstance(value.get("outcomes"), list):
        raise TypeError("it is not a map with outcomes")
    times = value.get("times")
    times = times if isinstance(times, dict) else {}
    accepted_encoding = value.get("accepts")
    return ResultRecord(
        accepted_encoding=accepted_encoding if isinstance(accepted_encoding, str) else None,
        request_id=str(value.get("id", "")),
        outcomes=tuple(_outcome(member) for member in value["outcomes"]),
        times=Times(*(int(times.get(name, 0)) for name in ("queued_us", "batching_us", "predicting_us"))),
    )


def _outcome(member: Any) -> Outcome:
    if isinstance(member, dict) and "value" in member:
        return Outcome(value=member["value"])
    error = member.get("error") if isinstance(member, dict) else None
    if not isinstance(error, dict):
        raise TypeError("an outcome has neither value nor error")
    code, message = error.get("code", "prediction_failed"), error.get("message", "")
    return Outcome(error=ServingError.of(str(code), str(message), retryable=error.get("retryable") is True))


def _tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor.from_numpy(value)


def _extension(value: Any) -> Any:
    if isinstance(value, Tensor) or (tensors.HAS_NUMPY and isinstance(value, np.ndarray)):
        return msgpack.ExtType(tensors.EXTENSION_TYPE, _tensor(value).encode())
    if tensors.HAS_NUMPY and isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} has no form in MessagePack")


def _from_extension(code: int, body: bytes) -> Any:
    if code != tensors.EXTENSION_TYPE:
        return msgpack.ExtType(code, body)
    tensor = Tensor.decode(body)
    return tensor.to_numpy() if tensors.HAS_NUMPY else tensor


def _plain(value: Any) -> Any:
    if tensors.HAS_NUMPY and isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} has no form in JSON")
