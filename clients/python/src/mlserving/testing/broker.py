"""A client's way to the fake queue."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlserving.rabbit.errors import RabbitError
    from mlserving.rabbit.message import Message


class FakeBroker:
    """Publishes to the fake server, and takes replies on the client's event loop."""

    def __init__(
        self,
        accept: Callable[[Message, FakeBroker], RabbitError | None],
        on_open: Callable[[], None],
        on_reply: Callable[[str, bytes], object],
    ) -> None:
        self._accept = accept
        self._on_open = on_open
        self._on_reply = on_reply
        self._loop: asyncio.AbstractEventLoop | None = None
        self.obstacle: RabbitError | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages can be published."""
        return self._loop is not None

    async def run(self) -> None:
        """Be there until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._on_open()
        try:
            await self._loop.create_future()
        finally:
            self._loop = None

    def publish(self, message: Message, completion: Callable[[RabbitError | None], None]) -> None:
        """Publish a message, and tell of its confirmation a little later, as a broker does."""
        if self._loop is not None:
            self._loop.call_soon(completion, self._accept(message, self))

    def reply(self, correlation_id: str, body: bytes) -> None:
        """Hand a reply to the client, from any thread; one that has gone misses it."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._on_reply, correlation_id, body)
