"""Keys in memory, and who is told of them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlserving.redis.errors import RedisError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from mlserving.redis.connection import Command, Reply


@dataclass(slots=True, eq=False)
class _Listener:
    loop: asyncio.AbstractEventLoop
    prefix: str
    others: set[str]
    on_keys: Callable[[list[str]], None]


class Keys:
    """What is stored under which key, and for how long."""

    def __init__(self, lock: threading.Condition) -> None:
        self._lock = lock
        self._values: dict[str, tuple[bytes, float]] = {}
        self._listeners: list[_Listener] = []

    def get(self, key: str) -> bytes | None:
        """Return what is stored, unless its time is over."""
        with self._lock:
            value, expiry = self._values.get(key, (b"", 0.0))
            if expiry > time.monotonic():
                return value
            self._values.pop(key, None)
            return None

    def put(self, key: str, value: bytes, lifetime: float) -> bool:
        """Store a value, and tell of it, unless there is one."""
        with self._lock:
            if self.get(key) is not None:
                return False
            self._values[key] = (value, time.monotonic() + lifetime)
            listeners = [listener for listener in self._listeners if key.startswith(listener.prefix) or key in listener.others]
        for listener in listeners:
            # One whose loop has ended hears of nothing any more.
            with contextlib.suppress(RuntimeError):
                listener.loop.call_soon_threadsafe(listener.on_keys, [key])
        return True

    def remove(self, keys: Sequence[str]) -> int:
        """Remove keys, and return how many there were."""
        with self._lock:
            return sum(self._values.pop(key, None) is not None for key in keys)

    @contextlib.contextmanager
    def listening(self, prefix: str, others: set[str], on_keys: Callable[[list[str]], None]) -> Iterator[None]:
        """Tell of keys, on the running event loop, within a ``with``."""
        listener = _Listener(asyncio.get_running_loop(), prefix, others, on_keys)
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)


class FakeStore:
    """The commands that clients send, done on keys in memory."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.generation = 1

    async def call(self, key: str, commands: Sequence[Command]) -> list[Reply]:
        """Do commands."""
        del key
        return [self._done(command) for command in commands]

    async def refresh(self) -> bool:
        """Ask anew where the server is: where it was."""
        return False

    def close(self) -> None:
        """Close nothing."""

    def _done(self, command: Command) -> Reply:
        match command:
            case ("GET", str(key)):
                return self._keys.get(key)
            case ("EXISTS", str(key)):
                return int(self._keys.get(key) is not None)
            case ("SET", str(key), bytes(value), "NX", "PX", int(milliseconds)):
                return b"OK" if self._keys.put(key, value, milliseconds / 1000) else None
            case ("UNLINK", *keys):
                return self._keys.remove([str(key) for key in keys])
            case ("INFO", "server"):
                return b"run_id:fake"
        raise RedisError(f"the fake store does not know the command {command[0]!s}")


class FakeEvents:
    """Tells a client of keys in memory."""

    def __init__(self, keys: Keys, prefix: str, on_keys: Callable[[list[str]], None], on_ready: Callable[[], None]) -> None:
        self._keys = keys
        self._prefix = prefix
        self._on_keys = on_keys
        self._on_ready = on_ready
        self._others: set[str] = set()
        self.is_ready = False
        self.is_pushed = False

    async def run(self) -> None:
        """Listen until cancelled."""
        with self._keys.listening(self._prefix, self._others, self._on_keys):
            self.is_ready = self.is_pushed = True
            self._on_ready()
            await asyncio.get_running_loop().create_future()

    async def check_owner(self) -> None:
        """Follow the keys, which stay."""

    async def verify(self) -> None:
        """See whether writes are told of: they are."""

    def add(self, key: str) -> None:
        """Listen for one more key."""
        self._others.add(key)
        self._on_keys([key])

    def remove(self, key: str) -> None:
        """Listen for a key no more."""
        self._others.discard(key)
