"""Records of which some outputs cannot be decoded, taken apart so that the others can."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgpack

from mlserving.codec import JSONCodec, MessagePackCodec, unambiguous_map

if TYPE_CHECKING:
    from mlserving.codec import Codec


@dataclass(frozen=True, slots=True)
class Undecodable:
    """What stands in place of an output that cannot be decoded."""

    problem: Exception


def split_record(payload: bytes, codec: Codec) -> Any:
    """Decode a record, each output by itself. It is slower than to decode all of it, and for those that this has failed with.

    Raises:
        Exception: All of it is malformed, or the codec's records cannot be taken apart.
    """
    if isinstance(codec, MessagePackCodec):
        return _split_messagepack(payload, codec)
    if isinstance(codec, JSONCodec):
        return _split_json(payload, codec)
    raise ValueError(f"records in {codec.content_type} cannot be taken apart")


def _split_messagepack(payload: bytes, codec: Codec) -> Any:
    reader = msgpack.Unpacker(raw=False, max_buffer_size=len(payload), object_pairs_hook=unambiguous_map)
    reader.feed(payload)
    members: list[tuple[Any, Any]] = []
    for _ in range(reader.read_map_header()):
        name = reader.unpack()
        members.append((name, _outcomes(reader, payload, codec) if name == "outcomes" else reader.unpack()))
    if reader.tell() != len(payload):
        raise ValueError("something follows its end")
    return unambiguous_map(members)


def _outcomes(reader: Any, payload: bytes, codec: Codec) -> list[Any]:
    outcomes: list[Any] = []
    for _ in range(reader.read_array_header()):
        members: list[tuple[Any, Any]] = []
        for _ in range(reader.read_map_header()):
            name = reader.unpack()
            if name == "value":
                start = reader.tell()
                reader.skip()
                members.append((name, _decoded(payload[start : reader.tell()], codec)))
            else:
                members.append((name, reader.unpack()))
        outcomes.append(unambiguous_map(members))
    return outcomes


def _split_json(payload: bytes, codec: Codec) -> Any:
    # It reads what JSON does not have, and writes it as it was: numbers that are not finite, and halves of surrogate pairs.
    record = json.loads(str(payload, "utf-8"))
    outcomes, values = record["outcomes"], []
    for outcome in outcomes:
        values.append(_decoded(json.dumps(outcome["value"]).encode(), codec) if "value" in outcome else None)
        if "value" in outcome:
            outcome["value"] = None
    record = codec.decode(json.dumps(record).encode())
    for outcome, value in zip(record["outcomes"], values, strict=True):
        if "value" in outcome:
            outcome["value"] = value
    return record


def _decoded(payload: bytes, codec: Codec) -> Any:
    try:
        return codec.decode(payload)
    except Exception as problem:
        return Undecodable(problem)
