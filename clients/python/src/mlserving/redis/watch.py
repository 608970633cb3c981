"""Hears of the keys that are written."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import re
from enum import Enum
from typing import TYPE_CHECKING

from mlserving.redis.errors import RedisError, ReplyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from mlserving.redis.connection import Command, RedisConnection, Reply
    from mlserving.redis.store import RedisStore

_PARAMETER = "notify-keyspace-events"
_MOST_WRITES = 3
_PATIENCE = 5.0
_PING_INTERVAL = 15.0
_LONGEST_DELAY = 3.0
_CANARY_LIFE = 10.0
_CANARY_PATIENCE = 1.0
_log = logging.getLogger("mlserving")


class Switch(Enum):
    """What is known of a server's notifications."""

    ON = "on"
    """They are on."""
    TURNED = "turned"
    """They were off, and we have switched them on."""
    UNKNOWN = "unknown"
    """We may not look, or they are off and we may not switch them on."""


class KeyWatch:
    """One subscription to the pattern of a client's keys, made again whenever it was lost.

    A rule of Redis for channels counts for a pattern only if it is that very pattern. Where that of one client is refused, the pattern of
    all clients with the same prefix is tried; where that is refused too, nothing is announced and results are read on a timer.
    """

    def __init__(
        self,
        store: RedisStore,
        key_prefix: str,
        shared_prefix: str,
        database: int,
        on_keys: Callable[[list[str]], None],
        on_ready: Callable[[], None],
    ) -> None:
        """Prepare a watch.

        Args:
            store: Where the keys are.
            key_prefix: What the client's keys begin with.
            shared_prefix: What the keys of all clients with the same prefix begin with.
            database: The number of the Redis database.
            on_keys: Is told of keys that were written.
            on_ready: Is told when the subscription is in place, for the first time or anew, so that writes before it may have gone
                unnoticed.
        """
        self._store = store
        self._key_prefix = key_prefix
        self._channel_prefix = f"__keyspace@{database}__:"
        self._prefixes = [key_prefix, shared_prefix]
        self._on_keys = on_keys
        self._on_ready = on_ready
        self._others: set[str] = set()
        self._canaries: dict[str, asyncio.Event] = {}
        self._canary_numbers = itertools.count(1)
        self._has_warned = False
        self._may_look = False
        self._connection: RedisConnection | None = None
        self._is_subscribed = False
        self._last_heard = 0.0
        self.is_ready = False
        """Whether the subscription has been in place, or has been found to be refused."""
        self.is_pushed = False
        """Whether the store announces writes, as far as is known."""

    async def run(self) -> None:
        """Watch until cancelled.

        Raises:
            RedisError: The server refuses us, and will do so again.
        """
        failures = 0
        while True:
            try:
                self._connection = await self._store.dial(self._key_prefix)
                await self._subscribe(self._connection)
                failures = 0
                await self._listen(self._connection)
            except RedisError as error:
                if error.refused:
                    raise
                _log.info("the subscription was lost, connecting again: %s", error)
            finally:
                self._is_subscribed = False
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
            failures += 1
            await asyncio.sleep(random.uniform(0, min(_LONGEST_DELAY, 0.1 * 2**failures)))  # noqa: S311

    async def verify(self) -> None:
        """See whether writes are still announced, by writing a key and listening; where they are not, switch them on again if permitted.

        Somebody may have switched them off at run time. Nothing tells of that but silence.

        Raises:
            RedisError: The store could not be asked.
        """
        if not self._prefixes or not self._is_subscribed:
            return
        # Where we may look, that is quicker than to listen; where we may not, each attempt shows in the server's log.
        switch = await self._switch_events_on(self._call_store) if self._may_look else Switch.UNKNOWN
        heard = True if switch is Switch.TURNED else await self._hears_canary()
        if heard is False and not self._may_look:
            switch = await self._switch_events_on(self._call_store)
            heard = switch is Switch.TURNED
        if switch is Switch.TURNED:
            _log.warning("somebody had switched Redis's notifications off; they are on again")
        if heard is None:
            # Until something is announced, it is taken not to be.
            self.is_pushed = switch is Switch.ON
            return
        if heard:
            self._note_pushed()
        elif self._is_subscribed:
            self.is_pushed = False
            if not self._has_warned:
                self._has_warned = True
                _log.warning(
                    "Redis does not tell of writes any more, and does not let us switch that on: results are read on a timer; "
                    "set %s to K$ there",
                    _PARAMETER,
                )

    def _note_pushed(self) -> None:
        self.is_pushed = True
        if self._has_warned:
            self._has_warned = False
            _log.info("Redis tells of writes again")

    async def _hears_canary(self) -> bool | None:
        """Write a key of our own, and tell whether that is announced; ``None`` if we may not write it, so that nothing is known."""
        # Named as a marker, which a producer may write.
        key = f"{self._key_prefix}marker-canary-{next(self._canary_numbers)}"
        heard = self._canaries[key] = asyncio.Event()
        try:
            (written,) = await self._call_store([("SET", key, b"\x01", "PX", int(_CANARY_LIFE * 1000))])
            if isinstance(written, ReplyError):
                return None
            async with asyncio.timeout(_CANARY_PATIENCE):
                await heard.wait()
        except TimeoutError:
            return False
        finally:
            del self._canaries[key]
        return True

    async def _call_store(self, commands: Sequence[Command]) -> list[Reply]:
        """Send commands on another connection than that of the subscription, and return errors as replies."""
        try:
            return await self._store.call(self._key_prefix, commands)
        except RedisError as error:
            if not error.is_reply:
                raise
            return [ReplyError(str(error))]

    async def check_owner(self) -> None:
        """Give the connection up if the keys have moved to another server."""
        connection = self._connection
        if connection is not None and await self._store.node(self._key_prefix) != connection.node:
            connection.close()

    def add(self, key: str) -> None:
        """Listen for one more key, of another client."""
        self._others.add(key)
        if self._connection is not None and self._is_subscribed:
            self._connection.send(("SUBSCRIBE", self._channel_prefix + key))

    def remove(self, key: str) -> None:
        """Listen for a key of another client no more."""
        self._others.discard(key)
        if self._connection is not None and self._is_subscribed:
            self._connection.send(("UNSUBSCRIBE", self._channel_prefix + key))

    async def _subscribe(self, connection: RedisConnection) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                self.is_pushed = self._may_look = await self._switch_events_on(connection.call) is not Switch.UNKNOWN
                await self._subscribe_as_permitted(connection)
        except TimeoutError:
            raise RedisError(f"no answer to a subscription within {_PATIENCE:g} s") from None
        connection.send(*(("SUBSCRIBE", self._channel_prefix + key) for key in self._others))
        self._is_subscribed = True
        self.is_ready = True
        self._on_ready()

    async def _subscribe_as_permitted(self, connection: RedisConnection) -> None:
        while self._prefixes:
            pattern = self._channel_prefix + _escaped(self._prefixes[0]) + "*"
            (reply,) = await connection.call([("PSUBSCRIBE", pattern)])
            if not isinstance(reply, ReplyError):
                return
            if reply.kind != "NOPERM":
                raise RedisError(reply.message)
            self._prefixes.pop(0)
            if not self._prefixes:
                _log.warning("Redis does not let us hear of writes, results are read on a timer; what is missing is &%s", pattern)
        self.is_pushed = False

    async def _listen(self, connection: RedisConnection) -> None:
        heartbeat = asyncio.create_task(self._beat(connection))
        try:
            while True:
                reply = await connection.read()
                self._last_heard = asyncio.get_running_loop().time()
                self._take(reply)
        finally:
            heartbeat.cancel()

    async def _beat(self, connection: RedisConnection) -> None:
        """Ask for a sign of life where there is none, and give the connection up if it does not come."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(_PING_INTERVAL)
            asked = clock()
            connection.send(("PING",))
            await asyncio.sleep(_PATIENCE)
            if self._last_heard < asked:
                _log.info("the server of the subscription is silent")
                connection.close()

    def _take(self, reply: Reply) -> None:
        match reply:
            case [b"pmessage", _, bytes(channel), b"set"] | [b"message", bytes(channel), b"set"]:
                key = channel.decode(errors="replace").removeprefix(self._channel_prefix)
                if key.startswith(self._key_prefix) or key in self._others:
                    # A store that does not let us look whether it tells of writes, and tells of one, does tell of them.
                    self._note_pushed()
                    if (canary := self._canaries.get(key)) is not None:
                        canary.set()
                    else:
                        self._on_keys([key])
            case [b"subscribe", bytes(channel), _]:
                self._on_keys([channel.decode(errors="replace").removeprefix(self._channel_prefix)])

    async def _switch_events_on(self, call: Callable[[Sequence[Command]], Awaitable[list[Reply]]]) -> Switch:
        """Switch notifications on where they are missing and permitted. Flags are only ever added: other clients depend on them."""
        switch = Switch.ON
        for _ in range(_MOST_WRITES + 1):
            command: Command = ("CONFIG", "GET", _PARAMETER)
            match await call([command]):
                case [[_, bytes(value)]]:
                    flags = value.decode(errors="replace")
                case _:
                    return Switch.UNKNOWN
            missing = "".join(flag for flag in "K$" if flag not in flags and not (flag == "$" and "A" in flags))
            if not missing:
                return switch
            (written,) = await call([("CONFIG", "SET", _PARAMETER, flags + missing)])
            if isinstance(written, ReplyError):
                return Switch.UNKNOWN
            switch = Switch.TURNED
        return Switch.UNKNOWN


def _escaped(text: str) -> str:
    return re.sub(r"([*?\[\]\\^])", r"\\\1", text)
