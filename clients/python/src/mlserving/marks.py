"""Marks in the store that say that nobody wants a request any more."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mlserving.redis.errors import RedisError

if TYPE_CHECKING:
    from mlserving.servers import KeyStore

CLOCK_MARGIN = 600.0
"""How far the clock of a consumer may be behind without predicting what was cancelled, in seconds."""
_log = logging.getLogger("mlserving")


def mark_keys(queue: str, key: str) -> tuple[str, str]:
    """Return the names of a mark: that which consumers look for, and that of the release before, which older ones look for.

    The braces keep the marks of a queue on one node of a cluster.
    """
    return f"mlserving-control:{{{queue}}}:cancel:{key}", f"mlserving:cancel:{{{queue}}}:{key}"


class CancelMarks:
    """Writes marks: one while a caller waits for it, or some time soon."""

    def __init__(self, store: KeyStore, most: int) -> None:
        """Prepare to write marks, with so many at most waiting for that."""
        self._store = store
        self._most = most
        self._waiting: dict[str, tuple[str, float]] = {}
        self._task: asyncio.Task[None] | None = None

    def leave(self, key: str, queue: str, remaining: float) -> None:
        """Leave a mark, some time soon, that outlives a request of a queue with so much time left.

        Best effort: what is not marked ends with its deadline.
        """
        if len(self._waiting) >= self._most:
            return
        self._waiting[key] = (queue, remaining + CLOCK_MARGIN)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_waiting())

    async def settle(self) -> None:
        """Wait until the marks that were left are written, for a second at most."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=1)

    async def write(self, key: str, queue: str, time_to_live: float) -> None:
        """Write a mark under both names. Rights may be for one of them only.

        Raises:
            RedisError: Neither could be written.
        """
        problem: RedisError | None = None
        written = 0
        for mark in mark_keys(queue, key):
            try:
                await self._store.call(mark, [("SET", mark, b"\x01", "NX", "PX", max(1, int(time_to_live * 1000)))])
                written += 1
            except RedisError as error:
                problem = error
        if problem is not None and written == 0:
            raise problem

    async def _write_waiting(self) -> None:
        while self._waiting:
            key = next(iter(self._waiting))
            queue, time_to_live = self._waiting.pop(key)
            try:
                await self.write(key, queue, time_to_live)
            except RedisError as error:
                _log.info("the work on %s goes on, although nobody wants it: %s", key, error)
