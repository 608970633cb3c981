"""What names submitted work."""

from __future__ import annotations

from dataclasses import dataclass

_MAXIMUM_BYTES = 512


@dataclass(frozen=True, slots=True)
class Ticket:
    """Names a request that was submitted, so that any process can read its result later.

    ``str(ticket)`` can be handed on in a URL, a cookie or a database; ``Ticket(text)`` is the ticket again. Programs in Swift, and the
    commands ``mlserving result`` and ``mlserving cancel``, understand the same text.

    Attributes:
        key: The key under which the result is stored.
    """

    key: str
    """The key under which the result is stored."""

    def __post_init__(self) -> None:
        """Refuse what cannot be a result key.

        Raises:
            TypeError: It is not a text.
            ValueError: The text is empty, longer than 512 bytes, no Unicode, or has spaces or control characters.
        """
        if not isinstance(self.key, str):
            raise TypeError(f"a ticket is made of a text, not of a {type(self.key).__name__}")
        try:
            octets = self.key.encode()
        except UnicodeEncodeError:
            # Half of a surrogate pair, which no key can hold.
            octets = b""
        if not octets or len(octets) > _MAXIMUM_BYTES or any(octet <= 0x20 or octet == 0x7F for octet in octets):
            raise ValueError(f"{self.key[:64]!r} is not a ticket")

    def __str__(self) -> str:
        return self.key
