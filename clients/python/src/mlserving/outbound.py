"""Requests on their way out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlserving import compression, tracing
from mlserving.errors import UnroutableError
from mlserving.limits import LONGEST_TIME
from mlserving.rabbit.message import Message

if TYPE_CHECKING:
    from mlserving.configuration import Settings
    from mlserving.naming import RequestNaming
    from mlserving.terms import RequestTerms

_SHORTEST = 0.001


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
        # The queues whose consumers take compressed requests, as far as they have said.
        self._compressing: set[str] = set()

    def note_compression(self, queue: str, *, is_taken: bool) -> None:
        """Take note of whether the consumers of a queue take compressed requests."""
        if is_taken:
            self._compressing.add(queue)
        else:
            self._compressing.discard(queue)

    def make(
        self, body: bytes, content_type: str | None, items: int | None, timeout: float, terms: RequestTerms, *, is_submission: bool
    ) -> OutboundRequest:
        """Make a request.

        Args:
            body: The input, or the list of inputs.
            content_type: How it is encoded; ``None``: as the template's requests.
            items: How many inputs the body is a list of; ``None``: it is one input.
            timeout: How long there is for it, in seconds. A message lives for a millisecond at least, and for a year at most.
            terms: Which model is asked, and what the caller says beside the input.
            is_submission: Whether the result is to be stored, whichever way results come otherwise.
        """
        seconds = min(max(timeout, _SHORTEST), LONGEST_TIME)
        request_id, key = self._naming.next()
        in_store = self._settings.result_mode == "store" or is_submission
        now = time.time()
        headers: dict[str, Any] = {}
        encoding = None
        if self._settings.protocol == "template":
            if self._settings.result_mode == "store":
                headers["X-Message-Id"] = key
        else:
            headers["x-deadline"] = int((now + seconds) * 1000)
            if items is not None:
                headers["x-items"] = items
            if is_submission:
                headers["x-task"] = True
            if in_store:
                headers["x-result-key"] = key
            terms.options.write(headers)
            body, encoding = self._compressed(body, headers, terms.queue)
        tracing.inject(headers)
        message = Message(
            message_id=request_id,
            body=body,
            content_type=content_type,
            expiration=max(1, int(seconds * 1000)),
            timestamp=int(now),
            headers=headers,
            content_encoding=encoding,
            wants_reply=not in_store,
            queue=terms.queue,
        )
        return OutboundRequest(message, key if in_store else request_id, seconds)

    def question(self, key: str, content_type: str | None, timeout: float) -> OutboundRequest:
        """Ask the result queue for what is stored under a key."""
        queue = self._settings.result_queue
        if queue is None:
            raise UnroutableError("there is no queue by which results are fetched; set CACHE_QUEUE_NAME")
        message = Message(
            message_id=key,
            body=b"",
            content_type=content_type,
            expiration=max(1, int(timeout * 1000)),
            timestamp=int(time.time()),
            headers={},
            wants_reply=True,
            queue=queue,
        )
        return OutboundRequest(message, key, timeout)

    def _compressed(self, body: bytes, headers: dict[str, Any], queue: str) -> tuple[bytes, str | None]:
        minimum = self._settings.compression_minimum
        if minimum is not None and compression.is_available():
            headers["x-accept-encoding"] = compression.ENCODING
            frame = compression.compressed(body, minimum) if queue in self._compressing else None
            if frame is not None:
                return frame, compression.ENCODING
        return body, None
