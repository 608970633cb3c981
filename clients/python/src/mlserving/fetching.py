"""Results that are fetched through a queue, by clients that do not reach the store."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlserving.pickles import is_none

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_SHORTEST_QUESTION = 5.0
_NOTHING = (b"\xc0", b"null")


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class ResultFetcher:
    """Asks the result queue again and again for what is stored under a key."""

    def __init__(self, ask: Callable[[str, str | None, float], Awaitable[bytes]], interval: float) -> None:
        """Prepare to fetch.

        Args:
            ask: Sends one question, for a key, a content type and a time in seconds, and returns its answer.
            interval: How long to wait after an answer that says that there is nothing yet.
        """
        self._ask = ask
        self._interval = interval
        self._turns: dict[str, _Turn] = {}

    async def record(self, key: str, content_type: str | None, timeout: float) -> bytes | None:
        """Return what is stored under a key, or ``None`` if there is nothing in time.

        Raises:
            ServingError: A question could not be sent, or has no answer.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout
        async with self._turn(key):
            while True:
                # A mere look takes its time, too.
                answer = await self._ask(key, content_type, max(deadline - clock(), _SHORTEST_QUESTION))
                is_nothing = is_none(answer) if content_type is None else answer in _NOTHING
                if not is_nothing:
                    return answer
                if clock() >= deadline:
                    return None
                await asyncio.sleep(min(self._interval, max(0, deadline - clock())))

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[None]:
        """Let one at a time ask for a key, since answers are told apart by it."""
        turn = self._turns.setdefault(key, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.users -= 1
            if turn.users == 0:
                del self._turns[key]
