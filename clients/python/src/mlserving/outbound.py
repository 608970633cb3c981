"""Requests on their way out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlserving import compression, tracing
from mlserving.rabbit.message import Message

if TYPE_CHECKING:
    from mlserving.configuration import Settings
    from mlserving.naming import RequestNaming

_SHORTEST = 0.001
_LONGEST = 31_536_000.0


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """A request, and how long there is for it."""

    message: Message
    address: str
    """What the answer is found by: the key of the result, or in queue mode the request's id."""
    timeout: float
    """In seconds."""


class RequestMaker:
    """Makes requests, each with a name of its own."""

    def __init__(self, settings: Settings, naming: RequestNaming) -> None:
        self._settings = settings
        self._naming = naming
        self.may_compress = False
        """Whether consumers take compressed requests, as far as they have said."""

    def make(self, body: bytes, content_type: str, items: int | None, timeout: float | None) -> OutboundRequest:
        """Make a request.

        Args:
            body: The input, or the list of inputs.
            content_type: How it is encoded.
            items: How many inputs the body is a list of; ``None``: it is one input.
            timeout: How long there is for it, in seconds; by default as the settings say. A message lives for a millisecond at least,
                and for a year at most.
        """
        seconds = min(max(self._settings.timeout if timeout is None else timeout, _SHORTEST), _LONGEST)
        request_id, key = self._naming.next()
        in_store = self._settings.result_mode == "store"
        now = time.time()
        headers: dict[str, Any] = {"x-deadline": int((now + seconds) * 1000)}
        if items is not None:
            headers["x-items"] = items
        if in_store:
            headers["x-result-key"] = key
        minimum, encoding = self._settings.compression_minimum, None
        if minimum is not None and compression.is_available():
            headers["x-accept-encoding"] = compression.ENCODING
            frame = compression.compressed(body, minimum) if self.may_compress else None
            if frame is not None:
                body, encoding = frame, compression.ENCODING
        tracing.inject(headers)
        message = Message(
            message_id=request_id,
            body=body,
            content_type=content_type,
            expiration=max(1, int(seconds * 1000)),
            timestamp=int(now),
            headers=headers,
            content_encoding=encoding,
        )
        return OutboundRequest(message, key if in_store else request_id, seconds)
