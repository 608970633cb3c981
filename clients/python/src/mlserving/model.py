"""A view of one model, for programs that do not use asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from mlserving.calls import Calls

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine

    from mlserving.aio import AsyncClient
    from mlserving.client import Client

Value = TypeVar("Value")


class Model(Calls):
    """One model, asked through a client: what ``Client.model`` returns.

    It has the calls of the client, and nothing to close: connections and limits are those of the client.

    Attributes:
        name: ``name`` or ``name:version``.
        settings: What the client is configured by.
    """

    def __init__(self, client: Client, name: str) -> None:
        """Make a view; ``Client.model`` does.

        Raises:
            ValueError: The text names no model.
        """
        super().__init__(client.settings, client._asking, client._queue_of(name))
        self.name = name
        self._client = client

    def __repr__(self) -> str:
        return f"<Model {self.name!r} of {self._client!r}>"

    def _check_open(self, hint: str = "") -> None:
        self._client._check_open(hint)

    def _begin(self, work: Callable[[AsyncClient], Coroutine[Any, Any, Value]]) -> concurrent.futures.Future[Value]:
        return self._client._begin(work)
