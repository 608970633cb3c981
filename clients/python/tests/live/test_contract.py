"""What the fake of ``mlserving.testing`` claims to keep, of real servers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlserving import AsyncClient, Client

from ..contract import Bed, Contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Bench

LIMIT = "application:set_env(rabbit, max_message_size, {})"


class LiveBed(Bed):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.queue = bench.queue

    def client(self, *, codec: Any = "msgpack", **settings: Any) -> Client:
        return Client(replace(self._bench.settings(), **settings), codec=codec)

    def async_client(self, *, codec: Any = "msgpack", **settings: Any) -> AsyncClient:
        return AsyncClient(replace(self._bench.settings(), **settings), codec=codec)

    def serve(self, model: str | None = None) -> None:
        self._bench.consume(**self._bench.of(model))

    def declare(self, model: str | None = None) -> None:
        self._bench.consume_once(**self._bench.of(model))

    def depth(self) -> int:
        return self._bench.depth()


@pytest.fixture
def bed(bench: Bench) -> Iterator[Bed]:
    bench.tell_rabbit(LIMIT.format(1_000_000))
    yield LiveBed(bench)
    bench.tell_rabbit(LIMIT.format(134_217_728))


class TestLive(Contract):
    """Real servers keep what clients rely on."""
