"""Pickles of the template's programs: plain values, and nothing that a pickle can do besides."""

from __future__ import annotations

import collections
import datetime
import pickle
import random
import resource
from typing import Any

import numpy as np
import pytest

from mlserving import Client, InvalidInputError, InvalidOutputError, Settings
from mlserving.asking import Asking
from mlserving.codec import MessagePackCodec
from mlserving.pickles import dumps, is_none, loads, read_answer
from mlserving.pickling.errors import PickleError

VALUES = [
    None,
    True,
    -(2**70),
    1.5,
    "grün",
    b"\x00\xff",
    bytearray(b"x"),
    [1, [2, ()]],
    (1, 2, 3, 4),
    {"a": {1, 2}, (1, 2): frozenset([3])},
    ["x" * 500] * 10_000,
    1j,
]
ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.arange(3, dtype=">i4"),
    np.array(["a", "bc"]),
    np.array(3),
    np.array([True]),
]


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_come_back_equal(protocol: int) -> None:
    for value in VALUES:
        assert repr(loads(pickle.dumps(value, protocol))) == repr(value)
    for array in ARRAYS:
        answer = loads(pickle.dumps({"x": [array, array]}, protocol))["x"]
        np.testing.assert_array_equal(answer[1], array)
        assert answer[0].flags.writeable
    assert loads(pickle.dumps(np.float64(2.5), protocol)) == 2.5


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def circular() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


class Runs:
    def __reduce__(self) -> Any:
        return print, ("executed",)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"garbage",
        b"\x80\x04.",
        b"N",
        b"NN.",
        b"N.N",
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"\x80\x02}(]NN.",
        b")" + b"\x85" * 100_000 + b".",
        b"}" + b")" + b"\x85" * 100_000 + b"Ns.",
        b"Nr\xff\xff\xff\xff.",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"I" + b"9" * 100_000 + b"\n.",
        pickle.dumps(print),
        pickle.dumps(Runs()),
        pickle.dumps(collections.OrderedDict()),
        pickle.dumps(datetime.datetime(2026, 1, 1)),  # noqa: DTZ001
        pickle.dumps(nested(300)),
        pickle.dumps(circular()),
        pickle.dumps(np.array([object()], dtype=object)),
        pickle.dumps(np.zeros(1, dtype=[("a", "i4")])),
    ],
    ids=range(22),
)
def test_what_is_not_plain_is_an_error_and_not_run(payload: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    if payload.startswith(b"Nr"):
        # A number of the memo, which here needs no room.
        assert loads(payload) is None
        return
    with pytest.raises(PickleError):
        loads(payload)
    with pytest.raises(InvalidOutputError):
        read_answer(payload)
    assert capsys.readouterr().out == ""


def shared(count: int, setup: bytes, each: bytes) -> bytes:
    """Return a pickle of a list that does the same with what ``setup`` remembers under 0, again and again."""
    return b"\x80\x04" + setup + b"q\x000](" + each * count + b"e."


BYTES = b"B" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20)


@pytest.mark.parametrize(
    "payload",
    [
        b"}N" + b"2\x86" * 32 + b"Ns.",
        b"\x8f(N" + b"2\x86" * 32 + b"\x90.",
        b"(N" + b"2\x86" * 32 + b"\x91.",
        b"cbuiltins\nset\n]N" + b"2\x86" * 32 + b"a\x85R.",
        b"}N2\x86" + b"\x85" * 40 + b"Ns.",
        b"}" + b"\x8b" + (1 << 20).to_bytes(4, "little") + bytes((1 << 20) - 1) + b"\x01" + b"Ns.",
        shared(50_000, BYTES, b"cbuiltins\nbytearray\nh\x00\x85R"),
        shared(50_000, b"](" + b"N" * 1_000_000 + b"e", b"cbuiltins\nset\nh\x00\x85R"),
        shared(50_000, b"X" + (1 << 20).to_bytes(4, "little") + b"x" * (1 << 20), b"c_codecs\nencode\nh\x00X\x06\0\0\0latin1\x86R"),
        shared(50_000, BYTES, b"cnumpy\nndarray\n)R(K\x01J\0\0\x10\0\x85cnumpy\ndtype\nX\x02\0\0\0u1\x85R\x89h\x00tb"),
        shared(50_000, BYTES, b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x08\0\0\0S1048576\x85Rh\x00\x86R"),
        b"cnumpy\ndtype\nX" + (300_000).to_bytes(4, "little") + b"f8," * 100_000 + b"\x85R.",
    ],
    ids=range(12),
)
def test_what_grows_out_of_little_is_an_error_soon(payload: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidOutputError):
        read_answer(payload)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_what_stands_twice_is_read_as_often_as_it_stands() -> None:
    part, key = b"x" * 100_000, ("a", ("b", 2**64))
    value = {"parts": [part] * 1_000, "keys": [{key: 1, "k" * 5_000: 2}] + [{key: number} for number in range(10_000)]}
    assert loads(pickle.dumps(value)) == value
    for protocol in range(6):
        scalars = [np.float64(number % 2) for number in range(1_000)]
        assert loads(pickle.dumps([*scalars, np.zeros((3, 0)), bytearray(5_000), {5}, frozenset("ab")], protocol))[:1000] == scalars


def test_mutated_pickles_are_values_or_errors() -> None:
    generator = random.Random(20_261_130)
    seeds = [pickle.dumps(value, protocol) for value in (*VALUES[:10], *ARRAYS) for protocol in (0, 2, 4)]
    for _ in range(6_000):
        payload = bytearray(generator.choice(seeds))
        for _ in range(generator.randint(1, 4)):
            payload[generator.randrange(len(payload))] = generator.randrange(256)
        try:
            loads(bytes(payload))
        except PickleError:
            continue


def test_an_error_in_place_of_the_output_is_an_error() -> None:
    error = read_answer(pickle.dumps({"error": {"code": "invalid_input", "message": "why", "retryable": False}})).outcomes[0].error
    assert error is not None
    assert (error.code, error.message) == ("invalid_input", "why")
    for output in ({"error": "mine"}, {"error": {"code": 1, "retryable": 2}}, {"error": {"code": "a"}}, {"error": {}, "other": 1}):
        assert read_answer(pickle.dumps(output)).outcomes[0].get() == output


def test_nothing_is_told_from_something() -> None:
    assert all(is_none(pickle.dumps(None, protocol)) for protocol in range(6))
    assert not any(is_none(payload) for payload in (b"", pickle.dumps(False), pickle.dumps([None]), b"\xc0", b"null"))


def test_only_plain_inputs_are_pickled() -> None:
    asking = Asking(Settings(protocol="template"), MessagePackCodec())
    assert loads(asking.encoded({"a": (1, np.arange(2))}))["a"][0] == 1
    with pytest.raises(InvalidInputError, match=r"input\.a\[1\]: it names builtins\.print"):
        asking.encoded({"a": [1, print]})
    with pytest.raises(ValueError, match="leave out codec"):
        Client(Settings(protocol="template"), codec="json")
    assert dumps([1]) == pickle.dumps([1], 4)
