"""Redis with sentinels, and Redis Cluster, that lose the master that has a client's results."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mlserving import AsyncClient

from .conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Bench

pytestmark = pytest.mark.skipif("MLSERVING_TEST_CLUSTERS" not in os.environ, reason="MLSERVING_TEST_CLUSTERS names no clusters")


class Node:
    """A server of ``scripts/private-clusters.sh``, by its directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.address = f"127.0.0.1:{(directory / 'port').read_text().strip()}"

    def kill(self) -> None:
        os.kill(int((self._directory / "pid").read_text()), signal.SIGKILL)

    def restart(self) -> None:
        (self._directory / "control").write_text("start\n")


def nodes(cluster: str, kind: str) -> list[Node]:
    return [Node(directory) for directory in sorted(Path(os.environ["MLSERVING_TEST_CLUSTERS"], cluster).glob(f"{kind}-*"))]


def addresses(members: list[Node]) -> str:
    return f"({' '.join(node.address for node in members)})"


@pytest.fixture(params=["sentinel", "redis-cluster"])
def cluster(request: pytest.FixtureRequest) -> tuple[list[Node], dict[str, str]]:
    """The servers that hold keys, and how they are configured."""
    if request.param == "sentinel":
        sentinels = addresses(nodes("sentinel", "sentinel"))
        return nodes("sentinel", "server"), {"REDIS_SENTINEL_NODES": sentinels, "REDIS_SENTINEL_MASTER": "mlserving"}
    members = nodes("redis-cluster", "node")
    return members, {"REDIS_NODES": addresses(members[3:]), "REDIS_CLUSTER": "1"}


@pytest.fixture
def killed() -> Iterator[list[Node]]:
    """Nodes that a test has killed, and that are started again."""
    killed: list[Node] = []
    yield killed
    for node in killed:
        node.restart()


def test_requests_outlive_the_loss_of_a_master(bench: Bench, cluster: tuple[list[Node], dict[str, str]], killed: list[Node]) -> None:
    servers, values = cluster
    values = {**values, "RESULT_PREFIX": bench.queue}

    def master() -> Node | None:
        for node in servers:
            marker = bench.ask_redis("KEYS", f"{bench.queue}:*marker*", address=node.address)
            if b"marker" in marker and b"master" in bench.ask_redis("ROLE", address=node.address):
                return node
        return None

    async def ask() -> None:
        async with AsyncClient(bench.settings(**values)) as client:
            consumer = await asyncio.to_thread(bench.consume, **values)
            assert await client.predict("before") == "before"
            ticket = await client.submit("before")
            assert await client.result(ticket) == "before"
            await asyncio.to_thread(bench.kill, consumer)
            waiting = [asyncio.create_task(client.predict(number, timeout=50)) for number in range(10)]
            # One more if the consumer was killed before it had acknowledged what it had answered.
            await asyncio.to_thread(eventually, lambda: bench.depth() >= 10)
            node = await asyncio.to_thread(eventually, master)
            node.kill()
            killed.append(node)
            await asyncio.to_thread(bench.consume, **values)
            assert await asyncio.gather(*waiting) == list(range(10))
            assert await client.predict("after") == "after"

    asyncio.run(ask())


def test_a_client_of_a_cluster_reads_results_of_another(bench: Bench, cluster: tuple[list[Node], dict[str, str]]) -> None:
    _, values = cluster
    bench.consume(**values)

    async def ask() -> None:
        # With random ids some pairs are on different nodes.
        for _ in range(3):
            async with AsyncClient(bench.settings(**values)) as one, AsyncClient(bench.settings(**values)) as other:
                ticket = await one.submit("later")
                assert await other.result(ticket) == "later"
                unwanted = await one.submit("answered")
                await one.result(unwanted)
                assert not await other.cancel(unwanted)

    asyncio.run(ask())
