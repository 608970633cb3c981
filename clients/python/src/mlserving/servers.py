"""What the client needs of its servers: a broker that it publishes to, and a store that tells of results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mlserving.rabbit.broker import Broker
from mlserving.redis.store import RedisStore
from mlserving.redis.watch import KeyWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlserving.configuration import Settings
    from mlserving.rabbit.errors import RabbitError
    from mlserving.rabbit.message import Message
    from mlserving.redis.connection import Command, Reply


class MessageBroker(Protocol):
    """Publishes requests, and takes replies."""

    obstacle: RabbitError | None

    @property
    def is_open(self) -> bool:
        """Whether messages can be published."""

    async def run(self) -> None:
        """Be connected until cancelled."""

    def publish(self, message: Message, completion: Callable[[RabbitError | None], None]) -> None:
        """Publish a message, and tell of its confirmation."""


class KeyStore(Protocol):
    """Holds results under their keys."""

    generation: int

    async def call(self, key: str, commands: Sequence[Command]) -> list[Reply]:
        """Send commands on keys that are where this one is."""

    async def refresh(self) -> bool:
        """Ask anew where the server is."""

    def close(self) -> None:
        """Close all connections."""


class KeyEvents(Protocol):
    """Tells of keys that are written."""

    is_ready: bool
    is_pushed: bool

    async def run(self) -> None:
        """Listen until cancelled."""

    async def check_owner(self) -> None:
        """Follow the keys to another server."""

    async def verify(self) -> None:
        """See whether writes are told of."""

    def add(self, key: str) -> None:
        """Listen for one more key."""

    def remove(self, key: str) -> None:
        """Listen for a key no more."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """What a client wants of a broker; see ``Broker``."""

    settings: Settings
    name: str
    takes_replies: bool
    on_open: Callable[[], None]
    on_reply: Callable[[str, bytes], object]


@dataclass(frozen=True, slots=True)
class Watching:
    """What a client wants to hear of keys; see ``KeyWatch``."""

    key_prefix: str
    shared_prefix: str
    database: int
    on_keys: Callable[[list[str]], None]
    on_ready: Callable[[], None]


class Servers(Protocol):
    """Makes what a client speaks to its servers by."""

    def broker(self, wanted: Publishing) -> MessageBroker:
        """Make what it publishes by."""

    def store(self, settings: Settings, name: str) -> KeyStore:
        """Make what it reads results by."""

    def events(self, store: KeyStore, wanted: Watching) -> KeyEvents:
        """Make what it hears of results by."""


class NetworkServers:
    """RabbitMQ and Redis."""

    def broker(self, wanted: Publishing) -> MessageBroker:
        """Make a connection to RabbitMQ."""
        return Broker(wanted.settings, wanted.name, takes_replies=wanted.takes_replies, on_open=wanted.on_open, on_reply=wanted.on_reply)

    def store(self, settings: Settings, name: str) -> KeyStore:
        """Make what sends commands to Redis."""
        return RedisStore(settings, name)

    def events(self, store: KeyStore, wanted: Watching) -> KeyEvents:
        """Make a subscription of Redis."""
        if not isinstance(store, RedisStore):
            raise TypeError(f"a {type(store).__name__} is not a Redis")
        return KeyWatch(store, wanted.key_prefix, wanted.shared_prefix, wanted.database, wanted.on_keys, wanted.on_ready)
