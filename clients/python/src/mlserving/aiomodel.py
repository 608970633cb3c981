"""A view of one model, for programs that use asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlserving.aiocalls import AsyncCalls

if TYPE_CHECKING:
    from mlserving.aio import AsyncClient
    from mlserving.engine import Engine


class AsyncModel(AsyncCalls):
    """One model, asked through a client: what ``AsyncClient.model`` returns.

    It has the calls of the client, and nothing to close: connections and limits are those of the client.

    Attributes:
        name: ``name`` or ``name:version``.
        settings: What the client is configured by.
    """

    def __init__(self, client: AsyncClient, name: str) -> None:
        """Make a view; ``AsyncClient.model`` does.

        Raises:
            ValueError: The text names no model.
        """
        super().__init__(client.settings, client._asking, client._queue_of(name))
        self.name = name
        self._client = client

    def __repr__(self) -> str:
        return f"<AsyncModel {self.name!r} of {self._client!r}>"

    def _check_open(self, hint: str = "") -> None:
        self._client._check_open(hint)

    def _running(self) -> Engine:
        return self._client._running()
