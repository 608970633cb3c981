"""What goes wrong with Redis."""

from __future__ import annotations


class RedisError(Exception):
    """Redis cannot be reached, or did not do what it was asked to.

    Attributes:
        refused: Whether no further try can mend it: credentials, permissions.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(f"Redis: {message}")
        self.refused = refused


class ReplyError:
    """An error that a server replied.

    Attributes:
        kind: Its first word, such as ``NOPERM`` or ``MOVED``.
        message: All of it.
    """

    def __init__(self, message: str) -> None:
        self.kind = message.partition(" ")[0]
        self.message = message
