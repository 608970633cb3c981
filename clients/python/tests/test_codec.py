"""Values and result records in both encodings."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any, TypedDict

import msgpack
import numpy as np
import pytest

from mlserving import Codec, CrashedError, InvalidInputError, InvalidOutputError, JSONCodec, MessagePackCodec, ServingError, Times
from mlserving.lists import InputList, messages
from mlserving.reading import decode_record, outcomes

VALUES = [None, True, 0, -1, 2**63 - 1, 1.5, "", "grün", [], [1, [2]], {"a": {"b": [None]}}]


@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec()])
@pytest.mark.parametrize("value", VALUES)
def test_values_come_back_equal(codec: Codec, value: Any) -> None:
    assert codec.decode(codec.encode(value)) == value


def test_messagepack_carries_bytes_numbers_as_keys_and_foreign_extensions() -> None:
    codec = MessagePackCodec()
    value = {1: b"\x00\xff", "ext": msgpack.ExtType(7, b"x")}
    assert codec.decode(codec.encode(value)) == value


def test_messagepack_carries_times_with_a_zone() -> None:
    moment = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
    assert MessagePackCodec().decode(MessagePackCodec().encode(moment)).to_datetime() == moment


def test_scalars_of_numpy_are_plain_numbers() -> None:
    scalars = [np.float32(1.5), np.int64(-3), np.bool_(True), np.uint8(255), np.float16(0.5)]
    for codec in (MessagePackCodec(), JSONCodec()):
        assert codec.decode(codec.encode(scalars)) == [1.5, -3, True, 255, 0.5]


def test_json_carries_arrays_as_lists() -> None:
    assert JSONCodec().encode({"x": np.arange(4).reshape(2, 2)}) == b'{"x":[[0,1],[2,3]]}'


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (JSONCodec(), float("nan")),
        (JSONCodec(), b"bytes"),
        (JSONCodec(), {1, 2}),
        (MessagePackCodec(), {1, 2}),
        (MessagePackCodec(), 2**64),
        (MessagePackCodec(), object()),
        (MessagePackCodec(), np.array([1j])),
        (MessagePackCodec(), "\ud800"),
    ],
)
def test_an_input_without_a_form_is_an_error_of_the_caller(codec: Codec, value: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        codec.encode_input(value)
    assert not caught.value.retryable
    assert codec.content_type in caught.value.message


RECORD = {
    "id": "a-1",
    "outcomes": [
        {"value": [0.5]},
        {"error": {"code": "crashed", "message": "no", "retryable": False}},
        {"error": {"code": "my_own", "message": "later", "retryable": True}},
    ],
    "times": {"queued_us": 1, "batching_us": 2, "predicting_us": 3, "unknown": 4},
    "unknown": 5,
}


@pytest.mark.parametrize("payload", [msgpack.packb(RECORD), json.dumps(RECORD).encode()])
@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec()])
def test_records_are_told_apart_and_read(payload: bytes, codec: Codec) -> None:
    record = decode_record(payload, codec)
    assert record.request_id == "a-1"
    assert record.times == Times(1, 2, 3)
    value, crashed, other = outcomes(record, 3)
    assert value.get() == [0.5]
    with pytest.raises(CrashedError, match="crashed: no"):
        crashed.get()
    with pytest.raises(ServingError) as caught:
        other.get()
    assert (type(caught.value), caught.value.code, caught.value.retryable) == (ServingError, "my_own", True)


class ReversedCodec(Codec):
    content_type = "application/x-reversed"

    def encode(self, value: Any) -> bytes:
        return json.dumps(value).encode()[::-1]

    def decode(self, payload: bytes) -> Any:
        return json.loads(payload[::-1])


def test_a_codec_of_ones_own_reads_its_records_and_those_of_consumers_that_do_not_know_it() -> None:
    assert decode_record(ReversedCodec().encode(RECORD), ReversedCodec()).request_id == "a-1"
    assert decode_record(msgpack.packb(RECORD), ReversedCodec()).request_id == "a-1"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xc1",
        msgpack.packb([]),
        msgpack.packb({}),
        msgpack.packb({"outcomes": {}}),
        msgpack.packb({"outcomes": [1]}),
        msgpack.packb({"outcomes": [{}]}),
        msgpack.packb({"outcomes": [{"error": "x"}]}),
        msgpack.packb({"outcomes": [], "times": {"queued_us": "soon"}}),
        b"\x91" * 100_000,
        b"\xdd\xff\xff\xff\xff",
        b"[" * 100_000,
        b'{"outcomes":' * 100_000,
        msgpack.packb(RECORD) + b"\x00",
    ],
)
def test_what_is_no_record_is_an_error(payload: bytes) -> None:
    with pytest.raises(InvalidOutputError):
        decode_record(payload, MessagePackCodec())


def test_an_error_of_the_whole_request_is_that_of_each_input() -> None:
    record = decode_record(msgpack.packb({"outcomes": [{"error": {"code": "malformed_request"}}]}), MessagePackCodec())
    assert [outcome.error.code for outcome in outcomes(record, 3) if outcome.error] == ["malformed_request"] * 3


@pytest.mark.parametrize("count", [1, 2])
def test_a_record_of_other_inputs_is_an_error(count: int) -> None:
    record = decode_record(msgpack.packb({"outcomes": [{"value": 1}] * 3}), MessagePackCodec())
    with pytest.raises(InvalidOutputError, match="3 outcomes"):
        outcomes(record, count)


@dataclasses.dataclass
class Person:
    name: Any
    tags: list[Any] = dataclasses.field(default_factory=list)


class Entry(TypedDict):
    name: Any


@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec()])
def test_dataclasses_travel_as_maps(codec: Codec) -> None:
    assert codec.decode(codec.encode([Person("a", [Person("b")])])) == [{"name": "a", "tags": [{"name": "b", "tags": []}]}]


@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec()])
@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({1, 2}, "input: a set"),
        ({"name": {1}}, "input.name: a set"),
        ([0, 1, 2, {"name": object()}], "input[3].name: a object"),
        ((1, (2, object())), "input[1][1]: a object"),
        (Person(object()), "input.name: a object"),
        ([Person("a", [1, Person({1})])], "input[0].tags[1].name: a set"),
        (Entry(name=object()), "input.name: a object"),
        ({"a b": {"": object()}}, "input['a b']['']: a object"),
        ({"x": np.array([1j])}, "input.x"),
        ({"x": np.array([None, object()], dtype=object)}, "input.x"),
        ({"x" * 500: object()}, "input['xxx"),
        ({"text": "\ud800"}, "input.text: 'utf-8'"),
    ],
)
def test_an_error_names_the_part_that_has_no_form(codec: Codec, value: Any, path: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        codec.encode_input(value)
    assert caught.value.message.startswith(path), caught.value.message
    assert codec.content_type in caught.value.message
    assert len(caught.value.message) < 400


def test_an_error_names_numbers_and_times_without_a_form() -> None:
    for codec, value, message in (
        (MessagePackCodec(), {"n": [2**64]}, "input.n[0]: an integer of more than 64 bits"),
        (JSONCodec(), {"n": [1.0, float("nan")]}, "input.n[1]: Out of range float"),
        (JSONCodec(), {"n": b"x"}, "input.n: a bytes has no form in JSON"),
        (MessagePackCodec(), {"t": datetime.datetime(2026, 1, 1)}, "input.t: a datetime without a time zone"),  # noqa: DTZ001
    ):
        with pytest.raises(InvalidInputError) as caught:
            codec.encode_input(value)
        assert caught.value.message.startswith(message), caught.value.message


@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec()])
def test_what_is_nested_without_end_is_an_error_that_ends(codec: Codec) -> None:
    circular: list[Any] = []
    circular.append(circular)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (circular, deep, {"x": [circular]}):
        with pytest.raises(InvalidInputError, match="input") as caught:
            codec.encode_input(value)
        assert len(caught.value.message) < 600


@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec()])
@pytest.mark.parametrize("count", [0, 1, 15, 16, 300, 70_000])
def test_inputs_that_are_encoded_one_by_one_make_the_same_list(codec: Codec, count: int) -> None:
    values = list(range(count))
    assert codec.join([codec.encode(value) for value in values]) == codec.encode(values)


def sizes(codec: Codec, values: Any, most: int) -> list[Any]:
    return [item.count if isinstance(item, InputList) else item.message for item in messages(codec, values, most)]


@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec(), ReversedCodec()])
def test_long_lists_are_messages_of_a_bounded_size(codec: Codec) -> None:
    assert sizes(codec, range(1_000), 300) == [300, 300, 300, 100]
    assert sizes(codec, [], 300) == []
    encoded = [codec.decode(item.body) for item in messages(codec, range(10), 4) if isinstance(item, InputList)]
    assert encoded == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    if not isinstance(codec, ReversedCodec):
        assert sizes(codec, ["x" * 400_000] * 5, 300) == [2, 2, 1]
        assert sizes(codec, ["x", "x" * 3_000_000, "x"], 300) == [1, 1, 1]


@pytest.mark.parametrize("codec", [MessagePackCodec(), JSONCodec(), ReversedCodec()])
def test_an_input_without_a_form_stands_in_its_place(codec: Codec) -> None:
    before, error, after = sizes(codec, ["a", "b", {"name": object()}, "c"], 10)
    assert (before, after) == (2, 1)
    assert error.startswith("input[2]")
