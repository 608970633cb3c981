"""Finds the message that made the broker close a channel or a connection, so that no other pays for it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlserving.rabbit.errors import Failure, RabbitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlserving.rabbit.message import Message

# AMQP 0-9-1, 1.2: content too large, precondition failed, frame error, syntax error, command invalid, channel error, unexpected frame,
# not allowed, not implemented, internal error. Others, as 320 (an operator closed it), say nothing about messages.
_CONTENT_TOO_LARGE = 311
_ABOUT_MESSAGES = frozenset({_CONTENT_TOO_LARGE, 406, 501, 502, 503, 504, 505, 530, 540, 541})
_SIZE = re.compile(r"message size ([0-9]+) is larger than configured max size ([0-9]+)")
_MEMORY = 30.0
"""How long a limit of the broker is believed, in seconds: somebody may raise it."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A message under way, and who is told of its confirmation."""

    message: Message
    completion: Callable[[RabbitError | None], None]


class Judge:
    """Judges messages by what the broker said when it closed a channel while they were unconfirmed.

    The size that the broker names tells which message it means. Otherwise all that were under way are suspects, and are sent one at a time:
    the one at which the broker does it again, while nothing else is under way, is refused. So no message costs more than two connections.
    """

    def __init__(self) -> None:
        self._suspects: set[str] = set()
        self._limit: tuple[int, float] | None = None

    @property
    def limit(self) -> int | None:
        """The most bytes that the broker takes, as far as it has said of late."""
        if self._limit is not None and self._limit[1] < time.monotonic():
            self._limit = None
        return None if self._limit is None else self._limit[0]

    def suspects(self, message: Message) -> bool:
        """Return whether a message may be what cost a connection."""
        return message.message_id in self._suspects

    def acquit(self, message: Message) -> None:
        """Take a message for harmless: the broker has answered it."""
        self._suspects.discard(message.message_id)

    @staticmethod
    def is_about_messages(code: int) -> bool:
        """Return whether a channel was closed for what was published, by the code of its end."""
        return code in _ABOUT_MESSAGES

    def verdict(
        self, code: int, text: str, unconfirmed: Sequence[Publication], held: Sequence[Message]
    ) -> tuple[Failure, list[Publication]]:
        """Return those that are refused, and how; others are to be published again."""
        size = _SIZE.search(text)
        if size is not None:
            limit = int(size[2])
            self._limit = (limit, time.monotonic() + _MEMORY)
            return Failure.TOO_LARGE, [publication for publication in unconfirmed if len(publication.message.body) > limit]
        if code == _CONTENT_TOO_LARGE and unconfirmed:
            return Failure.TOO_LARGE, [max(unconfirmed, key=lambda publication: len(publication.message.body))]
        under_way = {publication.message.message_id for publication in unconfirmed}
        # Suspects that nobody publishes again are forgotten.
        kept = self._suspects & (under_way | {message.message_id for message in held})
        if len(unconfirmed) == 1 and self.suspects(unconfirmed[0].message):
            self._suspects = kept - under_way
            return Failure.REFUSED, list(unconfirmed)
        self._suspects = kept | under_way
        return Failure.REFUSED, []
