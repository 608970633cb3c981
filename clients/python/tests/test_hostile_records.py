"""Results that somebody else wrote: a clear error, whatever they are, and bounded memory."""

from __future__ import annotations

import json
import random
import resource
import struct
from typing import Any

import msgpack
import numpy as np
import pytest
import zstandard

from mlserving import Codec, InvalidOutputError, JSONCodec, MessagePackCodec, ServingError
from mlserving.reading import check_id, check_key, decode_record, outcomes
from mlserving.records import ResultRecord, Times

RECORD: dict[str, Any] = {
    "id": "0123456789abcdef01234567-1",
    "outcomes": [{"value": {"a": [1, 2.5, "x", None, True]}}, {"error": {"code": "invalid_input", "message": "why", "retryable": False}}],
    "times": {"queued_us": 812, "batching_us": 40, "predicting_us": 5210},
}


def extension(body: bytes) -> bytes:
    return bytes(msgpack.packb({"id": "a", "outcomes": [{"value": msgpack.ExtType(84, body)}]}))


def tensor(kind: int, *shape: int, data: bytes = b"", padding: int = 0, zero: int = 0) -> bytes:
    return extension(struct.pack(f"<4B{len(shape)}Q", kind, len(shape), padding, zero, *shape) + data)


def with_member(**members: Any) -> bytes:
    return bytes(msgpack.packb({**RECORD, **members}))


def of_value(value: bytes) -> bytes:
    """Return a record with an output that is encoded already."""
    return b"\x81\xa8outcomes\x91\x81\xa5value" + value


def nested(opening: bytes, depth: int, closing: bytes) -> bytes:
    return opening * depth + closing * depth


HOSTILE = {
    "empty": b"",
    "a number": b"\x01",
    "a list": msgpack.packb([RECORD]),
    "no outcomes": msgpack.packb({"id": "a"}),
    "outcomes of another type": with_member(outcomes={"0": 1}),
    "an outcome of another type": with_member(outcomes=[1]),
    "an outcome without parts": with_member(outcomes=[{}]),
    "an error that is a text": with_member(outcomes=[{"error": "x"}]),
    "an error with a number as code": with_member(outcomes=[{"error": {"code": 5, "message": "x"}}]),
    "an error with a long code": with_member(outcomes=[{"error": {"code": "x" * 65, "message": "x"}}]),
    "an error with an empty code": with_member(outcomes=[{"error": {"code": "", "message": "x"}}]),
    "an error with a list as message": with_member(outcomes=[{"error": {"code": "x", "message": ["x"]}}]),
    "an id that is a list": with_member(id=[["x"]]),
    "an id that is long": with_member(id="x" * 513),
    "times that are not numbers": with_member(times={"queued_us": float("nan")}),
    "times that are infinite": with_member(times={"queued_us": float("inf")}),
    "times that are texts": with_member(times={"queued_us": "9" * 5000}),
    "times that are immense": with_member(times={"predicting_us": 2**63}),
    "more behind it": msgpack.packb(RECORD) + b"\x01",
    "cut": msgpack.packb(RECORD)[:-3],
    "an array that claims four billion members": b"\x81\xa8outcomes\xdd\xff\xff\xff\xff",
    "a map that claims four billion members": b"\x81\xa8outcomes\xdf\xff\xff\xff\xff",
    "a text that claims four gigabytes": b"\x81\xa8outcomes\xdb\xff\xff\xff\xff",
    "nested arrays": nested(b"\x91", 100_000, b""),
    "a record of nested arrays": b"\x81\xa8outcomes\x91\x81\xa5value" + b"\x91" * 100_000 + b"\x01",
    "keys that are lists": b"\x81\x91\x01\x01",
    "a key twice": b"\x82\xa8outcomes\x90\xa8outcomes\x90",
    "a key twice in a value": of_value(b"\x82\xa1a\x01\xa1a\x02"),
    "a key twice in two forms": of_value(b"\x82\x01\x01\xcd\x00\x01\x02"),
    "keys that are the same here": of_value(b"\x82\x01\x01\xc3\x02"),
    "keys that are timestamps": of_value(b"\x81\xd6\xff\x00\x00\x00\x00\x01"),
    "keys that are extensions": of_value(b"\x81\xd4\x07\x00\x01"),
    "a timestamp of one byte": of_value(b"\xd4\xff\x00"),
    "a timestamp without bytes": of_value(b"\xc7\x00\xff"),
    "a timestamp of many nanoseconds": of_value(b"\xd7\xff" + b"\xff" * 8),
    "a timestamp of many nanoseconds, in twelve bytes": of_value(b"\xc7\x0c\xff" + b"\xff" * 12),
    "an extension that is reserved": of_value(b"\xd4\xfb\x00"),
    "the byte that is never used": of_value(b"\xc1"),
    "surrogates": of_value(b"\xa3\xed\xa0\x80"),
    "times that are a list": with_member(times=[1, 2, 3]),
    "times that are nothing": with_member(times=None),
    "times with a fraction": with_member(times={"queued_us": 1.5}),
    "times that are truth values": with_member(times={"queued_us": True}),
    "an id that is bytes": with_member(id=b"a"),
    "an id that is nothing": with_member(id=None),
    "an encoding that is a number": with_member(accepts=5),
    "an encoding that is nothing": with_member(accepts=None),
    "outcomes that are a text": with_member(outcomes="value"),
    "outcomes that are nothing": with_member(outcomes=None),
    "an outcome that is a text": with_member(outcomes=["value"]),
    "an outcome that is a list": with_member(outcomes=[["value", 1]]),
    "an error that is nothing": with_member(outcomes=[{"error": None}]),
    "an error whose code is bytes": with_member(outcomes=[{"error": {"code": b"x", "message": "x"}}]),
    "an error whose message is nothing": with_member(outcomes=[{"error": {"code": "x", "message": None}}]),
    "an error that may be retryable": with_member(outcomes=[{"error": {"code": "x", "message": "x", "retryable": 1}}]),
    "text that is not UTF-8": b"\x81\xa8outcomes\x91\x81\xa5value\xa1\xff",
    "JSON that nests": b'{"outcomes":[{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
    "JSON with NaN": b'{"outcomes":[{"value":NaN}]}',
    "JSON with Infinity": b'{"outcomes":[{"value":-Infinity}]}',
    "JSON with a number beyond floats": b'{"outcomes":[{"value":1e999}]}',
    "JSON with a number of many digits": b'{"outcomes":[{"value":' + b"9" * 10_000 + b"}]}",
    "JSON with half a surrogate pair": b'{"outcomes":[{"value":"\\ud83d"}]}',
    "JSON with the other half": b'{"outcomes":[{"value":"\\\\\\uDE00"}]}',
    "JSON with halves in the wrong order": b'{"outcomes":[{"value":"\\ude00\\ud83d"}]}',
    "JSON with half a pair before a character": b'{"outcomes":[{"value":"\\ud83d\\u0041"}]}',
    "JSON with half a pair as a name": b'{"outcomes":[{"value":{"\\ud83d":1}}]}',
    "JSON with half a pair in a message": b'{"outcomes":[{"error":{"code":"x","message":"\\ud83d"}}]}',
    "JSON with a surrogate in UTF-8": b'{"outcomes":[{"value":"\xed\xa0\x80"}]}',
    "JSON with a control character": b'{"outcomes":[{"value":"\x01"}]}',
    "JSON with a number that begins with 0": b'{"outcomes":[{"value":01}]}',
    "JSON with a plus": b'{"outcomes":[{"value":+1}]}',
    "JSON with digits of another script": '{"outcomes":[{"value":\u0661}]}'.encode(),
    "JSON with a comma too many": b'{"outcomes":[1,]}',
    "JSON with a byte order mark": b"{" + b"\xef\xbb\xbf" + b'"outcomes":[]}',
    "JSON in UTF-16": '{"outcomes":[]}'.encode("utf-16-le"),
    "JSON that is not UTF-8": b'{"outcomes":[{"value":"\xff"}]}',
    "JSON with a comment": b'{"outcomes":[]}//',
    "a tensor of no type": tensor(0, 1, data=b"x"),
    "a tensor of an unknown type": tensor(99, 1, data=b"x"),
    "a tensor of many dimensions": extension(bytes([2, 33, 0, 0]) + bytes(8 * 33)),
    "a tensor of immense dimensions": tensor(13, 2**63, 2**63, 2**63),
    "a tensor that wraps around": tensor(2, 2**32, 2**32),
    "a tensor of nothing times infinity": tensor(13, 0, 2**63, data=b"x"),
    "a tensor that is short": tensor(13, 3, data=bytes(23)),
    "a tensor that is long": tensor(13, 3, data=bytes(25)),
    "a tensor with much padding": tensor(2, 1, data=bytes(65), padding=64),
    "a tensor with a reserved byte": tensor(2, 1, data=b"x", zero=1),
    "a tensor without a header": extension(b"\x02"),
    "a tensor that ends in its dimensions": extension(bytes([2, 3, 0, 0, 1, 0, 0])),
    "a truth value that is neither": tensor(1, 1, data=b"\x02"),
    "a text of a tensor that is cut": tensor(14, 1, data=b"\xff\xff\xff\xffabc"),
    "a compressed bomb": zstandard.ZstdCompressor().compress(bytes(200 << 20)),
    "a compressed bomb of frames": zstandard.ZstdCompressor().compress(bytes(50 << 20)) * 4,
    "a compressed cut": zstandard.ZstdCompressor().compress(msgpack.packb(RECORD))[:-2],
    "a compressed nothing": zstandard.ZstdCompressor().compress(b""),
    "compressed twice": zstandard.ZstdCompressor().compress(zstandard.ZstdCompressor().compress(msgpack.packb(RECORD))),
    "rubbish that claims to be compressed": b"\x28\xb5\x2f\xfd" + bytes(range(256)),
}


def read(payload: bytes, codec: Codec) -> list[Any]:
    """Return all outputs."""
    return [outcome.get() for outcome in decode_record(payload, codec).outcomes]


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_record_is_a_clear_error(payload: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for codec in (MessagePackCodec(), JSONCodec()):
        with pytest.raises(InvalidOutputError) as caught:
            read(payload, codec)
        assert len(str(caught.value)) < 600
        assert "Error" not in str(caught.value)
    # Twice the most that a result may expand to.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


@pytest.mark.parametrize("kind", [b"\x90", b"\x80", b"\xd4\x07\x00"], ids=["lists", "maps", "extensions"])
def test_what_is_large_out_of_little_is_not_made_without_end(kind: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlserving.codec._MOST_CONTAINERS", 100_000)
    for count in (99_998, 100_001):
        payload = b"\xdd" + count.to_bytes(4, "big") + kind * count
        if count < 100_000:
            assert len(MessagePackCodec().decode(payload)) == count
        else:
            with pytest.raises(InvalidOutputError, match="more than 100,000 lists, maps and extensions"):
                read(of_value(payload), MessagePackCodec())


def test_an_output_that_cannot_be_decoded_fails_alone() -> None:
    bad = {
        MessagePackCodec(): [b"\x82\xa1a\x01\xa1a\x02", b"\xa1\xff", b"\xd7\xff" + b"\xff" * 8, b"\xc7\x02\x54\x63\x00"],
        JSONCodec(): [b"NaN", b"1e999", b'"\\ud83d"'],
    }
    for codec, values in bad.items():
        for value in values:
            list_ = codec.join([codec.encode({"value": 1}), codec.encode({"value": "BAD"}), codec.encode({"error": {"code": "x"}})])
            head, tail = codec.encode({"id": "a", "times": {"queued_us": 1}, "outcomes": None}).split(codec.encode(None))
            assert list_ is not None
            record = decode_record(head + list_.replace(codec.encode("BAD"), value) + tail, codec)
            first, second, third = record.outcomes
            assert (record.request_id, record.times, first.get(), third.error and third.error.code) == ("a", Times(1), 1, "x")
            with pytest.raises(InvalidOutputError, match="the output cannot be decoded"):
                second.get()


def test_of_value_and_error_the_first_counts() -> None:
    for name, codec in (("value", MessagePackCodec()), ("error", JSONCodec())):
        members = {"value": 1, "error": {"code": "x", "message": "y"}}
        first = {name: members[name], **members}
        (outcome,) = decode_record(codec.encode({"outcomes": [{"other": 2, **first}]}), codec).outcomes
        assert (outcome.error is None) == (name == "value")


def test_of_members_with_the_same_name_the_last_counts_in_json() -> None:
    record = decode_record(b'{"id":"a","id":"b","outcomes":[{"value":{"n":1,"n":2}}],"times":{"queued_us":1.0}}', JSONCodec())
    assert (record.request_id, record.outcomes[0].get(), record.times) == ("b", {"n": 2}, Times(1))


def test_surrogates_with_their_other_halves_are_characters() -> None:
    text = b'["\\ud83d\\ude00","\\\\ud83d","\\uD83D\\uDE00\\ud7ff\\ue000"]'
    assert JSONCodec().decode(text) == ["\U0001f600", "\\ud83d", "\U0001f600\ud7ff\ue000"]


def test_a_map_is_read_by_the_reader_in_pure_python_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from msgpack.fallback import unpackb

    monkeypatch.setattr("msgpack.unpackb", unpackb)
    value = {"a": {1: None, b"x": True}}
    assert MessagePackCodec().decode(msgpack.packb(value)) == value
    with pytest.raises(ValueError, match="the same key twice"):
        MessagePackCodec().decode(b"\x82\xa1a\x01\xa1a\x02")


def seeds() -> list[bytes]:
    packed = bytes(msgpack.packb(RECORD))
    arrays = MessagePackCodec().encode(
        {"id": "a-1", "outcomes": [{"value": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"value": np.array([b"one", b""])}]}
    )
    text = json.dumps(RECORD).encode()
    return [packed, arrays, text, zstandard.ZstdCompressor().compress(packed * 3), zstandard.ZstdCompressor().compress(text)]


def mutated(payload: bytes, generator: random.Random) -> bytes:
    octets = bytearray(payload)
    for _ in range(generator.randint(1, 4)):
        position = generator.randrange(len(octets)) if octets else 0
        match generator.randrange(6):
            case 0 if octets:
                octets[position] = generator.randrange(256)
            case 1 if octets:
                octets[position] ^= 1 << generator.randrange(8)
            case 2:
                del octets[position : position + generator.randint(1, 8)]
            case 3:
                octets[position:position] = generator.randbytes(generator.randint(1, 8))
            case 4:
                part = octets[position : position + generator.randint(1, 32)]
                octets[position:position] = part * generator.randint(1, 4)
            case _:
                octets[position : position + 4] = generator.choice(
                    [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\xdd\xff\xff\xff"]
                )
    return bytes(octets)


def test_mutated_records_are_records_or_clear_errors() -> None:
    generator = random.Random(20_261_130)
    originals = seeds()
    codecs = [MessagePackCodec(), JSONCodec()]
    read = 0
    for _ in range(20_000):
        payload = mutated(generator.choice(originals), generator)
        try:
            record = decode_record(payload, generator.choice(codecs))
            outcomes(record, 2)
            check_id(record, RECORD["id"])
        except InvalidOutputError:
            continue
        read += 1
        for outcome in record.outcomes:
            assert outcome.error is None or isinstance(outcome.error, ServingError)
    # Some mutations harm nothing; if none did, none would have reached the reader.
    assert read > 100


def test_whole_numbers_of_json_are_exact() -> None:
    value = [2**64 + 1, -(10**30), 0.1, 1.0, 1e22, 12345678901234567890]
    assert JSONCodec().decode(JSONCodec().encode(value)) == value
    assert [type(number) for number in JSONCodec().decode(b"[1,1.0,1e2]")] == [int, float, float]


def test_the_record_of_another_request_is_an_error() -> None:
    record = ResultRecord("other-1", (), Times())
    with pytest.raises(InvalidOutputError, match="'other-1', not of 'mine-1'"):
        check_id(record, "mine-1")
    own = "0123456789abcdef01234567-1"
    check_key(ResultRecord(own, (), Times()), f"p:{{0123456789abcdef01234567}}:{own}")
    with pytest.raises(InvalidOutputError, match="other-1"):
        check_key(record, f"p:{{0123456789abcdef01234567}}:{own}")
    # A program may name its keys in another way.
    check_key(record, "mlserving:{jobs}:5")


def test_what_an_error_says_forges_no_log_and_drives_no_terminal() -> None:
    error = ServingError.of("code\x1b[2J", "first\nERROR forged \x1b]0;title\x07 \u202edrowssap \u2028 grün")
    text = str(error)
    assert text.isprintable()
    assert "grün" in text
    assert "\\x1b" in text
    assert "\\n" in text
    assert len(str(ServingError.of("x", "y" * 10_000_000))) < 5_000
    assert error.message.startswith("first\n")
