"""What looks like an array or a map and would arrive as something else is refused before it is sent, by its path."""

from __future__ import annotations

import array
import dataclasses
import datetime
import math
import types
from typing import Any

import ml_dtypes
import msgpack
import numpy as np
import pytest

from mlserving import Codec, InvalidInputError, InvalidOutputError, JSONCodec, MessagePackCodec, Settings, Tensor, TensorError
from mlserving.asking import Asking
from mlserving.reading import decode_record
from mlserving.testing import FakeServer

CODECS = [MessagePackCodec(), JSONCodec()]
STRUCTURES = np.zeros(2, dtype=[("a", "i4"), ("b", "f8")])


class Frame:
    """Looks like a table of a package that is not imported."""

    def to_numpy(self) -> Any:
        return np.zeros(1)


class Foreign:
    """Looks like an array of another package."""

    def __array__(self) -> Any:
        return np.zeros(1)


class Moment(datetime.datetime):
    """As some packages have, with more in it than a datetime has."""


@dataclasses.dataclass(frozen=True)
class Point:
    x: Any


def without_dimensions(element: Any) -> Any:
    """Return an array of objects without dimensions."""
    found = np.empty((), dtype=object)
    found[()] = element
    return found


FORMLESS = {
    "a masked array": np.ma.array([1.5, 2.5], mask=[False, True]),
    "a masked array without masked elements": np.ma.array([1.5, 2.5]),
    "a masked array of texts": np.ma.array(["a", "b"], mask=[False, True]),
    "a masked element": np.ma.masked,
    "an array that holds a masked element": np.array([1, np.ma.masked], dtype=object),
    "an array of structures": STRUCTURES,
    "a structure": STRUCTURES[0],
    "an array of records": np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "an array of void": np.zeros(2, dtype="V4"),
    "a void": np.zeros(2, dtype="V4")[0],
    "a day": np.datetime64("2026-11-21"),
    "a microsecond": np.datetime64("2026-11-21T00:00:00", "us"),
    "a nanosecond": np.datetime64("2026-11-21T00:00:00", "ns"),
    "no time": np.datetime64("NaT"),
    "a difference": np.timedelta64(1, "s"),
    "a difference of nanoseconds": np.timedelta64(1, "ns"),
    "no difference": np.timedelta64("NaT"),
    "an array of times": np.array(["2026-11-21"], dtype="M8[ns]"),
    "an array of differences": np.array([1], dtype="m8[s]"),
    "an array that holds a time": np.array([np.datetime64("2026-11-21")], dtype=object),
    "an array of dates": np.array([datetime.date(2026, 11, 21)], dtype=object),
    "an array of one date": without_dimensions(datetime.date(2026, 11, 21)),
    "an array within itself": without_dimensions(without_dimensions(None)),
    "a complex number": np.complex64(1j),
    "an array of complex numbers": np.array([1j]),
    "a number of 80 bits": np.longdouble(1.5),
    "a date": datetime.date(2026, 11, 21),
    "a datetime without a zone": datetime.datetime(2026, 11, 21),  # noqa: DTZ001
    "a datetime of another package": Moment(2026, 11, 21, tzinfo=datetime.UTC),
    "a view of numbers": memoryview(array.array("i", [1, 2])),
    "an array of the standard library": array.array("d", [1.5]),
    "a view of a map": types.MappingProxyType({"a": 1}),
}
FORMLESS["an array within itself"][()] = FORMLESS["an array within itself"]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.content_type)
@pytest.mark.parametrize("value", FORMLESS.values(), ids=FORMLESS.keys())
def test_what_would_arrive_as_something_else_is_refused(codec: Codec, value: Any) -> None:
    for around, path in ((value, "input"), ({"a": [1, value]}, "input.a[1]"), (Point({"b": value}), "input.x.b")):
        with pytest.raises(InvalidInputError, match=r"has no form|within itself") as caught:
            codec.encode_input(around)
        assert caught.value.message.startswith(path)
        assert "serialize" not in caught.value.message


def test_what_would_have_a_form_is_told() -> None:
    for value, advice in (
        (Frame(), r"to_numpy\(\)"),
        (Foreign(), r"numpy\.asarray\(\)"),
        (np.ma.array([1]), r"filled\(\) or compressed\(\)"),
    ):
        with pytest.raises(InvalidInputError, match=rf"input\.a: .*{advice}"):
            MessagePackCodec().encode_input({"a": value})
    with pytest.raises(TensorError, match="a masked array"):
        Tensor.from_numpy(np.ma.array([1.5], mask=[True]))


@pytest.mark.parametrize("value", [FORMLESS["a masked array"], STRUCTURES, FORMLESS["an array of times"], np.datetime64("NaT")])
def test_they_are_not_pickled_either(value: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"input\.a"):
        Asking(Settings(protocol="template"), MessagePackCodec()).encoded({"a": value})


def test_other_subclasses_of_arrays_are_their_elements() -> None:
    class Own(np.ndarray[Any, Any]):
        def tolist(self) -> Any:
            return "something else"

    for found in (np.arange(1, 3).reshape(1, 2).view(np.matrix), np.arange(1, 3).reshape(1, 2).view(Own)):
        assert MessagePackCodec().decode(MessagePackCodec().encode([found]))[0].tolist() == [[1, 2]]
        assert JSONCodec().encode([found]) == b"[[[1,2]]]"
    halves = np.array([1.5, -2], dtype=ml_dtypes.bfloat16)
    assert JSONCodec().encode({"a": halves, "b": halves[0]}) == b'{"a":[1.5,-2.0],"b":1.5}'


def test_an_array_without_dimensions_is_its_element() -> None:
    for element, expected in ((np.float32(1.5), 1.5), (Point("a"), {"x": "a"}), ([1, {"b": 2}], [1, {"b": 2}]), ("a", "a"), (None, None)):
        for codec in CODECS:
            assert codec.decode(codec.encode([without_dimensions(element)])) == [expected]
    assert MessagePackCodec().decode(MessagePackCodec().encode(memoryview(b"ab"))) == b"ab"


UNREADABLE_KEYS = {
    "a tuple": (1, 2),
    "an empty tuple": (),
    "an extension": msgpack.ExtType(7, b"x"),
    "a timestamp": msgpack.Timestamp(1),
    "a time": datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC),
    "no number": math.nan,
    "no number of numpy": np.float32("nan"),
    "a dataclass": Point(1),
    "a view": memoryview(b"a"),
    "a time of numpy": np.datetime64("2026-11-21"),
    "a set": frozenset([1]),
}


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.content_type)
@pytest.mark.parametrize("key", UNREADABLE_KEYS.values(), ids=UNREADABLE_KEYS.keys())
def test_a_key_that_cannot_be_read_is_refused_by_the_path_of_its_map(codec: Codec, key: Any) -> None:
    bad = {key: 3, "other": 4}
    for value, path in (
        (bad, "input: "),
        ({"a": [(1, bad)]}, "input.a[0][1]: "),
        (Point([bad]), "input.x[0]: "),
        (np.array([bad], object), "input[0]: "),
    ):
        with pytest.raises(InvalidInputError) as caught:
            codec.encode_input(value)
        assert caught.value.message.startswith(path)


def test_keys_that_can_be_read_are_sent() -> None:
    value = {"a": 1, b"b": 2, 3: 3, 4.5: 4, True: 5, None: 6, np.str_("c"): 7}
    assert MessagePackCodec().decode(MessagePackCodec().encode(value)) == value
    assert MessagePackCodec().decode(MessagePackCodec().encode({np.int64(8): 1})) == {8: 1}
    assert JSONCodec().encode({1: 1, "a": 2, 1.5: 3, False: 4, None: 5}) == b'{"1":1,"a":2,"1.5":3,"false":4,"null":5}'


@pytest.mark.parametrize("value", [{1: 1, "1": 2}, {True: 1, "true": 2}, {None: 1, "null": 2}, {1.5: 1, "1.5": 2}])
def test_two_keys_of_one_name_are_refused_where_one_would_be_lost(value: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"input\.a: the keys .* have the same name in JSON"):
        JSONCodec().encode_input({"a": value})


def test_an_extension_that_is_no_tensor_is_not_sent_as_one() -> None:
    with pytest.raises(InvalidInputError, match=r"input\[1\]: a tensor has a header"):
        MessagePackCodec().encode_input([1, msgpack.ExtType(84, b"x")])


def test_one_input_that_cannot_be_sent_fails_alone() -> None:
    for codec in ("msgpack", "json"):
        with FakeServer() as server, server.client(codec=codec) as client:
            for bad in ({(1, 2): 3}, np.ma.array([1.5, 2.5], mask=[False, True]), np.datetime64("NaT")):
                first, second, third = client.predict_iter([1, bad, 2])
                assert (first.get(), third.get()) == (1, 2)
                with pytest.raises(InvalidInputError, match=r"input\[1\]: "):
                    second.get()


@pytest.mark.parametrize("key", [[1, 2], [], {"a": 1}, msgpack.ExtType(7, b"x"), msgpack.Timestamp(1), [[1]]])
@pytest.mark.parametrize("is_pure", [False, True])
def test_an_output_with_a_key_that_cannot_be_read_fails_alone(key: Any, is_pure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_pure:
        from msgpack import fallback

        monkeypatch.setattr("msgpack.unpackb", fallback.unpackb)
        monkeypatch.setattr("msgpack.Unpacker", fallback.Unpacker)
    bad = b"\x81" + msgpack.packb(key) + b"\x03"
    for value in (bad, b"\x92\x01" + bad, b"\x81\xa1a" + bad):
        record = b"\x82\xa2id\xa1a\xa8outcomes\x93\x81\xa5value\x01\x81\xa5value" + value + b"\x81\xa5value\x02"
        first, second, third = decode_record(record, MessagePackCodec()).outcomes
        assert (first.get(), third.get()) == (1, 2)
        with pytest.raises(InvalidOutputError, match="a key of a map is a list, a map or an extension"):
            second.get()
