"""Zstandard (RFC 8878) for large payloads, where the package ``zstandard`` is installed."""

from __future__ import annotations

from typing import Any

from mlserving.errors import InvalidOutputError

_zstandard: Any
try:
    import zstandard as _zstandard
except ImportError:
    _zstandard = None

ENCODING = "zstd"
"""Its name as a content coding."""

_MAGIC = b"\x28\xb5\x2f\xfd"
_MOST_BYTES = 128 << 20
_CHUNK = 1 << 20


def is_available() -> bool:
    """Return whether payloads can be compressed and expanded here."""
    return _zstandard is not None


def compressed(payload: bytes, minimum: int) -> bytes | None:
    """Return compressed bytes; ``None`` if they are fewer than the minimum, or would not get smaller by a tenth."""
    if len(payload) < minimum:
        return None
    frame: bytes = _zstandard.ZstdCompressor(level=1).compress(payload)
    return frame if len(frame) <= len(payload) - len(payload) // 10 else None


def expanded(record: bytes) -> bytes:
    """Return a record as it was before it was compressed, if it is: no map in MessagePack or JSON begins as a frame does.

    Raises:
        InvalidOutputError: It cannot be expanded, or to more than 128 MiB only.
    """
    if not record.startswith(_MAGIC):
        return record
    if _zstandard is None:
        raise InvalidOutputError("the result is compressed; install the package zstandard to read it")
    chunks: list[bytes] = []
    count = 0
    try:
        with _zstandard.ZstdDecompressor().stream_reader(record, read_across_frames=True) as reader:
            while chunk := reader.read(_CHUNK):
                count += len(chunk)
                if count > _MOST_BYTES:
                    raise InvalidOutputError(f"the result expands to more than {_MOST_BYTES} bytes")
                chunks.append(chunk)
    except _zstandard.ZstdError as error:
        raise InvalidOutputError(f"the result cannot be expanded: {error}") from error
    return b"".join(chunks)
