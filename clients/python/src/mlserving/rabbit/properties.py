"""The properties of messages, as AMQP writes them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pika
from pika import data

if TYPE_CHECKING:
    from collections.abc import Mapping

_HAS_CONTENT_TYPE = 1 << 15
_HAS_CONTENT_ENCODING = 1 << 14
_HAS_HEADERS = 1 << 13


class Properties(pika.BasicProperties):
    """Properties whose headers may have floating-point numbers, for which pika has no form."""

    def encode(self) -> list[bytes]:
        """Return flags, and after them the properties that there are, in the order of the flags (AMQP 0-9-1, 4.2.6.1)."""
        headers, self.headers = self.headers, None
        try:
            encoded = b"".join(super().encode())
        finally:
            self.headers = headers
        if headers is None:
            return [encoded]
        (flags,) = struct.unpack_from(">H", encoded)
        place = 2
        for flag in (_HAS_CONTENT_TYPE, _HAS_CONTENT_ENCODING):
            if flags & flag:
                place += 1 + encoded[place]
        return [struct.pack(">H", flags | _HAS_HEADERS), encoded[2:place], _table(headers), encoded[place:]]


def _table(table: Mapping[str, Any]) -> bytes:
    pieces: list[bytes] = []
    for name, value in table.items():
        data.encode_short_string(pieces, name)
        if isinstance(value, float):
            pieces.append(struct.pack(">cd", b"d", value))
        elif isinstance(value, dict):
            pieces += [b"F", _table(value)]
        else:
            data.encode_value(pieces, value)
    body = b"".join(pieces)
    return struct.pack(">I", len(body)) + body
