"""Where results wait under their keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mlserving.redis.connection import Command, RedisConnection, Reply
from mlserving.redis.errors import OVERSIZED, RedisError, ReplyError
from mlserving.redis.slots import SlotMap, told_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlserving.configuration import Node, Settings

_COMMAND_TIMEOUT = 5.0
"""How long a server may be silent while it owes a reply, or a part of one, in seconds."""
_LONGEST_CALL = 120.0
_MOST_TRIES = 6
# Errors about one key, which leave the replies beside them as they are: another type than a result's, and what was passed over.
_OF_ONE_KEY = ("WRONGTYPE", OVERSIZED)


class RedisStore:
    """Commands to the Redis that has a key, wherever it is at the moment: one server, the master of sentinels, or a node of a cluster.

    A connection is made when it is needed, and dropped at the first failure. Nothing is tried again here, but for what moved within a
    cluster.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._connections: dict[Node, RedisConnection] = {}
        self._locks: dict[Node, asyncio.Lock] = {}
        self._slots: SlotMap | None = None
        self._primary: Node | None = None
        self._is_closed = False
        self.generation = 0
        """How many connections there have been; another number means that the server may be another."""

    def close(self) -> None:
        """Close all connections, and open none any more."""
        self._is_closed = True
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    async def call(self, key: str, commands: Sequence[Command]) -> list[Reply]:
        """Send commands on keys that are where this one is, in one round trip.

        Raises:
            RedisError: The server cannot be reached, or one of the commands failed.
        """
        try:
            async with asyncio.timeout(_LONGEST_CALL):
                return await self._call(key, commands)
        except TimeoutError:
            raise RedisError(f"no answer within {_LONGEST_CALL:g} s") from None

    async def dial(self, key: str) -> RedisConnection:
        """Open a connection of one's own to the server that has a key."""
        node = await self.node(key)
        try:
            return await self._open(node)
        except RedisError:
            # It may be another server's turn.
            self._drop(node)
            raise

    async def node(self, key: str) -> Node:
        """Find the server that has a key."""
        if self._settings.redis_cluster:
            return await self._owner(key)
        if self._settings.redis_sentinel_nodes:
            return self._primary or await self._ask_sentinels()
        return self._primary or await self._find_primary()

    async def refresh(self) -> bool:
        """Ask the sentinels, if there are any, for the master; whether it is another than before."""
        if not self._settings.redis_sentinel_nodes or self._primary is None:
            return False
        before = self._primary
        if await self._ask_sentinels() == before:
            return False
        self._drop(before)
        return True

    async def _call(self, key: str, commands: Sequence[Command]) -> list[Reply]:
        for attempt in range(_MOST_TRIES):
            node = await self.node(key)
            replies = await self._exchange(node, commands)
            error = next((reply for reply in replies if isinstance(reply, ReplyError) and reply.kind not in _OF_ONE_KEY), None)
            if error is None:
                return replies
            if not self._settings.redis_cluster or error.kind not in ("MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"):
                if error.kind in ("READONLY", "LOADING", "MASTERDOWN"):
                    self._drop(node)
                hint = "; the server is part of a cluster, set REDIS_CLUSTER to 1" if error.kind == "MOVED" else ""
                raise RedisError(error.message + hint, refused=error.kind in ("NOPERM", "MOVED"), is_reply=True)
            # The slot is on its way to another node.
            self._slots = None
            await asyncio.sleep(0.05 * 2**attempt)
        raise RedisError(f"the cluster does not tell who has the key {key}")

    async def _exchange(self, node: Node, commands: Sequence[Command]) -> list[Reply]:
        async with self._locks.setdefault(node, asyncio.Lock()):
            try:
                connection = self._connections.get(node)
                if connection is None:
                    connection = self._adopt(await self._open(node))
                return await connection.call(commands, _COMMAND_TIMEOUT)
            except TimeoutError:
                self._drop(node)
                raise RedisError(f"{node[0]}:{node[1]} did not answer within {_COMMAND_TIMEOUT:g} s") from None
            except BaseException:
                # Also when the task was cancelled: what comes next on the connection would answer nobody.
                self._drop(node)
                raise

    def _adopt(self, connection: RedisConnection) -> RedisConnection:
        if self._is_closed:
            connection.close()
            raise RedisError("the client has been closed")
        self._connections[connection.node] = connection
        self.generation += 1
        return connection

    def _drop(self, node: Node) -> None:
        connection = self._connections.pop(node, None)
        if connection is not None:
            connection.close()
        self._slots = None
        self._primary = None

    async def _open(self, node: Node) -> RedisConnection:
        settings = self._settings
        greeting: list[Command] = []
        if settings.redis_password is not None:
            user = (settings.redis_user,) if settings.redis_user is not None else ()
            greeting.append(("AUTH", *user, settings.redis_password))
        if settings.redis_database != 0:
            greeting.append(("SELECT", settings.redis_database))
        greeting += [("CLIENT", "SETNAME", self._name), ("PING",)]
        if not settings.redis_cluster and (len(settings.redis_nodes) > 1 or settings.redis_sentinel_nodes):
            greeting.append(("ROLE",))
        return await RedisConnection.open(node, settings.redis_tls, greeting)

    async def _find_primary(self) -> Node:
        nodes = self._settings.redis_nodes
        if len(nodes) == 1:
            self._primary = nodes[0]
            return nodes[0]
        problem = RedisError("no server is configured")
        for node in nodes:
            try:
                (await self._open(node)).close()
            except RedisError as error:
                problem = error
            else:
                self._primary = node
                return node
        raise problem

    async def _ask_sentinels(self) -> Node:
        settings = self._settings
        greeting: list[Command] = [("PING",)]
        if settings.redis_sentinel_password is not None:
            user = (settings.redis_sentinel_user,) if settings.redis_sentinel_user is not None else ()
            greeting.insert(0, ("AUTH", *user, settings.redis_sentinel_password))
        problem = RedisError(f"no sentinel knows the master {settings.redis_sentinel_master}")
        for sentinel in settings.redis_sentinel_nodes:
            try:
                replies = await self._ask(sentinel, greeting, ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", settings.redis_sentinel_master))
            except RedisError as error:
                problem = error
                continue
            match replies:
                case [bytes(host), bytes(port)] if port.isdigit() and (node := told_node(host, int(port[:8]))) is not None:
                    self._primary = node
                    return node
        raise problem

    async def _owner(self, key: str) -> Node:
        if self._slots is None:
            problem = RedisError("no node is configured")
            for node in (*self._connections, *self._settings.redis_nodes):
                try:
                    self._slots = SlotMap((await self._exchange(node, [("CLUSTER", "SLOTS")]))[0], node)
                except RedisError as error:
                    problem = error
                    continue
                if self._slots.nodes:
                    break
            else:
                raise problem
        owner = self._slots.owner(key) if self._slots else None
        if owner is None:
            self._slots = None
            raise RedisError(f"no node of the cluster has the slot of {key}")
        return owner

    async def _ask(self, node: Node, greeting: Sequence[Command], command: Command) -> Reply:
        connection = await RedisConnection.open(node, self._settings.redis_tls, greeting)
        try:
            async with asyncio.timeout(_COMMAND_TIMEOUT):
                return (await connection.call([command]))[0]
        except TimeoutError:
            raise RedisError(f"the sentinel {node[0]}:{node[1]} did not answer") from None
        finally:
            connection.close()
