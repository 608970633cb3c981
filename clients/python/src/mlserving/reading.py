"""Result records, read from what a consumer stored or replied, or whoever else could write there."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

import msgpack

from mlserving import compression
from mlserving.codec import CODECS
from mlserving.errors import InvalidOutputError, ServingError
from mlserving.records import Outcome, ResultRecord, Times
from mlserving.splitting import Undecodable, split_record

if TYPE_CHECKING:
    from mlserving.codec import Codec

_REQUEST_ID = re.compile(r"[0-9a-f]{24}-[0-9]+")
_LONGEST_CODE = 64
_LONGEST_ID = 512
_LONGEST_TIME = 1 << 63


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
    problem: Exception | None = None
    for reader in readers:
        try:
            return _record(reader.decode(payload))
        except Exception as error:
            problem = error
    for reader in readers:
        # Perhaps it is the output of one of several inputs, which fails alone.
        with contextlib.suppress(Exception):
            return _record(split_record(payload, reader))
    raise InvalidOutputError(f"what came as the result is not a result record: {_reason(problem)}") from problem


def _reason(problem: Exception | None) -> str:
    if isinstance(problem, RecursionError | msgpack.exceptions.StackError):
        return "it is nested too deeply"
    return str(problem)[:256] or "it is malformed"


def check_id(record: ResultRecord, request_id: str) -> None:
    """See whether a record answers a request.

    Raises:
        InvalidOutputError: It is that of another one.
    """
    if record.request_id != request_id:
        raise InvalidOutputError(f"the result is that of the request {record.request_id[:64]!r}, not of {request_id!r}")


def check_key(record: ResultRecord, key: str) -> None:
    """See whether a record is that of the request which a key names, as the keys of our producers do.

    Raises:
        InvalidOutputError: It is that of another one.
    """
    request_id = named_id(key)
    if request_id is not None:
        check_id(record, request_id)


def named_id(key: str) -> str | None:
    """Return the id of the request that a key names; ``None`` for keys that are not those of our producers."""
    request_id = key.rpartition("}:")[2]
    return request_id if _REQUEST_ID.fullmatch(request_id) is not None else None


def assign(record: ResultRecord, request_id: str | None) -> None:
    """Say of the errors of a record which request they are about."""
    for outcome in record.outcomes:
        if outcome.error is not None:
            outcome.error.request_id = request_id


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


def error_of(member: Any) -> ServingError:
    """Read the error of an outcome.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(member, dict):
        raise TypeError("an outcome has neither value nor error")
    code, message, retryable = member.get("code", "prediction_failed"), member.get("message", ""), member.get("retryable")
    if not isinstance(code, str) or not 0 < len(code) <= _LONGEST_CODE or not isinstance(message, str):
        raise TypeError("an error has no code and message")
    if retryable is not None and not isinstance(retryable, bool):
        raise TypeError("an error does not say whether it is retryable")
    return ServingError.of(code, message, retryable=retryable is True)


def _record(value: Any) -> ResultRecord:
    if not isinstance(value, dict) or not isinstance(value.get("outcomes"), list):
        raise TypeError("it is not a map with outcomes")
    times = value.get("times", {})
    if not isinstance(times, dict):
        raise TypeError("its times are not a map")
    accepted_encoding = value.get("accepts")
    if "accepts" in value and not isinstance(accepted_encoding, str):
        raise TypeError("the encoding that it accepts is not a text")
    request_id = value.get("id", "")
    if not isinstance(request_id, str) or len(request_id) > _LONGEST_ID:
        raise TypeError("its id is not a short text")
    return ResultRecord(
        accepted_encoding=accepted_encoding,
        request_id=request_id,
        outcomes=tuple(_outcome(member) for member in value["outcomes"]),
        times=Times(*(_microseconds(times.get(name, 0)) for name in ("queued_us", "batching_us", "predicting_us"))),
    )


def _microseconds(value: Any) -> int:
    # Some programs write all numbers of JSON as floats.
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(number, bool) or not isinstance(number, int) or not -_LONGEST_TIME <= number < _LONGEST_TIME:
        raise TypeError("a time is not a whole number of microseconds, of 64 bits")
    return number


def _outcome(member: Any) -> Outcome:
    """Read an outcome: of value and error the first counts."""
    kind = next((name for name in member if name in ("value", "error")), None) if isinstance(member, dict) else None
    if kind != "value":
        return Outcome(error=error_of(member["error"] if kind == "error" else None))
    value = member["value"]
    if isinstance(value, Undecodable):
        return Outcome(error=InvalidOutputError(f"the output cannot be decoded: {_reason(value.problem)}"))
    return Outcome(value=value)
