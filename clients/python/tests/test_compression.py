"""Compressed requests and records."""

from __future__ import annotations

import os

import msgpack
import pytest
import zstandard

from mlserving import InvalidOutputError, MessagePackCodec, compression
from mlserving.reading import decode_record


def record(value: object) -> bytes:
    packed: bytes = msgpack.packb({"outcomes": [{"value": value}], "accepts": "zstd"})
    return packed


def test_what_is_large_and_gets_smaller_is_compressed() -> None:
    frame = compression.compressed(b"a" * 1_000, 1_000)
    assert frame is not None
    assert zstandard.decompress(frame) == b"a" * 1_000
    assert compression.compressed(b"a" * 999, 1_000) is None
    assert compression.compressed(os.urandom(1_000), 0) is None


@pytest.mark.parametrize("frames", [1, 2])
def test_a_compressed_record_is_read(frames: int) -> None:
    payload = record("a" * 100_000)
    half = len(payload) // frames
    parts = [payload[:half], payload[half:]] if frames == 2 else [payload]
    decoded = decode_record(b"".join(zstandard.compress(part) for part in parts), MessagePackCodec())
    assert decoded.outcomes[0].get() == "a" * 100_000
    assert decoded.accepted_encoding == "zstd"


def test_what_cannot_be_expanded_is_an_error() -> None:
    frame = zstandard.compress(record("a" * 100_000))
    for broken in (frame[:4], frame[:-3], frame[:4] + b"\xff" * 100, zstandard.compress(b"nothing")):
        with pytest.raises(InvalidOutputError):
            decode_record(broken, MessagePackCodec())


def test_a_bomb_is_refused() -> None:
    bomb = zstandard.compress(bytes(200 << 20))
    with pytest.raises(InvalidOutputError, match="more than"):
        decode_record(bomb, MessagePackCodec())


def test_without_the_package_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = zstandard.compress(record(1))
    monkeypatch.setattr("mlserving.compression._zstandard", None)
    with pytest.raises(InvalidOutputError, match="install the package zstandard"):
        decode_record(frame, MessagePackCodec())
    assert not compression.is_available()
