"""What goes wrong with Redis."""

from __future__ import annotations

OVERSIZED = "OVERSIZED"
"""The kind of error that stands, on this side only, for a reply that was passed over because of its size."""


class RedisError(Exception):
    """Redis cannot be reached, or did not do what it was asked to.

    Attributes:
        refused: Whether no further try can mend it: credentials, permissions.
        is_reply: Whether the server answered it; otherwise the server could not be asked.
    """

    def __init__(self, message: str, *, refused: bool = False, is_reply: bool = False) -> None:
        super().__init__(f"Redis: {message}")
        self.refused = refused
        self.is_reply = is_reply


class ReplyError:
    """An error that a server replied.

    Attributes:
        kind: Its first word, such as ``NOPERM`` or ``MOVED``.
        message: All of it.
    """

    def __init__(self, message: str) -> None:
        self.kind = message.partition(" ")[0]
        self.message = message
