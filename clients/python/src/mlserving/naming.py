"""The names of requests, and the keys of their results."""

from __future__ import annotations

import itertools
import secrets


class RequestNaming:
    """Names the requests of one client.

    The hash tag around the client's id keeps all its results on one node of a Redis Cluster, and one pattern of subscription covers them.
    Requests in the template's way have UUIDs of version 4 as ids and as keys; those of one client begin alike, for the same reason.
    """

    def __init__(self, prefix: str, *, is_template: bool = False) -> None:
        """Draw an id that no other client has: it has 96 random bits, or 72 of them in a UUID."""
        self.client_id = secrets.token_hex(12)
        self.key_prefix = f"{prefix}:{{{self.client_id}}}:"
        self._is_template = is_template
        if is_template:
            digits = self.client_id
            # The version, and the variant of RFC 9562.
            self.key_prefix = f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-"
        self._numbers = itertools.count(1)

    def next(self) -> tuple[str, str]:
        """Return a new request's id and the key of its result."""
        if self._is_template:
            request_id = f"{self.key_prefix}{next(self._numbers) & 0xFFFFFFFFFFFF:012x}"
            return request_id, request_id
        request_id = f"{self.client_id}-{next(self._numbers)}"
        return request_id, self.key_prefix + request_id
