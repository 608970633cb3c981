"""What is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Message:
    """A request as AMQP carries it; always persistent."""

    message_id: str
    queue: str
    """The queue that it goes to."""
    body: bytes = field(repr=False)
    content_type: str | None
    """``None``: a pickle, as the template sends it."""
    expiration: int
    """How long it may wait in a queue, in milliseconds."""
    timestamp: int
    """When it was made, in seconds since 1970."""
    headers: dict[str, Any]
    content_encoding: str | None = None
    """``zstd`` if the body is compressed."""
    wants_reply: bool = False
    """Whether the answer comes as a reply."""
