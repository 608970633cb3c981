"""Result records, read from what a consumer stored or replied, or whoever else could write there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgpack

from mlserving import compression
from mlserving.codec import CODECS
from mlserving.errors import InvalidOutputError, ServingError
from mlserving.records import Outcome, ResultRecord, Times

if TYPE_CHECKING:
    from mlserving.codec import Codec

_REQUEST_ID = re.compile(r"[0-9a-f]{24}-[0-9]+")
_LONGEST_CODE = 64
_LONGEST_ID = 512
_LONGEST_TIME = 1 << 62


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
    is_deep = isinstance(problem, RecursionError | msgpack.exceptions.StackError)
    reason = "it is nested too deeply" if is_deep else str(problem)[:256] or type(problem).__name__
    raise InvalidOutputError(f"what came as the result is not a result record: {reason}") from problem


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
    request_id = key.rpartition("}:")[2]
    if _REQUEST_ID.fullmatch(request_id) is not None:
        check_id(record, request_id)


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
    code, message = member.get("code", "prediction_failed"), member.get("message", "")
    if not isinstance(code, str) or not 0 < len(code) <= _LONGEST_CODE or not isinstance(message, str):
        raise TypeError("an error has no code and message")
    return ServingError.of(code, message, retryable=member.get("retryable") is True)


def _record(value: Any) -> ResultRecord:
    if not isinstance(value, dict) or not isinstance(value.get("outcomes"), list):
        raise TypeError("it is not a map with outcomes")
    times = value.get("times")
    times = times if isinstance(times, dict) else {}
    accepted_encoding = value.get("accepts")
    request_id = value.get("id", "")
    if not isinstance(request_id, str) or len(request_id) > _LONGEST_ID:
        raise TypeError("its id is not a short text")
    return ResultRecord(
        accepted_encoding=accepted_encoding if isinstance(accepted_encoding, str) else None,
        request_id=request_id,
        outcomes=tuple(_outcome(member) for member in value["outcomes"]),
        times=Times(*(_microseconds(times.get(name, 0)) for name in ("queued_us", "batching_us", "predicting_us"))),
    )


def _microseconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -_LONGEST_TIME < value < _LONGEST_TIME:
        raise TypeError("a time is not a whole number of microseconds")
    return value


def _outcome(member: Any) -> Outcome:
    if isinstance(member, dict) and "value" in member:
        return Outcome(value=member["value"])
    return Outcome(error=error_of(member.get("error") if isinstance(member, dict) else None))
