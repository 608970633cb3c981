"""The names of requests, and the keys of their results."""

from __future__ import annotations

import itertools
import secrets


class RequestNaming:
    """Names the requests of one client.

    The hash tag around the client's id keeps all its results on one node of a Redis Cluster, and one pattern of subscription covers them.
    """

    def __init__(self, prefix: str) -> None:
        """Draw an id that no other client has: it has 96 random bits."""
        self.client_id = secrets.token_hex(12)
        self.key_prefix = f"{prefix}:{{{self.client_id}}}:"
        self._numbers = itertools.count(1)

    def next(self) -> tuple[str, str]:
        """Return a new request's id and the key of its result."""
        request_id = f"{self.client_id}-{next(self._numbers)}"
        return request_id, self.key_prefix + request_id
